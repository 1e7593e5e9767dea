//! Blocks of four words: the digits of RSA's numbers, and their products.
//!
//! Numbers are slices of blocks, least significant block first. Four words by four are the most that the
//! registers hold, so a product of blocks reads and writes memory once for sixteen products of words.

#![allow(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    reason = "a carry is 0 or 1, and no sum exceeds its words, as comments say"
)]

use crate::engines::arithmetic::constants::negated_inverse_of_word;
use crate::engines::arithmetic::word::{
    WORD_BITS, WORD_BYTES, Word, borrowing_sub, by_word_width, carrying_add, multiply_add,
};

/// Four words, least significant word first.
pub(crate) type Block = [Word; 4];

/// The length of a [`Block`] in bytes.
pub(crate) const BLOCK_BYTES: usize = 4 * WORD_BYTES;

/// The block of value zero.
pub(crate) const ZERO: Block = [0; 4];

by_word_width! {
    64 => {
        use crate::engines::arithmetic::word::DoubleWord;

        /// Adds `a · factor` to `sum`, which is as long as `a`, and returns what exceeds `sum`.
        #[inline(never)]
        pub(super) fn add_multiple(sum: &mut [Block], a: &[Block], factor: &Block) -> Block {
            let mut high = ZERO;
            for (a, sum) in a.iter().zip(sum) {
                (*sum, high) = multiply_add_blocks(a, factor, sum, &high);
            }
            high
        }

        /// The low and the high block of `a · b + first + second`, which is at most
        /// (2^256 − 1)² + 2·(2^256 − 1) = 2^512 − 1.
        #[inline(always)]
        fn multiply_add_blocks(a: &Block, b: &Block, first: &Block, second: &Block) -> (Block, Block) {
            let [a0, a1, a2, a3] = *a;
            let [s0, s1, s2, s3] = *second;
            let mut window = *first;
            let low0 = add_row(&mut window, a0, b, s0);
            let low1 = add_row(&mut window, a1, b, s1);
            let low2 = add_row(&mut window, a2, b, s2);
            let low3 = add_row(&mut window, a3, b, s3);
            ([low0, low1, low2, low3], window)
        }

        /// Adds `factor · b + extra` to the window, returns its lowest word and shifts it down by a word.
        ///
        /// The low and the high halves of the products are two chains of additions with carry.
        #[inline(always)]
        fn add_row(window: &mut Block, factor: Word, b: &Block, extra: Word) -> Word {
            let [w0, w1, w2, w3] = *window;
            let [b0, b1, b2, b3] = b.map(|word| {
                let product = factor as DoubleWord * word as DoubleWord;
                (product as Word, (product >> WORD_BITS) as Word)
            });
            let (w0, carry) = w0.overflowing_add(b0.0);
            let (w1, carry) = carrying_add(w1, b1.0, carry);
            let (w2, carry) = carrying_add(w2, b2.0, carry);
            let (w3, carry) = carrying_add(w3, b3.0, carry);
            let top = carry as Word;
            let (lowest, carry) = w0.overflowing_add(extra);
            let (w1, carry) = carrying_add(w1, b0.1, carry);
            let (w2, carry) = carrying_add(w2, b1.1, carry);
            let (w3, carry) = carrying_add(w3, b2.1, carry);
            // The window, the product and the extra word are below 2^320 together.
            let (top, _) = carrying_add(top, b3.1, carry);
            *window = [w1, w2, w3, top];
            lowest
        }

        /// `a²`, as a low and a high block.
        #[inline(always)]
        pub(super) fn square(a: &Block) -> [Block; 2] {
            let [a0, a1, a2, a3] = *a;
            // The products of different words, each once.
            let (p1, carry) = multiply_add(a0, a1, 0, 0);
            let (p2, carry) = multiply_add(a0, a2, carry, 0);
            let (p3, p4) = multiply_add(a0, a3, carry, 0);
            let (p3, carry) = multiply_add(a1, a2, p3, 0);
            let (p4, p5) = multiply_add(a1, a3, p4, carry);
            let (p5, p6) = multiply_add(a2, a3, p5, 0);
            // Twice that, plus the squares of the words.
            let [s0, s1, s2, s3] = a.map(|word| multiply_add(word, word, 0, 0));
            let doubled = |word: Word, below: Word| word << 1 | below >> (WORD_BITS - 1);
            let (r1, carry) = s0.1.overflowing_add(p1 << 1);
            let (r2, carry) = carrying_add(s1.0, doubled(p2, p1), carry);
            let (r3, carry) = carrying_add(s1.1, doubled(p3, p2), carry);
            let (r4, carry) = carrying_add(s2.0, doubled(p4, p3), carry);
            let (r5, carry) = carrying_add(s2.1, doubled(p5, p4), carry);
            let (r6, carry) = carrying_add(s3.0, doubled(p6, p5), carry);
            let (r7, _) = carrying_add(s3.1, doubled(0, p6), carry);
            [[s0.0, r1, r2, r3], [r4, r5, r6, r7]]
        }
    }
    32 => {
        use core::hint::black_box;

        /// Adds `a · factor` to `sum`, which is as long as `a`, and returns what exceeds `sum`.
        ///
        /// One small loop, which all callers share. Each term matches the instruction of a small
        /// processor that multiplies and adds two words, and its registers hold the factor and the carries.
        #[inline(never)]
        pub(super) fn add_multiple(sum: &mut [Block], a: &[Block], factor: &Block) -> Block {
            let [b0, b1, b2, b3] = *factor;
            let [mut w0, mut w1, mut w2, mut w3] = ZERO;
            for (factor, word) in a.as_flattened().iter().zip(sum.as_flattened_mut()) {
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
            [w0, w1, w2, w3]
        }

        /// `a²`, as a low and a high block.
        #[inline(always)]
        pub(super) fn square(a: &Block) -> [Block; 2] {
            let mut low = ZERO;
            let high = add_multiple(core::slice::from_mut(&mut low), core::slice::from_ref(a), a);
            [low, high]
        }
    }
}

/// The low block of `a · b`.
#[inline(always)]
pub(super) fn low_product(a: &Block, b: &Block) -> Block {
    let [a0, a1, a2, a3] = *a;
    let [b0, b1, b2, b3] = *b;
    let (p0, carry) = multiply_add(a0, b0, 0, 0);
    let (p1, carry) = multiply_add(a0, b1, carry, 0);
    let (p2, carry) = multiply_add(a0, b2, carry, 0);
    let p3 = a0.wrapping_mul(b3).wrapping_add(carry);
    let (p1, carry) = multiply_add(a1, b0, p1, 0);
    let (p2, carry) = multiply_add(a1, b1, p2, carry);
    let p3 = a1.wrapping_mul(b2).wrapping_add(p3).wrapping_add(carry);
    let (p2, carry) = multiply_add(a2, b0, p2, 0);
    let p3 = a2.wrapping_mul(b1).wrapping_add(p3).wrapping_add(carry);
    let p3 = a3.wrapping_mul(b0).wrapping_add(p3);
    [p0, p1, p2, p3]
}

/// `−1 / n` modulo the block's size, for an odd `n`.
#[inline(never)]
pub(super) fn negated_inverse(n: &Block) -> Block {
    let [lowest, ..] = *n;
    let mut inverse = [negated_inverse_of_word(lowest), 0, 0, 0];
    // Newton's iteration, v · (2 + n · v) for v = −1 / n. Each step doubles the number of correct words.
    for _ in 0..2 {
        let (sum, _) = add(&low_product(n, &inverse), &[2, 0, 0, 0], false);
        inverse = low_product(&inverse, &sum);
    }
    inverse
}

/// `a + b + carry`, and whether it carried.
#[inline(always)]
pub(super) fn add(a: &Block, b: &Block, carry: bool) -> (Block, bool) {
    let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (*a, *b);
    let (s0, carry) = carrying_add(a0, b0, carry);
    let (s1, carry) = carrying_add(a1, b1, carry);
    let (s2, carry) = carrying_add(a2, b2, carry);
    let (s3, carry) = carrying_add(a3, b3, carry);
    ([s0, s1, s2, s3], carry)
}

/// `a − b − borrow`, and whether it borrowed.
#[inline(always)]
pub(super) fn sub(a: &Block, b: &Block, borrow: bool) -> (Block, bool) {
    let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (*a, *b);
    let (d0, borrow) = borrowing_sub(a0, b0, borrow);
    let (d1, borrow) = borrowing_sub(a1, b1, borrow);
    let (d2, borrow) = borrowing_sub(a2, b2, borrow);
    let (d3, borrow) = borrowing_sub(a3, b3, borrow);
    ([d0, d1, d2, d3], borrow)
}

/// `2 · a + bit`, and whether it carried.
#[inline(always)]
pub(super) fn double(a: &Block, bit: bool) -> (Block, bool) {
    let [a0, a1, a2, a3] = *a;
    let next = |word: Word, below: Word| word << 1 | below >> (WORD_BITS - 1);
    ([a0 << 1 | bit as Word, next(a1, a0), next(a2, a1), next(a3, a2)], a3 >> (WORD_BITS - 1) == 1)
}

/// Reads up to a block of little-endian bytes; missing bytes count as zero.
#[inline(always)]
pub(super) fn from_le_bytes(bytes: &[u8]) -> Block {
    crate::engines::arithmetic::limbs::from_le_bytes(bytes)
}

/// Reads up to a block of big-endian bytes; missing bytes count as zero.
pub(super) fn from_be_bytes(bytes: &[u8]) -> Block {
    let mut block = ZERO;
    for (word, chunk) in block.iter_mut().zip(bytes.rchunks(WORD_BYTES)) {
        *word = match chunk.try_into() {
            Ok(chunk) => Word::from_be_bytes(chunk),
            // Shorter than a word, so that shifting it by bytes loses nothing.
            Err(_) => chunk.iter().fold(0, |word, byte| word << 8 | Word::from(*byte)),
        };
    }
    block
}
