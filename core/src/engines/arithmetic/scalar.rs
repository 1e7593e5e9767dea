//! Scalars: integers modulo the prime order of a curve's group.
//!
//! One generic implementation serves all orders. It computes with plain integers, and uses Montgomery
//! multiplication only for the two products of a verification.

#![allow(clippy::arithmetic_side_effects, reason = "only shifts and positions within a word")]

use core::marker::PhantomData;

use crate::engines::arithmetic::constants;
use crate::engines::arithmetic::inverse::divide_vartime;
use crate::engines::arithmetic::limbs::{self, multiply_row};
use crate::engines::arithmetic::word::{WORD_BITS, WORD_BYTES, Word};

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

    /// Reads exactly [`BYTES`](Scalar::BYTES) big-endian bytes of any number.
    #[inline(always)]
    fn read(bytes: &[u8]) -> Option<[Word; N]> {
        if Self::BYTES == N * WORD_BYTES {
            limbs::from_be_bytes(bytes)
        } else if bytes.len() == Self::BYTES {
            limbs::from_short_be_bytes(bytes)
        } else {
            None
        }
    }

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

impl<O: Order<N>, const N: usize> Residue<O, N> {
    /// Reads exactly `N` words of little-endian bytes of a number below the order.
    pub(crate) fn from_canonical_le_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != Self::BYTES {
            return None;
        }
        let words = limbs::from_le_bytes(bytes);
        limbs::less_than(&words, &O::ORDER).then_some(Self::new(words))
    }

    /// Reads two halves of a little-endian number, each of `N` words, and reduces it.
    pub(crate) fn from_wide_le_bytes(low: &[u8], high: &[u8]) -> Self {
        // low · R / R + high · R² / R
        let low = Self::multiply_montgomery(&limbs::from_le_bytes(low), &Self::R);
        let high = Self::multiply_montgomery(&limbs::from_le_bytes(high), &Self::R_SQUARED);
        Self::new(constants::add_mod(&low, &high, &O::ORDER))
    }
}

impl<O: Order<N>, const N: usize> Scalar for Residue<O, N> {
    const BYTES: usize = limbs::bit_len(&O::ORDER).div_ceil(8);

    fn from_nonzero_be_bytes(bytes: &[u8]) -> Option<Self> {
        let words = Self::read(bytes)?;
        (limbs::less_than(&words, &O::ORDER) && !limbs::is_zero(&words)).then_some(Self::new(words))
    }

    fn from_be_bytes(bytes: &[u8]) -> Option<Self> {
        let words = Self::read(bytes)?;
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;
    use std::vec::Vec;

    use super::*;
    use crate::engines::arithmetic::word::words;
    use crate::engines::eddsa::curve::Ed25519;

    type Scalar = Residue<Ed25519, { words(256) }>;

    fn to_big(words: &[Word]) -> BigUint {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        BigUint::from_bytes_le(&bytes)
    }

    fn check_wide(bytes: &[u8]) {
        let (low, high) = bytes.split_at(32);
        let found = to_big(&Scalar::from_wide_le_bytes(low, high).words);
        assert_eq!(found, BigUint::from_bytes_le(bytes) % to_big(&Ed25519::ORDER));
    }

    proptest! {
        #[test]
        fn wide_numbers_are_reduced(bytes in prop::collection::vec(any::<u8>(), 64)) {
            check_wide(&bytes);
        }
    }

    #[test]
    fn extreme_wide_numbers_are_reduced() {
        let order = to_big(&Ed25519::ORDER);
        let top = BigUint::from(1u8) << 512;
        let largest: BigUint = &top / &order * &order;
        for number in [BigUint::ZERO, order.clone(), &order << 256, &order * &order, largest] {
            for near in 0..3u8 {
                for number in [&number + near, &number + &order - near] {
                    let number: BigUint = number % &top;
                    let mut bytes = number.to_bytes_le();
                    bytes.resize(64, 0);
                    check_wide(&bytes);
                }
            }
        }
        check_wide(&[0xff; 64]);
    }

    #[test]
    fn only_numbers_below_the_order_are_canonical() {
        let order = to_big(&Ed25519::ORDER);
        let read = |number: BigUint| {
            let mut bytes = number.to_bytes_le();
            bytes.resize(32, 0);
            Scalar::from_canonical_le_bytes(&bytes).map(|scalar| to_big(&scalar.words))
        };
        assert_eq!(read(BigUint::ZERO), Some(BigUint::ZERO));
        assert_eq!(read(&order - 1u8), Some(&order - 1u8));
        assert_eq!(read(order.clone()), None);
        assert_eq!(read(&order + 1u8), None);
        assert_eq!(read((BigUint::from(1u8) << 256) - 1u8), None);
        for length in [0, 31, 33, 64] {
            assert!(Scalar::from_canonical_le_bytes(&std::vec![0; length]).is_none());
        }
    }
}
