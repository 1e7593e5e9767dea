//! The default fetcher: reqwest over rustls.

use std::sync::Arc;

use http::{Request, Response};
use reqwest::Client;
use reqwest::redirect::Policy;
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls_platform_verifier::BuilderVerifierExt;

use super::fetch::{FETCH_TIMEOUT, Fetch, FetchError, Fetching};

/// Fetches over HTTP/1.1 with TLS. It trusts the certificates that the system trusts
/// (`SSL_CERT_FILE` names others), and uses the proxies that `HTTPS_PROXY`, `HTTP_PROXY` and
/// `NO_PROXY` name.
#[derive(Clone, Debug)]
pub struct HttpFetcher(Client);

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
#[error("no HTTP client could be made: {0}")]
pub struct NoHttpClient(String);

impl HttpFetcher {
    /// A fetcher with the system's settings.
    ///
    /// # Errors
    ///
    /// The system's certificates cannot be read, or the proxy's settings are wrong.
    pub fn new() -> Result<Self, NoHttpClient> {
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_platform_verifier())
            .map_err(|error| NoHttpClient(error.to_string()))?
            .with_no_client_auth();
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(Policy::none())
            .user_agent(concat!("tollgate/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(FETCH_TIMEOUT)
            // Two documents every few minutes keep no connection alive.
            .pool_max_idle_per_host(0)
            .build();
        client.map(Self).map_err(|error| NoHttpClient(chain(&error)))
    }
}

/// A client of the caller's. It should follow no redirects.
impl From<Client> for HttpFetcher {
    fn from(client: Client) -> Self {
        Self(client)
    }
}

impl Fetch for HttpFetcher {
    fn fetch(&self, request: Request<()>, limit: usize) -> Fetching<'_> {
        Box::pin(async move {
            let network = |error: reqwest::Error| FetchError::Network(chain(&error.without_url()));
            let request = request.map(|()| reqwest::Body::default());
            let request = request.try_into().map_err(network)?;
            let mut answer = self.0.execute(request).await.map_err(network)?;
            let mut body = Vec::new();
            while let Some(chunk) = answer.chunk().await.map_err(network)? {
                if chunk.len() > limit.saturating_sub(body.len()) {
                    return Err(FetchError::TooLarge);
                }
                body.extend_from_slice(&chunk);
            }
            let mut response = Response::new(body);
            *response.status_mut() = answer.status();
            *response.headers_mut() = std::mem::take(answer.headers_mut());
            Ok(response)
        })
    }
}

/// An error with what caused it, since reqwest tells only the outermost.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
