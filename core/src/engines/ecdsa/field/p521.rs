//! The field of P-521: p = 2^521 − 1 (FIPS 186-5, SP 800-186 §3.2.1.5).
//!
//! Numbers are kept as they are, not in Montgomery form, because reducing modulo a Mersenne prime is one
//! addition: 2^521 ≡ 1.

#![allow(
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    reason = "indices are const; sums of limbs and of products stay within their types, as the comments say"
)]

#[allow(dead_code, reason = "each word width uses one of the two modules")]
mod saturated;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests;
#[allow(dead_code, reason = "each word width uses one of the two modules")]
mod unsaturated;

use super::Field;
use crate::engines::arithmetic::constants;
use crate::engines::arithmetic::inverse::divide_vartime;
use crate::engines::arithmetic::limbs;
use crate::engines::arithmetic::word::{WORD_BITS, Word, by_word_width, words};

by_word_width! {
    64 => { use unsaturated as form; }
    32 => { use saturated as form; }
}

const BITS: usize = 521;
const N: usize = words(BITS);
/// The bits of the topmost word, for either width.
const TOP_BITS: usize = BITS % WORD_BITS;
const MODULUS: [Word; N] = {
    let mut words = [Word::MAX; N];
    words[N - 1] = (1 << TOP_BITS) - 1;
    words
};

/// An element of the field of P-521.
#[derive(Clone, Copy, Debug)]
pub struct P521Element(form::Number);

impl P521Element {
    pub(crate) const MODULUS: [Word; N] = MODULUS;

    /// A constant in hexadecimal. Only the compiler evaluates this.
    pub(crate) const fn from_hex(digits: &str) -> Self {
        Self(form::from_words(&constants::from_hex(digits)))
    }

    fn from_canonical(words: &[Word; N]) -> Option<Self> {
        limbs::less_than(words, &MODULUS).then(|| Self(form::from_words(words)))
    }
}

impl Field for P521Element {
    const BYTES: usize = 66;
    const TABLE_BYTES: usize = 72;
    const ZERO: Self = Self([0; N]);
    const ONE: Self = Self::from_hex("1");

    fn from_be_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != Self::BYTES {
            return None;
        }
        Self::from_canonical(&limbs::from_short_be_bytes(bytes)?)
    }

    fn from_words(words: &[Word]) -> Option<Self> {
        Self::from_canonical(words.try_into().ok()?)
    }

    #[inline(always)]
    fn from_table_bytes(bytes: &[u8]) -> Self {
        Self(form::from_table_words(&limbs::from_le_bytes(bytes)))
    }

    fn write_table_bytes(&self, bytes: &mut [u8]) {
        let words = form::canonical(&self.0);
        let mut padded = [0; TABLE_WORDS];
        for (padded, word) in padded.iter_mut().zip(words) {
            *padded = word;
        }
        limbs::write_le_bytes(&padded, bytes);
    }

    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        Self(form::add(&self.0, &other.0))
    }

    #[inline(always)]
    fn sub(&self, other: &Self) -> Self {
        Self(form::sub(&self.0, &other.0))
    }

    #[inline(always)]
    fn mul(&self, other: &Self) -> Self {
        Self(form::multiply(&self.0, &other.0))
    }

    #[inline(always)]
    fn square(&self) -> Self {
        Self(form::square(&self.0))
    }

    #[inline(always)]
    fn negate_if(&self, condition: bool) -> Self {
        if !limbs::BRANCHES_ARE_DEAR {
            return if condition { Self::ZERO.sub(self) } else { *self };
        }
        Self(limbs::select(condition, &Self::ZERO.sub(self).0, &self.0))
    }

    fn invert_vartime(&self) -> Option<Self> {
        let mut one = [0; N];
        one[0] = 1;
        let inverse = divide_vartime(&one, &form::canonical(&self.0), &MODULUS)?;
        Some(Self(form::from_words(&inverse)))
    }

    #[inline(always)]
    fn is_zero(&self) -> bool {
        // The number is below 3·p, so if it is a multiple of p, it is 0, p or 2·p, and its lowest bits are
        // those of 0, −1 or −2.
        form::lowest_bits(self.0[0].wrapping_add(2)) <= 2
            && limbs::is_zero(&form::canonical(&self.0))
    }
}

/// The words of an element in a table: 72 bytes, for either width.
const TABLE_WORDS: usize = words(576);
