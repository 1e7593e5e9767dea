//! The machine word: one digit of a number.
//!
//! 64-bit targets and WebAssembly compute with `u64` and `u128` products, all others with `u32` and
//! `u64` products. `--cfg tollgate_word="32"` (or `"64"`) in `RUSTFLAGS` forces one of them, so that a
//! 64-bit host can test both. Only the width of [`Word`] differs; all byte formats are the same.

#![allow(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    reason = "a carry is 0 or 1, and a sum of products fits a DoubleWord, as comments say"
)]

/// Selects the items for 64-bit words or those for 32-bit words.
macro_rules! by_word_width {
    (64 => { $($wide:item)* } 32 => { $($narrow:item)* }) => {
        $(
            #[cfg(any(
                tollgate_word = "64",
                all(
                    not(tollgate_word = "32"),
                    any(target_pointer_width = "64", target_family = "wasm")
                )
            ))]
            $wide
        )*
        $(
            #[cfg(not(any(
                tollgate_word = "64",
                all(
                    not(tollgate_word = "32"),
                    any(target_pointer_width = "64", target_family = "wasm")
                )
            )))]
            $narrow
        )*
    };
}

pub(crate) use by_word_width;

by_word_width! {
    64 => {
        /// One digit of a number.
        pub(crate) type Word = u64;
        /// A product of two words.
        pub(crate) type DoubleWord = u128;
        /// A word with a sign.
        pub(crate) type SignedWord = i64;
    }
    32 => {
        /// One digit of a number.
        pub(crate) type Word = u32;
        /// A product of two words.
        pub(crate) type DoubleWord = u64;
        /// A word with a sign.
        pub(crate) type SignedWord = i32;
    }
}

/// The width of a [`Word`], in bits.
pub(crate) const WORD_BITS: usize = WORD_BYTES * 8;
/// The width of a [`Word`], in bytes.
pub(crate) const WORD_BYTES: usize = size_of::<Word>();

/// Returns how many words `bits` bits need.
pub(crate) const fn words(bits: usize) -> usize {
    bits.div_ceil(WORD_BITS)
}

/// `a + b + carry`, and whether it carried.
#[inline(always)]
pub(crate) const fn carrying_add(a: Word, b: Word, carry: bool) -> (Word, bool) {
    let (sum, first) = a.overflowing_add(b);
    let (sum, second) = sum.overflowing_add(carry as Word);
    (sum, first | second)
}

/// `a − b − borrow`, and whether it borrowed.
#[inline(always)]
pub(crate) const fn borrowing_sub(a: Word, b: Word, borrow: bool) -> (Word, bool) {
    if WORD_BITS == 32 {
        // The carry of a + !b is the absence of a borrow, and 32-bit compilers chain it better.
        let (difference, carry) = carrying_add(a, !b, !borrow);
        return (difference, !carry);
    }
    let (difference, first) = a.overflowing_sub(b);
    let (difference, second) = difference.overflowing_sub(borrow as Word);
    (difference, first | second)
}

/// The low and the high word of `a · b + first + second`.
#[inline(always)]
pub(crate) const fn multiply_add(a: Word, b: Word, first: Word, second: Word) -> (Word, Word) {
    // At most (2^w − 1)² + 2·(2^w − 1) = 2^2w − 1. In two steps, because compilers reorder longer sums.
    // On a Cortex-M4 this is one instruction, whose results replace first and second.
    let sum = a as DoubleWord * b as DoubleWord + first as DoubleWord;
    let (low, carry) = (sum as Word).overflowing_add(second);
    (low, (sum >> WORD_BITS) as Word + carry as Word)
}
