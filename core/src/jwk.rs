//! Reads a public key from a JWK: RFC 7517 §4, RFC 7518 §6.2.

use crate::algorithm::Algorithm;
use crate::base64url;
use crate::json::{Bounds, JsonError, Object, Text, Value};
use crate::key::KeyId;
use crate::limits;
use crate::reasons::reasons;

/// A public key as a JWK contains it: two coordinates, not yet checked to be on the curve.
///
/// Engines are made from it. They return [`UnusableKey::NotOnCurve`] if the point is not on the curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EcPublicKey {
    algorithm: Algorithm,
    x: [u8; MAX_COORDINATE_LEN],
    y: [u8; MAX_COORDINATE_LEN],
}

const MAX_COORDINATE_LEN: usize = Algorithm::Es384.coordinate_len();

impl EcPublicKey {
    /// Takes the coordinates, big-endian at full width. Returns `None` for another width.
    #[must_use]
    pub fn new(algorithm: Algorithm, x: &[u8], y: &[u8]) -> Option<Self> {
        let len = algorithm.coordinate_len();
        if x.len() != len || y.len() != len {
            return None;
        }
        let mut key = Self { algorithm, x: [0; MAX_COORDINATE_LEN], y: [0; MAX_COORDINATE_LEN] };
        key.x.get_mut(..len)?.copy_from_slice(x);
        key.y.get_mut(..len)?.copy_from_slice(y);
        Some(key)
    }

    /// Returns the algorithm, which follows from the key's curve.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns the x coordinate: [`Algorithm::coordinate_len`] bytes, big-endian.
    #[must_use]
    pub fn x(&self) -> &[u8] {
        self.x.get(..self.algorithm.coordinate_len()).unwrap_or_default()
    }

    /// Returns the y coordinate: [`Algorithm::coordinate_len`] bytes, big-endian.
    #[must_use]
    pub fn y(&self) -> &[u8] {
        self.y.get(..self.algorithm.coordinate_len()).unwrap_or_default()
    }
}

reasons! {
/// The reasons why a JWK cannot verify tokens. Only that key is left out, not the set (RFC 7517 §5).
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

    /// `kty` is missing or not `EC`.
    #[reason("key-type")]
    #[text("kty is not EC")]
    KeyType,

    /// `crv` is missing or neither P-256 nor P-384.
    #[reason("key-curve")]
    #[text("crv is neither P-256 nor P-384")]
    Curve,

    /// `d` is present, so this is a *private* key: everyone who can read it can sign tokens.
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

    /// `alg` is not the curve's algorithm.
    #[reason("key-algorithm")]
    #[text("alg is not the algorithm of the key's curve")]
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

    /// The engine does not support the curve of the key.
    #[reason("key-not-for-engine")]
    #[text("the key is for a curve that is not supported here")]
    NotForThisEngine,
}
}

impl core::error::Error for UnusableKey {}

/// Reads one element of a key set.
pub(crate) fn parse(element: Value<'_>) -> Result<(Option<KeyId>, EcPublicKey), UnusableKey> {
    let object = element.as_object().ok_or(UnusableKey::NotAnObject)?;
    // The check of the set did not include the names inside its keys.
    let object =
        Object::parse(object.as_str().as_bytes(), Bounds::WIDEST).map_err(UnusableKey::Json)?;
    let (mut kty, mut crv, mut x, mut y) = (None, None, None, None);
    let (mut alg, mut id, mut private) = (None, None, false);
    let (mut intended_use, mut key_ops) = (Ok(()), Ok(()));
    let mut buffer = [0; crate::json::SHORT_NAME_LEN];
    for (name, value) in object.members() {
        match name.short_name(&mut buffer) {
            "kty" => kty = value.as_text(),
            "crv" => crv = value.as_text(),
            "x" => x = value.as_text(),
            "y" => y = value.as_text(),
            "d" => private = true,
            "alg" => alg = Some(value),
            "kid" => id = Some(value),
            "use" if !is(value, "sig") => intended_use = Err(UnusableKey::Use),
            "key_ops" if !lists_verify(value) => key_ops = Err(UnusableKey::KeyOps),
            _ => {}
        }
    }
    // Whatever the key's type: in RSA and OKP keys, `d` is the private part, too.
    if private {
        return Err(UnusableKey::PrivateKey);
    }
    if !kty.is_some_and(|kty| kty == *"EC") {
        return Err(UnusableKey::KeyType);
    }
    let crv = crv.ok_or(UnusableKey::Curve)?;
    let algorithm = Algorithm::ALL.iter().find(|algorithm| crv == *algorithm.curve());
    let algorithm = *algorithm.ok_or(UnusableKey::Curve)?;
    intended_use?;
    key_ops?;
    if alg.is_some_and(|alg| !is(alg, algorithm.name())) {
        return Err(UnusableKey::Algorithm);
    }
    let id = match id {
        None => None,
        Some(id) => {
            let id = id.as_text().ok_or(UnusableKey::KeyIdType)?;
            Some(KeyId::from_text(id).ok_or(UnusableKey::KeyIdTooLong)?)
        }
    };
    let x = coordinate(x, algorithm).ok_or(UnusableKey::Coordinate)?;
    let y = coordinate(y, algorithm).ok_or(UnusableKey::Coordinate)?;
    Ok((id, EcPublicKey { algorithm, x, y }))
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

/// Decodes a coordinate, which must have full width, with leading zeros (RFC 7518 §6.2.1.2).
fn coordinate(text: Option<Text<'_>>, algorithm: Algorithm) -> Option<[u8; MAX_COORDINATE_LEN]> {
    // Base64url needs no escapes, but JSON allows an escape for every character.
    let mut unescaped = [0; MAX_COORDINATE_LEN.div_ceil(3).saturating_mul(4)];
    let encoded = text?.unescape_into(&mut unescaped)?;
    let mut bytes = [0; MAX_COORDINATE_LEN];
    let len = base64url::decoded_len(encoded.len());
    if len != algorithm.coordinate_len() {
        return None;
    }
    base64url::decode(encoded.as_bytes(), bytes.get_mut(..len)?).ok()?;
    Some(bytes)
}
