//! [`Metadata`]: where an issuer publishes its keys (OpenID Connect Discovery §4, RFC 8414 §3).

use serde::Deserialize;

use super::fetch::FetchError;
use crate::issuer_url::{self, IssuerUrl, Plaintext};

/// The metadata of an issuer, as far as its keys need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Metadata {
    /// The URL of the key set.
    pub(super) jwks_uri: String,
}

#[derive(Deserialize)]
struct Members {
    issuer: String,
    jwks_uri: String,
}

impl Metadata {
    /// Reads the metadata of `issuer`, and compares the issuer that it names
    /// (OpenID Connect Discovery §4.3).
    pub(super) fn read(
        json: &[u8],
        issuer: &IssuerUrl,
        plaintext: Plaintext,
    ) -> Result<Self, FetchError> {
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
    fn metadata_names_the_url_of_the_keys() {
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
