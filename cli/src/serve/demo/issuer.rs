//! The demo's issuer: it signs tokens with each kind of key.

use base64ct::{Base64UrlUnpadded, Encoding};
use p256::ecdsa::signature::Signer;
use p256::elliptic_curve::Generate;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tollgate_core::Algorithm;

use super::provider::TokenSigner;
use crate::serve::ServeError;

/// The RSA key, which takes too long to generate at each start. That it is public gives nothing away: the
/// demo issues any token to anyone who asks.
const RS256: &[u8] = include_bytes!("rs256.pk8");

/// An issuer with a key for each algorithm in [`ALGORITHMS`](Self::ALGORITHMS). Those for elliptic curves are
/// new, and exist only in this process.
pub(super) struct DemoIssuer {
    url: String,
    es384: p384::ecdsa::SigningKey,
    es256: p256::ecdsa::SigningKey,
    rs256: RsaKeyPair,
    eddsa: Ed25519KeyPair,
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
    /// The algorithms that it signs with, the default one first.
    pub(super) const ALGORITHMS: [Algorithm; 4] =
        [Self::DEFAULT, Algorithm::Es256, Algorithm::Rs256, Algorithm::EdDsa];

    pub(super) const DEFAULT: Algorithm = Algorithm::Es384;

    pub(super) fn new(url: String) -> Result<Self, ServeError> {
        let randomness = |error: &dyn std::fmt::Display| ServeError::Randomness(error.to_string());
        let eddsa = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .map_err(|error| randomness(&error))?;
        Ok(Self {
            url,
            es384: p384::ecdsa::SigningKey::try_generate().map_err(|error| randomness(&error))?,
            es256: p256::ecdsa::SigningKey::try_generate().map_err(|error| randomness(&error))?,
            rs256: RsaKeyPair::from_pkcs8(RS256).map_err(|error| randomness(&error))?,
            eddsa: Ed25519KeyPair::from_pkcs8(eddsa.as_ref())
                .map_err(|error| randomness(&error))?,
            tokens: AtomicU64::new(1),
        })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The public keys, the default one first.
    pub(super) fn jwks(&self) -> Value {
        json!({ "keys": Self::ALGORITHMS.map(|algorithm| self.jwk(algorithm)) })
    }

    fn jwk(&self, algorithm: Algorithm) -> Value {
        let mut jwk = match algorithm {
            Algorithm::EdDsa => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": base64url(self.eddsa.public_key()) })
            }
            Algorithm::Rs256 => {
                let key = PublicKeyComponents::<Vec<u8>>::from(self.rs256.public_key());
                json!({ "kty": "RSA", "n": base64url(key.n), "e": base64url(key.e) })
            }
            Algorithm::Es256 => {
                ec("P-256", self.es256.verifying_key().to_sec1_point(false).as_bytes())
            }
            _ => ec("P-384", self.es384.verifying_key().to_sec1_point(false).as_bytes()),
        };
        if let Some(members) = jwk.as_object_mut() {
            members.insert("alg".to_owned(), algorithm.name().into());
            members.insert("use".to_owned(), "sig".into());
            members.insert("kid".to_owned(), key_id(algorithm).into());
        }
        jwk
    }

    /// Signs an access token (RFC 9068).
    pub(super) fn token(&self, request: &TokenRequest<'_>) -> String {
        let TokenRequest { algorithm, subject, audience, scope, now, lifetime } = *request;
        let number = self.tokens.fetch_add(1, Ordering::Relaxed);
        let mut claims = json!({
            "iss": self.url, "sub": subject, "aud": audience, "client_id": "demo",
            "iat": now, "exp": now.saturating_add(lifetime), "jti": format!("demo-{number}"),
        });
        if let (Some(claims), false) = (claims.as_object_mut(), scope.is_empty()) {
            claims.insert("scope".to_owned(), scope.into());
        }
        self.jwt(algorithm, "at+jwt", &claims)
    }

    fn jwt(&self, algorithm: Algorithm, typ: &str, claims: &Value) -> String {
        let header = json!({ "alg": algorithm.name(), "typ": typ, "kid": key_id(algorithm) });
        let input = format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
        format!("{input}.{}", base64url(self.signature(algorithm, input.as_bytes())))
    }

    fn signature(&self, algorithm: Algorithm, input: &[u8]) -> Vec<u8> {
        match algorithm {
            Algorithm::EdDsa => self.eddsa.sign(input).as_ref().to_vec(),
            Algorithm::Rs256 => {
                let mut signature = vec![0; self.rs256.public().modulus_len()];
                // Fails only if there is no randomness for blinding. Zeros are no valid signature.
                let _ =
                    self.rs256.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input, &mut signature);
                signature
            }
            Algorithm::Es256 => {
                let signature: p256::ecdsa::Signature = self.es256.sign(input);
                signature.to_bytes().to_vec()
            }
            _ => {
                let signature: p384::ecdsa::Signature = self.es384.sign(input);
                signature.to_bytes().to_vec()
            }
        }
    }
}

/// Signs the tokens of the demo's provider.
impl TokenSigner for Arc<DemoIssuer> {
    fn algorithm(&self) -> &'static str {
        DemoIssuer::DEFAULT.name()
    }

    fn sign(&self, typ: &str, claims: &Value) -> String {
        self.jwt(DemoIssuer::DEFAULT, typ, claims)
    }
}

fn key_id(algorithm: Algorithm) -> String {
    format!("demo-{}", algorithm.name())
}

/// The JWK of a point in its uncompressed form: a tag, then both coordinates.
fn ec(curve: &str, point: &[u8]) -> Value {
    let coordinates = point.get(1..).unwrap_or_default();
    let (x, y) = coordinates.split_at_checked(coordinates.len() / 2).unwrap_or_default();
    json!({ "kty": "EC", "crv": curve, "x": base64url(x), "y": base64url(y) })
}

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}
