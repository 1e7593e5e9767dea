//! The error of keys: [`InvalidEd25519Key`].

use core::error::Error;
use core::fmt;

/// The reasons why bytes are not a public key.
///
/// ```
/// use tollgate_core::engines::eddsa::{Ed25519PublicKey, InvalidEd25519Key};
///
/// let error = |bytes: &[u8]| Ed25519PublicKey::from_bytes(bytes).err();
/// assert_eq!(error(&[0; 31]), Some(InvalidEd25519Key::Length));
/// // A point of order 4: with it as a key, one signature would verify many messages.
/// assert_eq!(error(&[0; 32]), Some(InvalidEd25519Key::NotInPrimeOrderGroup));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidEd25519Key {
    /// There are more or less than 32 bytes.
    Length,
    /// The y coordinate is not below the field's prime.
    NotCanonical,
    /// No point on the curve has this encoding.
    NotOnCurve,
    /// The point is the identity, or is not in the group of prime order. With such a key, some
    /// signatures verify for many messages, or only with some verifiers.
    NotInPrimeOrderGroup,
}

impl fmt::Display for InvalidEd25519Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "an Ed25519 public key must have 32 bytes",
            Self::NotCanonical => "the y coordinate is not below the field's prime",
            Self::NotOnCurve => "the bytes are not those of a point on the curve",
            Self::NotInPrimeOrderGroup => "the point is not in the group of prime order",
        })
    }
}

impl Error for InvalidEd25519Key {}
