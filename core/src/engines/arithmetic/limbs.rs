//! Natural numbers of a fixed count of words, least significant word first.

#![allow(
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    reason = "loops run to the array's constant length; sums and products fit a DoubleWord, as comments say"
)]

use crate::engines::arithmetic::word::{
    WORD_BITS, WORD_BYTES, Word, borrowing_sub, carrying_add, multiply_add,
};

/// Repeats an expression for every index `I` below `$n`, which is at most 17. It never becomes a loop,
/// so carries stay in the processor's flag.
macro_rules! for_each_index {
    ($n:ident, $body:expr) => { for_each_index!($n, $body; 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16) };
    ($n:ident, $body:expr; $($index:literal)*) => {
        const { assert!($n <= 17, "unrolled for seventeen words") };
        $( if $index < $n {
            const I: usize = $index;
            $body;
        } )*
    };
}

/// `a + b`, and whether it carried out of the last word.
#[inline(always)]
pub(crate) const fn add<const N: usize>(a: &[Word; N], b: &[Word; N]) -> ([Word; N], bool) {
    let mut sum = [0; N];
    let mut carry = false;
    for_each_index!(N, (sum[I], carry) = carrying_add(a[I], b[I], carry));
    (sum, carry)
}

/// `a − b` modulo 2^(bits of `N` words), and whether it borrowed, that is `a < b`.
#[inline(always)]
pub(crate) const fn sub<const N: usize>(a: &[Word; N], b: &[Word; N]) -> ([Word; N], bool) {
    let mut difference = [0; N];
    let mut borrow = false;
    for_each_index!(N, (difference[I], borrow) = borrowing_sub(a[I], b[I], borrow));
    (difference, borrow)
}

/// Whether an unpredictable branch costs more than the work it skips, which is the case on processors
/// with branch prediction.
pub(crate) const BRANCHES_ARE_DEAR: bool = WORD_BITS == 64;

/// `a + b` if `condition` holds, else `a`, and whether it carried. The condition is assumed to be
/// unpredictable.
#[inline(always)]
pub(crate) fn add_if<const N: usize>(
    condition: bool,
    a: &[Word; N],
    b: &[Word; N],
) -> ([Word; N], bool) {
    if BRANCHES_ARE_DEAR {
        add(a, &masked(b, condition))
    } else if condition {
        add(a, b)
    } else {
        (*a, false)
    }
}

/// `a − b` if `condition` holds, else `a`, and whether it borrowed. The condition is assumed to be
/// unpredictable.
#[inline(always)]
pub(crate) fn sub_if<const N: usize>(
    condition: bool,
    a: &[Word; N],
    b: &[Word; N],
) -> ([Word; N], bool) {
    if BRANCHES_ARE_DEAR {
        sub(a, &masked(b, condition))
    } else if condition {
        sub(a, b)
    } else {
        (*a, false)
    }
}

/// `a` if `condition` holds, else zero.
#[inline(always)]
fn masked<const N: usize>(a: &[Word; N], condition: bool) -> [Word; N] {
    select(condition, a, &[0; N])
}

/// `a` if `condition` holds, else `b`, without a branch, because the condition is unpredictable.
#[inline(always)]
pub(crate) const fn select<const N: usize>(
    condition: bool,
    a: &[Word; N],
    b: &[Word; N],
) -> [Word; N] {
    let mask = (condition as Word).wrapping_neg();
    let mut result = [0; N];
    let mut i = 0;
    while i < N {
        result[i] = b[i] ^ ((a[i] ^ b[i]) & mask);
        i += 1;
    }
    result
}

/// Returns the position of the highest bit that is set, counted from 1. For constants.
pub(crate) const fn bit_len<const N: usize>(a: &[Word; N]) -> usize {
    let mut i = N;
    while i > 0 {
        i -= 1;
        if a[i] != 0 {
            return (i + 1) * WORD_BITS - a[i].leading_zeros() as usize;
        }
    }
    0
}

/// `a < b`, for numbers of equally many words.
pub(crate) fn less_than(a: &[Word], b: &[Word]) -> bool {
    a.iter().rev().lt(b.iter().rev())
}

#[inline(always)]
pub(crate) fn is_zero<const N: usize>(a: &[Word; N]) -> bool {
    let mut all = 0;
    let mut i = 0;
    while i < N {
        all |= a[i];
        i += 1;
    }
    all == 0
}

/// Adds `factor · b` to the window `sum`, returns the lowest word of the result and shifts the
/// window down by a word: one row of a schoolbook product.
#[inline(always)]
pub(crate) fn multiply_row<const N: usize>(
    sum: &mut [Word; N],
    factor: Word,
    b: &[Word; N],
) -> Word {
    let mut lowest = 0;
    let mut carry = 0;
    let mut i = 0;
    while i < N {
        let word;
        (word, carry) = multiply_add(factor, b[i], sum[i], carry);
        if i == 0 {
            lowest = word;
        } else {
            sum[i - 1] = word;
        }
        i += 1;
    }
    sum[N - 1] = carry;
    lowest
}

/// Reads exactly `N` words of big-endian bytes.
#[inline]
pub(crate) fn from_be_bytes<const N: usize>(bytes: &[u8]) -> Option<[Word; N]> {
    if bytes.len() != N * WORD_BYTES {
        return None;
    }
    let mut words = [0; N];
    for (word, chunk) in words.iter_mut().zip(bytes.rchunks_exact(WORD_BYTES)) {
        *word = Word::from_be_bytes(chunk.try_into().ok()?);
    }
    Some(words)
}

/// Reads big-endian bytes of any length up to `N` words.
pub(crate) fn from_short_be_bytes<const N: usize>(bytes: &[u8]) -> Option<[Word; N]> {
    if bytes.len() > N * WORD_BYTES {
        return None;
    }
    let mut words = [0; N];
    for (word, chunk) in words.iter_mut().zip(bytes.rchunks(WORD_BYTES)) {
        *word = chunk.iter().fold(0, |word, byte| word << 8 | *byte as Word);
    }
    Some(words)
}

/// Reads `N` words of little-endian bytes; missing bytes count as zero.
#[inline(always)]
pub(crate) fn from_le_bytes<const N: usize>(bytes: &[u8]) -> [Word; N] {
    let mut words = [0; N];
    for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(WORD_BYTES)) {
        *word = chunk.try_into().map_or(0, Word::from_le_bytes);
    }
    words
}

/// Writes the words as little-endian bytes, as far as `bytes` reaches.
pub(crate) fn write_le_bytes<const N: usize>(words: &[Word; N], bytes: &mut [u8]) {
    for (word, chunk) in words.iter().zip(bytes.chunks_exact_mut(WORD_BYTES)) {
        chunk.copy_from_slice(&word.to_le_bytes());
    }
}
