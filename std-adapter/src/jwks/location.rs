//! [`Location`]: where the configuration says that an issuer's keys are.

use std::path::PathBuf;

use crate::gate::GateError;
use crate::issuer::Issuer;
use crate::issuer_url::{self, AllowedHttp, IssuerUrl};

/// Where the configuration says that an issuer's keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    /// At this URL.
    Uri(String),
    /// At the URL in the metadata of this issuer, which is at a well-known place.
    Discovered(IssuerUrl),
    /// At the URL in the metadata at this URL.
    Metadata(String),
    /// In this file.
    File(PathBuf),
}

impl Location {
    /// Finds the location of an issuer's keys, and checks it. The name of an issuer must be a URL only if its
    /// metadata has to be found there (RFC 7519 §4.1.1: `iss` is any string or URI).
    pub(crate) fn of(issuer: &Issuer, allowed_http: &AllowedHttp) -> Result<Self, GateError> {
        let error =
            |setting, url: &String, error| GateError::Url { setting, url: url.clone(), error };
        let contradiction = |any, other| GateError::Contradiction {
            issuer: issuer.name().unwrap_or_default(),
            any,
            other,
        };
        if let Some(file) = &issuer.jwks_file {
            let fetching = [
                (issuer.jwks_uri.is_some(), "jwks_uri"),
                (issuer.metadata_url.is_some(), "metadata_url"),
                (issuer.ca_file.is_some(), "ca_file"),
                (issuer.bearer_token_file.is_some(), "bearer_token_file"),
                (issuer.snapshot.is_some(), "snapshot"),
                (issuer.max_stale.is_some(), "max_stale"),
                (issuer.refresh.is_some(), "refresh"),
                (issuer.fetch_timeout.is_some(), "fetch_timeout"),
            ];
            return match fetching.into_iter().find(|(is_set, _)| *is_set) {
                Some((_, other)) => Err(contradiction("jwks_file", other)),
                None => Ok(Self::File(file.clone())),
            };
        }
        if issuer.jwks_uri.is_some() && issuer.metadata_url.is_some() {
            return Err(contradiction("jwks_uri", "metadata_url"));
        }
        if let Some(uri) = &issuer.jwks_uri {
            issuer_url::parse(uri, allowed_http).map_err(|cause| error("jwks_uri", uri, cause))?;
            return Ok(Self::Uri(uri.clone()));
        }
        if let Some(url) = &issuer.metadata_url {
            issuer_url::parse(url, allowed_http)
                .map_err(|cause| error("metadata_url", url, cause))?;
            return Ok(Self::Metadata(url.clone()));
        }
        let name = issuer.issuer.first().ok_or(GateError::NoIssuer)?;
        let url = IssuerUrl::parse(name, allowed_http);
        url.map(Self::Discovered).map_err(|cause| error("issuer", name, cause))
    }

    /// The URL that the configuration names, if there is one.
    pub(crate) fn url(&self) -> Option<&str> {
        match self {
            Self::Uri(url) | Self::Metadata(url) => Some(url),
            Self::Discovered(issuer) => Some(issuer.as_str()),
            Self::File(_) => None,
        }
    }
}
