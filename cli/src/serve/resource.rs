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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authorization_servers: Vec<&'a str>,
    bearer_methods_supported: &'a [&'a str],
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

    /// The metadata of an API that accepts tokens from these issuers. Tokens in cookies and in other headers
    /// than Authorization are not among the methods of RFC 6750 §2.
    pub(crate) fn metadata<'a>(
        &'a self,
        issuers: impl Iterator<Item = &'a str>,
        in_authorization_header: bool,
    ) -> Metadata<'a> {
        let mut servers = Vec::new();
        for issuer in issuers {
            // An issuer whose keys are named may have any name, and may be a template for many, but clients can
            // only use URLs (RFC 8414 §2).
            let is_url = (issuer.starts_with("https://") || issuer.starts_with("http://"))
                && !issuer.contains('{');
            if is_url && !servers.contains(&issuer) {
                servers.push(issuer);
            }
        }
        Metadata {
            resource: &self.identifier,
            authorization_servers: servers,
            bearer_methods_supported: if in_authorization_header { &["header"] } else { &[] },
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
    fn the_metadata_names_issuers_that_are_urls_once() {
        let resource = Resource::new("https://a".to_owned(), Plaintext::Refuse, vec![]).unwrap();
        let servers = |issuers: &[&str]| {
            let metadata = resource.metadata(issuers.iter().copied(), true);
            serde_json::to_value(metadata).unwrap()["authorization_servers"].clone()
        };
        let issuers = [
            "https://b",
            "my-service",
            "https://b",
            "urn:c",
            "https://d/{tid}",
            "http://127.0.0.1",
        ];
        assert_eq!(servers(&issuers), serde_json::json!(["https://b", "http://127.0.0.1"]));
        assert_eq!(servers(&["my-service"]), serde_json::Value::Null);
    }

    #[test]
    fn a_resource_is_an_https_url_without_fragment() {
        for url in ["api.example.com", "http://api.example.com", "https://api.example.com/#a", ""] {
            assert!(Resource::new(url.to_owned(), Plaintext::Refuse, vec![]).is_err(), "{url}");
        }
    }
}
