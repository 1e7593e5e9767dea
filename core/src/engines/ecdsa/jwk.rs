//! Reads an EC public key from a JWK: RFC 7518 §6.2.

use crate::algorithm::{Algorithm, KeyAlgorithms};
use crate::jwk::{Jwk, KeyType, UnusableKey};

/// The curves of ECDSA in JOSE: the name, the algorithm, and the length of a coordinate in bytes.
const CURVES: [(&str, Algorithm, u8); 3] = [
    ("P-256", Algorithm::Es256, 32),
    ("P-384", Algorithm::Es384, 48),
    ("P-521", Algorithm::Es512, 66),
];

/// A public key for ECDSA, as a JWK contains it: two coordinates, not yet checked to be on the curve.
///
/// Engines are made from it. They return [`UnusableKey::NotOnCurve`] if the point is not on the curve.
///
/// ```
/// use tollgate_core::engines::ecdsa::{EcPublicKey, P256, PublicKey};
/// use tollgate_core::{Algorithm, Jwk, UnusableKey};
///
/// let json = br#"{"kty":"EC","crv":"P-256",
///     "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
///     "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
/// let (_, jwk) = Jwk::parse(json)?;
/// let key = EcPublicKey::try_from(&jwk)?;
/// assert_eq!((key.curve(), key.algorithm()), ("P-256", Algorithm::Es256));
/// assert!(PublicKey::<P256>::try_from(&key).is_ok());
///
/// let foreign = EcPublicKey::new(Algorithm::Es256, key.y(), key.x()).ok_or(UnusableKey::Coordinate)?;
/// assert_eq!(PublicKey::<P256>::try_from(&foreign).unwrap_err(), UnusableKey::NotOnCurve);
/// # Ok::<(), UnusableKey>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EcPublicKey {
    algorithm: Algorithm,
    len: u8,
    x: [u8; 66],
    y: [u8; 66],
}

impl EcPublicKey {
    /// Takes the coordinates, big-endian at full width: 32 bytes for ES256, 48 for ES384, 66 for ES512.
    /// Returns `None` for another width or algorithm.
    #[must_use]
    pub fn new(algorithm: Algorithm, x: &[u8], y: &[u8]) -> Option<Self> {
        let (_, _, len) = *CURVES.iter().find(|(_, other, _)| *other == algorithm)?;
        let mut key = Self { algorithm, len, x: [0; 66], y: [0; 66] };
        for (ours, theirs) in [(&mut key.x, x), (&mut key.y, y)] {
            let ours = ours.get_mut(..usize::from(len))?;
            if ours.len() != theirs.len() {
                return None;
            }
            ours.copy_from_slice(theirs);
        }
        Some(key)
    }

    /// Returns the algorithm, which follows from the key's curve.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns the JOSE name of the key's curve, such as `P-256`.
    #[must_use]
    pub fn curve(&self) -> &'static str {
        let curve = CURVES.iter().find(|(_, algorithm, _)| *algorithm == self.algorithm);
        curve.map_or("", |(name, _, _)| name)
    }

    /// Returns the x coordinate, big-endian at full width.
    #[must_use]
    pub fn x(&self) -> &[u8] {
        self.x.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// Returns the y coordinate, big-endian at full width.
    #[must_use]
    pub fn y(&self) -> &[u8] {
        self.y.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl TryFrom<&Jwk<'_>> for EcPublicKey {
    type Error = UnusableKey;

    fn try_from(jwk: &Jwk<'_>) -> Result<Self, UnusableKey> {
        if jwk.key_type() != KeyType::Ec {
            return Err(UnusableKey::NotForThisEngine);
        }
        let crv = jwk.text("crv").ok_or(UnusableKey::Curve)?;
        let curve = CURVES.iter().find(|(name, _, _)| crv == **name);
        let (_, algorithm, len) = *curve.ok_or(UnusableKey::Curve)?;
        jwk.algorithms(KeyAlgorithms::only(algorithm))?;
        let mut key = Self { algorithm, len, x: [0; 66], y: [0; 66] };
        for (name, coordinate) in [("x", &mut key.x), ("y", &mut key.y)] {
            // At full width, with leading zeros (RFC 7518 §6.2.1.2).
            let coordinate = coordinate.get_mut(..usize::from(len));
            coordinate.and_then(|out| jwk.decode(name, out)).ok_or(UnusableKey::Coordinate)?;
        }
        Ok(key)
    }
}
