//! The equation of an EdDSA signature (RFC 8032 §5.1.7).

use sha2::{Digest, Sha512};

use crate::engine::InvalidSignature;
use crate::engines::arithmetic::scalar::Residue;
use crate::engines::arithmetic::word::words;
use crate::engines::eddsa::curve::Ed25519;
use crate::engines::eddsa::encoding::{self, Encoding};
use crate::engines::eddsa::field::Element;
use crate::engines::eddsa::point::Point;

type Scalar = Residue<Ed25519, { words(256) }>;

/// The equation that a signature must satisfy: S·B − k·A = R, with k = SHA-512(R ‖ A ‖ message).
///
/// It has no cofactor, which RFC 8032 allows: S·B − k·A is in the group of prime order, and so is every
/// R that matches it.
pub(crate) struct Equation {
    pub(crate) s: Scalar,
    pub(crate) k: Scalar,
    r: Encoding,
}

impl Equation {
    /// Reads R, whose y coordinate must be below p, and S, which must be below the group's order.
    pub(crate) fn new(
        key: &[u8; encoding::LEN],
        message: &[u8],
        signature: &[u8],
    ) -> Result<Self, InvalidSignature> {
        Self::parse(key, message, signature).ok_or(InvalidSignature)
    }

    /// Not inlined, so that its stack is free again when the sum needs stack.
    #[inline(never)]
    fn parse(key: &[u8; encoding::LEN], message: &[u8], signature: &[u8]) -> Option<Self> {
        let (r, s) = signature.split_first_chunk()?;
        let s = Scalar::from_canonical_le_bytes(s)?;
        let hash = Sha512::new().chain_update(r).chain_update(key).chain_update(message).finalize();
        let (low, high) = hash.split_at_checked(encoding::LEN)?;
        let k = Scalar::from_wide_le_bytes(low, high);
        Some(Self { s, k, r: Encoding::from_bytes(r)? })
    }

    /// Checks the equation for its left side. R is compared as bytes: since no point has two encodings
    /// with a y coordinate below p, that is the comparison of coordinates.
    pub(crate) fn holds_for(&self, sum: &Point<Element>) -> Result<(), InvalidSignature> {
        if self.r.is_of(sum) { Ok(()) } else { Err(InvalidSignature) }
    }
}
