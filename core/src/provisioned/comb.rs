//! Signed combs: the shapes of tables, and the digits of scalars that select entries.
//!
//! A comb of t teeth and b blocks writes an odd scalar as Σ ±2^i over t·b·c bits, all of them
//! signed and none zero, where c is the number of columns. Tooth j of block k is the bit
//! c·(t·k + j), and a column steps through the c bits above each tooth. For every block, a table
//! holds the sums ±P₀ ± P₁ … + P of the points at its teeth; the last sign is fixed, and a digit
//! with the other sign selects the negated entry. So a multiplication takes b·c additions and
//! c − 1 doublings, and a table b·2^(t−1) points.
//!
//! An even scalar k is replaced by n − k, which is odd, and all its digits are negated. Zero
//! becomes n, whose comb ends in P − P.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "shapes are constants from a closed list; bit positions are below teeth · blocks · columns"
)]

use core::marker::PhantomData;

use crate::provisioned::curve::Curve;
use crate::provisioned::field::Field;
use crate::provisioned::scalar::Scalar;

/// The largest number of teeth of a [`Comb`].
pub(crate) const MAX_TEETH: usize = 10;

/// The size of a table: a comb with a number of teeth and blocks. Larger tables are faster.
///
/// | comb | P-256 table | P-384 table |
/// |---|---|---|
/// | 4 × 1 | 512 B | 768 B |
/// | 5 × 1 | 1 KiB | 1.5 KiB |
/// | 5 × 2 | 2 KiB | 3 KiB |
/// | 6 × 2 | 4 KiB | 6 KiB |
/// | 7 × 2 | 8 KiB | 12 KiB |
/// | 8 × 2 | 16 KiB | 24 KiB |
/// | 8 × 4 | 32 KiB | 48 KiB |
/// | 10 × 2 | 64 KiB | 96 KiB |
#[derive(Clone, Copy, Debug)]
pub struct Comb<const TEETH: usize, const BLOCKS: usize>;

/// The sizes of [`Comb`] that exist, as a closed list.
pub trait CombSize: sealed::Sealed + Copy + core::fmt::Debug + 'static {
    /// The number of points that an entry combines.
    const TEETH: usize;
    /// The number of blocks, each for its own share of the scalar's bits.
    const BLOCKS: usize;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! sizes {
    ($($teeth:literal x $blocks:literal),* $(,)?) => { $(
        impl sealed::Sealed for Comb<$teeth, $blocks> {}
        impl CombSize for Comb<$teeth, $blocks> {
            const TEETH: usize = $teeth;
            const BLOCKS: usize = $blocks;
        }
    )* };
}

sizes!(4 x 1, 5 x 1, 5 x 2, 6 x 2, 7 x 2, 8 x 2, 8 x 4, 10 x 2);

#[cfg(test)]
sizes!(1 x 2, 2 x 1, 1 x 3, 3 x 1, 2 x 2);

/// The dimensions that follow from a curve and a size.
pub(crate) struct Shape<C, S>(PhantomData<(C, S)>);

impl<C: Curve, S: CombSize> Shape<C, S> {
    /// The number of bits from one tooth to the next.
    pub(crate) const COLUMNS: usize = {
        let columns = C::ORDER_BITS.div_ceil(S::TEETH * S::BLOCKS);
        // An entry is a sum of ±2^i over different i, the largest of them with a plus: an integer
        // that is not zero, and below 2^(highest tooth + 1). Below n, it cannot be the identity
        // modulo n. With three columns or more, the same bound shows that the points that are
        // added when a table is built are never equal: one is an odd multiple of the lowest
        // tooth, the other an even one.
        let highest_tooth = columns * (S::TEETH * S::BLOCKS - 1);
        assert!(highest_tooth + 2 <= C::ORDER_BITS, "an entry could be the identity");
        assert!(columns >= 3, "a step between entries could be a doubling");
        assert!(S::TEETH <= MAX_TEETH, "teeth are kept in arrays of this length");
        columns
    };
    /// The number of bits from one block to the next.
    pub(crate) const BLOCK_BITS: usize = S::TEETH * Self::COLUMNS;
    /// The number of bits that have a digit.
    const BITS: usize = S::BLOCKS * Self::BLOCK_BITS;
    /// The number of entries of a block.
    pub(crate) const ENTRIES: usize = 1 << (S::TEETH - 1);
    /// The length of an entry, in bytes.
    pub(crate) const ENTRY_BYTES: usize = 2 * C::Field::BYTES;
    /// The length of a block, in bytes.
    pub(crate) const BLOCK_BYTES: usize = Self::ENTRIES * Self::ENTRY_BYTES;
    /// The length of a table, in bytes.
    pub(crate) const TABLE_BYTES: usize = S::BLOCKS * Self::BLOCK_BYTES;
}

/// A digit of a scalar: an entry of a block's table, or its negative.
#[derive(Clone, Copy)]
pub(crate) struct Digit {
    /// The index of the entry.
    pub(crate) entry: usize,
    pub(crate) negative: bool,
}

/// A scalar, prepared for splitting into digits.
pub(crate) struct Recoded<'s, C: Curve, S> {
    /// Bit i + 1 is set if digit 2^i is positive. The topmost digit is always positive and has no bit.
    odd: &'s C::Scalar,
    negated: bool,
    size: PhantomData<S>,
}

impl<'s, C: Curve, S: CombSize> Recoded<'s, C, S> {
    /// Leaves an odd scalar as it is, and replaces an even one by its complement.
    pub(crate) fn new(scalar: &'s mut C::Scalar) -> Self {
        let negated = !scalar.is_odd();
        if negated {
            *scalar = scalar.complement();
        }
        Self { odd: scalar, negated, size: PhantomData }
    }

    /// Returns the digit of a column. `block` and `column` must be within the shape.
    #[inline(always)]
    pub(crate) fn digit(&self, block: usize, column: usize) -> Digit {
        let lowest = block * Shape::<C, S>::BLOCK_BITS + column;
        let highest = lowest + (S::TEETH - 1) * Shape::<C, S>::COLUMNS;
        let positive = self.bit(highest) != 0 || highest + 1 == Shape::<C, S>::BITS;
        let mut entry = 0;
        for tooth in (0..S::TEETH - 1).rev() {
            entry = entry << 1 | self.bit(lowest + tooth * Shape::<C, S>::COLUMNS);
        }
        // For the other sign, negate the entry with all signs reversed.
        let reversed = if positive { 0 } else { Shape::<C, S>::ENTRIES - 1 };
        Digit { entry: entry ^ reversed, negative: positive == self.negated }
    }

    #[inline(always)]
    fn bit(&self, i: usize) -> usize {
        usize::from(self.odd.bits(i + 1, 1) == 1)
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]
mod tests {
    use num_bigint::BigInt;
    use proptest::prelude::*;

    use super::*;
    use crate::provisioned::curve::{P256, P384};
    use crate::provisioned::word::WORD_BITS;

    /// Returns the number that the digits represent, without reduction.
    fn value_of<C: Curve, S: CombSize>(scalar: &C::Scalar) -> BigInt {
        let mut scalar = *scalar;
        let recoded = Recoded::<C, S>::new(&mut scalar);
        let columns = Shape::<C, S>::COLUMNS;
        let mut value = BigInt::ZERO;
        for block in 0..S::BLOCKS {
            for column in 0..columns {
                let Digit { entry, negative } = recoded.digit(block, column);
                assert!(entry < Shape::<C, S>::ENTRIES);
                for tooth in 0..S::TEETH {
                    let plus = tooth == S::TEETH - 1 || entry >> tooth & 1 == 1;
                    let power = BigInt::from(1) << (columns * (S::TEETH * block + tooth) + column);
                    value += if plus != negative { power } else { -power };
                }
            }
        }
        value
    }

    fn to_big<S: Scalar>(scalar: &S) -> BigInt {
        scalar.words().iter().rev().fold(BigInt::ZERO, |n, word| (n << WORD_BITS) + *word)
    }

    /// The digits represent an odd scalar itself, and n less than an even scalar.
    fn check<C: Curve, S: CombSize>(bytes: &[u8]) {
        let scalar = C::Scalar::from_be_bytes(bytes).unwrap();
        let offset = to_big(&scalar) - value_of::<C, S>(&scalar);
        if scalar.is_odd() {
            assert_eq!(offset, BigInt::ZERO);
        } else {
            assert_eq!(offset, to_big(&scalar) + to_big(&scalar.complement()));
        }
    }

    fn check_all_sizes<C: Curve>(bytes: &[u8]) {
        check::<C, Comb<4, 1>>(bytes);
        check::<C, Comb<5, 1>>(bytes);
        check::<C, Comb<5, 2>>(bytes);
        check::<C, Comb<6, 2>>(bytes);
        check::<C, Comb<7, 2>>(bytes);
        check::<C, Comb<8, 2>>(bytes);
        check::<C, Comb<8, 4>>(bytes);
        check::<C, Comb<10, 2>>(bytes);
    }

    proptest! {
        #[test]
        fn digits_stand_for_their_scalar(bytes in prop::collection::vec(any::<u8>(), 48)) {
            check_all_sizes::<P384>(&bytes);
            check_all_sizes::<P256>(&bytes[..32]);
        }
    }

    #[test]
    fn digits_of_extreme_scalars_stand_for_them() {
        for byte in [0, 1, 0x55, 0xaa, 0xff] {
            check_all_sizes::<P384>(&[byte; 48]);
            check_all_sizes::<P256>(&[byte; 32]);
        }
    }
}
