//! [`HttpFetcher`]: the default HTTP client, reqwest over rustls.

use std::path::Path;
use std::sync::Arc;

use http::uri::Scheme;
use http::{Request, Response};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};
use rustls::client::WantsClientCert;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use rustls_platform_verifier::{BuilderVerifierExt, Verifier};

use super::fetch::{Fetch, FetchError, Fetching};
use crate::bounded_file;
use crate::gate::GateError;

/// The maximum length of a file with certificate authorities. Those of a whole system have about 250 KiB.
const MAX_CA_FILE_LEN: usize = 4 << 20;

/// Fetches keys over HTTP/1.1 with TLS.
///
/// It trusts the system's certificate authorities, or those in the file that `SSL_CERT_FILE` names.
/// It uses the proxies in `HTTPS_PROXY` and `NO_PROXY`. Plain HTTP, which is for this machine and for hosts
/// that are allowed by name, never goes through a proxy.
///
/// ```
/// use tollgate::gate::{Gate, GateBuilder};
/// use tollgate::jwks::{HttpFetcher, NoHttpClient};
///
/// // Several gates share one client.
/// fn builders() -> Result<[GateBuilder; 2], NoHttpClient> {
///     let fetcher = HttpFetcher::new()?;
///     Ok([Gate::builder().fetcher(fetcher.clone()), Gate::builder().fetcher(fetcher)])
/// }
/// ```
#[derive(Clone, Debug)]
pub struct HttpFetcher {
    /// Without the system's certificates nothing can be fetched over TLS. This is not an error at
    /// start, since keys in a snapshot can still be used.
    tls: Result<Client, NoHttpClient>,
    plain: Client,
}

/// The HTTP client could not be made.
///
/// See the example of [`HttpFetcher`].
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
        let tls = tls_config(BuilderVerifierExt::with_platform_verifier)
            .and_then(|config| client(config, |builder| builder));
        Ok(Self { tls, plain: plain()? })
    }

    /// Makes a fetcher that also trusts the certificate authorities in a file: certificates in PEM
    /// (RFC 7468 §5).
    ///
    /// # Errors
    ///
    /// [`GateError::CaFile`]: the file cannot be read, has no certificate, or has one that cannot be used.
    pub fn with_ca_file(file: &Path) -> Result<Self, GateError> {
        let error = |error: String| GateError::CaFile { path: file.to_owned(), error };
        let pem =
            bounded_file::read(file, MAX_CA_FILE_LEN).map_err(|cause| error(cause.to_string()))?;
        Self::with_authorities(&pem).map_err(|NoHttpClient(cause)| error(cause))
    }

    fn with_authorities(pem: &[u8]) -> Result<Self, NoHttpClient> {
        let failed = |error: &dyn std::error::Error| NoHttpClient(error.to_string());
        let authorities: Vec<_> = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .map_err(|error| failed(&error))?;
        if authorities.is_empty() {
            return Err(NoHttpClient("there is no certificate (BEGIN CERTIFICATE)".to_owned()));
        }
        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier::new_with_extra_roots(authorities, provider);
        let verifier = Arc::new(verifier.map_err(|error| failed(&error))?);
        // The platform's own verifier, with more roots.
        let config = tls_config(|builder| {
            Ok(builder.dangerous().with_custom_certificate_verifier(verifier))
        })?;
        Ok(Self { tls: Ok(client(config, |builder| builder)?), plain: plain()? })
    }
}

/// TLS that trusts the system's certificate authorities, or those in the file that `SSL_CERT_FILE` names.
#[cfg(feature = "redis")]
pub(crate) fn system_tls() -> Result<ClientConfig, String> {
    tls_config(BuilderVerifierExt::with_platform_verifier).map_err(|NoHttpClient(error)| error)
}

/// A client for http:// alone, which never goes through a proxy.
fn plain() -> Result<Client, NoHttpClient> {
    let roots = RootCertStore::empty();
    let config = tls_config(|builder| Ok(builder.with_root_certificates(roots)))?;
    client(config, ClientBuilder::no_proxy)
}

type Unverified = ConfigBuilder<ClientConfig, WantsVerifier>;
type Verified = ConfigBuilder<ClientConfig, WantsClientCert>;

fn tls_config(
    verify: impl FnOnce(Unverified) -> Result<Verified, rustls::Error>,
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
    fn fetch(&self, request: Request<Vec<u8>>, limit: usize) -> Fetching<'_> {
        Box::pin(async move {
            let network = |error: reqwest::Error| FetchError::Network(chain(&error.without_url()));
            let client = match &self.tls {
                _ if request.uri().scheme() == Some(&Scheme::HTTP) => &self.plain,
                Ok(client) => client,
                Err(error) => return Err(FetchError::Network(error.to_string())),
            };
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
