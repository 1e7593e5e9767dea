//! The equation of an ECDSA signature (FIPS 186-5 §6.4.2).

use crate::engine::InvalidSignature;
use crate::engines::arithmetic::scalar::Scalar;
use crate::engines::ecdsa::curve::Curve;
use crate::engines::ecdsa::field::Field;

/// The length of the longest scalar, one of P-521.
const MAX_SCALAR_BYTES: usize = 66;

/// The equation that a signature must satisfy: x(u1·G + u2·Q) ≡ r (mod n), with u1 = z / s, u2 = r / s.
pub(crate) struct Equation<C: Curve> {
    pub(crate) u1: C::Scalar,
    pub(crate) u2: C::Scalar,
    r: C::Scalar,
}

impl<C: Curve> Equation<C> {
    /// Reads z from a hash that is exactly as long as the curve's hash or as a scalar, and r and s, from 1
    /// to n − 1, from the fixed-width concatenation R‖S.
    pub(crate) fn from_prehash_and_signature(
        prehash: &[u8],
        signature: &[u8],
    ) -> Result<Self, InvalidSignature> {
        Self::parse(prehash, signature).ok_or(InvalidSignature)
    }

    /// Not inlined, so that its stack is free again when the sum needs stack.
    #[inline(never)]
    fn parse(prehash: &[u8], signature: &[u8]) -> Option<Self> {
        let (r, s) = signature.split_at_checked(C::Scalar::BYTES)?;
        let r = C::Scalar::from_nonzero_be_bytes(r)?;
        let s = C::Scalar::from_nonzero_be_bytes(s)?;
        let z = read_prehash::<C>(prehash)?;
        let (u1, u2) = C::Scalar::divide_both_vartime(&z, &r, &s)?;
        Some(Self { u1, u2, r })
    }

    /// Checks the equation for a point, given by a test for its x coordinate: x mod n = r means that x
    /// is r, or r + n if that is below p.
    ///
    /// Not inlined, to save stack.
    #[inline(never)]
    pub(crate) fn holds_for(
        &self,
        has_x: impl Fn(&C::Field) -> bool,
    ) -> Result<(), InvalidSignature> {
        let r = C::Field::from_words(self.r.words()).ok_or(InvalidSignature)?;
        let wrapped = self.r.is_below(&C::PRIME_MINUS_ORDER);
        if has_x(&r) || (wrapped && has_x(&r.add(&C::ORDER_IN_FIELD))) {
            Ok(())
        } else {
            Err(InvalidSignature)
        }
    }
}

/// Reads a hash as a number with at most as many bits as n. FIPS 186-5 §6.4.2: one that is shorter than n is not
/// extended, so zeros precede it.
#[inline(always)]
fn read_prehash<C: Curve>(prehash: &[u8]) -> Option<C::Scalar> {
    if C::HASH_BYTES == C::Scalar::BYTES || prehash.len() == C::Scalar::BYTES {
        let highest = const { u8::MAX >> (8 * C::Scalar::BYTES - C::ORDER_BITS) };
        if prehash.first().is_some_and(|first| *first > highest) {
            return None;
        }
        return C::Scalar::from_be_bytes(prehash);
    }
    let mut padded = [0; MAX_SCALAR_BYTES];
    let scalar = padded.get_mut(..C::Scalar::BYTES)?;
    let (_, hash) = scalar.split_at_mut_checked(C::Scalar::BYTES.checked_sub(C::HASH_BYTES)?)?;
    if prehash.len() != hash.len() {
        return None;
    }
    hash.copy_from_slice(prehash);
    C::Scalar::from_be_bytes(scalar)
}
