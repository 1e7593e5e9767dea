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

pub(crate) mod table;

use core::marker::PhantomData;

use crate::engines::arithmetic::scalar::Scalar;
use crate::engines::arithmetic::word::WORD_BITS;

/// Whether all digits are computed before the first addition. That takes memory, which a small machine lacks,
/// and finds the entries of large tables early enough to load them at the same time.
pub(crate) const DIGITS_FIRST: bool = WORD_BITS == 64;
/// The largest number of digits of a scalar: those of P-521 with a comb of 4 × 1.
const MAX_DIGITS: usize = 131;
/// The number of digits that a [`Recoded`] scalar has room for.
const ROOM: usize = if DIGITS_FIRST { MAX_DIGITS } else { 0 };

/// The size of a table: a comb with a number of teeth and blocks. Larger tables are faster.
///
/// | comb | P-256 table | P-384 or Ed25519 table | P-521 table |
/// |---|---|---|---|
/// | 4 × 1 | 512 B | 768 B | 1.1 KiB |
/// | 5 × 1 | 1 KiB | 1.5 KiB | 2.3 KiB |
/// | 5 × 2 | 2 KiB | 3 KiB | 4.5 KiB |
/// | 6 × 2 | 4 KiB | 6 KiB | 9 KiB |
/// | 7 × 2 | 8 KiB | 12 KiB | 18 KiB |
/// | 8 × 2 | 16 KiB | 24 KiB | 36 KiB |
/// | 8 × 4 | 32 KiB | 48 KiB | 72 KiB |
/// | 10 × 2 | 64 KiB | 96 KiB | 144 KiB |
/// | 11 × 3 | 192 KiB | 288 KiB | 432 KiB |
/// | 13 × 2 | 512 KiB | 768 KiB | 1.1 MiB |
/// | 13 × 3 | 768 KiB | 1,152 KiB | 1.7 MiB |
/// | 13 × 4 | 1 MiB | 1.5 MiB | 2.3 MiB |
///
/// ```
/// use tollgate_core::engines::ecdsa::{Comb, CombSize, P256, table_bytes};
///
/// fn entries<S: CombSize>() -> usize {
///     S::BLOCKS << (S::TEETH - 1)
/// }
///
/// assert_eq!(entries::<Comb<6, 2>>(), 64);
/// assert_eq!(table_bytes::<P256, Comb<6, 2>>(), 64 * 64);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Comb<const TEETH: usize, const BLOCKS: usize>;

/// The sizes of [`Comb`] that exist, as a closed list.
///
/// See the example of [`Comb`].
pub trait CombSize: sealed::Sealed + Copy + core::fmt::Debug + 'static {
    /// The number of points that an entry combines.
    const TEETH: usize;
    /// The number of blocks, each for its own share of the scalar's bits.
    const BLOCKS: usize;
    /// The size as a value.
    #[doc(hidden)]
    const VALUE: Self;
    /// An array with one element for each tooth.
    #[doc(hidden)]
    type PerTooth<T: Copy + core::fmt::Debug>: AsRef<[T]> + AsMut<[T]> + Copy + core::fmt::Debug;

    /// Returns an array of equal elements.
    #[doc(hidden)]
    fn per_tooth<T: Copy + core::fmt::Debug>(element: T) -> Self::PerTooth<T>;
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
            const VALUE: Self = Self;
            type PerTooth<T: Copy + core::fmt::Debug> = [T; $teeth];

            fn per_tooth<T: Copy + core::fmt::Debug>(element: T) -> [T; $teeth] {
                [element; $teeth]
            }
        }
    )* };
}

sizes! {
    4 x 1, 5 x 1, 5 x 2, 6 x 2, 7 x 2, 8 x 2, 8 x 4, 10 x 2, 11 x 3, 13 x 2, 13 x 3, 13 x 4,
}

#[cfg(test)]
sizes!(1 x 2, 2 x 1, 1 x 3, 3 x 1, 2 x 2, 2 x 3, 3 x 2);

/// A group whose points have tables.
pub(crate) trait Group: Copy + core::fmt::Debug + 'static {
    /// The integers modulo the group's order, which is odd.
    type Scalar: Scalar;
    /// A point, as a table holds it.
    type Entry;

    /// The length of the order, in bits.
    const ORDER_BITS: usize;
    /// The length of an entry, in bytes.
    const ENTRY_BYTES: usize;

    /// Reads an entry, and negates it if `negative` holds. Any bytes give some entry.
    fn read_entry(bytes: &[u8], negative: bool) -> Self::Entry;
}

/// The dimensions that follow from a group and a size.
pub(crate) struct Shape<C, S>(PhantomData<(C, S)>);

impl<C: Group, S: CombSize> Shape<C, S> {
    /// The number of bits from one tooth to the next.
    pub(crate) const COLUMNS: usize = {
        let columns = C::ORDER_BITS.div_ceil(S::TEETH * S::BLOCKS);
        // Let 2^l be the lowest tooth of a block. An entry is 2^l times a sum of ±2^i over different i,
        // the largest of them with a plus: an integer that is not zero, and below
        // 2^(highest tooth of the first block + 1). Below n, it is not zero modulo n either. Nor is its
        // product with 2^l, because n is an odd prime. So no entry is the identity.
        //
        // When a block is built, a step 2·P at tooth j is added to an entry that has −P there. They
        // differ from each other and from each other's negative: divided by 2^l, the entry is an odd
        // integer and the step an even one, so their sum and difference are not zero. The sum is an
        // entry. The difference has −3·2^i at tooth j; with three columns or more, all below the
        // topmost tooth add up to less than half of it, so the bound for entries holds here, too.
        let highest_tooth = columns * (S::TEETH - 1);
        assert!(highest_tooth + 2 <= C::ORDER_BITS, "an entry could be the identity");
        assert!(columns >= 3, "a step between entries could be a doubling");
        assert!(S::BLOCKS * columns <= MAX_DIGITS, "there is no room for all digits");
        columns
    };
    /// The number of bits from one block to the next.
    pub(crate) const BLOCK_BITS: usize = S::TEETH * Self::COLUMNS;
    /// The number of bits that have a digit.
    const BITS: usize = S::BLOCKS * Self::BLOCK_BITS;
    /// The number of entries of a block.
    pub(crate) const ENTRIES: usize = 1 << (S::TEETH - 1);
    /// The length of an entry, in bytes.
    pub(crate) const ENTRY_BYTES: usize = C::ENTRY_BYTES;
    /// The length of a block, in bytes.
    pub(crate) const BLOCK_BYTES: usize = Self::ENTRIES * Self::ENTRY_BYTES;
    /// The length of a table, in bytes.
    pub(crate) const TABLE_BYTES: usize = S::BLOCKS * Self::BLOCK_BYTES;
}

/// A digit of a scalar: an entry of a block's table, or its negative.
#[derive(Clone, Copy)]
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(crate) struct Digit {
    /// The index of the entry.
    pub(crate) entry: usize,
    pub(crate) negative: bool,
}

/// A scalar, prepared for splitting into digits.
pub(crate) struct Recoded<'s, C: Group, S> {
    /// Bit i + 1 is set if digit 2^i is positive. The topmost digit is always positive and has no bit.
    odd: &'s C::Scalar,
    negated: bool,
    /// All digits, block by block, if they are computed first.
    digits: [PackedDigit; ROOM],
    size: PhantomData<S>,
}

impl<'s, C: Group, S: CombSize> Recoded<'s, C, S> {
    /// Leaves an odd scalar as it is, and replaces an even one by its complement.
    pub(crate) fn new(scalar: &'s mut C::Scalar) -> Self {
        let negated = !scalar.is_odd();
        if negated {
            *scalar = scalar.complement();
        }
        let mut recoded =
            Self { odd: scalar, negated, digits: [PackedDigit(0); ROOM], size: PhantomData };
        if DIGITS_FIRST {
            recoded.compute_digits();
        }
        recoded
    }

    /// Returns the digit of a column. `block` and `column` must be within the shape.
    #[inline(always)]
    pub(crate) fn digit(&self, block: usize, column: usize) -> Digit {
        if DIGITS_FIRST {
            let digit = self.digits.get(block * Shape::<C, S>::COLUMNS + column);
            digit.copied().unwrap_or(PackedDigit(0)).unpack()
        } else {
            self.digit_from_bits(block, column)
        }
    }

    /// Collects the digit of a column from its bits.
    #[inline(always)]
    fn digit_from_bits(&self, block: usize, column: usize) -> Digit {
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

    /// Collects all digits, tooth by tooth: the bits of a tooth are those of consecutive columns.
    #[inline(always)]
    fn compute_digits(&mut self) {
        let columns = Shape::<C, S>::COLUMNS;
        let mut position = 1;
        for block in self.digits.chunks_exact_mut(columns).take(S::BLOCKS) {
            for tooth in 0..S::TEETH {
                for run in block.chunks_mut(WORD_BITS) {
                    let mut bits = self.odd.bits(position, run.len());
                    position += run.len();
                    for digit in run {
                        digit.0 |= u16::from(bits & 1 == 1) << tooth;
                        bits >>= 1;
                    }
                }
            }
        }
        let digits = self.digits.get_mut(..S::BLOCKS * columns).unwrap_or_default();
        if let Some(topmost) = digits.last_mut() {
            topmost.0 |= 1 << (S::TEETH - 1);
        }
        for digit in digits {
            *digit = PackedDigit::from_bits::<S>(*digit, self.negated);
        }
    }
}

/// A [`Digit`] in 16 bits: the index of the entry, and the sign in the highest bit.
#[derive(Clone, Copy)]
struct PackedDigit(u16);

impl PackedDigit {
    /// Makes a digit from one bit for each tooth.
    #[inline(always)]
    fn from_bits<S: CombSize>(Self(bits): Self, negated: bool) -> Self {
        let positive = bits >> (S::TEETH - 1) & 1;
        // For the other sign, negate the entry with all signs reversed.
        let entry = (bits ^ positive.wrapping_sub(1)) & ((1 << (S::TEETH - 1)) - 1);
        Self(entry | (positive ^ u16::from(!negated)) << 15)
    }

    #[inline(always)]
    fn unpack(self) -> Digit {
        Digit { entry: usize::from(self.0 & 0x7fff), negative: self.0 >> 15 == 1 }
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]
mod tests {
    use num_bigint::BigInt;
    use proptest::prelude::*;

    use super::*;
    use crate::engines::arithmetic::word::WORD_BITS;
    use crate::engines::ecdsa::curve::{P256, P384, P521};
    use crate::engines::eddsa::curve::Ed25519;

    /// Returns the number that the digits represent, without reduction.
    fn value_of<C: Group, S: CombSize>(scalar: &C::Scalar) -> BigInt {
        let mut scalar = *scalar;
        let recoded = Recoded::<C, S>::new(&mut scalar);
        let columns = Shape::<C, S>::COLUMNS;
        let mut value = BigInt::ZERO;
        for block in 0..S::BLOCKS {
            for column in 0..columns {
                let digit = recoded.digit(block, column);
                assert_eq!(digit, recoded.digit_from_bits(block, column));
                let Digit { entry, negative } = digit;
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
    fn check<C: Group, S: CombSize>(bytes: &[u8]) {
        let scalar = C::Scalar::from_be_bytes(bytes).unwrap();
        let offset = to_big(&scalar) - value_of::<C, S>(&scalar);
        if scalar.is_odd() {
            assert_eq!(offset, BigInt::ZERO);
        } else {
            assert_eq!(offset, to_big(&scalar) + to_big(&scalar.complement()));
        }
    }

    fn check_all_sizes<C: Group>(bytes: &[u8]) {
        check::<C, Comb<4, 1>>(bytes);
        check::<C, Comb<5, 1>>(bytes);
        check::<C, Comb<5, 2>>(bytes);
        check::<C, Comb<6, 2>>(bytes);
        check::<C, Comb<7, 2>>(bytes);
        check::<C, Comb<8, 2>>(bytes);
        check::<C, Comb<8, 4>>(bytes);
        check::<C, Comb<10, 2>>(bytes);
        check::<C, Comb<11, 3>>(bytes);
        check::<C, Comb<13, 2>>(bytes);
        check::<C, Comb<13, 3>>(bytes);
        check::<C, Comb<13, 4>>(bytes);
    }

    proptest! {
        #[test]
        fn digits_stand_for_their_scalar(bytes in prop::collection::vec(any::<u8>(), 66)) {
            check_all_sizes::<P521>(&bytes);
            check_all_sizes::<P384>(&bytes[..48]);
            check_all_sizes::<P256>(&bytes[..32]);
            check_all_sizes::<Ed25519>(&bytes[..32]);
        }
    }

    #[test]
    fn digits_of_extreme_scalars_stand_for_them() {
        for byte in [0, 1, 0x55, 0xaa, 0xff] {
            check_all_sizes::<P521>(&[byte; 66]);
            check_all_sizes::<P384>(&[byte; 48]);
            check_all_sizes::<P256>(&[byte; 32]);
            check_all_sizes::<Ed25519>(&[byte; 32]);
        }
    }
}
