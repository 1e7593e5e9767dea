//! A protected resource: an API, or a part of it with tokens of its own (RFC 9728 §1.2).

use tollgate::issuer_url::{self, Plaintext, UrlError};

/// The path of metadata, before the path of the resource.
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// A resource, by its resource identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    identifier: String,
    metadata_url: String,
    metadata_path: String,
}

/// Why a URL cannot be a resource identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{url:?} {error}")]
pub(crate) struct ResourceError {
    url: String,
    error: UrlError,
}

impl Resource {
    /// The resource at `url`.
    pub(crate) fn new(url: String, plaintext: Plaintext) -> Result<Self, ResourceError> {
        match issuer_url::parse(&url, plaintext) {
            Ok(uri) => {
                let path = uri.path().strip_suffix('/').unwrap_or(uri.path());
                let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
                // The well-known part goes between the host and the path (RFC 9728 §3.1).
                let metadata_path = format!("{WELL_KNOWN}{path}");
                let scheme = uri.scheme_str().unwrap_or("https");
                let authority = uri.authority().map_or("", |authority| authority.as_str());
                let metadata_url = format!("{scheme}://{authority}{metadata_path}{query}");
                Ok(Self { identifier: url, metadata_url, metadata_path })
            }
            Err(error) => Err(ResourceError { url, error }),
        }
    }

    /// The resource identifier.
    pub(crate) fn identifier(&self) -> &str {
        &self.identifier
    }

    /// The URL of the metadata, for challenges.
    pub(crate) fn metadata_url(&self) -> &str {
        &self.metadata_url
    }

    /// The path at which the server serves the metadata.
    pub(crate) fn metadata_path(&self) -> &str {
        &self.metadata_path
    }

    /// Whether this is the path of metadata at the root of a server, where some clients look first.
    pub(crate) fn is_metadata_root(path: &str) -> bool {
        path == WELL_KNOWN
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
            let resource = Resource::new(resource.to_owned(), Plaintext::Refuse).unwrap();
            assert_eq!(resource.metadata_url(), expected);
        }
    }

    #[test]
    fn a_resource_is_an_https_url_without_fragment() {
        for url in ["api.example.com", "http://api.example.com", "https://api.example.com/#a", ""] {
            assert!(Resource::new(url.to_owned(), Plaintext::Refuse).is_err(), "{url}");
        }
    }
}
