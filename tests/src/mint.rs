//! Keys and tokens, the same ones in every run.

mod key;
mod members;

pub use key::{SigningKey, with_other_s};
pub use members::Members;

use std::sync::LazyLock;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};

/// The time at which the good token is good: 2025-10-09T08:53:20Z.
pub const NOW: i64 = 1_760_000_000;
/// Whom the good token names as its issuer.
pub const ISSUER: &str = "https://auth.example.com/oidc";
/// For whom the good token is meant.
pub const AUDIENCE: &str = "https://api.example.com";
/// What it permits.
pub const SCOPE: &str = "read:orders write:orders";

/// `bytes` in base64url without padding (RFC 7515 §2).
pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

/// What base64url stands for, if it is without padding and stray bits.
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}

/// The bytes of hexadecimal digits.
pub fn from_hex(hex: &str) -> Vec<u8> {
    let byte = |index| u8::from_str_radix(&hex[index..index + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(byte).collect()
}

/// The hexadecimal digits of bytes.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

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

/// The JWK of `key` under the id `kid`, all members that issuers commonly give it included.
pub fn jwk(key: &SigningKey, kid: &str) -> Value {
    let mut jwk = key.jwk();
    jwk["kid"] = json!(kid);
    jwk["use"] = json!("sig");
    jwk["alg"] = json!(key.algorithm().name());
    jwk
}

/// The same JWK with one member replaced, or added.
pub fn jwk_with(mut jwk: Value, name: &str, value: Value) -> Value {
    jwk[name] = value;
    jwk
}

/// The same JWK without one of its members.
pub fn jwk_without(mut jwk: Value, name: &str) -> Value {
    jwk.as_object_mut().unwrap().remove(name).unwrap();
    jwk
}

/// The JWK set of these keys.
pub fn jwks(keys: impl IntoIterator<Item = Value>) -> Value {
    json!({ "keys": keys.into_iter().collect::<Vec<_>>() })
}

/// The set of `k1` and `k2`.
pub fn good_jwks() -> Value {
    jwks([jwk(&k1(), "k1"), jwk(&k2(), "k2")])
}

/// A token in the making.
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
        let claims = Members::default()
            .with("iss", json!(ISSUER))
            .with("sub", json!("user_1"))
            .with("aud", json!(AUDIENCE))
            .with("exp", NOW + 3600)
            .with("iat", NOW - 60)
            .with("jti", json!("t-1"))
            .with("client_id", json!("app_1"))
            .with("scope", json!(SCOPE));
        Self { key: k1(), header: Members::from(&header), header_text: None, claims, payload: None }
    }

    /// The good token, signed by [`k2`] instead.
    pub fn good_es384() -> Self {
        Self::good().member("alg", json!("ES384")).member("kid", json!("k2")).signed_by(k2())
    }

    /// An ID token as OIDC Core §2 describes it, for the client `app_1`, signed by [`k1`].
    pub fn good_id_token() -> Self {
        let token = Self::good().without_member("typ").claim("aud", json!("app_1"));
        ["jti", "client_id", "scope"].into_iter().fold(token, Self::without)
    }

    /// With this header member, whose value is JSON text; it replaces one of the same name.
    #[must_use]
    pub fn member(self, name: &str, value: impl ToString) -> Self {
        Self { header: self.header.with(name, value), ..self }
    }

    /// Without this header member.
    #[must_use]
    pub fn without_member(self, name: &str) -> Self {
        Self { header: self.header.without(name), ..self }
    }

    /// With exactly this header, whatever it is.
    #[must_use]
    pub fn header(self, text: impl AsRef<[u8]>) -> Self {
        Self { header_text: Some(text.as_ref().to_vec()), ..self }
    }

    /// With this claim, whose value is JSON text; it replaces one of the same name.
    #[must_use]
    pub fn claim(self, name: &str, value: impl ToString) -> Self {
        Self { claims: self.claims.with(name, value), ..self }
    }

    /// With this claim, even if there is one of the same name.
    #[must_use]
    pub fn another_claim(self, name: &str, value: impl ToString) -> Self {
        Self { claims: self.claims.and(name, value), ..self }
    }

    /// Without this claim.
    #[must_use]
    pub fn without(self, name: &str) -> Self {
        Self { claims: self.claims.without(name), ..self }
    }

    /// With exactly this payload, whatever it is.
    #[must_use]
    pub fn payload(self, bytes: impl AsRef<[u8]>) -> Self {
        Self { payload: Some(bytes.as_ref().to_vec()), ..self }
    }

    /// Signed by this key; the header stays as it is.
    #[must_use]
    pub fn signed_by(self, key: SigningKey) -> Self {
        Self { key, ..self }
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
