//! [`GateError`]: the settings of a gate that are invalid.

use std::path::PathBuf;
use std::time::Duration;

use super::builder::MAX_ISSUERS;
use crate::issuer_url::{NotAHost, UrlError};
use crate::jwks::BearerTokenError;
use crate::key_file::KeyFileError;
use crate::owned_policy::InvalidPolicy;

/// Why a gate cannot be built.
///
/// See the example of [`GateBuilder`](super::GateBuilder).
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
    #[error("{setting} {url:?} {error}{}", advice(setting))]
    Url {
        /// The setting: `issuer`, `jwks_uri` or `metadata_url`.
        setting: &'static str,
        /// Its value.
        url: String,
        /// What is wrong with it.
        error: UrlError,
    },
    /// An issuer has no audience, so nothing says which API its tokens must be for.
    #[error(
        "no audience is configured for issuer {issuer:?}: name the API that the tokens are meant \
         for, as in \"https://api.example.com\""
    )]
    NoAudience {
        /// The issuer.
        issuer: String,
    },
    /// Two settings exclude each other: one accepts anything and the other says what to accept, or both say where
    /// the keys are.
    #[error("{any} contradicts {other} of issuer {issuer:?}: remove one of them")]
    Contradiction {
        /// The issuer.
        issuer: String,
        /// The setting that accepts anything or names the keys: `any_audience`, `any_typ`, `jwks_file` or
        /// `jwks_uri`.
        any: &'static str,
        /// The setting that it contradicts.
        other: &'static str,
    },
    /// An issuer is a template, but its tenants are not named.
    #[error(
        "issuer {issuer:?} is a template: name its tenants, as in tenants = [\"…\"], or write tenants = \
         \"any\""
    )]
    NoTenants {
        /// The issuer.
        issuer: String,
    },
    /// Tenants are named, but the issuer is not a template, or its keys are not named.
    #[error(
        "tenants does not work with issuer {issuer:?}: name one issuer that is a template with one variable, \
         as in \"https://login.example/{{tid}}/v2.0\", and set jwks_uri, metadata_url or jwks_file"
    )]
    NoTemplate {
        /// The issuer.
        issuer: String,
    },
    /// The name of a SPIFFE trust domain is invalid, its keys are not named, or `tenants` is set, too.
    #[error(
        "trust_domain {name:?} cannot be used: give a name such as \"example.org\", set jwks_uri or \
         jwks_file, and do not set tenants"
    )]
    TrustDomain {
        /// The name.
        name: String,
    },
    /// An id is not one that a tenant can have.
    #[error(
        "tenants of issuer {issuer:?}: {tenant:?} is not an id: list ids of 1 to 64 letters, digits, dots, \
         hyphens and underscores"
    )]
    Tenant {
        /// The issuer.
        issuer: String,
        /// The id.
        tenant: String,
    },
    /// Tokens without `typ` are accepted, but no kind of token is named.
    #[error(
        "typ_absent of issuer {issuer:?} needs typ: name the kinds of token to accept beside those \
         without typ, as in typ = \"JWT\""
    )]
    TypAbsentAlone {
        /// The issuer.
        issuer: String,
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
    /// A rule for fetching keys is too low or too high.
    #[error(
        "{setting} of issuer {issuer:?} must be {} to {} seconds", least.as_secs(), most.as_secs()
    )]
    FetchRule {
        /// The issuer.
        issuer: String,
        /// The setting, such as `cooldown`.
        setting: &'static str,
        /// The least possible value.
        least: Duration,
        /// The greatest possible value.
        most: Duration,
    },
    /// The file with an issuer's keys cannot be used.
    #[error("jwks_file {} cannot be used: {error}", path.display())]
    JwksFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: KeyFileError,
    },
    /// The certificate authorities for an issuer cannot be used.
    #[error("ca_file {} cannot be used: {error}", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: String,
    },
    /// A fetcher of your own has its own certificate authorities.
    #[error(
        "ca_file of issuer {issuer:?} does not work with a fetcher of your own: give the fetcher the file"
    )]
    CaFileForFetcher {
        /// The issuer.
        issuer: String,
    },
    /// The file with the bearer token for an issuer cannot be used.
    #[error("bearer_token_file {} cannot be used: {error}", path.display())]
    BearerTokenFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: BearerTokenError,
    },
    /// Anyone on the network path could read the bearer token.
    #[error(
        "bearer_token_file of issuer {issuer:?} needs https://, and its keys are at an http:// URL: remove \
         bearer_token_file, or use https://"
    )]
    BearerTokenOverHttp {
        /// The issuer.
        issuer: String,
    },
    /// A host may not be allowed without its port.
    #[error("allow_http_hosts: {0}")]
    AllowHttpHosts(#[from] NotAHost),
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

/// What helps if a URL is invalid.
fn advice(setting: &str) -> &'static str {
    if setting == "issuer" {
        ". If it is the name of an issuer whose keys are elsewhere, set jwks_uri, metadata_url or jwks_file"
    } else {
        ""
    }
}
