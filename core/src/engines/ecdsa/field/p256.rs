//! The field of P-256: p = 2^256 − 2^224 + 2^192 + 2^96 − 1 (FIPS 186-5, SP 800-186 §3.2.1.3).
//!
//! Since p ≡ −1 modulo a word, a Montgomery step adds the lowest word times p without computing a
//! quotient first; and p's sparse form makes that a few shifted additions.

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

const N: usize = words(256);

/// An element of the field of P-256.
pub(crate) type P256Element = Element<P256Prime, N>;

/// The prime of P-256.
#[derive(Clone, Copy, Debug)]
pub struct P256Prime;

impl SparsePrime<N> for P256Prime {
    const MODULUS: [Word; N] =
        constants::from_hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");

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
        use crate::engines::arithmetic::word::{borrowing_sub, carrying_add};

        #[inline(always)]
        fn multiply(a: &[Word; N], b: &[Word; N]) -> [Word; N] {
            reduce(product::product(a, b))
        }

        #[inline(always)]
        fn square(a: &[Word; N]) -> [Word; N] {
            reduce(product::square(a))
        }

        /// `(low + high · R) / R` modulo p.
        #[inline(always)]
        fn reduce([low, high]: [[Word; N]; 2]) -> [Word; N] {
            let mut window = low;
            for _ in 0..N {
                // window + m · p, divided by 2^64, where m is the lowest word:
                // m · p = m · 2^256 − m · 2^224 + m · 2^192 + m · 2^96 − m.
                let [m, w1, w2, w3] = window;
                let (top_low, borrow) = borrowing_sub(m, m << 32, false);
                let top_high = m.wrapping_sub(m >> 32).wrapping_sub(borrow as Word);
                let (w1, carry) = carrying_add(w1, m << 32, false);
                let (w2, carry) = carrying_add(w2, m >> 32, carry);
                let (w3, carry) = carrying_add(w3, top_low, carry);
                // The window was below R before, and still is.
                window = [w1, w2, w3, top_high.wrapping_add(carry as Word)];
            }
            let (sum, carry) = super::limbs::add(&high, &window);
            fold::<P256Prime, N>(&sum, carry)
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
                    if $k >= 3 { column += m[$k - 3] as i64; }
                    if $k >= 6 { column += m[$k - 6] as i64; }
                    if $k >= 7 { column -= m[$k - 7] as i64; }
                    m[$k] = column as Word;
                    column >>= WORD_BITS;
                )* };
            }
            macro_rules! high_columns {
                ($($k:literal)*) => { $(
                    column += high[$k] as i64 + m[$k] as i64;
                    column += m[$k + 5] as i64;
                    column += m[$k + 2] as i64;
                    column -= m[$k + 1] as i64;
                    result[$k] = column as Word;
                    column >>= WORD_BITS;
                )* };
            }
            // Unrolled, so that the conditions disappear at every optimisation level.
            low_columns!(0 1 2 3 4 5 6 7);
            high_columns!(0 1 2 3 4 5 6 7);
            fold::<P256Prime, N>(&result, column != 0)
        }
    }
}
