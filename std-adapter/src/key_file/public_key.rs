//! [`PublicKey`]: the public key of a `SubjectPublicKeyInfo` (RFC 5280 §4.1) or of a certificate, as a JWK.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Serialize;

use super::der::{CONTEXT_0, Der, INTEGER, OBJECT_ID, SEQUENCE};

/// A public key, with the members of its JWK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PublicKey {
    /// RFC 7518 §6.2.
    Ec { crv: &'static str, x: String, y: String },
    /// RFC 7518 §6.3.
    Rsa { n: String, e: String },
    /// RFC 8037 §2.
    Ed25519 { x: String },
}

/// Why a key cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PublicKeyError {
    #[error("is not a public key in DER")]
    Der,
    #[error(
        "is for another algorithm: tollgate verifies with EC keys on P-256, P-384 or P-521, with RSA keys, and with \
         Ed25519 keys"
    )]
    Algorithm,
    #[error(
        "has a compressed point: write the key anew with \
         `openssl ec -pubin -in FILE -conv_form uncompressed -pubout`"
    )]
    Compressed,
}

/// A curve: its identifier, its name, and the length of a coordinate.
struct Curve(&'static [u8], &'static str, usize);

// The content of object identifiers: RFC 5480 §2.1.1, RFC 8017 §A.1, RFC 8410 §3.
const EC: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
const RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
const ED25519: &[u8] = &[0x2B, 0x65, 0x70];
const CURVES: [Curve; 3] = [
    Curve(&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07], "P-256", 32),
    Curve(&[0x2B, 0x81, 0x04, 0x00, 0x22], "P-384", 48),
    Curve(&[0x2B, 0x81, 0x04, 0x00, 0x23], "P-521", 66),
];

/// Reads a `SubjectPublicKeyInfo`.
pub(super) fn from_spki(der: &[u8]) -> Result<PublicKey, PublicKeyError> {
    let mut outer = Der::new(der);
    let key = subject_public_key_info(&mut outer)?;
    if outer.is_empty() { Ok(key) } else { Err(PublicKeyError::Der) }
}

/// Reads the key of an X.509 certificate, and nothing else of it (RFC 5280 §4.1).
pub(super) fn from_certificate(der: &[u8]) -> Result<PublicKey, PublicKeyError> {
    let info = || -> Option<Der<'_>> {
        let mut certificate = Der::new(der).sequence()?;
        let mut to_be_signed = certificate.sequence()?;
        // The version may be absent.
        let _ = to_be_signed.element(CONTEXT_0);
        to_be_signed.element(INTEGER)?;
        // The algorithm, the issuer, the validity and the subject.
        for _ in 0..4 {
            to_be_signed.element(SEQUENCE)?;
        }
        Some(to_be_signed)
    };
    subject_public_key_info(&mut info().ok_or(PublicKeyError::Der)?)
}

fn subject_public_key_info(der: &mut Der<'_>) -> Result<PublicKey, PublicKeyError> {
    let parts = || -> Option<_> {
        let mut info = der.sequence()?;
        let mut algorithm = info.sequence()?;
        let id = algorithm.element(OBJECT_ID)?;
        let key = info.bytes_of_bits()?;
        info.is_empty().then_some((id, algorithm, key))
    };
    let (id, mut parameters, key) = { parts }().ok_or(PublicKeyError::Der)?;
    if id == EC {
        // An EC key whose curve has no name has an algorithm that we do not know.
        let curve = parameters.element(OBJECT_ID).ok_or(PublicKeyError::Algorithm)?;
        ec(curve, key)
    } else if id == RSA {
        rsa(key).ok_or(PublicKeyError::Der)
    } else if id == ED25519 {
        Ok(PublicKey::Ed25519 { x: Base64UrlUnpadded::encode_string(key) })
    } else {
        Err(PublicKeyError::Algorithm)
    }
}

fn ec(curve: &[u8], point: &[u8]) -> Result<PublicKey, PublicKeyError> {
    let known = CURVES.iter().find(|Curve(id, ..)| *id == curve);
    let Curve(_, crv, len) = known.ok_or(PublicKeyError::Algorithm)?;
    match point.split_first() {
        // SEC 1 §2.3.4. The engine checks that the point is on the curve.
        Some((4, coordinates)) if coordinates.len() == len.saturating_mul(2) => {
            let (x, y) = coordinates.split_at_checked(*len).ok_or(PublicKeyError::Der)?;
            let [x, y] = [x, y].map(Base64UrlUnpadded::encode_string);
            Ok(PublicKey::Ec { crv, x, y })
        }
        Some((2 | 3, _)) => Err(PublicKeyError::Compressed),
        _ => Err(PublicKeyError::Der),
    }
}

/// An `RSAPublicKey`: RFC 8017 §A.1.1.
fn rsa(key: &[u8]) -> Option<PublicKey> {
    let mut outer = Der::new(key);
    let mut numbers = outer.sequence()?;
    let [n, e] = [numbers.positive()?, numbers.positive()?].map(Base64UrlUnpadded::encode_string);
    (numbers.is_empty() && outer.is_empty()).then_some(PublicKey::Rsa { n, e })
}

impl PublicKey {
    /// Writes the key as a JWK.
    pub(super) fn to_jwk(&self, kid: Option<&str>) -> String {
        #[derive(Serialize)]
        struct Members<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            kid: Option<&'a str>,
            kty: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            crv: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            x: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            y: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            n: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            e: Option<&'a str>,
        }
        let none = Members { kid, kty: "", crv: None, x: None, y: None, n: None, e: None };
        let members = match self {
            Self::Ec { crv, x, y } => {
                Members { kty: "EC", crv: Some(crv), x: Some(x), y: Some(y), ..none }
            }
            Self::Rsa { n, e } => Members { kty: "RSA", n: Some(n), e: Some(e), ..none },
            Self::Ed25519 { x } => Members { kty: "OKP", crv: Some("Ed25519"), x: Some(x), ..none },
        };
        // Strings always have a JSON form.
        serde_json::to_string(&members).unwrap_or_default()
    }
}
