//! Builds the table of a point, and compares a table with its point.
//!
//! An entry is (y + x) / 2, (y − x) / 2 and d·x·y, little-endian, each as long as a field element. The
//! halves save a doubling in each addition.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "lengths follow from the constants of a closed list of sizes"
)]

use crate::engines::arithmetic::field::Field;
use crate::engines::comb::{CombSize, Shape};
use crate::engines::eddsa::curve::{Ed25519, Edwards};
use crate::engines::eddsa::point::{AffinePoint, Entry, Point};

/// Returns the length in bytes of a table, from its size.
#[must_use]
pub const fn table_bytes<S: CombSize>() -> usize {
    Shape::<Ed25519, S>::TABLE_BYTES
}

/// Writes the table of `point` into `table`, which has exactly the table's length.
///
/// `None` cannot happen for a point of the subgroup. A slice of another length is left incomplete.
pub(crate) fn build<E: Edwards, S: CombSize>(
    point: &AffinePoint<E::Field>,
    table: &mut [u8],
) -> Option<()> {
    let mut lowest = Point::from_affine(point);
    for block in table.chunks_exact_mut(Shape::<E, S>::BLOCK_BYTES) {
        Basis::<E>::next::<S>(&mut lowest)?.fill(block)?;
    }
    Some(())
}

/// Returns whether `table`, which has exactly the table's length, is the table of `point`.
///
/// It needs no memory, and fewer operations than building: for each entry, it checks only the equations
/// of the addition that made it.
pub(crate) fn matches<E: Edwards, S: CombSize>(
    point: &AffinePoint<E::Field>,
    table: &[u8],
) -> bool {
    let mut lowest = Point::from_affine(point);
    table.chunks_exact(Shape::<E, S>::BLOCK_BYTES).all(|block| {
        Basis::<E>::next::<S>(&mut lowest)
            .and_then(|basis| basis.differs_nowhere(block))
            .unwrap_or(false)
    })
}

/// The largest number of teeth of a [`Comb`](crate::engines::comb::Comb).
const MAX_TEETH: usize = 13;

/// The points that the entries of a block are made from.
///
/// Entry 0 is the point at the highest tooth minus the points at all others. Setting bit j of an
/// entry's index turns −P into +P at tooth j, which adds 2·P.
struct Basis<E: Edwards> {
    first: AffinePoint<E::Field>,
    /// The steps 2·P. Only the first `teeth − 1` are used.
    steps: [AffinePoint<E::Field>; MAX_TEETH],
    teeth: usize,
}

impl<E: Edwards> Basis<E> {
    /// Returns the basis of the block with the given point at its lowest tooth, and moves the point to
    /// the lowest tooth of the next block.
    fn next<S: CombSize>(point: &mut Point<E::Field>) -> Option<Self> {
        let mut sum = Point::IDENTITY;
        const { assert!(S::TEETH <= MAX_TEETH, "steps are kept in an array of this length") };
        let mut steps = [Point::IDENTITY; MAX_TEETH];
        for (tooth, step) in steps.iter_mut().enumerate().take(S::TEETH) {
            let highest = tooth == S::TEETH - 1;
            sum.add_projective(&point.to_entry::<E>().negate_if(!highest));
            point.double();
            *step = if highest { sum } else { *point };
            for _ in 1..Shape::<E, S>::COLUMNS {
                point.double();
            }
        }
        let steps = normalize(&steps)?;
        Some(Self { first: *steps.get(S::TEETH - 1)?, steps, teeth: S::TEETH })
    }

    /// Returns the steps in the order of the bits they set.
    fn steps(&self) -> impl Iterator<Item = Step<E>> {
        self.steps.iter().take(self.teeth - 1).map(Step::new)
    }

    /// Writes a block.
    fn fill(&self, block: &mut [u8]) -> Option<()> {
        Entry::new::<E>(&self.first).write(block.get_mut(..E::ENTRY_BYTES)?);
        let mut made = E::ENTRY_BYTES;
        for step in self.steps() {
            let (entries, rest) = block.split_at_mut_checked(made)?;
            step.add_to_each(entries, rest.get_mut(..made)?)?;
            made *= 2;
        }
        Some(())
    }

    /// Returns whether a block contains what [`fill`](Self::fill) would write.
    fn differs_nowhere(&self, block: &[u8]) -> Option<bool> {
        let first = Entry::new::<E>(&self.first);
        let read = Entry::<E::Field>::read(block.get(..E::ENTRY_BYTES)?, false);
        let mut equal = read.plus.equals(&first.plus)
            && read.minus.equals(&first.minus)
            && read.dxy.equals(&first.dxy);
        let mut made = E::ENTRY_BYTES;
        for step in self.steps() {
            let (entries, rest) = block.split_at_checked(made)?;
            equal = equal
                && entries.chunks_exact(E::ENTRY_BYTES).zip(rest.chunks_exact(E::ENTRY_BYTES)).all(
                    |(entry, sum)| step.makes(&Entry::read(entry, false), &Entry::read(sum, false)),
                );
            made *= 2;
        }
        Some(equal)
    }
}

/// The point that is added to entries to make others.
struct Step<E: Edwards> {
    point: AffinePoint<E::Field>,
    /// x·y.
    product: E::Field,
}

impl<E: Edwards> Step<E> {
    fn new(point: &AffinePoint<E::Field>) -> Self {
        Self { point: *point, product: point.x.mul(&point.y) }
    }

    /// Returns the numerators of the sum's coordinates: the sum is x / (1 + k) and y / (1 − k), where k
    /// is the product of d and all four coordinates.
    fn numerators(&self, entry: &Entry<E::Field>) -> AffinePoint<E::Field> {
        let AffinePoint { x, y } = entry.to_affine();
        let step = &self.point;
        AffinePoint {
            x: x.mul(&step.y).add(&y.mul(&step.x)),
            y: y.mul(&step.y).add(&x.mul(&step.x)),
        }
    }

    /// Returns whether `entry + step = sum`, for an entry on the curve.
    fn makes(&self, entry: &Entry<E::Field>, sum: &Entry<E::Field>) -> bool {
        let one = E::Field::ONE;
        let k = entry.dxy.mul(&self.product);
        let AffinePoint { x, y } = self.numerators(entry);
        let affine = sum.to_affine();
        affine.x.mul(&one.add(&k)).equals(&x)
            && affine.y.mul(&one.sub(&k)).equals(&y)
            && E::D.mul(&affine.x.mul(&affine.y)).equals(&sum.dxy)
    }

    /// Writes `entry + step` for each of the entries into `sums`, which has the entries' length.
    fn add_to_each(&self, entries: &[u8], sums: &mut [u8]) -> Option<()> {
        let one = E::Field::ONE;
        let k = |entry: &Entry<E::Field>| entry.dxy.mul(&self.product);
        // Montgomery's trick: one inversion of the product of all denominators 1 − k². The place of
        // each sum first holds the product of the denominators before it.
        let mut product = one;
        for (entry, sum) in
            entries.chunks_exact(E::ENTRY_BYTES).zip(sums.chunks_exact_mut(E::ENTRY_BYTES))
        {
            product.write_table_bytes(sum.get_mut(..E::Field::BYTES)?);
            product = product.mul(&one.sub(&k(&Entry::read(entry, false)).square()));
        }
        let mut inverse = product.invert_vartime()?;
        for (entry, sum) in
            entries.chunks_exact(E::ENTRY_BYTES).zip(sums.chunks_exact_mut(E::ENTRY_BYTES)).rev()
        {
            let entry = Entry::read(entry, false);
            let k = k(&entry);
            let before = E::Field::from_table_bytes(sum.get(..E::Field::BYTES)?);
            let quotient = inverse.mul(&before);
            inverse = inverse.mul(&one.sub(&k.square()));
            let AffinePoint { x, y } = self.numerators(&entry);
            let affine = AffinePoint {
                x: x.mul(&one.sub(&k)).mul(&quotient),
                y: y.mul(&one.add(&k)).mul(&quotient),
            };
            Entry::new::<E>(&affine).write(sum);
        }
        Some(())
    }
}

/// Returns the affine coordinates of the points, with one inversion. `None` cannot happen, because no
/// denominator is zero.
fn normalize<F: Field>(points: &[Point<F>; MAX_TEETH]) -> Option<[AffinePoint<F>; MAX_TEETH]> {
    let mut products = [F::ONE; MAX_TEETH];
    let mut product = F::ONE;
    for (point, before) in points.iter().zip(&mut products) {
        *before = product;
        product = product.mul(&point.f).mul(&point.g);
    }
    let mut inverse = product.invert_vartime()?;
    let mut result = [AffinePoint { x: F::ZERO, y: F::ONE }; MAX_TEETH];
    for ((point, before), affine) in points.iter().zip(&products).zip(&mut result).rev() {
        *affine = point.to_affine(&inverse.mul(before));
        inverse = inverse.mul(&point.f).mul(&point.g);
    }
    Some(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::comb::Comb;
    use crate::engines::eddsa::curve::GENERATOR;
    use crate::engines::eddsa::field::Element;

    type Size = Comb<5, 2>;

    fn generator_block() -> (Basis<Ed25519>, std::vec::Vec<u8>) {
        let mut lowest = Point::from_affine(&GENERATOR);
        let basis = Basis::<Ed25519>::next::<Size>(&mut lowest).unwrap();
        let mut block = std::vec![0; Shape::<Ed25519, Size>::BLOCK_BYTES];
        basis.fill(&mut block).unwrap();
        (basis, block)
    }

    /// All its sums are right, and the y coordinate of its first entry is, too.
    #[test]
    fn a_table_that_begins_with_the_opposite_point_is_refused() {
        let (basis, _) = generator_block();
        let opposite = Basis::<Ed25519> { first: basis.first.negated(), ..basis };
        let mut block = std::vec![0; Shape::<Ed25519, Size>::BLOCK_BYTES];
        opposite.fill(&mut block).unwrap();
        assert_eq!(opposite.differs_nowhere(&block), Some(true));
        assert_eq!(generator_block().0.differs_nowhere(&block), Some(false));
    }

    #[test]
    fn a_table_with_any_bit_of_an_element_changed_is_refused() {
        let (basis, mut block) = generator_block();
        assert_eq!(basis.differs_nowhere(&block), Some(true));
        for element in 0..block.len() / Element::BYTES {
            let at = element * Element::BYTES + element % Element::BYTES;
            block[at] ^= 1;
            assert_eq!(basis.differs_nowhere(&block), Some(false), "byte {at}");
            block[at] ^= 1;
        }
    }
}
