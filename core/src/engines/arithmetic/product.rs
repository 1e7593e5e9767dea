//! Full products of two numbers of `N` words, as a low and a high half.

#![allow(
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    reason = "loops run to const lengths; sums of products fit a DoubleWord or are carried explicitly"
)]

use crate::engines::arithmetic::word::by_word_width;

by_word_width! {
    64 => {
        pub(crate) use unrolled::{product, square};
    }
    32 => {
        pub(crate) use looped::product;
    }
}

/// For 64-bit words: without loops, so that the compiler keeps more in registers.
#[allow(dead_code, reason = "each word width uses one of the two modules")]
mod unrolled {
    use crate::engines::arithmetic::word::{DoubleWord, WORD_BITS, Word, carrying_add};

    /// The number of words that the macros below unroll.
    const MAX: usize = 6;

    /// `a · b`.
    #[inline(always)]
    pub(crate) fn product<const N: usize>(a: &[Word; N], b: &[Word; N]) -> [[Word; N]; 2] {
        const { assert!(N <= MAX) };
        let mut low = [0; N];
        let mut window = [0; N];
        macro_rules! rows {
            ($($i:literal)*) => { $( if $i < N { low[$i] = add_row(&mut window, a[$i], b); } )* };
        }
        rows!(0 1 2 3 4 5);
        [low, window]
    }

    /// `a²`.
    #[inline(always)]
    pub(crate) fn square<const N: usize>(a: &[Word; N]) -> [[Word; N]; 2] {
        const { assert!(N <= MAX) };
        // The products of different words, each once.
        let mut sum = [0; 2 * MAX];
        macro_rules! rows {
            ($($i:literal)*) => { $( if $i < N { add_upper_row::<$i, N>(&mut sum, a); } )* };
        }
        rows!(0 1 2 3 4);

        // Twice that, plus the squares of the words.
        let mut doubled_carry = false;
        let mut carry = false;
        let [mut low, mut high] = [[0; N]; 2];
        macro_rules! word {
            ($k:expr, $square:expr) => {
                let doubled;
                (doubled, doubled_carry) = carrying_add(sum[$k], sum[$k], doubled_carry);
                let word;
                (word, carry) = carrying_add(doubled, $square, carry);
                if $k < N { low[$k] = word } else { high[$k - N] = word }
            };
        }
        macro_rules! words {
            ($($i:literal)*) => { $( if $i < N {
                let square = a[$i] as DoubleWord * a[$i] as DoubleWord;
                word!(2 * $i, square as Word);
                word!(2 * $i + 1, (square >> WORD_BITS) as Word);
            } )* };
        }
        words!(0 1 2 3 4 5);
        debug_assert!(!carry && !doubled_carry, "a square of N words has 2·N words");
        [low, high]
    }

    /// Adds `factor · b` to the window, returns its lowest word and shifts it down by a word.
    ///
    /// The low and the high halves of the products are two chains of additions with carry.
    #[inline(always)]
    fn add_row<const N: usize>(window: &mut [Word; N], factor: Word, b: &[Word; N]) -> Word {
        let mut highs = [0; N];
        let mut carry = false;
        for j in 0..N {
            let product = factor as DoubleWord * b[j] as DoubleWord;
            highs[j] = (product >> WORD_BITS) as Word;
            (window[j], carry) = carrying_add(window[j], product as Word, carry);
        }
        let lowest = window[0];
        let top = carry as Word;
        let mut carry = false;
        for j in 1..N {
            (window[j - 1], carry) = carrying_add(window[j], highs[j - 1], carry);
        }
        // The window held less than R, so the new one does too.
        (window[N - 1], _) = carrying_add(top, highs[N - 1], carry);
        lowest
    }

    /// Adds the products of word `I` with all later words.
    #[inline(always)]
    fn add_upper_row<const I: usize, const N: usize>(sum: &mut [Word; 2 * MAX], a: &[Word; N]) {
        let mut highs = [0; N];
        let mut carry = false;
        for j in I + 1..N {
            let product = a[I] as DoubleWord * a[j] as DoubleWord;
            highs[j] = (product >> WORD_BITS) as Word;
            (sum[I + j], carry) = carrying_add(sum[I + j], product as Word, carry);
        }
        sum[I + N] = carry as Word;
        let mut carry = false;
        for j in I + 1..N {
            (sum[I + j + 1], carry) = carrying_add(sum[I + j + 1], highs[j], carry);
        }
    }
}

/// For 32-bit words: one small loop that all callers share.
#[allow(dead_code, reason = "each word width uses one of the two modules")]
mod looped {
    use core::hint::black_box;

    use crate::engines::arithmetic::word::{Word, multiply_add};

    /// `a · b`.
    #[inline(always)]
    pub(crate) fn product<const N: usize>(a: &[Word; N], b: &[Word; N]) -> [[Word; N]; 2] {
        const { assert!(N & 3 == 0) };
        // As a constant, it is cleared at once.
        let mut result = const { [[0; N]; 2] };
        let mut sum = result.as_flattened_mut();
        for columns in b.as_chunks().0 {
            add_columns(sum, a, columns);
            sum = sum.get_mut(4..).unwrap_or_default();
        }
        result
    }

    /// Adds `a` times four words to `sum`, whose words from `a`'s length on are zero.
    ///
    /// Four columns at a time, because their factors and carries fit into the registers of a small
    /// processor. Each term matches its instruction that multiplies and adds two words.
    #[inline(never)]
    fn add_columns(sum: &mut [Word], a: &[Word], b: &[Word; 4]) {
        let [b0, b1, b2, b3] = *b;
        let [mut w0, mut w1, mut w2, mut w3] = [0; 4];
        let Some((rows, [first, second, third, fourth, ..])) = sum.split_at_mut_checked(a.len())
        else {
            return;
        };
        for (factor, word) in a.iter().zip(rows) {
            // Each carry and sum stays in the register of the value it replaces.
            let carry;
            (*word, carry) = multiply_add(*factor, b0, *word, w0);
            let (next0, carry) = multiply_add(*factor, b1, carry, w1);
            let (next1, carry) = multiply_add(*factor, b2, carry, w2);
            let (next2, next3) = multiply_add(*factor, b3, carry, w3);
            (w0, w1, w2, w3) = (next0, next1, next2, next3);
            // Prevents unrolling, for which the compiler would not have enough registers.
            black_box(());
        }
        (*first, *second, *third, *fourth) = (w0, w1, w2, w3);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{looped, unrolled};
    use crate::engines::arithmetic::word::Word;

    proptest! {
        #[test]
        fn looped_and_unrolled_products_are_equal(a: [Word; 4], b: [Word; 4]) {
            prop_assert_eq!(looped::product(&a, &b), unrolled::product(&a, &b));
            prop_assert_eq!(unrolled::product(&a, &a), unrolled::square(&a));
        }
    }
}
