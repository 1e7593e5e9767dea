//! The field of Ed25519: p = 2^255 − 19 (RFC 7748 §4.1).
//!
//! An element is any number below 2^256 that is congruent to its value, so every value has two forms,
//! and those below 38 have three. Zero is 0, p or 2·p. Any words or bytes make a valid element.
//! Numbers are not in Montgomery form, because 2^256 ≡ 38 makes a reduction cheap.

#![allow(
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    reason = "indices are const; the words that are added to others are small, as the comments say"
)]

#[cfg(test)]
mod tests;

use crate::engines::arithmetic::constants;
use crate::engines::arithmetic::field::Field;
use crate::engines::arithmetic::inverse::divide_vartime;
use crate::engines::arithmetic::limbs;
use crate::engines::arithmetic::product;
use crate::engines::arithmetic::word::{
    WORD_BITS, WORD_BYTES, Word, by_word_width, multiply_add, words,
};

pub(crate) const N: usize = words(256);

/// The prime p.
pub(crate) const MODULUS: [Word; N] =
    constants::from_hex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");
/// 2·p, the largest form of zero.
const MODULUS_TWICE: [Word; N] =
    constants::from_hex("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffda");
/// 2^256 mod p.
const COMPLEMENT: [Word; N] = limbs::sub(&[0; N], &MODULUS_TWICE).0;
/// All bits of a word but the topmost.
const LOW_BITS: Word = Word::MAX >> 1;

/// An integer modulo p.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element {
    words: [Word; N],
}

impl Element {
    #[inline(always)]
    pub(crate) const fn new(words: [Word; N]) -> Self {
        Self { words }
    }

    /// A constant in hexadecimal. Only the compiler evaluates this.
    pub(crate) const fn from_hex(digits: &str) -> Self {
        Self::new(constants::from_hex(digits))
    }

    /// Returns the form below p.
    pub(crate) fn canonical(&self) -> [Word; N] {
        let mut words = self.words;
        let top = words[N - 1] >> (WORD_BITS - 1);
        words[N - 1] &= LOW_BITS;
        // Below 2^255 + 19, since 2^255 ≡ 19.
        let words = add_word(&words, top * 19).0;
        let (reduced, borrow) = limbs::sub(&words, &MODULUS);
        limbs::select(borrow, &words, &reduced)
    }

    /// Returns whether the form below p is odd: the sign of an x coordinate (RFC 8032 §5.1.2).
    pub(crate) fn is_odd(&self) -> bool {
        self.canonical()[0] & 1 == 1
    }

    /// `self / divisor`; `None` if the divisor is zero.
    pub(crate) fn divide_vartime(&self, divisor: &Self) -> Option<Self> {
        divide_vartime(&self.canonical(), &divisor.words, &MODULUS).map(Self::new)
    }

    /// `self^((p − 5) / 8)`, where the exponent is 2^252 − 3 = 4·(2^250 − 1) + 1.
    pub(crate) fn root_power(&self) -> Self {
        // self^(2^count − 1), where count runs through the leading bits of 250 = 0b1111_1010.
        let mut power = *self;
        let mut count = 1;
        for bit in [true, true, true, true, false, true, false] {
            let half = power;
            for _ in 0..count {
                power = power.square();
            }
            power = power.mul(&half);
            count *= 2;
            if bit {
                power = power.square().mul(self);
                count += 1;
            }
        }
        power.square().square().mul(self)
    }
}

impl Field for Element {
    const BYTES: usize = N * WORD_BYTES;
    const TABLE_BYTES: usize = Self::BYTES;
    const ZERO: Self = Self::from_hex("0");
    const ONE: Self = Self::from_hex("1");

    fn from_be_bytes(bytes: &[u8]) -> Option<Self> {
        Self::from_words(&limbs::from_be_bytes::<N>(bytes)?)
    }

    fn from_words(words: &[Word]) -> Option<Self> {
        let words: [Word; N] = words.try_into().ok()?;
        limbs::less_than(&words, &MODULUS).then_some(Self::new(words))
    }

    #[inline(always)]
    fn from_table_bytes(bytes: &[u8]) -> Self {
        Self::new(limbs::from_le_bytes(bytes))
    }

    fn write_table_bytes(&self, bytes: &mut [u8]) {
        limbs::write_le_bytes(&self.canonical(), bytes);
    }

    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        Self::new(sum(&self.words, &other.words))
    }

    #[inline(always)]
    fn sub(&self, other: &Self) -> Self {
        Self::new(difference(&self.words, &other.words))
    }

    #[inline(always)]
    fn mul(&self, other: &Self) -> Self {
        Self::new(multiply(&self.words, &other.words))
    }

    #[inline(always)]
    fn square(&self) -> Self {
        Self::new(square(&self.words))
    }

    #[inline(always)]
    fn negate_if(&self, condition: bool) -> Self {
        if !limbs::BRANCHES_ARE_DEAR {
            return if condition { Self::ZERO.sub(self) } else { *self };
        }
        let negated = Self::ZERO.sub(self);
        Self::new(limbs::select(condition, &negated.words, &self.words))
    }

    fn invert_vartime(&self) -> Option<Self> {
        Self::ONE.divide_vartime(self)
    }

    #[inline(always)]
    fn is_zero(&self) -> bool {
        limbs::is_zero(&self.words) || self.words == MODULUS || self.words == MODULUS_TWICE
    }
}

/// `a + word`, and whether it carried out of the last word.
#[inline(always)]
fn add_word(a: &[Word; N], word: Word) -> ([Word; N], bool) {
    let mut b = [0; N];
    b[0] = word;
    limbs::add(a, &b)
}

/// `low + high · 2^256` modulo p: below 2^255 + 2^11.
#[inline(always)]
fn reduce([low, high]: [[Word; N]; 2]) -> [Word; N] {
    let mut words = low;
    let mut carry = 0;
    for (word, high) in words.iter_mut().zip(high) {
        (*word, carry) = multiply_add(COMPLEMENT[0], high, *word, carry);
    }
    // At most 38 · 2 + 1, and 2^255 ≡ 19.
    let top = carry << 1 | words[N - 1] >> (WORD_BITS - 1);
    words[N - 1] &= LOW_BITS;
    add_word(&words, top * 19).0
}

/// `a + b` modulo p. Products are below 2^255 + 2^11, so a sum of two of them almost never carries.
#[inline(always)]
fn sum_of_products(a: &[Word; N], b: &[Word; N]) -> [Word; N] {
    let (sum, carry) = limbs::add(a, b);
    if !carry {
        return sum;
    }
    let (sum, again) = limbs::add(&sum, &COMPLEMENT);
    if again {
        // Both were within 38 of 2^256.
        return limbs::add(&sum, &COMPLEMENT).0;
    }
    sum
}

/// `a − b` modulo p.
#[inline(always)]
fn difference_of_any(a: &[Word; N], b: &[Word; N]) -> [Word; N] {
    let (difference, borrow) = limbs::sub(a, b);
    let (difference, again) = limbs::sub_if(borrow, &difference, &COMPLEMENT);
    if again {
        // `b` exceeded `a` by more than 2·p.
        return limbs::sub(&difference, &COMPLEMENT).0;
    }
    difference
}

by_word_width! {
    64 => {
        use {difference_of_any as difference, sum_of_products as sum};

        #[inline(always)]
        fn multiply(a: &[Word; N], b: &[Word; N]) -> [Word; N] {
            reduce(product::product(a, b))
        }

        #[inline(always)]
        fn square(a: &[Word; N]) -> [Word; N] {
            reduce(product::square(a))
        }
    }
    32 => {
        // Shared by all callers, because they are long for many words.
        #[inline(never)]
        fn sum(a: &[Word; N], b: &[Word; N]) -> [Word; N] {
            sum_of_products(a, b)
        }

        #[inline(never)]
        fn difference(a: &[Word; N], b: &[Word; N]) -> [Word; N] {
            difference_of_any(a, b)
        }

        #[inline(never)]
        fn multiply(a: &[Word; N], b: &[Word; N]) -> [Word; N] {
            reduce(product::product(a, b))
        }

        // A separate squaring would save little time and cost code size.
        #[inline(always)]
        fn square(a: &[Word; N]) -> [Word; N] {
            multiply(a, a)
        }
    }
}
