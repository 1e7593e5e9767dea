//! The equation of an ECDSA signature (FIPS 186-5 §6.4.2).

use crate::engine::InvalidSignature;
use crate::provisioned::curve::Curve;
use crate::provisioned::field::Field;
use crate::provisioned::scalar::Scalar;

/// What a signature claims: x(u1·G + u2·Q) ≡ r (mod n), with u1 = z / s and u2 = r / s.
pub(crate) struct Equation<C: Curve> {
    pub(crate) u1: C::Scalar,
    pub(crate) u2: C::Scalar,
    r: C::Scalar,
}

impl<C: Curve> Equation<C> {
    /// Takes the number z from a hash that is exactly as long as a scalar, and r and s, from 1 to
    /// n − 1, from the fixed-width concatenation R‖S.
    pub(crate) fn from_prehash_and_signature(
        prehash: &[u8],
        signature: &[u8],
    ) -> Result<Self, InvalidSignature> {
        Self::parse(prehash, signature).ok_or(InvalidSignature)
    }

    /// Out of line, so that its memory is free again before the sum's is needed.
    #[inline(never)]
    fn parse(prehash: &[u8], signature: &[u8]) -> Option<Self> {
        let (r, s) = signature.split_at_checked(C::Scalar::BYTES)?;
        let r = C::Scalar::from_nonzero_be_bytes(r)?;
        let s = C::Scalar::from_nonzero_be_bytes(s)?;
        let z = C::Scalar::from_be_bytes(prehash)?;
        let (u1, u2) = C::Scalar::divide_both_vartime(&z, &r, &s)?;
        Some(Self { u1, u2, r })
    }

    /// Whether the point with this test for an x coordinate satisfies the equation.
    ///
    /// x mod n = r leaves x = r, and x = r + n where that is below p; so x itself is not needed.
    ///
    /// Out of line, for its memory's sake.
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
