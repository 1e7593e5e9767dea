//! Scalars: integers modulo the prime order of a curve's group.
//!
//! One generic implementation serves all orders. It computes with plain integers, and uses Montgomery
//! multiplication only for the two products of a verification.

#![allow(clippy::arithmetic_side_effects, reason = "only shifts and positions within a word")]

use core::marker::PhantomData;

use crate::provisioned::constants;
use crate::provisioned::inverse::divide_vartime;
use crate::provisioned::limbs::{self, multiply_row};
use crate::provisioned::word::{WORD_BITS, WORD_BYTES, Word};

/// The order of a group, an odd prime, as `N` words.
pub trait Order<const N: usize>: Copy + 'static {
    /// The order itself.
    const ORDER: [Word; N];
}

/// An integer modulo a group order.
pub trait Scalar: Copy + 'static {
    /// The length of its big-endian form, in bytes.
    const BYTES: usize;

    /// Reads exactly [`BYTES`](Self::BYTES) big-endian bytes of a number from 1 to the order − 1.
    fn from_nonzero_be_bytes(bytes: &[u8]) -> Option<Self>;

    /// Reads exactly [`BYTES`](Self::BYTES) big-endian bytes of any number and reduces it.
    fn from_be_bytes(bytes: &[u8]) -> Option<Self>;

    /// `first / divisor` and `second / divisor`; `None` if the divisor is zero.
    fn divide_both_vartime(first: &Self, second: &Self, divisor: &Self) -> Option<(Self, Self)>;

    /// `order − self`, for a scalar that is not zero; the order itself, for zero.
    ///
    /// Odd for an even scalar.
    fn complement(&self) -> Self;

    /// Returns whether the number is odd.
    fn is_odd(&self) -> bool;

    /// Returns whether the number is below another one.
    fn is_below(&self, other: &Self) -> bool;

    /// Returns the words, least significant first.
    fn words(&self) -> &[Word];

    /// Returns `count` bits from bit `position` on. `count` is at most the width of a word.
    #[inline(always)]
    fn bits(&self, position: usize, count: usize) -> Word {
        let word = |i: usize| self.words().get(i).copied().unwrap_or(0);
        let (index, shift) = (position / WORD_BITS, position % WORD_BITS);
        let low = word(index) >> shift;
        // In two shifts, because a shift by a whole word would overflow.
        let high = word(index.wrapping_add(1)) << 1 << (WORD_BITS - 1 - shift);
        (low | high) & (Word::MAX >> (WORD_BITS - count))
    }
}

/// The [`Scalar`] of an [`Order`] of `N` words.
#[derive(Debug)]
pub struct Residue<O, const N: usize> {
    /// At most the order.
    words: [Word; N],
    order: PhantomData<O>,
}

impl<O, const N: usize> Clone for Residue<O, N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O, const N: usize> Copy for Residue<O, N> {}

impl<O, const N: usize> Residue<O, N> {
    /// Takes words that are at most the order.
    pub(crate) const fn new(words: [Word; N]) -> Self {
        Self { words, order: PhantomData }
    }
}

impl<O: Order<N>, const N: usize> Residue<O, N> {
    const ONE: [Word; N] = constants::power_of_two_mod(0, &O::ORDER);
    /// `R mod order`, where `R = 2^(bits of N words)`.
    const R: [Word; N] = constants::power_of_two_mod(N * WORD_BITS, &O::ORDER);
    /// `R² mod order`.
    const R_SQUARED: [Word; N] = constants::power_of_two_mod(2 * N * WORD_BITS, &O::ORDER);
    const NEGATED_INVERSE: Word = {
        let [lowest, ..] = O::ORDER.as_slice() else { panic!("an order has words") };
        constants::negated_inverse_of_word(*lowest)
    };

    /// `a · b / R mod order`, for an `a` below `R` and a `b` below the order.
    fn multiply_montgomery(a: &[Word; N], b: &[Word; N]) -> [Word; N] {
        let mut high = [0; N];
        let low = a.map(|factor| multiply_row(&mut high, factor, b));
        // Adding multiples of the order clears the low half, and their carry is below the order.
        let mut carried = low;
        for _ in 0..N {
            let [lowest, ..] = carried.as_slice() else {
                break;
            };
            let multiple = lowest.wrapping_mul(Self::NEGATED_INVERSE);
            multiply_row(&mut carried, multiple, &O::ORDER);
        }
        let (sum, over) = limbs::add(&high, &carried);
        let (reduced, borrow) = limbs::sub(&sum, &O::ORDER);
        limbs::select(over || !borrow, &reduced, &sum)
    }
}

impl<O: Order<N>, const N: usize> Scalar for Residue<O, N> {
    const BYTES: usize = N * WORD_BYTES;

    fn from_nonzero_be_bytes(bytes: &[u8]) -> Option<Self> {
        let words = limbs::from_be_bytes(bytes)?;
        (limbs::less_than(&words, &O::ORDER) && !limbs::is_zero(&words)).then_some(Self::new(words))
    }

    fn from_be_bytes(bytes: &[u8]) -> Option<Self> {
        let words = limbs::from_be_bytes(bytes)?;
        // Dividing by R and then multiplying by R reduces any number of N words.
        let divided = Self::multiply_montgomery(&words, &Self::ONE);
        Some(Self::new(Self::multiply_montgomery(&divided, &Self::R_SQUARED)))
    }

    fn divide_both_vartime(first: &Self, second: &Self, divisor: &Self) -> Option<(Self, Self)> {
        let inverse = divide_vartime(&Self::R, &divisor.words, &O::ORDER)?;
        Some((
            Self::new(Self::multiply_montgomery(&first.words, &inverse)),
            Self::new(Self::multiply_montgomery(&second.words, &inverse)),
        ))
    }

    fn complement(&self) -> Self {
        Self::new(limbs::sub(&O::ORDER, &self.words).0)
    }

    fn is_odd(&self) -> bool {
        self.words.first().is_some_and(|lowest| lowest & 1 == 1)
    }

    fn is_below(&self, other: &Self) -> bool {
        limbs::less_than(&self.words, &other.words)
    }

    fn words(&self) -> &[Word] {
        &self.words
    }
}
