//! Verification without a table for the key.
//!
//! u1·G is computed with the generator's comb, and u2·Q from a few odd multiples of Q and the
//! non-adjacent form of u2. The comb's additions happen among the last doublings of u2·Q.

#![allow(clippy::arithmetic_side_effects, reason = "the length of an order is a small constant")]

use crate::engine::InvalidSignature;
use crate::engines::arithmetic::non_adjacent::{MULTIPLES, NonAdjacentForm};
use crate::engines::comb::table::Table;
use crate::engines::comb::{CombSize, Recoded, Shape};
use crate::engines::ecdsa::curve::Curve;
use crate::engines::ecdsa::equation::Equation;
use crate::engines::ecdsa::field::Field;
use crate::engines::ecdsa::generator::{Generator, GeneratorTable};
use crate::engines::ecdsa::key::PublicKey;
use crate::engines::ecdsa::point::{AffinePoint, JacobianPoint};

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
    /// [`ProvisionedKey::verify_prehash_vartime`]: crate::engines::ecdsa::ProvisionedKey::verify_prehash_vartime
    pub fn verify_prehash_vartime<G: CombSize>(
        &self,
        prehash: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature>
    where
        C: GeneratorTable<G>,
    {
        self.verify_prehash_with_vartime(&G::VALUE, prehash, signature)
    }

    /// The same with any [`Generator`], for instance a
    /// [`BuiltGenerator`](crate::engines::ecdsa::BuiltGenerator).
    ///
    /// # Errors
    ///
    /// [`InvalidSignature`], without details.
    pub fn verify_prehash_with_vartime<G: Generator<C>>(
        &self,
        generator: &G,
        prehash: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let equation = Equation::<C>::from_prehash_and_signature(prehash, signature)?;
        self.check_vartime(generator, equation)
    }

    /// Not inlined, and neither is making the equation, so that they use the same stack.
    #[inline(never)]
    fn check_vartime<G: Generator<C>>(
        &self,
        generator: &G,
        mut equation: Equation<C>,
    ) -> Result<(), InvalidSignature> {
        let generator = Table::<C, G::Size>::new(generator.table()).ok_or(InvalidSignature)?;
        let u1 = Recoded::new(&mut equation.u1);
        generator.touch(&u1);
        let u2 = NonAdjacentForm::new(&equation.u2, C::NO_DIGITS);
        let point = sum_vartime(&generator, &u1, &self.point, &u2).ok_or(InvalidSignature)?;
        equation.holds_for(|x| point.has_x(x))
    }
}

/// Returns u1·G + u2·Q, with common doublings. `None` cannot happen for a point of the curve's group.
pub(crate) fn sum_vartime<C: Curve, G: CombSize>(
    generator: &Table<'_, C, G>,
    u1: &Recoded<'_, C, G>,
    key: &AffinePoint<C::Field>,
    u2: &NonAdjacentForm<C::NafDigits>,
) -> Option<JacobianPoint<C::Field>> {
    let multiples = odd_multiples_vartime(key)?;
    let mut sum = JacobianPoint::IDENTITY;
    for (i, digit) in u2.digits.as_ref().iter().enumerate().take(C::ORDER_BITS + 1).rev() {
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
