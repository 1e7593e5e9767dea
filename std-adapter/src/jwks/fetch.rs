//! [`Fetch`]: the trait of HTTP clients that fetch keys, and what can go wrong.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use tollgate_core::KeySetError;

/// The maximum length of a document. Key sets of real issuers have a few KiB.
pub const MAX_DOCUMENT_LEN: usize = 256 * 1024;

/// The maximum number of usable keys of an issuer.
pub const MAX_KEYS: usize = 64;

/// The timeout for one document.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// The future of a response.
pub type Fetching<'a> =
    Pin<Box<dyn Future<Output = Result<Response<Vec<u8>>, FetchError>> + Send + 'a>>;

/// An HTTP client that fetches one document. Implement it to use your own certificate authority,
/// proxy or connection pool.
///
/// A fetcher does not follow redirects: it returns a response of 3xx like any other. It stops
/// reading after `limit` bytes with [`FetchError::TooLarge`]. It needs no timeout, since its future
/// is dropped after [`FETCH_TIMEOUT`].
pub trait Fetch: Send + Sync + 'static {
    /// Sends a GET request and reads the response.
    fn fetch(&self, request: Request<()>, limit: usize) -> Fetching<'_>;
}

/// Why keys could not be fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// There is no response: no connection, or an untrusted certificate.
    #[error("no response: {0}")]
    Network(String),
    /// The response did not arrive in time.
    #[error("no response within {} seconds", FETCH_TIMEOUT.as_secs())]
    Timeout,
    /// The response has a status other than 200.
    #[error("the response is HTTP {status}, not 200")]
    Status {
        /// The status.
        status: StatusCode,
        /// The issuer's `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// The response is a redirect.
    #[error("the response is a redirect (HTTP {0}), which is not followed: set the final URL")]
    Redirect(StatusCode),
    /// The document is too large.
    #[error("the document is larger than {} KiB", MAX_DOCUMENT_LEN / 1024)]
    TooLarge,
    /// The document has another type, such as a login page.
    #[error("the Content-Type of the document is not JSON")]
    ContentType,
    /// The metadata of the issuer cannot be read.
    #[error("the issuer's metadata cannot be read: {0}")]
    Metadata(String),
    /// The metadata names another issuer (OpenID Connect Discovery §4.3, RFC 8414 §3.3).
    #[error("the metadata names another issuer: spell {0:?} exactly as the issuer does")]
    IssuerMismatch(String),
    /// Keys may not be fetched from the URL in the metadata.
    #[error("the metadata's jwks_uri {0}")]
    JwksUri(crate::issuer_url::UrlError),
    /// The document is not a key set.
    #[error("{0}")]
    KeySet(KeySetError),
    /// The key set has no key that can verify tokens.
    #[error("the key set has no usable key: tollgate verifies ES256 and ES384")]
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
            Self::Timeout => "timeout",
            Self::Status { .. } => "status",
            Self::Redirect(_) => "redirect",
            Self::TooLarge => "too-large",
            Self::ContentType => "content-type",
            Self::Metadata(_) => "metadata",
            Self::IssuerMismatch(_) => "issuer-mismatch",
            Self::JwksUri(_) => "jwks-uri",
            Self::KeySet(_) => "key-set",
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
