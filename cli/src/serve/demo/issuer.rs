//! The demo's issuer: it generates keys and signs tokens with them.

use base64ct::{Base64UrlUnpadded, Encoding};
use p256::ecdsa::signature::Signer;
use p256::elliptic_curve::Generate;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use tollgate_core::Algorithm;

use crate::serve::ServeError;

/// An issuer with two new keys, which exist only in this process.
pub(super) struct DemoIssuer {
    url: String,
    es256: p256::ecdsa::SigningKey,
    es384: p384::ecdsa::SigningKey,
    /// Numbers the tokens, for unique ids.
    tokens: AtomicU64,
}

/// The content of a token to issue.
#[derive(Clone, Copy)]
pub(super) struct TokenRequest<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) subject: &'a str,
    pub(super) audience: &'a str,
    pub(super) scope: &'a str,
    /// When it is issued.
    pub(super) now: i64,
    /// In seconds.
    pub(super) lifetime: i64,
}

impl DemoIssuer {
    pub(super) fn new(url: String) -> Result<Self, ServeError> {
        let randomness = |error: &dyn std::fmt::Display| ServeError::Randomness(error.to_string());
        let es256 = p256::ecdsa::SigningKey::try_generate().map_err(|error| randomness(&error))?;
        let es384 = p384::ecdsa::SigningKey::try_generate().map_err(|error| randomness(&error))?;
        Ok(Self { url, es256, es384, tokens: AtomicU64::new(1) })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The discovery document (OpenID Connect Discovery §3), as far as the demo needs it.
    pub(super) fn metadata(&self) -> Value {
        json!({ "issuer": self.url, "jwks_uri": format!("{}/jwks", self.url) })
    }

    /// The public keys, the default one first.
    pub(super) fn jwks(&self) -> Value {
        let es384 = self.es384.verifying_key().to_sec1_point(false);
        let es256 = self.es256.verifying_key().to_sec1_point(false);
        json!({ "keys": [
            jwk(Algorithm::Es384, es384.as_bytes()),
            jwk(Algorithm::Es256, es256.as_bytes()),
        ] })
    }

    /// Signs an access token (RFC 9068).
    pub(super) fn token(&self, request: &TokenRequest<'_>) -> String {
        let TokenRequest { algorithm, subject, audience, scope, now, lifetime } = *request;
        let number = self.tokens.fetch_add(1, Ordering::Relaxed);
        let header = json!({ "alg": algorithm.name(), "typ": "at+jwt", "kid": key_id(algorithm) });
        let mut claims = json!({
            "iss": self.url, "sub": subject, "aud": audience, "client_id": "demo",
            "iat": now, "exp": now.saturating_add(lifetime), "jti": format!("demo-{number}"),
        });
        if let (Some(claims), false) = (claims.as_object_mut(), scope.is_empty()) {
            claims.insert("scope".to_owned(), scope.into());
        }
        let input = format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
        let signature = match algorithm {
            Algorithm::Es256 => {
                let signature: p256::ecdsa::Signature = self.es256.sign(input.as_bytes());
                base64url(signature.to_bytes())
            }
            Algorithm::Es384 => {
                let signature: p384::ecdsa::Signature = self.es384.sign(input.as_bytes());
                base64url(signature.to_bytes())
            }
        };
        format!("{input}.{signature}")
    }
}

fn key_id(algorithm: Algorithm) -> String {
    format!("demo-{}", algorithm.name())
}

/// The JWK of a point in its uncompressed form: a tag, then both coordinates.
fn jwk(algorithm: Algorithm, point: &[u8]) -> Value {
    let coordinates = point.get(1..).unwrap_or_default();
    let (x, y) = coordinates.split_at_checked(algorithm.coordinate_len()).unwrap_or_default();
    json!({
        "kty": "EC", "crv": algorithm.curve(), "alg": algorithm.name(), "use": "sig",
        "kid": key_id(algorithm), "x": base64url(x), "y": base64url(y),
    })
}

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}
