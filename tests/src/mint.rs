//! Keys and tokens, the same ones in every run.

pub mod ed25519;
mod encoding;
mod key;
mod members;
mod rsa;

pub use encoding::{base64url, crc32, from_base64url, from_hex, to_hex};
pub use key::{SigningKey, with_other_s};
pub use members::Members;
pub use rsa::{RsaHash, RsaSecret, pkcs1};

use std::sync::LazyLock;

use serde_json::{Value, json};
use tollgate_core::Algorithm;

/// The time at which the good token is good: 2025-10-09T08:53:20Z.
pub const NOW: i64 = 1_760_000_000;
/// The issuer of the good token.
pub const ISSUER: &str = "https://auth.example.com/oidc";
/// The audience of the good token.
pub const AUDIENCE: &str = "https://api.example.com";
/// The scope of the good token.
pub const SCOPE: &str = "read:orders write:orders";

/// The key `k1` for ES256, which signs the good token.
pub fn k1() -> SigningKey {
    static K1: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::p256("the first key"));
    K1.clone()
}

/// The key `k2` for ES384.
pub fn k2() -> SigningKey {
    static K2: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::p384("the second key"));
    K2.clone()
}

/// The good key of this algorithm: [`k1`], [`k2`], or one whose id is the algorithm's name.
pub fn key_for(algorithm: Algorithm) -> SigningKey {
    match algorithm {
        Algorithm::Es256 => k1(),
        Algorithm::Es384 => k2(),
        Algorithm::Es512 => SigningKey::p521("the third key"),
        Algorithm::EdDsa => SigningKey::ed25519("the fourth key"),
        _ => {
            let bits = match RsaHash::of(algorithm) {
                RsaHash::Sha256 => "2048",
                RsaHash::Sha384 => "3072",
                RsaHash::Sha512 => "4096",
            };
            SigningKey::rsa(bits, algorithm)
        }
    }
}

/// The id of [`key_for`] this algorithm.
pub fn kid_for(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Es256 => "k1",
        Algorithm::Es384 => "k2",
        other => other.name(),
    }
}

/// The JWK of `key` under the id `kid`, all members that issuers commonly give it included.
pub fn jwk(key: &SigningKey, kid: &str) -> Value {
    let mut jwk = key.jwk();
    jwk["kid"] = json!(kid);
    jwk["use"] = json!("sig");
    jwk["alg"] = json!(key.algorithm().name());
    sorted(jwk)
}

/// The same JWK with one member replaced, or added.
pub fn jwk_with(mut jwk: Value, name: &str, value: Value) -> Value {
    jwk[name] = value;
    sorted(jwk)
}

/// The same JWK without one of its members.
pub fn jwk_without(mut jwk: Value, name: &str) -> Value {
    jwk.as_object_mut().unwrap().remove(name).unwrap();
    sorted(jwk)
}

/// With members in alphabetical order, so that tokens and files are the same in every build: another crate of the
/// build may have chosen that `serde_json` keeps the order in which members were set.
pub fn sorted(mut value: Value) -> Value {
    value.sort_all_objects();
    value
}

/// The JWK set of these keys.
pub fn jwks(keys: impl IntoIterator<Item = Value>) -> Value {
    json!({ "keys": keys.into_iter().collect::<Vec<_>>() })
}

/// The set of `k1` and `k2`.
pub fn good_jwks() -> Value {
    jwks([jwk(&k1(), "k1"), jwk(&k2(), "k2")])
}

/// The set of the good keys of all algorithms.
pub fn jwks_for_all() -> Value {
    jwks(Algorithm::ALL.iter().map(|algorithm| jwk(&key_for(*algorithm), kid_for(*algorithm))))
}

/// Builds a token.
#[derive(Clone, Debug)]
pub struct Token {
    key: SigningKey,
    header: Members,
    header_text: Option<Vec<u8>>,
    claims: Members,
    payload: Option<Vec<u8>>,
}

impl Token {
    /// An access token as RFC 9068 profiles it, signed by [`k1`].
    pub fn good() -> Self {
        let header = json!({ "alg": "ES256", "kid": "k1", "typ": "at+jwt" });
        let header = Members::from(&header);
        Self { key: k1(), header, header_text: None, claims: Members::default(), payload: None }
            .claim("iss", json!(ISSUER))
            .claim("sub", json!("user_1"))
            .claim("aud", json!(AUDIENCE))
            .claim("exp", NOW + 3600)
            .claim("iat", NOW - 60)
            .claim("jti", json!("t-1"))
            .claim("client_id", json!("app_1"))
            .claim("scope", json!(SCOPE))
    }

    /// The good token, signed by [`k2`] instead.
    pub fn good_es384() -> Self {
        Self::good_for(Algorithm::Es384)
    }

    /// The good token, signed by [`key_for`] this algorithm.
    pub fn good_for(algorithm: Algorithm) -> Self {
        Self::good()
            .member("alg", json!(algorithm.name()))
            .member("kid", json!(kid_for(algorithm)))
            .signed_by(key_for(algorithm))
    }

    /// An ID token as OIDC Core §2 describes it, for the client `app_1`, signed by [`k1`].
    pub fn good_id_token() -> Self {
        let token = Self::good().without_member("typ").claim("aud", json!("app_1"));
        ["jti", "client_id", "scope"].into_iter().fold(token, Self::without)
    }

    /// With this header member, whose value is JSON text; it replaces one of the same name.
    #[must_use]
    pub fn member(mut self, name: &str, value: impl ToString) -> Self {
        self.header.set(name, value);
        self
    }

    /// Without this header member.
    #[must_use]
    pub fn without_member(mut self, name: &str) -> Self {
        assert!(self.header.get(name).is_some(), "{name}");
        self.header.remove(name);
        self
    }

    /// With exactly this header, whatever it is.
    #[must_use]
    pub fn header(mut self, text: impl AsRef<[u8]>) -> Self {
        self.header_text = Some(text.as_ref().to_vec());
        self
    }

    /// With this claim, whose value is JSON text; it replaces one of the same name.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl ToString) -> Self {
        self.claims.set(name, value);
        self
    }

    /// With this claim, even if there is one of the same name.
    #[must_use]
    pub fn another_claim(mut self, name: &str, value: impl ToString) -> Self {
        self.claims.push(name, value);
        self
    }

    /// Without this claim.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        assert!(self.claims.get(name).is_some(), "{name}");
        self.claims.remove(name);
        self
    }

    /// With exactly this payload, whatever it is.
    #[must_use]
    pub fn payload(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.payload = Some(bytes.as_ref().to_vec());
        self
    }

    /// Signed by this key; the header stays as it is.
    #[must_use]
    pub fn signed_by(mut self, key: SigningKey) -> Self {
        self.key = key;
        self
    }

    /// The text of the header.
    pub fn header_bytes(&self) -> Vec<u8> {
        self.header_text.clone().unwrap_or_else(|| self.header.to_string().into_bytes())
    }

    /// The text of the claims.
    pub fn payload_bytes(&self) -> Vec<u8> {
        self.payload.clone().unwrap_or_else(|| self.claims.to_string().into_bytes())
    }

    /// The compact serialization (RFC 7515 §7.1).
    pub fn mint(&self) -> String {
        self.mint_parts(&base64url(self.header_bytes()), &base64url(self.payload_bytes()))
    }

    /// The compact serialization of two parts that need not be base64url.
    pub fn mint_parts(&self, header: &str, payload: &str) -> String {
        let signing_input = format!("{header}.{payload}");
        let signature = base64url(self.key.sign(signing_input.as_bytes()));
        format!("{signing_input}.{signature}")
    }

    /// The first two parts, and `forge`'s idea of a signature instead of the true one.
    pub fn mint_forged(&self, forge: impl FnOnce(Vec<u8>) -> Vec<u8>) -> String {
        let token = self.mint();
        let (signing_input, _) = token.rsplit_once('.').unwrap();
        let signature = forge(self.key.sign(signing_input.as_bytes()));
        format!("{signing_input}.{}", base64url(signature))
    }
}
