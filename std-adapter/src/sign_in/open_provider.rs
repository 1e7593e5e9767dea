//! [`OpenProvider`]: a provider that is discovered in the background, with its keys, and requests to it.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response};
use tokio::time::timeout;
use tollgate_core::{Algorithm, Now};

use super::provider::{Endpoints, Provider, ProviderError};
use crate::gate::{Gate, GateBuilder, GateError};
use crate::issuer::Issuer;
use crate::issuer_url::AllowedHttp;
use crate::jwks::{Fetch, FetchError, HttpFetcher, KeptMetadata, RawMetadata};

/// The maximum length of an answer to a request of sign-in.
pub(crate) const MAX_ANSWER_LEN: usize = 256 * 1024;

/// A provider that is discovered in the background.
pub(crate) struct OpenProvider {
    gate: Gate,
    fetcher: Arc<dyn Fetch>,
    allowed_http: AllowedHttp,
    source: EndpointSource,
}

/// Where the endpoints come from.
enum EndpointSource {
    Fixed(Arc<Endpoints>),
    Discovered {
        metadata: Arc<KeptMetadata>,
        /// The algorithms of ID tokens that are accepted.
        algorithms: Vec<Algorithm>,
        last: ArcSwapOption<Read>,
    },
}

/// Metadata that have been read.
struct Read {
    metadata: Arc<RawMetadata>,
    result: Result<Arc<Endpoints>, ProviderError>,
}

impl OpenProvider {
    /// Starts to discover a provider and to fetch its keys. `complete` adds the client's part to what is accepted,
    /// such as the audience, and `configure` the rest of the gate's settings.
    ///
    /// Call it inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// A setting is invalid. A provider that cannot be reached is not an error.
    pub(crate) fn open(
        provider: Provider,
        fetcher: Option<Arc<dyn Fetch>>,
        allowed_http: AllowedHttp,
        complete: impl FnOnce(Issuer) -> Issuer,
        configure: impl FnOnce(GateBuilder) -> GateBuilder,
    ) -> Result<Self, GateError> {
        let Provider { issuer, endpoints, judged_at } = provider;
        let mut issuer = complete(issuer);
        let fetcher = match fetcher {
            // The gate refuses a file with authorities then.
            Some(fetcher) => fetcher,
            None => default_fetcher(&mut issuer)?,
        };
        let algorithms = issuer.algorithms.clone().unwrap_or_else(|| Algorithm::ALL.to_vec());
        let mut builder = Gate::builder()
            .fetcher(Arc::clone(&fetcher))
            .plaintext(allowed_http.loopback())
            .allow_http_hosts(allowed_http.hosts());
        if issuer.any_issuer {
            builder = builder.trust_any_url();
        }
        if endpoints.is_none() {
            builder = builder.keep_metadata();
        }
        if let Some(time) = judged_at {
            builder = builder.clock(move || Now::Exact(time));
        }
        let gate = configure(builder.issuer(issuer)).build()?;
        let source = match endpoints {
            Some(endpoints) => EndpointSource::Fixed(Arc::new(endpoints)),
            None => EndpointSource::Discovered {
                // Always there, since the gate keeps it.
                metadata: gate.metadata().unwrap_or_default(),
                algorithms,
                last: ArcSwapOption::empty(),
            },
        };
        Ok(Self { gate, fetcher, allowed_http, source })
    }

    /// Returns the gate, which verifies ID tokens.
    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Returns the endpoints as the metadata have them now.
    ///
    /// # Errors
    ///
    /// There are no metadata yet, or they cannot be used.
    pub(crate) fn endpoints(&self) -> Result<Arc<Endpoints>, ProviderError> {
        let (metadata, algorithms, last) = match &self.source {
            EndpointSource::Fixed(endpoints) => return Ok(Arc::clone(endpoints)),
            EndpointSource::Discovered { metadata, algorithms, last } => {
                (metadata, algorithms, last)
            }
        };
        let metadata = metadata.current().map_err(|error| match error {
            Some(error) => ProviderError::Unavailable(error),
            None => ProviderError::Pending,
        })?;
        if let Some(read) = &*last.load()
            && Arc::ptr_eq(&read.metadata, &metadata)
        {
            return read.result.clone();
        }
        let result = Endpoints::from_metadata(&metadata.json, &metadata.url, &self.allowed_http)
            .and_then(|endpoints| {
                endpoints.judge_algorithms(algorithms).map(|()| Arc::new(endpoints))
            });
        if let Err(error) = &result {
            tracing::error!(url = metadata.url, %error, "nobody can sign in");
        }
        last.store(Some(Arc::new(Read { metadata, result: result.clone() })));
        result
    }

    /// Returns the endpoints. If the first attempt to get the metadata has not ended, waits for it, but not longer
    /// than `limit`.
    ///
    /// # Errors
    ///
    /// As for [`endpoints`](Self::endpoints).
    pub(crate) async fn endpoints_within(
        &self,
        limit: Duration,
    ) -> Result<Arc<Endpoints>, ProviderError> {
        if let EndpointSource::Discovered { metadata, .. } = &self.source {
            metadata.first_attempt(limit).await;
        }
        self.endpoints()
    }

    /// Sends a form to an endpoint. The response may have any status; redirects are not followed.
    ///
    /// # Errors
    ///
    /// There is no response in time, or it is longer than [`MAX_ANSWER_LEN`].
    pub(crate) async fn post_form(
        &self,
        url: &str,
        form: &str,
        authorization: Option<HeaderValue>,
        limit: Duration,
    ) -> Result<Response<Vec<u8>>, FetchError> {
        let mut request = Request::builder().method(Method::POST).uri(url);
        request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, sensitive(authorization));
        }
        self.send(request, form.as_bytes().to_vec(), limit).await
    }

    /// Sends a GET request with an access token. The response may have any status; redirects are not followed.
    ///
    /// # Errors
    ///
    /// There is no response in time, it is longer than [`MAX_ANSWER_LEN`], or no header can carry the token.
    pub(crate) async fn get(
        &self,
        url: &str,
        bearer: &str,
        limit: Duration,
    ) -> Result<Response<Vec<u8>>, FetchError> {
        let authorization = HeaderValue::try_from(format!("Bearer {bearer}")).map_err(|_| {
            FetchError::Network(
                "the access token has characters that a header cannot carry".to_owned(),
            )
        })?;
        let request = Request::builder().method(Method::GET).uri(url);
        self.send(request.header(AUTHORIZATION, sensitive(authorization)), Vec::new(), limit).await
    }

    async fn send(
        &self,
        request: http::request::Builder,
        body: Vec<u8>,
        limit: Duration,
    ) -> Result<Response<Vec<u8>>, FetchError> {
        // Without the second field, a server may choose any coding (RFC 9110 §12.5.3).
        let request =
            request.header(ACCEPT, "application/json").header(ACCEPT_ENCODING, "identity");
        let request = request.body(body).map_err(|error| FetchError::Network(error.to_string()))?;
        let sending = timeout(limit, self.fetcher.fetch(request, MAX_ANSWER_LEN));
        let response = sending.await.map_err(|_| FetchError::Timeout(limit))??;
        // The caller's own fetcher may ignore the limit.
        if response.body().len() > MAX_ANSWER_LEN {
            Err(FetchError::TooLarge)
        } else {
            Ok(response)
        }
    }
}

/// Keeps a value out of logs.
fn sensitive(mut value: HeaderValue) -> HeaderValue {
    value.set_sensitive(true);
    value
}

/// The default HTTP client, which trusts the authorities of the issuer.
fn default_fetcher(issuer: &mut Issuer) -> Result<Arc<dyn Fetch>, GateError> {
    let fetcher = match issuer.ca_file.take() {
        Some(file) => HttpFetcher::with_ca_file(&file)?,
        None => HttpFetcher::new().map_err(|error| GateError::NoFetcher(error.to_string()))?,
    };
    Ok(Arc::new(fetcher))
}

#[cfg(test)]
mod tests;
