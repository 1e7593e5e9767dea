//! [`Fetch`]: the trait of HTTP clients that fetch keys, and what can go wrong.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use tollgate_core::KeySetError;

use crate::issuer_template::IssuerTemplate;

/// The maximum length of a document: 1 MiB. Most key sets have a few KiB, but some have a chain of
/// certificates for each key.
pub const MAX_DOCUMENT_LEN: usize = 1024 * 1024;

/// The maximum number of usable keys of an issuer. Further ones are left out.
pub const MAX_KEYS: usize = 1024;

/// The future of a response.
pub type Fetching<'a> =
    Pin<Box<dyn Future<Output = Result<Response<Vec<u8>>, FetchError>> + Send + 'a>>;

/// An HTTP client that sends one request. Implement it to use your own certificate authority, proxy or
/// connection pool.
///
/// A gate sends GET requests with an empty body. Sign-in also sends forms by POST, and reads error responses:
/// a fetcher returns a response of any status, with its body.
///
/// A fetcher does not follow redirects: it returns a response of 3xx like any other. It stops
/// reading after `limit` bytes with [`FetchError::TooLarge`]. It needs no timeout, since its future
/// is dropped after [`FetchRules::fetch_timeout`](super::FetchRules::fetch_timeout).
///
/// A test can do without a network:
///
/// ```
/// use http::{Request, Response};
/// use tollgate::gate::{Gate, Issuer, IssuerStatus};
/// use tollgate::jwks::{Fetch, Fetching};
///
/// /// Answers every request with the same key set.
/// struct Fixed;
///
/// impl Fetch for Fixed {
///     fn fetch(&self, _: Request<Vec<u8>>, _: usize) -> Fetching<'_> {
///         Box::pin(async { Ok(Response::new(KEYS.into())) })
///     }
/// }
///
/// # const KEYS: &str = r#"{"keys":[{"kty":"EC","kid":"Qfe4O-82kyN6Zv1M5Wed3mtWdC_UKrNfZE28DzpnORQ","crv":"P-256",
/// #     "x":"7fdiiNw1HUrEv99_PrYz4EKpdtI87Gm-08OXMHPKaQk",
/// #     "y":"YqkcWqMDMH4GLFY_G31N1S_pjr1NASMBpcnTdBWDceA"}]}"#;
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let issuer = Issuer::new("https://auth.example.com/oidc")
///     .audience("https://api.example.com")
///     .jwks_uri("https://auth.example.com/jwks");
/// let gate = Gate::builder().issuer(issuer).fetcher(Fixed).build()?;
/// gate.ready().await;
/// let status: Vec<IssuerStatus<'_>> = gate.issuers().collect();
/// assert_eq!((status[0].issuer, status[0].usable_keys), ("https://auth.example.com/oidc", 1));
/// # Ok(())
/// # }
/// ```
pub trait Fetch: Send + Sync + 'static {
    /// Sends a request with its method, header fields and body, and reads the response.
    fn fetch(&self, request: Request<Vec<u8>>, limit: usize) -> Fetching<'_>;
}

/// Several users share a fetcher.
impl<F: Fetch + ?Sized> Fetch for Arc<F> {
    fn fetch(&self, request: Request<Vec<u8>>, limit: usize) -> Fetching<'_> {
        (**self).fetch(request, limit)
    }
}

/// Why keys could not be fetched.
///
/// ```
/// use http::StatusCode;
/// use std::time::Duration;
/// use tollgate::jwks::FetchError;
///
/// let retry_after = Some(Duration::from_secs(30));
/// let error = FetchError::Status { status: StatusCode::SERVICE_UNAVAILABLE, retry_after };
/// assert_eq!((error.reason(), error.retry_after()), ("status", retry_after));
/// assert_eq!(error.to_string(), "the response is HTTP 503 Service Unavailable, not 200");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// There is no response: no connection, or an untrusted certificate.
    #[error("no response: {0}")]
    Network(String),
    /// The response did not arrive in time.
    #[error("no response within {0:?}: if the issuer is slow, set a longer fetch_timeout")]
    Timeout(Duration),
    /// The response has a status other than 200.
    #[error("the response is HTTP {status}, not 200")]
    Status {
        /// The status.
        status: StatusCode,
        /// The issuer's `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// The response is a redirect.
    #[error(
        "the response is a redirect (HTTP {0}), which is not followed: set jwks_uri to the URL of the keys"
    )]
    Redirect(StatusCode),
    /// The document is too large.
    #[error("the response is too large: metadata and key sets may have {} MiB", MAX_DOCUMENT_LEN >> 20)]
    TooLarge,
    /// The document is HTML, such as a login page.
    #[error(
        "the document is a page for browsers (Content-Type {0:?}), not JSON: check the URL, and whether a \
         proxy or a login page answers instead of the issuer"
    )]
    ContentType(String),
    /// The document is compressed (RFC 9110 §8.4).
    #[error(
        "the document has the Content-Encoding {0:?}, although the request accepts none: let the issuer, or \
         the proxy in front of it, honour Accept-Encoding"
    )]
    ContentEncoding(String),
    /// The server wants credentials, but only the metadata names it, so it does not get the bearer token.
    #[error(
        "the response is HTTP 401 Unauthorized, and the bearer token was not sent: it goes only to servers \
         that the configuration names. If this server may see it, set jwks_uri to the URL of the keys there"
    )]
    BearerTokenWithheld,
    /// The file with the bearer token cannot be used.
    #[error("bearer_token_file {} cannot be used: {error}", path.display())]
    BearerTokenFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: String,
    },
    /// The metadata of the issuer cannot be read.
    #[error("the issuer's metadata cannot be read: {error}{}", of_type(content_type))]
    Metadata {
        /// What is wrong with it.
        error: String,
        /// The type of the document, if the response has one.
        content_type: Option<String>,
    },
    /// The metadata names another issuer (OpenID Connect Discovery §4.3, RFC 8414 §3.3).
    #[error(
        "the metadata names the issuer {found:?}, and the configured one is {configured:?}: {}",
        advice(found)
    )]
    IssuerMismatch {
        /// The issuer that is configured.
        configured: String,
        /// The issuer in the metadata.
        found: String,
    },
    /// Keys may not be fetched from the URL in the metadata.
    #[error("the metadata's jwks_uri {0}")]
    JwksUri(crate::issuer_url::UrlError),
    /// The document is not a key set.
    #[error("{error}{}", of_type(content_type))]
    KeySet {
        /// What is wrong with it.
        error: KeySetError,
        /// The type of the document, if the response has one.
        content_type: Option<String>,
    },
    /// The key set has no key that can verify tokens.
    #[error(
        "the key set has no usable key: tollgate verifies with EC keys on P-256, P-384 or P-521, with RSA keys of \
         2048 to 4096 bits, and with Ed25519 keys"
    )]
    NoUsableKey,
    /// The program is shutting down.
    #[error("the fetch was interrupted")]
    Interrupted,
}

impl FetchError {
    /// Returns the stable kebab-case name of the error, for metrics.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Network(_) => "network",
            Self::Timeout(_) => "timeout",
            Self::Status { .. } => "status",
            Self::Redirect(_) => "redirect",
            Self::TooLarge => "too-large",
            Self::ContentType(_) => "content-type",
            Self::ContentEncoding(_) => "content-encoding",
            Self::BearerTokenWithheld => "bearer-token-withheld",
            Self::BearerTokenFile { .. } => "bearer-token-file",
            Self::Metadata { .. } => "metadata",
            Self::IssuerMismatch { .. } => "issuer-mismatch",
            Self::JwksUri(_) => "jwks-uri",
            Self::KeySet { .. } => "key-set",
            Self::NoUsableKey => "no-usable-key",
            Self::Interrupted => "interrupted",
        }
    }

    /// Returns how long the issuer asked not to retry.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// What helps if the metadata names this issuer.
fn advice(found: &str) -> &'static str {
    match IssuerTemplate::parse(found) {
        Some(_) => {
            "it stands for the issuers of many tenants, so configure it with the name of the claim that has the \
             tenant between the braces, and set tenants and metadata_url"
        }
        None => "if both are the same issuer, spell it as the metadata does",
    }
}

/// Names the type of a document that could not be read.
fn of_type(content_type: &Option<String>) -> String {
    match content_type {
        Some(content_type) => format!(" (Content-Type {content_type:?})"),
        None => String::new(),
    }
}
