//! The errors of keys.

use core::error::Error;
use core::fmt;

/// The reasons why a key cannot be used.
///
/// See the example of [`RsaPublicKey::from_be_bytes`](super::RsaPublicKey::from_be_bytes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidRsaKey {
    /// A number is empty or has too many leading zero octets.
    Encoding,
    /// The modulus is shorter than 2,048 bits or longer than 4,096 bits.
    Bits {
        /// The length of the modulus, in bits.
        found: usize,
    },
    /// The modulus is even.
    Even,
    /// The exponent is even, not above 2^16, or not below 2^32.
    Exponent,
    /// The modulus has the fingerprint of keys that can be factored (ROCA, CVE-2017-15361).
    Roca,
    /// The modulus is longer than the engine's [`Capacity`](super::Capacity).
    Capacity,
    /// The bytes of a provisioned key have the wrong length for their modulus.
    Length,
    /// The bytes of a provisioned key contain a constant that does not belong to their modulus.
    ForeignConstant,
}

impl fmt::Display for InvalidRsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Encoding => "the modulus or exponent is empty or begins with zero octets",
            Self::Bits { found } => {
                return write!(f, "the modulus has {found} bits, but must have 2048 to 4096");
            }
            Self::Even => "the modulus is even",
            Self::Exponent => "the exponent must be odd, above 65536 and below 2^32",
            Self::Roca => "the key can be factored (ROCA, CVE-2017-15361): replace it",
            Self::Capacity => "the modulus is longer than this engine supports",
            Self::Length => "the key's bytes have the wrong length",
            Self::ForeignConstant => "the key's constant does not belong to its modulus",
        })
    }
}

impl Error for InvalidRsaKey {}
