//! [`Metadata`]: where an issuer publishes its keys (OpenID Connect Discovery §4, RFC 8414 §3).

use serde::Deserialize;

use super::document::Document;
use super::fetch::FetchError;
use crate::issuer_url::{AllowedHttp, IssuerUrl};

/// The metadata of an issuer, as far as its keys need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Metadata {
    /// The URL of the key set.
    pub(super) jwks_uri: String,
}

/// How many characters of an unknown issuer a message shows.
const MAX_SHOWN: usize = 256;

#[derive(Deserialize)]
struct Members {
    issuer: String,
    jwks_uri: String,
}

impl Metadata {
    /// Reads the metadata of `issuer`, and compares the issuer that it names
    /// (OpenID Connect Discovery §4.3).
    pub(super) fn read(
        document: &Document,
        issuer: &IssuerUrl,
        allowed_http: &AllowedHttp,
    ) -> Result<Self, FetchError> {
        let members: Members =
            serde_json::from_slice(&document.body).map_err(|error| FetchError::Metadata {
                error: error.to_string(),
                content_type: document.content_type.clone(),
            })?;
        if members.issuer != issuer.as_str() {
            return Err(FetchError::IssuerMismatch {
                configured: issuer.as_str().to_owned(),
                found: members.issuer.chars().take(MAX_SHOWN).collect(),
            });
        }
        issuer.parse_named(&members.jwks_uri, allowed_http).map_err(FetchError::JwksUri)?;
        Ok(Self { jwks_uri: members.jwks_uri })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issuer_url::{Plaintext, UrlError};

    fn read(json: &str) -> Result<Metadata, FetchError> {
        let issuer = IssuerUrl::parse("https://example.com/oidc", Plaintext::Refuse).unwrap();
        let document = Document {
            body: json.as_bytes().to_vec(),
            content_type: Some("text/plain".to_owned()),
            etag: None,
            fresh_for: None,
        };
        Metadata::read(&document, &issuer, &Plaintext::Refuse.into())
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
            let error = read(&json).unwrap_err();
            assert!(matches!(error, FetchError::IssuerMismatch { .. }), "{issuer}");
            let both = [format!("{issuer:?}"), "\"https://example.com/oidc\"".to_owned()];
            assert!(both.iter().all(|one| error.to_string().contains(one)), "{error}");
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
            let error = read(json).unwrap_err();
            assert!(matches!(error, FetchError::Metadata { .. }), "{json}");
            assert!(error.to_string().ends_with("(Content-Type \"text/plain\")"), "{error}");
        }
    }
}
