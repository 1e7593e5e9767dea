//! Where an issuer publishes its keys: OpenID Connect Discovery §4, RFC 8414 §3.

use serde::Deserialize;

use crate::issuer_url::{self, IssuerUrl, Plaintext};
use crate::jwks::FetchError;

/// What is needed of an issuer's description of itself. Everything else in it is ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// The URL of its key set.
    pub jwks_uri: String,
}

#[derive(Deserialize)]
struct Members {
    issuer: String,
    jwks_uri: String,
}

impl Metadata {
    /// Reads the description of `issuer`.
    ///
    /// # Errors
    ///
    /// It is no metadata, somebody else's (OpenID Connect Discovery §4.3), or its `jwks_uri` is
    /// none from which keys may be fetched.
    pub fn read(json: &[u8], issuer: &IssuerUrl, plaintext: Plaintext) -> Result<Self, FetchError> {
        let members: Members = serde_json::from_slice(json)
            .map_err(|error| FetchError::Metadata(error.to_string()))?;
        if members.issuer != issuer.as_str() {
            return Err(FetchError::IssuerMismatch(issuer.as_str().to_owned()));
        }
        issuer_url::parse(&members.jwks_uri, plaintext).map_err(FetchError::JwksUri)?;
        Ok(Self { jwks_uri: members.jwks_uri })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issuer_url::UrlError;

    fn read(json: &str) -> Result<Metadata, FetchError> {
        let issuer = IssuerUrl::parse("https://example.com/oidc", Plaintext::Refuse).unwrap();
        Metadata::read(json.as_bytes(), &issuer, Plaintext::Refuse)
    }

    #[test]
    fn metadata_names_the_keys() {
        let metadata = read(
            r#"{"issuer":"https://example.com/oidc","jwks_uri":"https://keys.example.com/1?a=b",
                "token_endpoint":"https://example.com/token"}"#,
        );
        assert_eq!(metadata.unwrap().jwks_uri, "https://keys.example.com/1?a=b");
    }

    #[test]
    fn the_issuer_must_be_exactly_the_one_that_was_asked() {
        for issuer in
            ["https://example.com/oidc/", "https://EXAMPLE.com/oidc", "https://evil.example"]
        {
            let json = format!(r#"{{"issuer":"{issuer}","jwks_uri":"https://example.com/jwks"}}"#);
            assert!(matches!(read(&json), Err(FetchError::IssuerMismatch(_))), "{issuer}");
        }
    }

    #[test]
    fn keys_are_fetched_over_tls_only() {
        for url in ["http://example.com/jwks", "http://127.0.0.1/jwks", "ftp://example.com/jwks"] {
            let json = format!(r#"{{"issuer":"https://example.com/oidc","jwks_uri":"{url}"}}"#);
            assert_eq!(read(&json), Err(FetchError::JwksUri(UrlError::NotHttps)), "{url}");
        }
    }

    #[test]
    fn a_member_that_is_missing_of_another_type_or_repeated_is_an_error() {
        for json in [
            "",
            "[]",
            r#"{"issuer":"https://example.com/oidc"}"#,
            r#"{"jwks_uri":"https://example.com/jwks"}"#,
            r#"{"issuer":["https://example.com/oidc"],"jwks_uri":"https://example.com/jwks"}"#,
            r#"{"issuer":"https://example.com/oidc","issuer":"https://evil.example",
                "jwks_uri":"https://example.com/jwks"}"#,
        ] {
            assert!(matches!(read(json), Err(FetchError::Metadata(_))), "{json}");
        }
    }
}
