//! For 32-bit words: full words, and loops that keep the code small.

use super::{MODULUS, N, TABLE_WORDS, TOP_BITS};
use crate::engines::arithmetic::limbs::{self, multiply_row};
use crate::engines::arithmetic::word::{WORD_BITS, Word, carrying_add};

const TOP_MASK: Word = (1 << TOP_BITS) - 1;
/// 2^522 − 2 = 2·p.
const TWICE_MODULUS: [Word; N] = limbs::add(&MODULUS, &MODULUS).0;

/// A number below 2^521 + 2^56, least significant word first.
pub(super) type Number = [Word; N];

/// Takes a number below 2^521.
pub(super) const fn from_words(words: &[Word; N]) -> Number {
    *words
}

/// Reads any number from the words of a table.
#[inline(always)]
pub(super) fn from_table_words(words: &[Word; TABLE_WORDS]) -> Number {
    // Constant bounds, so that no path leads to a panic.
    let mut low = [0; N];
    low.copy_from_slice(&words[..N]);
    low[N - 1] &= TOP_MASK;
    let last = words.get(N).copied().unwrap_or(0);
    let mut high = [0; N];
    high[0] = words[N - 1] >> TOP_BITS | last << (WORD_BITS - TOP_BITS);
    high[1] = last >> TOP_BITS;
    limbs::add(&low, &high).0
}

/// Returns the number below p.
pub(super) fn canonical(number: &Number) -> [Word; N] {
    let folded = fold(*number);
    if folded == MODULUS { [0; N] } else { folded }
}

/// Returns the lowest bits of the number.
#[inline(always)]
pub(super) fn lowest_bits(word: Word) -> Word {
    word
}

/// Adds the bits beyond 521 to the rest. A number below 2^521 + 2^56 becomes one that is at most
/// 2^521 − 1, any other one at most 2^521 − 1 + 2^(word bits − 9).
#[inline(always)]
fn fold(mut number: Number) -> Number {
    let mut carry = number[N - 1] >> TOP_BITS;
    number[N - 1] &= TOP_MASK;
    for word in &mut number {
        let over;
        (*word, over) = word.overflowing_add(carry);
        carry = over as Word;
    }
    number
}

#[inline(never)]
pub(super) fn add(a: &Number, b: &Number) -> Number {
    fold(limbs::add(a, b).0)
}

#[inline(never)]
pub(super) fn sub(a: &Number, b: &Number) -> Number {
    fold(limbs::add(a, &limbs::sub(&TWICE_MODULUS, b).0).0)
}

#[inline(never)]
pub(super) fn multiply(a: &Number, b: &Number) -> Number {
    // Below 2^1043, so the words beyond 521 bits are below 2^522.
    let mut high = [0; N];
    let low = a.map(|factor| multiply_row(&mut high, factor, b));
    let mut sum = [0; N];
    let mut carry = false;
    let mut last = low[N - 1];
    for i in 0..N {
        let beyond = last >> TOP_BITS | high[i] << (WORD_BITS - TOP_BITS);
        last = high[i];
        let word = if i + 1 < N { low[i] } else { low[i] & TOP_MASK };
        (sum[i], carry) = carrying_add(word, beyond, carry);
    }
    fold(sum)
}

#[inline(always)]
pub(super) fn square(a: &Number) -> Number {
    multiply(a, a)
}
