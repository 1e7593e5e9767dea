//! Builds a table, and compares a table with its point.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "lengths follow from the constants of a closed list of sizes"
)]

use super::{read_point, write_point};
use crate::engines::comb::{CombSize, Shape};
use crate::engines::ecdsa::curve::Curve;
use crate::engines::ecdsa::field::Field;
use crate::engines::ecdsa::point::{AffinePoint, JacobianPoint, XyzzPoint};

/// Writes the table of `point` into `table`, which has exactly the table's length.
///
/// `None` cannot happen for a point of the curve's group. A slice of another length is left incomplete.
pub(crate) fn build<C: Curve, S: CombSize>(
    point: &AffinePoint<C::Field>,
    table: &mut [u8],
) -> Option<()> {
    let mut lowest = JacobianPoint::from_affine(point);
    for block in table.chunks_exact_mut(Shape::<C, S>::BLOCK_BYTES) {
        let basis;
        (basis, lowest) = Basis::<C::Field, S>::new::<C>(&lowest)?;
        basis.fill(block)?;
    }
    Some(())
}

/// Returns whether `table`, which has exactly the table's length, is the table of `point`.
///
/// It needs no memory, and fewer operations than building: for each entry, it checks only the equations
/// of the addition that made it.
pub(crate) fn matches<C: Curve, S: CombSize>(point: &AffinePoint<C::Field>, table: &[u8]) -> bool {
    let mut lowest = JacobianPoint::from_affine(point);
    table.chunks_exact(Shape::<C, S>::BLOCK_BYTES).all(|block| {
        let Some((basis, next)) = Basis::<C::Field, S>::new::<C>(&lowest) else {
            return false;
        };
        lowest = next;
        basis.matches(block)
    })
}

/// The points that the entries of a block are made from.
///
/// Entry 0 is the point at the highest tooth minus the points at all others. Setting bit j of an
/// entry's index turns −P into +P at tooth j, which adds 2·P.
struct Basis<F: Field, S: CombSize> {
    first: AffinePoint<F>,
    /// The steps 2·P. The last one is not used.
    steps: S::PerTooth<AffinePoint<F>>,
}

impl<F: Field, S: CombSize> Basis<F, S> {
    /// Returns the basis of the block with the given point at its lowest tooth, and the point at the
    /// lowest tooth of the next block.
    fn new<C: Curve<Field = F>>(lowest: &JacobianPoint<F>) -> Option<(Self, JacobianPoint<F>)> {
        let mut teeth = S::per_tooth(JacobianPoint::IDENTITY);
        let mut steps = S::per_tooth(JacobianPoint::IDENTITY);
        let mut current = *lowest;
        for (tooth, step) in teeth.as_mut().iter_mut().zip(steps.as_mut()) {
            *tooth = current;
            current = current.double_vartime();
            *step = current;
            for _ in 1..Shape::<C, S>::COLUMNS {
                current = current.double_vartime();
            }
        }
        let teeth = normalize::<F, S>(&teeth)?;
        let steps = normalize::<F, S>(&steps)?;

        let (highest, others) = teeth.as_ref().split_last()?;
        let mut first = XyzzPoint::from_affine(highest);
        for other in others {
            first.add_affine_vartime(&other.negate_if(true));
        }
        Some((Self { first: first.to_affine_vartime()?, steps }, current))
    }

    /// Returns the steps in the order of the bits they set.
    fn steps(&self) -> impl Iterator<Item = &AffinePoint<F>> {
        self.steps.as_ref().iter().take(S::TEETH - 1)
    }

    /// Writes a block.
    fn fill(&self, block: &mut [u8]) -> Option<()> {
        let entry_bytes = 2 * F::TABLE_BYTES;
        write_point(&self.first, block.get_mut(..entry_bytes)?);
        let mut made = entry_bytes;
        for step in self.steps() {
            let (entries, rest) = block.split_at_mut_checked(made)?;
            add_to_each(step, entries, rest.get_mut(..made)?)?;
            made *= 2;
        }
        Some(())
    }

    /// Returns whether a block contains what [`fill`](Self::fill) would write.
    fn matches(&self, block: &[u8]) -> bool {
        self.differs_nowhere(block).unwrap_or(false)
    }

    fn differs_nowhere(&self, block: &[u8]) -> Option<bool> {
        let entry_bytes = 2 * F::TABLE_BYTES;
        let first = read_point::<F>(block.get(..entry_bytes)?);
        let mut equal = first.x.equals(&self.first.x) && first.y.equals(&self.first.y);
        let mut made = entry_bytes;
        for step in self.steps() {
            let (entries, rest) = block.split_at_checked(made)?;
            equal = equal
                && entries
                    .chunks_exact(entry_bytes)
                    .zip(rest.chunks_exact(entry_bytes))
                    .all(|(entry, sum)| is_sum(&read_point(entry), step, &read_point(sum)));
            made *= 2;
        }
        Some(equal)
    }
}

/// Returns whether `a + b = sum`, for points with different x coordinates.
fn is_sum<F: Field>(a: &AffinePoint<F>, b: &AffinePoint<F>, sum: &AffinePoint<F>) -> bool {
    let run = b.x.sub(&a.x);
    let rise = b.y.sub(&a.y);
    // With λ = rise / run: x = λ² − a.x − b.x and y = λ·(a.x − x) − a.y.
    !run.is_zero()
        && sum.x.add(&a.x).add(&b.x).mul(&run.square()).equals(&rise.square())
        && sum.y.add(&a.y).mul(&run).equals(&a.x.sub(&sum.x).mul(&rise))
}

/// Writes `entry + step` for each of the entries into `sums`, which has the entries' length.
fn add_to_each<F: Field>(step: &AffinePoint<F>, entries: &[u8], sums: &mut [u8]) -> Option<()> {
    let entry_bytes = 2 * F::TABLE_BYTES;
    // Montgomery's trick: one inversion of the product of all differences of x coordinates. The place
    // of each sum first holds the product of the differences before it.
    let mut product = F::ONE;
    for (entry, sum) in entries.chunks_exact(entry_bytes).zip(sums.chunks_exact_mut(entry_bytes)) {
        product.write_table_bytes(sum.get_mut(..F::TABLE_BYTES)?);
        product = product.mul(&step.x.sub(&F::from_table_bytes(entry.get(..F::TABLE_BYTES)?)));
    }
    let mut inverse = product.invert_vartime()?;
    for (entry, sum) in
        entries.chunks_exact(entry_bytes).zip(sums.chunks_exact_mut(entry_bytes)).rev()
    {
        let AffinePoint { x, y } = read_point::<F>(entry);
        let before = F::from_table_bytes(sum.get(..F::TABLE_BYTES)?);
        let slope = step.y.sub(&y).mul(&inverse.mul(&before));
        inverse = inverse.mul(&step.x.sub(&x));
        let sum_x = slope.square().sub(&x).sub(&step.x);
        let sum_y = slope.mul(&x.sub(&sum_x)).sub(&y);
        write_point(&AffinePoint { x: sum_x, y: sum_y }, sum);
    }
    Some(())
}

/// Returns the affine coordinates of points, with one inversion, or `None` if one of them is the
/// identity.
fn normalize<F: Field, S: CombSize>(
    points: &S::PerTooth<JacobianPoint<F>>,
) -> Option<S::PerTooth<AffinePoint<F>>> {
    let points = points.as_ref();
    let mut products = S::per_tooth(F::ONE);
    let mut product = F::ONE;
    for (point, before) in points.iter().zip(products.as_mut()) {
        *before = product;
        product = product.mul(&point.z);
    }
    let mut inverse = product.invert_vartime()?;
    let mut result = S::per_tooth(AffinePoint { x: F::ZERO, y: F::ZERO });
    for ((point, before), affine) in points.iter().zip(products.as_ref()).zip(result.as_mut()).rev()
    {
        *affine = point.to_affine(&inverse.mul(before));
        inverse = inverse.mul(&point.z);
    }
    Some(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::comb::Comb;
    use crate::engines::ecdsa::curve::{P256, P384, P521};

    fn check<C: Curve>() {
        type Size = Comb<5, 2>;
        let generator = JacobianPoint::from_affine(&C::GENERATOR);
        let (basis, _) = Basis::<C::Field, Size>::new::<C>(&generator).unwrap();
        let opposite = Basis { first: basis.first.negate_if(true), ..basis };
        let mut block = std::vec![0; Shape::<C, Size>::BLOCK_BYTES];
        opposite.fill(&mut block).unwrap();
        assert!(opposite.matches(&block));
        assert!(!basis.matches(&block));
    }

    /// All its sums are right, and the x coordinate of its first entry is, too.
    #[test]
    fn a_table_that_begins_with_the_opposite_point_is_refused() {
        check::<P256>();
        check::<P384>();
        check::<P521>();
    }
}
