//! Verification without a table for the key.
//!
//! u1·G is computed with the generator's comb, and u2·Q from a few odd multiples of Q and the
//! non-adjacent form of u2. The comb's additions happen among the last doublings of u2·Q.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "bit positions are at most MAX_DIGITS, digits of WINDOW bits are small"
)]

use crate::engine::InvalidSignature;
use crate::provisioned::comb::{CombSize, Recoded, Shape};
use crate::provisioned::curve::Curve;
use crate::provisioned::equation::Equation;
use crate::provisioned::field::Field;
use crate::provisioned::generator::GeneratorTable;
use crate::provisioned::key::PublicKey;
use crate::provisioned::point::{AffinePoint, JacobianPoint};
use crate::provisioned::scalar::Scalar;
use crate::provisioned::table::Table;

/// The width of the non-adjacent form: its digits are odd and below 2^(WINDOW − 1) in absolute
/// value, and at least WINDOW − 1 zeros follow each.
const WINDOW: usize = 5;
/// The number of odd multiples 1·Q, 3·Q … that this needs.
const MULTIPLES: usize = 1 << (WINDOW - 2);
/// The length of the longest form: one digit more than the longest scalar has bits.
const MAX_DIGITS: usize = 385;

impl<C: Curve> PublicKey<C> {
    /// Verifies a signature of a message's hash, without a table for the key.
    ///
    /// Arguments and results are the same as for [`ProvisionedKey::verify_prehash_vartime`]. `G` is the
    /// size of the generator's table.
    ///
    /// # Errors
    ///
    /// [`InvalidSignature`], without details.
    ///
    /// [`ProvisionedKey::verify_prehash_vartime`]: crate::provisioned::ProvisionedKey::verify_prehash_vartime
    pub fn verify_prehash_vartime<G: CombSize>(
        &self,
        prehash: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature>
    where
        C: GeneratorTable<G>,
    {
        let equation = Equation::<C>::from_prehash_and_signature(prehash, signature)?;
        self.check_vartime::<G>(equation)
    }

    /// Not inlined, and neither is making the equation, so that they use the same stack.
    #[inline(never)]
    fn check_vartime<G: CombSize>(&self, mut equation: Equation<C>) -> Result<(), InvalidSignature>
    where
        C: GeneratorTable<G>,
    {
        let generator = Table::<C, G>::new(C::generator_table()).ok_or(InvalidSignature)?;
        let u1 = Recoded::new(&mut equation.u1);
        let u2 = NonAdjacentForm::new(&equation.u2);
        let point = sum_vartime(&generator, &u1, &self.point, &u2).ok_or(InvalidSignature)?;
        equation.holds_for(|x| point.has_x(x))
    }
}

/// Returns u1·G + u2·Q, with common doublings. `None` cannot happen for a point of the curve's group.
pub(crate) fn sum_vartime<C: Curve, G: CombSize>(
    generator: &Table<'_, C, G>,
    u1: &Recoded<'_, C, G>,
    key: &AffinePoint<C::Field>,
    u2: &NonAdjacentForm,
) -> Option<JacobianPoint<C::Field>> {
    let multiples = odd_multiples_vartime(key)?;
    let mut sum = JacobianPoint::IDENTITY;
    for (i, digit) in u2.digits.iter().enumerate().take(C::ORDER_BITS + 1).rev() {
        if !sum.is_identity() {
            sum = sum.double_vartime();
        }
        if *digit != 0 {
            let multiple = multiples.get(usize::from(digit.unsigned_abs() / 2))?;
            sum = sum.add_affine_vartime(&multiple.negate_if(*digit < 0));
        }
        if i < Shape::<C, G>::COLUMNS {
            for block in 0..G::BLOCKS {
                sum = sum.add_affine_vartime(&generator.point(block, u1.digit(block, i)));
            }
        }
    }
    Some(sum)
}

/// Returns 1·Q, 3·Q, 5·Q … in affine coordinates, with one inversion.
fn odd_multiples_vartime<F: Field>(point: &AffinePoint<F>) -> Option<[AffinePoint<F>; MULTIPLES]> {
    // Q and 2·Q as Jacobian points with a common Z, which is 2y: Q = (4xy², 8y⁴).
    let z = point.y.double();
    let y2_twice = z.mul(&point.y);
    let s = y2_twice.double().mul(&point.x);
    let y8 = y2_twice.square().double();
    let slope = point.x.sub(&F::ONE).mul(&point.x.add(&F::ONE));
    let slope = slope.double().add(&slope);
    let twice_x = slope.square().sub(&s.double());
    let mut twice = AffinePoint { x: twice_x, y: slope.mul(&s.sub(&twice_x)).sub(&y8) };

    // k·Q + 2·Q, both with a common Z, gives (k + 2)·Q and again 2·Q with a new common Z:
    // co-Z addition with update (Meloni 2007). `ratio` is the new Z divided by the last one.
    let mut multiple = AffinePoint { x: s, y: y8 };
    let mut multiples = [multiple; MULTIPLES];
    let mut ratios = [F::ONE; MULTIPLES];
    let mut z = z;
    for (next, ratio) in multiples.iter_mut().zip(&mut ratios).skip(1) {
        *ratio = twice.x.sub(&multiple.x);
        z = z.mul(ratio);
        let square = ratio.square();
        let rise = twice.y.sub(&multiple.y);
        let w1 = twice.x.mul(&square);
        let w2 = multiple.x.mul(&square);
        let a1 = twice.y.mul(&w1.sub(&w2));
        let x = rise.square().sub(&w1).sub(&w2);
        let y = rise.mul(&w1.sub(&x)).sub(&a1);
        twice = AffinePoint { x: w1, y: a1 };
        multiple = AffinePoint { x, y };
        *next = multiple;
    }

    let mut inverse = z.invert_vartime()?;
    for (multiple, ratio) in multiples.iter_mut().zip(&ratios).rev() {
        let AffinePoint { x, y } = *multiple;
        *multiple = JacobianPoint { x, y, z: F::ONE }.to_affine(&inverse);
        inverse = inverse.mul(ratio);
    }
    Some(multiples)
}

/// The non-adjacent form of a scalar, least significant digit first.
pub(crate) struct NonAdjacentForm {
    digits: [i8; MAX_DIGITS],
}

impl NonAdjacentForm {
    pub(crate) fn new<S: Scalar>(scalar: &S) -> Self {
        let mut digits = [0; MAX_DIGITS];
        let mut carry = 0;
        // The number of bits that the last digit already includes.
        let mut taken = 0;
        for (i, digit) in digits.iter_mut().enumerate() {
            if taken > 0 {
                taken -= 1;
                continue;
            }
            if scalar.bits(i, 1) == carry {
                continue;
            }
            let window = scalar.bits(i, WINDOW) + carry;
            carry = window >> (WINDOW - 1);
            *digit = i8::try_from(window).unwrap_or(0) - if carry == 0 { 0 } else { 1 << WINDOW };
            taken = WINDOW - 1;
        }
        Self { digits }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use num_bigint::BigInt;
    use proptest::prelude::*;

    use super::*;
    use crate::provisioned::curve::P384;
    use crate::provisioned::word::WORD_BITS;

    proptest! {
        #[test]
        fn non_adjacent_forms_stand_for_their_scalar(
            bytes in prop::collection::vec(any::<u8>(), 48),
        ) {
            let scalar = <P384 as Curve>::Scalar::from_be_bytes(&bytes).unwrap();
            let expected =
                scalar.words().iter().rev().fold(BigInt::ZERO, |n, w| (n << WORD_BITS) + *w);
            let form = NonAdjacentForm::new(&scalar);
            let value = form.digits.iter().rev().fold(BigInt::ZERO, |n, digit| n * 2 + *digit);
            prop_assert_eq!(value, expected);
            for window in form.digits.windows(WINDOW) {
                prop_assert!(window.iter().filter(|digit| **digit != 0).count() <= 1);
            }
            for digit in form.digits {
                prop_assert!(digit == 0 || (digit % 2 != 0 && digit.unsigned_abs() < 16));
            }
        }
    }
}
