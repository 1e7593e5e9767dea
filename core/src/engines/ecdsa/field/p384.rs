//! The field of P-384: p = 2^384 − 2^128 − 2^96 + 2^32 − 1 (FIPS 186-5, SP 800-186 §3.2.1.4).

#![allow(
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    reason = "indices are const; signed column sums stay within a few words, as the comments there say"
)]

use super::{Element, SparsePrime, fold};
use crate::engines::arithmetic::constants;
use crate::engines::arithmetic::product;
use crate::engines::arithmetic::word::{Word, by_word_width, words};

const N: usize = words(384);

/// An element of the field of P-384.
pub(crate) type P384Element = Element<P384Prime, N>;

/// The prime of P-384.
#[derive(Clone, Copy, Debug)]
pub struct P384Prime;

impl SparsePrime<N> for P384Prime {
    const MODULUS: [Word; N] = constants::from_hex(
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff",
    );

    #[inline(always)]
    fn multiply(a: &[Word; N], b: &[Word; N]) -> [Word; N] {
        multiply(a, b)
    }

    #[inline(always)]
    fn square(a: &[Word; N]) -> [Word; N] {
        square(a)
    }
}

by_word_width! {
    64 => {
        #[inline(never)]
        fn multiply(a: &[Word; N], b: &[Word; N]) -> [Word; N] {
            reduce(product::product(a, b))
        }

        #[inline(never)]
        fn square(a: &[Word; N]) -> [Word; N] {
            reduce(product::square(a))
        }

        /// `(low + high · R) / R` modulo p.
        #[inline(always)]
        fn reduce([low, high]: [[Word; N]; 2]) -> [Word; N] {
            // m · p = m · R − m · c with c = 2^128 + 2^96 − 2^32 + 1. The low half has to equal
            // m · c modulo R, that is (1 − 2^32)·m = low − 2^96·m − 2^128·m word by word; and
            // 1 / (1 − 2^32) = 1 + 2^32 modulo 2^64.
            let mut m = [0; N];
            let (mut last, mut last_but_one): (Word, Word) = (0, 0);
            // The signed carry of the lower words, in two's complement.
            let mut carry: Word = 0;
            for k in 0..N {
                // The contributions of 2^32·m of the last word, and of 2^96·m.
                let due = (last >> 32).wrapping_add(carry);
                let shifted = last << 32 | last_but_one >> 32;
                let (word, over) = low[k].overflowing_add(due);
                let (word, under) = word.overflowing_sub(shifted);
                let (word, under_again) = word.overflowing_sub(last_but_one);
                let (quotient, over_again) = word.overflowing_add(word << 32);
                m[k] = quotient;
                carry = sign_of(due)
                    .wrapping_add(over as Word)
                    .wrapping_add(over_again as Word)
                    .wrapping_sub(under as Word)
                    .wrapping_sub(under_again as Word);
                (last_but_one, last) = (last, quotient);
            }
            // The words of −m · c from R on: three, since c exceeds 2^128, and the sign.
            let due = (last >> 32).wrapping_add(carry);
            let due = [due, sign_of(due), sign_of(due)];
            let (beyond, _) = super::limbs::sub(&due, &[last << 32 | last_but_one >> 32, last >> 32, 0]);
            let (beyond, _) = super::limbs::sub(&beyond, &[last_but_one, last, 0]);
            let [beyond_low, beyond_middle, beyond_high] = beyond;
            let sign = sign_of(beyond_high);

            let (sum, carry) = super::limbs::add(&high, &m);
            let beyond = [beyond_low, beyond_middle, beyond_high, sign, sign, sign];
            let (sum, beyond_carry) = super::limbs::add(&sum, &beyond);
            // The total is at least 0 and below R + p.
            let carry = (carry as Word).wrapping_add(sign).wrapping_add(beyond_carry as Word);
            fold::<P384Prime, N>(&sum, carry != 0)
        }

        /// Returns all ones for a number that is negative in two's complement, else zero.
        #[inline(always)]
        fn sign_of(word: Word) -> Word {
            (word >> 63).wrapping_neg()
        }
    }
    32 => {
        use crate::engines::arithmetic::word::WORD_BITS;

        #[inline(never)]
        fn multiply(a: &[Word; N], b: &[Word; N]) -> [Word; N] {
            reduce(product::product(a, b))
        }

        // A separate squaring would save little time and cost code size.
        #[inline(always)]
        fn square(a: &[Word; N]) -> [Word; N] {
            multiply(a, a)
        }

        /// `(low + high · R) / R` modulo p.
        #[inline(always)]
        fn reduce([low, high]: [[Word; N]; 2]) -> [Word; N] {
            // Columns of low + m · p + high · R, where m is chosen word by word to clear the low
            // half. A column has at most four words and a small carry, far from an i64's limits.
            // Beyond its N words, m is zero.
            let mut m: [Word; 2 * N] = [0; 2 * N];
            let mut result = [0; N];
            let mut column = 0_i64;
            macro_rules! low_columns {
                ($($k:literal)*) => { $(
                    column += low[$k] as i64;
                    if $k >= 1 { column += m[$k - 1] as i64; }
                    if $k >= 3 { column -= m[$k - 3] as i64; }
                    if $k >= 4 { column -= m[$k - 4] as i64; }
                    m[$k] = column as Word;
                    column >>= WORD_BITS;
                )* };
            }
            macro_rules! high_columns {
                ($($k:literal)*) => { $(
                    column += high[$k] as i64 + m[$k] as i64;
                    column += m[$k + 11] as i64;
                    column -= m[$k + 9] as i64;
                    column -= m[$k + 8] as i64;
                    result[$k] = column as Word;
                    column >>= WORD_BITS;
                )* };
            }
            // Unrolled, so that the conditions disappear at every optimisation level.
            low_columns!(0 1 2 3 4 5 6 7 8 9 10 11);
            high_columns!(0 1 2 3 4 5 6 7 8 9 10 11);
            fold::<P384Prime, N>(&result, column != 0)
        }
    }
}
