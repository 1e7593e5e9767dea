//! Arithmetic that the compiler evaluates for constants. None of it is linked.

#![allow(
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    reason = "a mistake here fails the build"
)]

use crate::engines::arithmetic::limbs;
use crate::engines::arithmetic::word::{WORD_BITS, Word};

/// `a + b mod modulus`, for `a` and `b` below the modulus.
pub(crate) const fn add_mod<const N: usize>(
    a: &[Word; N],
    b: &[Word; N],
    modulus: &[Word; N],
) -> [Word; N] {
    let (sum, carry) = limbs::add(a, b);
    let (reduced, borrow) = limbs::sub(&sum, modulus);
    limbs::select(carry || !borrow, &reduced, &sum)
}

/// Reads a constant in hexadecimal.
pub(crate) const fn from_hex<const N: usize>(digits: &str) -> [Word; N] {
    let digits = digits.as_bytes();
    let mut words = [0; N];
    let mut i = 0;
    while i < digits.len() {
        let digit = match digits[digits.len() - 1 - i] {
            c @ b'0'..=b'9' => c - b'0',
            c @ b'a'..=b'f' => c - b'a' + 10,
            _ => 16,
        };
        assert!(digit < 16, "a hexadecimal digit");
        words[i * 4 / WORD_BITS] |= (digit as Word) << (i * 4 % WORD_BITS);
        i += 1;
    }
    words
}

/// `a · R mod modulus`, where `R = 2^(bits of N words)`.
pub(crate) const fn times_r_mod<const N: usize>(a: &[Word; N], modulus: &[Word; N]) -> [Word; N] {
    // Horner's rule over the bits of a, each weighted with R.
    let r = power_of_two_mod(N * WORD_BITS, modulus);
    let mut product = [0; N];
    let mut i = N * WORD_BITS;
    while i > 0 {
        i -= 1;
        product = add_mod(&product, &product, modulus);
        if a[i / WORD_BITS] >> (i % WORD_BITS) & 1 == 1 {
            product = add_mod(&product, &r, modulus);
        }
    }
    product
}

/// `2^exponent mod modulus`.
pub(crate) const fn power_of_two_mod<const N: usize>(
    exponent: usize,
    modulus: &[Word; N],
) -> [Word; N] {
    let mut power = [0; N];
    power[0] = 1;
    let mut i = 0;
    while i < exponent {
        power = add_mod(&power, &power, modulus);
        i += 1;
    }
    power
}

/// `−1 / n mod 2^(word bits)` for an odd `n`, by Newton's iteration. It starts with `n`, which is its
/// own inverse in the lowest three bits, and every step doubles the number of correct bits.
pub(crate) const fn negated_inverse_of_word(n: Word) -> Word {
    let mut inverse = n;
    let mut correct = 3;
    while correct < WORD_BITS {
        let two: Word = 2;
        inverse = inverse.wrapping_mul(two.wrapping_sub(n.wrapping_mul(inverse)));
        correct *= 2;
    }
    inverse.wrapping_neg()
}
