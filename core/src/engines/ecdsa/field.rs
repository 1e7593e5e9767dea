//! Prime fields: those of P-256 and P-384 in Montgomery form, with one sparse reduction per prime and word
//! width, and that of P-521.
//!
//! An [`Element`] is any number below `2^BITS` that is congruent to its value. Results are not fully
//! reduced: most values have one form, and a few near zero have two. Zero is 0 or the modulus. Any
//! words or bytes make a valid element.

pub(crate) mod p256;
pub(crate) mod p384;
pub(crate) mod p521;
#[cfg(test)]
mod tests;

use core::marker::PhantomData;

use crate::engines::arithmetic::constants;
pub(crate) use crate::engines::arithmetic::field::Field;
use crate::engines::arithmetic::inverse::divide_vartime;
use crate::engines::arithmetic::limbs;
use crate::engines::arithmetic::word::{WORD_BITS, WORD_BYTES, Word};

/// A prime of exactly `N` words whose shape allows a reduction without multiplications by it.
pub trait SparsePrime<const N: usize>: Copy + core::fmt::Debug + 'static {
    /// The prime.
    const MODULUS: [Word; N];

    /// `a · b / R` modulo the prime, where `R = 2^(bits of N words)`: below `R`.
    fn multiply(a: &[Word; N], b: &[Word; N]) -> [Word; N];

    /// `a² / R` modulo the prime: below `R`.
    fn square(a: &[Word; N]) -> [Word; N];
}

/// `sum + carry · R` modulo a prime, for a total below `R` and the prime together.
#[inline(always)]
fn fold<P: SparsePrime<N>, const N: usize>(sum: &[Word; N], carry: bool) -> [Word; N] {
    limbs::add_if(carry, sum, &Element::<P, N>::COMPLEMENT).0
}

/// An element of the field of a [`SparsePrime`] of `N` words.
#[derive(Clone, Copy, Debug)]
pub struct Element<P, const N: usize> {
    words: [Word; N],
    prime: PhantomData<P>,
}

impl<P: SparsePrime<N>, const N: usize> Element<P, N> {
    /// `R − modulus = R mod modulus`: also the Montgomery form of one.
    const COMPLEMENT: [Word; N] = limbs::sub(&[0; N], &P::MODULUS).0;
    const R_SQUARED: [Word; N] = constants::power_of_two_mod(2 * N * WORD_BITS, &P::MODULUS);

    #[inline(always)]
    const fn new(words: [Word; N]) -> Self {
        Self { words, prime: PhantomData }
    }

    /// The Montgomery form of a constant in hexadecimal. Only the compiler evaluates this.
    pub(crate) const fn from_hex(digits: &str) -> Self {
        Self::new(constants::times_r_mod(&constants::from_hex(digits), &P::MODULUS))
    }

    #[inline(always)]
    fn sum(&self, other: &Self) -> Self {
        let (sum, carry) = limbs::add(&self.words, &other.words);
        let (sum, again) = limbs::add_if(carry, &sum, &Self::COMPLEMENT);
        if again {
            // Both were within 2 · COMPLEMENT of R.
            return Self::new(limbs::add(&sum, &Self::COMPLEMENT).0);
        }
        Self::new(sum)
    }

    #[inline(always)]
    fn difference(&self, other: &Self) -> Self {
        let (difference, borrow) = limbs::sub(&self.words, &other.words);
        let (difference, again) = limbs::sub_if(borrow, &difference, &Self::COMPLEMENT);
        if again {
            // `other` exceeded `self` by more than the modulus.
            return Self::new(limbs::sub(&difference, &Self::COMPLEMENT).0);
        }
        Self::new(difference)
    }

    /// [`sum`](Self::sum), shared by all callers because it is long for many words.
    #[inline(never)]
    fn sum_called(&self, other: &Self) -> Self {
        self.sum(other)
    }

    /// [`difference`](Self::difference), shared by all callers because it is long for many words.
    #[inline(never)]
    fn difference_called(&self, other: &Self) -> Self {
        self.difference(other)
    }

    /// Returns the form below the modulus.
    fn canonical(&self) -> [Word; N] {
        let (reduced, borrow) = limbs::sub(&self.words, &P::MODULUS);
        limbs::select(borrow, &self.words, &reduced)
    }

    fn from_canonical(words: &[Word; N]) -> Option<Self> {
        limbs::less_than(words, &P::MODULUS)
            .then(|| Self::new(P::multiply(words, &Self::R_SQUARED)))
    }
}

impl<P: SparsePrime<N>, const N: usize> Field for Element<P, N> {
    const BYTES: usize = N * WORD_BYTES;
    const TABLE_BYTES: usize = Self::BYTES;
    const ZERO: Self = Self::new([0; N]);
    const ONE: Self = Self::new(Self::COMPLEMENT);

    fn from_be_bytes(bytes: &[u8]) -> Option<Self> {
        Self::from_canonical(&limbs::from_be_bytes(bytes)?)
    }

    fn from_words(words: &[Word]) -> Option<Self> {
        Self::from_canonical(words.try_into().ok()?)
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
        if WORD_BITS == 32 { self.sum_called(other) } else { self.sum(other) }
    }

    #[inline(always)]
    fn sub(&self, other: &Self) -> Self {
        if WORD_BITS == 32 { self.difference_called(other) } else { self.difference(other) }
    }

    #[inline(always)]
    fn mul(&self, other: &Self) -> Self {
        Self::new(P::multiply(&self.words, &other.words))
    }

    #[inline(always)]
    fn square(&self) -> Self {
        Self::new(P::square(&self.words))
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
        // R² / (value · R) = R / value, the inverse's Montgomery form.
        divide_vartime(&Self::R_SQUARED, &self.words, &P::MODULUS).map(Self::new)
    }

    #[inline(always)]
    fn is_zero(&self) -> bool {
        limbs::is_zero(&self.words) || self.words == P::MODULUS
    }
}
