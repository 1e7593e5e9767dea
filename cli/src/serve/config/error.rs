//! Errors of the configuration.

use std::path::PathBuf;

use tollgate::gate::GateError;

use super::file::MAX_LEN;
use crate::serve::flags::NoIssuerFor;
use crate::serve::identity_headers::IdentityHeaderError;
use crate::serve::limits::LimitError;
use crate::serve::metadata::ResourceClash;
use crate::serve::origins::OriginError;
use crate::serve::resource::ResourceError;
use crate::serve::rules::RuleError;
use crate::serve::sign_in::SignInConfigError;
use crate::serve::token_source::TokenSourceError;

/// Why a configuration is invalid.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("cannot read {0}: {1}")]
    File(PathBuf, std::io::Error),
    #[error("{} has more than {MAX_LEN} bytes. Is it the right file?", .0.display())]
    TooLarge(PathBuf),
    #[error("{}: {}", .0.display(), .1.trim_end())]
    Toml(PathBuf, String),
    #[error(
        "no issuer is configured. Name the issuer of the tokens, and the API that they are for:\n  \
         tollgate serve --issuer https://auth.example.com/oidc --audience https://api.example.com\n\
         or try the demo, which needs neither: tollgate serve --demo"
    )]
    NoIssuer,
    #[error(
        "--{} needs --issuer. For an issuer in the file, set {} in its [[issuer]] table",
        .0.0, .0.0.replace('-', "_")
    )]
    NoIssuerFor(NoIssuerFor),
    #[error("issuers are configured both in the file and by flags: remove one of the two")]
    TwoSources,
    #[error("{0}")]
    Rule(#[from] RuleError),
    #[error(
        "default is \"deny\", and there are no rules, so no request would pass. Add a [[rule]] for each path that \
         should pass, or remove default"
    )]
    NothingPasses,
    #[error(
        "proxy is not set, but the rules need it to know which headers carry the path. Set proxy \
         (--proxy) to the proxy in front: nginx, ingress-nginx, haproxy, traefik, caddy or envoy"
    )]
    NoProxy,
    #[error(
        "proxy is not set, but a cookie in token_from needs it: only requests with safe methods may come from \
         other sites, and the proxy's headers carry the method. Set proxy (--proxy) to the proxy in front: \
         nginx, ingress-nginx, haproxy, traefik, caddy or envoy"
    )]
    NoProxyForCookie,
    #[error("sign_in: {0}")]
    SignIn(#[from] SignInConfigError),
    #[error("token_from: {0}")]
    TokenSource(#[from] TokenSourceError),
    #[error("{0}")]
    Origin(#[from] OriginError),
    #[error("{0}")]
    IdentityHeader(#[from] IdentityHeaderError),
    #[error("resource: {0}")]
    Resource(#[from] ResourceError),
    #[error("{0}")]
    ResourceClash(#[from] ResourceClash),
    #[error("{0}")]
    Limit(#[from] LimitError),
    #[error("{0}")]
    Gate(#[from] GateError),
    #[error("reading the configuration failed: {0}")]
    Interrupted(std::io::Error),
}

impl From<NoIssuerFor> for ConfigError {
    fn from(error: NoIssuerFor) -> Self {
        Self::NoIssuerFor(error)
    }
}
