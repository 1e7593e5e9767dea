//! Protected resource metadata, which tells clients about the API (RFC 9728).

use serde::Serialize;
use tollgate::issuer_url::{self, Plaintext, UrlError};

/// The protected API, by its resource identifier (RFC 9728 §1.2).
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    identifier: String,
    metadata_url: String,
    metadata_path: String,
    scopes: Vec<String>,
}

/// Why a URL cannot be a resource identifier.
#[derive(Debug, thiserror::Error)]
#[error("{url:?} {error}")]
pub(crate) struct ResourceError {
    url: String,
    error: UrlError,
}

/// The metadata document (RFC 9728 §2).
#[derive(Serialize)]
pub(crate) struct Metadata<'a> {
    resource: &'a str,
    authorization_servers: Vec<&'a str>,
    bearer_methods_supported: [&'a str; 1],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    scopes_supported: &'a [String],
}

impl Resource {
    /// The API at `url`, with every scope that a part of it requires.
    pub(crate) fn new(
        url: String,
        plaintext: Plaintext,
        scopes: Vec<String>,
    ) -> Result<Self, ResourceError> {
        match issuer_url::parse(&url, plaintext) {
            Ok(uri) => {
                let path = uri.path().strip_suffix('/').unwrap_or(uri.path());
                let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
                // The well-known part goes between the host and the path (RFC 9728 §3.1).
                let metadata_path = format!("/.well-known/oauth-protected-resource{path}");
                let scheme = uri.scheme_str().unwrap_or("https");
                let authority = uri.authority().map_or("", |authority| authority.as_str());
                let metadata_url = format!("{scheme}://{authority}{metadata_path}{query}");
                Ok(Self { identifier: url, metadata_url, metadata_path, scopes })
            }
            Err(error) => Err(ResourceError { url, error }),
        }
    }

    /// The URL of the metadata, for challenges.
    pub(crate) fn metadata_url(&self) -> &str {
        &self.metadata_url
    }

    /// The path at which the server serves the metadata.
    pub(crate) fn metadata_path(&self) -> &str {
        &self.metadata_path
    }

    /// The metadata of an API that accepts tokens from these issuers.
    pub(crate) fn metadata<'a>(&'a self, issuers: impl Iterator<Item = &'a str>) -> Metadata<'a> {
        let mut servers = Vec::new();
        for issuer in issuers {
            if !servers.contains(&issuer) {
                servers.push(issuer);
            }
        }
        Metadata {
            resource: &self.identifier,
            authorization_servers: servers,
            bearer_methods_supported: ["header"],
            scopes_supported: &self.scopes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metadata_is_between_host_and_path() {
        for (resource, expected) in [
            (
                "https://api.example.com",
                "https://api.example.com/.well-known/oauth-protected-resource",
            ),
            (
                "https://api.example.com/",
                "https://api.example.com/.well-known/oauth-protected-resource",
            ),
            (
                "https://api.example.com:8443/v1?k=1",
                "https://api.example.com:8443/.well-known/oauth-protected-resource/v1?k=1",
            ),
        ] {
            let resource = Resource::new(resource.to_owned(), Plaintext::Refuse, vec![]).unwrap();
            assert_eq!(resource.metadata_url(), expected);
        }
    }

    #[test]
    fn a_resource_is_an_https_url_without_fragment() {
        for url in ["api.example.com", "http://api.example.com", "https://api.example.com/#a", ""] {
            assert!(Resource::new(url.to_owned(), Plaintext::Refuse, vec![]).is_err(), "{url}");
        }
    }
}
