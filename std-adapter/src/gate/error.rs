//! [`GateError`]: the settings of a gate that are invalid.

use std::path::PathBuf;

use super::builder::MAX_ISSUERS;
use crate::issuer_url::UrlError;
use crate::owned_policy::InvalidPolicy;

/// Why a gate cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GateError {
    /// No issuer is configured.
    #[error("no issuer is configured")]
    NoIssuer,
    /// There are too many issuers.
    #[error("there are more than {MAX_ISSUERS} issuers")]
    TooManyIssuers,
    /// Keys may not be fetched from a URL.
    #[error("{setting} {url:?} {error}")]
    Url {
        /// The setting: `issuer` or `jwks_uri`.
        setting: &'static str,
        /// Its value.
        url: String,
        /// What is wrong with it.
        error: UrlError,
    },
    /// An issuer has no audience, so its tokens for other APIs would be accepted, or none at all.
    #[error(
        "no audience is configured for issuer {issuer:?}: name the API that the tokens are meant \
         for, as in \"https://api.example.com\""
    )]
    NoAudience {
        /// The issuer.
        issuer: String,
    },
    /// One setting accepts anything, and another one says what to accept.
    #[error("{any} contradicts {other} of issuer {issuer:?}: remove one of them")]
    Contradiction {
        /// The issuer.
        issuer: String,
        /// The setting that accepts anything: `any_audience` or `any_typ`.
        any: &'static str,
        /// The setting that it contradicts.
        other: &'static str,
    },
    /// A gate fetches the keys of its issuers, so it cannot trust issuers that it does not know.
    #[error("any_issuer does not work in a gate: name the issuers that you trust")]
    AnyIssuer,
    /// Keys would expire so soon that the gate would have to fetch them continuously.
    #[error("max_stale of issuer {issuer:?} must be at least 1 s")]
    MaxStale {
        /// The issuer.
        issuer: String,
    },
    /// Two issuers would overwrite each other's keys.
    #[error("two issuers share the snapshot {0:?}: choose a file for each")]
    SharedSnapshot(PathBuf),
    /// The settings of an issuer do not make a valid policy.
    #[error("invalid policy for issuer {issuer:?}: {error}")]
    Policy {
        /// The issuer.
        issuer: String,
        /// What is wrong with it.
        error: InvalidPolicy,
    },
    /// A background task fetches the keys, which needs a runtime.
    #[error("a gate must be built inside a tokio runtime")]
    NoRuntime,
    /// There is no HTTP client.
    #[error("keys cannot be fetched: {0}")]
    NoFetcher(String),
    /// No header can carry the URL of the resource's metadata.
    #[error("resource_metadata {0:?} contains characters that a header cannot carry")]
    ResourceMetadata(String),
}
