//! How documents are fetched: the [`Fetch`] trait, for callers who bring their own client, and what
//! can go wrong.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use tollgate_core::KeySetError;

/// The most that is read of a document. Key sets of real issuers take a few KiB.
pub const MAX_DOCUMENT_LEN: usize = 256 * 1024;

/// The most keys that are taken from an issuer.
pub const MAX_KEYS: usize = 64;

/// How long one document may take.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// The answer to come.
pub type Fetching<'a> =
    Pin<Box<dyn Future<Output = Result<Response<Vec<u8>>, FetchError>> + Send + 'a>>;

/// Fetches one document over HTTP: by a client with a certificate authority, a proxy or a pool of
/// its own, for instance.
///
/// A fetcher follows no redirects: an answer of 3xx is handed back as any other. It stops reading
/// at `limit` bytes with [`FetchError::TooLarge`]. It needs no timeout: it is dropped after
/// [`FETCH_TIMEOUT`].
pub trait Fetch: Send + Sync + 'static {
    /// Sends a GET request, and reads the answer.
    fn fetch(&self, request: Request<()>, limit: usize) -> Fetching<'_>;
}

/// Why no keys have come.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// There is no answer: no connection, no certificate that is trusted, …
    #[error("no answer: {0}")]
    Network(String),
    /// The answer has not come in time.
    #[error("no answer within {} seconds", FETCH_TIMEOUT.as_secs())]
    Timeout,
    /// The answer has another status.
    #[error("the answer is HTTP {status}, not 200")]
    Status {
        /// Which one.
        status: StatusCode,
        /// For how long not to ask.
        retry_after: Option<Duration>,
    },
    /// The answer is a redirect.
    #[error("the answer is a redirect (HTTP {0}), which is not followed: name the final URL")]
    Redirect(StatusCode),
    /// The document is too large.
    #[error("the document has more than {} KiB", MAX_DOCUMENT_LEN / 1024)]
    TooLarge,
    /// The document has another type: a login page, for instance.
    #[error("the document is no JSON by its Content-Type")]
    ContentType,
    /// The description of the issuer cannot be read.
    #[error("the issuer's metadata cannot be read: {0}")]
    Metadata(String),
    /// Somebody else is described (OpenID Connect Discovery §4.3, RFC 8414 §3.3).
    #[error("the metadata is that of another issuer: is {0:?} written exactly as the issuer does?")]
    IssuerMismatch(String),
    /// The URL of the keys is none that may be fetched.
    #[error("the metadata's jwks_uri {0}")]
    JwksUri(super::UrlError),
    /// The document is no key set.
    #[error("{0}")]
    KeySet(KeySetError),
    /// The key set has no key that could verify anything.
    #[error("the key set has no usable key: tollgate verifies ES256 and ES384")]
    NoUsableKey,
    /// The program is about to end.
    #[error("the fetch was interrupted")]
    Interrupted,
}

impl FetchError {
    /// A stable name, kebab-case, for metrics.
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

    /// For how long the issuer said not to ask.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
