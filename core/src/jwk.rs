//! Reads what JWKs of all types have in common: RFC 7517 §4.

use crate::algorithm::{Algorithm, KeyAlgorithms};
use crate::base64url;
use crate::json::{Bounds, JsonError, Object, Text, Value};
use crate::key::KeyId;
use crate::limits;
use crate::reasons_macro::reasons;

/// A JWK that may verify tokens, as far as that is the same for all types of keys.
///
/// An engine is made from it, and reads the members of its own type of key: see
/// [`KeySet::from_jwks_with`](crate::KeySet::from_jwks_with).
///
/// ```
/// use tollgate_core::engines::ecdsa::{P256, UntabledKey};
/// use tollgate_core::{Algorithm, Jwk, KeyId, KeyType, UnusableKey};
///
/// let json = br#"{"kty":"EC","crv":"P-256","alg":"ES256","kid":"k1",
///     "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
///     "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
/// let (id, jwk) = Jwk::parse(json)?;
/// assert_eq!(id, KeyId::new("k1"));
/// assert_eq!((jwk.key_type(), jwk.alg()), (KeyType::Ec, Some(Algorithm::Es256)));
/// let engine = UntabledKey::<P256>::try_from(&jwk)?;
///
/// let private = br#"{"kty":"EC","crv":"P-256","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;
/// assert_eq!(Jwk::parse(private).unwrap_err(), UnusableKey::PrivateKey);
/// # Ok::<(), UnusableKey>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Jwk<'a> {
    object: Object<'a>,
    key_type: KeyType,
    alg: Option<Value<'a>>,
}

/// The type of a key: `kty` (RFC 7518 §6.1, RFC 8037 §2).
///
/// See the example of [`Jwk`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// `EC`: an elliptic curve, for ECDSA.
    Ec,
    /// `RSA`.
    Rsa,
    /// `OKP`: an octet key pair, for EdDSA.
    Okp,
}

/// What keys must be meant for: their `use`, if they have one (RFC 7517 §4.2).
///
/// ```
/// use tollgate_core::{Jwk, KeyUse};
///
/// let jwks = br#"{"keys":[{"kty":"EC","use":"jwt-svid"},{"kty":"EC","use":"sig"}]}"#;
/// let count = |key_use| Jwk::parse_set(jwks, key_use).map(|keys| keys.filter(Result::is_ok).count());
/// assert_eq!(count(KeyUse::Signature), Ok(1));
/// assert_eq!(count(KeyUse::JwtSvid), Ok(2));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyUse {
    /// `sig`: signatures.
    #[default]
    Signature,
    /// `sig`, or `jwt-svid`: the JWT-SVIDs of a SPIFFE trust domain.
    JwtSvid,
}

impl KeyUse {
    fn includes(self, value: Value<'_>) -> bool {
        is(value, "sig") || self == Self::JwtSvid && is(value, "jwt-svid")
    }
}

reasons! {
/// The reasons why a JWK cannot verify tokens. Only that key is left out, not the set (RFC 7517 §5).
///
/// See the example of [`Jwk`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnusableKey: (reason, reason_names) {
    /// The key is not valid JSON with unique names.
    #[reason(of error.kind)]
    #[text("the key {error}")]
    Json(error: JsonError),

    /// The set's element is not a JSON object.
    #[reason("key-not-an-object")]
    #[text("the key is not a JSON object")]
    NotAnObject,

    /// `kty` is missing, or not `EC`, `RSA` or `OKP`.
    #[reason("key-type")]
    #[text("kty is not EC, RSA or OKP")]
    KeyType,

    /// `crv` is missing, or not a curve that Tollgate knows for this `kty`.
    #[reason("key-curve")]
    #[text("crv is not P-256, P-384 or P-521 (EC), or Ed25519 (OKP)")]
    Curve,

    /// `d` is present and not null, so this is a *private* key: everyone who can read it can sign tokens.
    #[reason("key-private")]
    #[text(
        "the key contains its private part (d): remove it and replace the key, because everyone who \
         could read it can sign tokens"
    )]
    PrivateKey,

    /// `use` is not `sig`.
    #[reason("key-use")]
    #[text("use is not sig")]
    Use,

    /// `key_ops` does not contain `verify`, or is not a list of at most
    /// [`MAX_KEY_OPS`](crate::limits::MAX_KEY_OPS) unique strings.
    #[reason("key-ops")]
    #[text("key_ops must be a list of at most 16 unique strings that contains verify")]
    KeyOps,

    /// `alg` is not an algorithm of the key's type and curve.
    #[reason("key-algorithm")]
    #[text("alg is not a signature algorithm of the key's type and curve")]
    Algorithm,

    /// `kid` is not a string.
    #[reason("kid-type")]
    #[text("kid is not a string")]
    KeyIdType,

    /// `kid` is longer than [`MAX_KEY_ID_LEN`](crate::limits::MAX_KEY_ID_LEN).
    #[reason("kid-too-long")]
    #[text("kid is longer than {} bytes", limits::MAX_KEY_ID_LEN)]
    KeyIdTooLong,

    /// `x` or `y` is missing or is not base64url of the curve's full width.
    #[reason("key-coordinate")]
    #[text("x or y is missing or is not base64url of the curve's full width")]
    Coordinate,

    /// The point is not on the curve.
    #[reason("key-not-on-curve")]
    #[text("the point is not on the curve")]
    NotOnCurve,

    /// `n` or `e` of an RSA key is missing, is not base64url, or begins with zero octets.
    #[reason("rsa-encoding")]
    #[text("n or e is missing, is not base64url, or begins with zero octets")]
    RsaEncoding,

    /// The modulus of an RSA key does not have 2,048 to 4,096 bits (RFC 7518 §3.3).
    #[reason("rsa-bits")]
    #[text("the RSA modulus must have 2048 to 4096 bits")]
    RsaBits,

    /// The modulus of an RSA key is even.
    #[reason("rsa-even")]
    #[text("the RSA modulus is even")]
    RsaEven,

    /// The exponent of an RSA key is even, not above 2^16, or not below 2^32.
    #[reason("rsa-exponent")]
    #[text("the RSA exponent must be odd, above 65536 and below 2^32")]
    RsaExponent,

    /// The RSA key can be factored: it has the fingerprint of ROCA (CVE-2017-15361).
    #[reason("rsa-roca")]
    #[text("the RSA key can be factored (ROCA, CVE-2017-15361): replace it")]
    RsaRoca,

    /// The engine does not support the type, the curve or the algorithm of the key.
    #[reason("key-not-for-engine")]
    #[text("the key is for an algorithm that is not supported here")]
    NotForThisEngine,
}
}

impl core::error::Error for UnusableKey {}

impl<'a> Jwk<'a> {
    /// Reads a JWK that is not in a set.
    ///
    /// # Errors
    ///
    /// The reason why the key cannot verify tokens.
    pub fn parse(json: &'a [u8]) -> Result<(Option<KeyId>, Self), UnusableKey> {
        Self::parse_for(json, KeyUse::Signature)
    }

    /// Reads one element of a key set.
    pub(crate) fn from_element(
        element: Value<'a>,
        key_use: KeyUse,
    ) -> Result<(Option<KeyId>, Self), UnusableKey> {
        // The check of the set did not include the names inside its keys.
        let object = element.as_object().ok_or(UnusableKey::NotAnObject)?;
        Self::parse_for(object.as_str().as_bytes(), key_use)
    }

    fn parse_for(json: &'a [u8], key_use: KeyUse) -> Result<(Option<KeyId>, Self), UnusableKey> {
        let object = Object::parse(json, Bounds::WIDEST).map_err(UnusableKey::Json)?;
        let (mut kty, mut alg, mut id, mut private) = (None, None, None, false);
        let (mut intended_use, mut key_ops) = (Ok(()), Ok(()));
        let mut buffer = [0; crate::json::SHORT_NAME_LEN];
        for (name, value) in object.members() {
            match name.short_name(&mut buffer) {
                "kty" => kty = value.as_text(),
                "alg" => alg = Some(value),
                "kid" => id = Some(value),
                // Whatever the key's type: RSA and OKP keys have it, too.
                "d" if value != Value::Null => private = true,
                "use" if !key_use.includes(value) => intended_use = Err(UnusableKey::Use),
                "key_ops" if !lists_verify(value) => key_ops = Err(UnusableKey::KeyOps),
                _ => {}
            }
        }
        if private {
            return Err(UnusableKey::PrivateKey);
        }
        let key_type = match kty {
            Some(kty) if kty == *"EC" => KeyType::Ec,
            Some(kty) if kty == *"RSA" => KeyType::Rsa,
            Some(kty) if kty == *"OKP" => KeyType::Okp,
            _ => return Err(UnusableKey::KeyType),
        };
        intended_use?;
        key_ops?;
        let id = match id {
            None => None,
            Some(id) => {
                let id = id.as_text().ok_or(UnusableKey::KeyIdType)?;
                Some(KeyId::from_text(id).ok_or(UnusableKey::KeyIdTooLong)?)
            }
        };
        Ok((id, Self { object, key_type, alg }))
    }

    /// Returns `kty`, the type of the key.
    #[must_use]
    pub const fn key_type(&self) -> KeyType {
        self.key_type
    }

    /// Returns a member that is a string.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<Text<'a>> {
        self.object.get(name)?.as_text()
    }

    /// Returns whether the key has a member other than null.
    #[must_use]
    pub fn has_member(&self, name: &str) -> bool {
        self.object.get(name).is_some_and(|value| !matches!(value, Value::Null))
    }

    /// Returns `alg`, if it is the name of an algorithm.
    #[must_use]
    pub fn alg(&self) -> Option<Algorithm> {
        self.alg?.as_text().and_then(Algorithm::from_text)
    }

    /// Returns the algorithms that the key is for, of those that fit its type and curve: exactly the one
    /// in `alg`, if the key has one (RFC 7517 §4.4).
    ///
    /// # Errors
    ///
    /// [`UnusableKey::Algorithm`] if `alg` does not fit.
    pub fn algorithms(&self, fitting: KeyAlgorithms) -> Result<KeyAlgorithms, UnusableKey> {
        match self.alg {
            None => Ok(fitting),
            Some(_) => self.alg().and_then(|alg| fitting.fixed(alg)).ok_or(UnusableKey::Algorithm),
        }
    }

    /// Returns whether another key is the same public key for the same algorithms and the same issuer, under the
    /// same id. Base64url of one length and one value is the same text, or the key is unusable.
    #[must_use]
    pub fn is_repeated_by(&self, other: &Self) -> bool {
        let same = |name: &&str| self.text(name) == other.text(name);
        // Other types have one algorithm for each curve.
        self.key_type == other.key_type
            && (self.key_type != KeyType::Rsa || self.alg() == other.alg())
            && ["kid", "x", "y", "n", "e", "crv", "issuer"].iter().all(same)
    }

    /// Decodes a member in base64url that has exactly the length of `out`.
    pub(crate) fn decode(&self, name: &str, out: &mut [u8]) -> Option<()> {
        /// The longest text: of 66 bytes, a coordinate of P-521.
        const MAX_TEXT_LEN: usize = 88;
        // Base64url needs no escapes, but JSON allows an escape for every character.
        let mut unescaped = [0; MAX_TEXT_LEN];
        let encoded = self.text(name)?.unescape_into(&mut unescaped)?;
        if base64url::decoded_len(encoded.len()) != out.len() {
            return None;
        }
        base64url::decode(encoded.as_bytes(), out).ok()
    }
}

fn is(value: Value<'_>, expected: &str) -> bool {
    value.as_text().is_some_and(|text| text == *expected)
}

/// Returns whether this is a list of unique strings that contains `verify` (RFC 7517 §4.3).
fn lists_verify(key_ops: Value<'_>) -> bool {
    let Some(key_ops) = key_ops.as_array() else { return false };
    let mut elements = key_ops.elements();
    let mut verify = false;
    let mut count = 0usize;
    while let Some(operation) = elements.next() {
        let Some(operation) = operation.as_text() else { return false };
        let repeated = elements
            .clone()
            .any(|other| other.as_text().is_some_and(|other| other.chars().eq(operation.chars())));
        count = count.saturating_add(1);
        if repeated || count > limits::MAX_KEY_OPS {
            return false;
        }
        verify |= operation == *"verify";
    }
    verify
}
