//! [`Metadata`]: where an issuer publishes its keys (OpenID Connect Discovery §4, RFC 8414 §3).

use serde::Deserialize;

use super::document::Document;
use super::fetch::FetchError;
use crate::issuer_template::IssuerTemplate;
use crate::issuer_url::{self, AllowedHttp};

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
    /// Reads the metadata of `issuer` that is at `url`, and compares the issuer that it names
    /// (OpenID Connect Discovery §4.3).
    pub(super) fn read(
        document: &Document,
        url: &str,
        issuer: &str,
        allowed_http: &AllowedHttp,
    ) -> Result<Self, FetchError> {
        let members: Members =
            serde_json::from_slice(&document.body).map_err(|error| FetchError::Metadata {
                error: error.to_string(),
                content_type: document.content_type.clone(),
            })?;
        if !is_same(&members.issuer, issuer) {
            return Err(FetchError::IssuerMismatch {
                configured: issuer.to_owned(),
                found: members.issuer.chars().take(MAX_SHOWN).collect(),
            });
        }
        issuer_url::parse_named(&members.jwks_uri, url, allowed_http)
            .map_err(FetchError::JwksUri)?;
        Ok(Self { jwks_uri: members.jwks_uri })
    }
}

/// Whether metadata names the configured issuer: exactly, except for what a template calls its variable.
fn is_same(found: &str, configured: &str) -> bool {
    found == configured
        || IssuerTemplate::parse(configured).is_some_and(|template| template.is_like(found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issuer_url::{Plaintext, UrlError};

    fn read(json: &str) -> Result<Metadata, FetchError> {
        read_of("https://example.com/oidc", json)
    }

    fn read_of(issuer: &str, json: &str) -> Result<Metadata, FetchError> {
        let document = Document {
            body: json.as_bytes().to_vec(),
            content_type: Some("text/plain".to_owned()),
            etag: None,
            fresh_for: None,
        };
        Metadata::read(&document, "https://example.com/meta", issuer, &Plaintext::Refuse.into())
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
    fn a_template_must_be_the_configured_one_but_its_variable_may_have_another_name() {
        let read = |configured, found: &str| {
            let json = format!(r#"{{"issuer":"{found}","jwks_uri":"https://example.com/jwks"}}"#);
            read_of(configured, &json)
        };
        let ours = "https://login.example/{tid}/v2.0";
        assert!(read(ours, ours).is_ok());
        assert!(read(ours, "https://login.example/{tenantid}/v2.0").is_ok());
        for other in [
            "https://login.example/{tid}/v1.0",
            "https://login.example/{tid}/v2.0/",
            "https://evil.example/{tid}/v2.0",
            "https://login.example/a/v2.0",
            "https://login.example/{}/v2.0",
        ] {
            let error = read(ours, other).unwrap_err();
            assert!(matches!(error, FetchError::IssuerMismatch { .. }), "{other}");
        }
        let error = read("https://login.example/a/v2.0", ours).unwrap_err();
        assert!(matches!(error, FetchError::IssuerMismatch { .. }));
        assert!(error.to_string().contains("set tenants and metadata_url"), "{error}");
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
