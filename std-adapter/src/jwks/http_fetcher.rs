//! [`HttpFetcher`]: the default HTTP client, reqwest over rustls.

use std::sync::Arc;

use http::uri::Scheme;
use http::{Request, Response};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};
use rustls::client::WantsClientCert;
use rustls::crypto::ring;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use rustls_platform_verifier::BuilderVerifierExt;

use super::fetch::{FETCH_TIMEOUT, Fetch, FetchError, Fetching};

/// Fetches keys over HTTP/1.1 with TLS.
///
/// It trusts the system's certificate authorities, or those in the file that `SSL_CERT_FILE` names.
/// It uses the proxies in `HTTPS_PROXY` and `NO_PROXY`. Plain HTTP, which is for this machine only,
/// never goes through a proxy.
#[derive(Clone, Debug)]
pub struct HttpFetcher {
    /// Without the system's certificates nothing can be fetched over TLS. This is not an error at
    /// start, since keys in a snapshot can still be used.
    tls: Result<Client, NoHttpClient>,
    plain: Client,
}

/// The HTTP client could not be made.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the HTTP client could not be made: {0}")]
pub struct NoHttpClient(String);

impl HttpFetcher {
    /// Makes a fetcher with the system's settings.
    ///
    /// # Errors
    ///
    /// The client could not be made. If only the system's certificates cannot be read, each fetch
    /// returns an error instead.
    pub fn new() -> Result<Self, NoHttpClient> {
        let roots = RootCertStore::empty();
        let plain = tls_config(|builder| Ok(builder.with_root_certificates(roots)))?;
        let tls = tls_config(BuilderVerifierExt::with_platform_verifier)
            .and_then(|config| client(config, |builder| builder));
        Ok(Self { tls, plain: client(plain, ClientBuilder::no_proxy)? })
    }
}

type Verifier = ConfigBuilder<ClientConfig, WantsVerifier>;
type Verified = ConfigBuilder<ClientConfig, WantsClientCert>;

fn tls_config(
    verify: impl FnOnce(Verifier) -> Result<Verified, rustls::Error>,
) -> Result<ClientConfig, NoHttpClient> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(verify)
        .map(|builder: Verified| builder.with_no_client_auth())
        .map_err(|error| NoHttpClient(error.to_string()))
}

fn client(
    tls: ClientConfig,
    settings: impl FnOnce(ClientBuilder) -> ClientBuilder,
) -> Result<Client, NoHttpClient> {
    let builder = Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(Policy::none())
        .user_agent(concat!("tollgate/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(FETCH_TIMEOUT)
        // Two documents every few minutes are not worth an idle connection.
        .pool_max_idle_per_host(0);
    settings(builder).build().map_err(|error| NoHttpClient(chain(&error)))
}

/// Uses your own client. It should not follow redirects.
impl From<Client> for HttpFetcher {
    fn from(client: Client) -> Self {
        Self { tls: Ok(client.clone()), plain: client }
    }
}

impl Fetch for HttpFetcher {
    fn fetch(&self, request: Request<()>, limit: usize) -> Fetching<'_> {
        Box::pin(async move {
            let network = |error: reqwest::Error| FetchError::Network(chain(&error.without_url()));
            let client = match &self.tls {
                _ if request.uri().scheme() == Some(&Scheme::HTTP) => &self.plain,
                Ok(client) => client,
                Err(error) => return Err(FetchError::Network(error.to_string())),
            };
            let request = request.map(|()| reqwest::Body::default());
            let request = request.try_into().map_err(network)?;
            let mut received = client.execute(request).await.map_err(network)?;
            let mut body = Vec::new();
            while let Some(chunk) = received.chunk().await.map_err(network)? {
                if chunk.len() > limit.saturating_sub(body.len()) {
                    return Err(FetchError::TooLarge);
                }
                body.extend_from_slice(&chunk);
            }
            let mut response = Response::new(body);
            *response.status_mut() = received.status();
            *response.headers_mut() = std::mem::take(received.headers_mut());
            Ok(response)
        })
    }
}

/// An error with its causes, since reqwest shows only the outermost.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
