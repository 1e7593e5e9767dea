//! The closed list of signature algorithms: RFC 7518 §3.4.

use core::fmt;

/// A signature algorithm. `none`, the HMACs and RSA cannot be represented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// ECDSA over P-256 with SHA-256.
    Es256,
    /// ECDSA over P-384 with SHA-384.
    Es384,
}

impl Algorithm {
    /// All algorithms.
    pub const ALL: &'static [Self] = &[Self::Es256, Self::Es384];

    /// Finds the algorithm by its JOSE name, which is case-sensitive (RFC 7515 §4.1.1).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|algorithm| algorithm.name() == name)
    }

    /// Returns the JOSE name, such as `ES256`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
        }
    }

    /// Returns the curve's JOSE name, such as `P-256`.
    #[must_use]
    pub const fn curve(self) -> &'static str {
        match self {
            Self::Es256 => "P-256",
            Self::Es384 => "P-384",
        }
    }

    /// Returns the length in bytes of one coordinate of a point, and of R or S alone.
    #[must_use]
    pub const fn coordinate_len(self) -> usize {
        match self {
            Self::Es256 => 32,
            Self::Es384 => 48,
        }
    }

    /// Returns the length in bytes of a signature: R and S side by side, never DER.
    #[must_use]
    pub const fn signature_len(self) -> usize {
        match self {
            Self::Es256 => 64,
            Self::Es384 => 96,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
