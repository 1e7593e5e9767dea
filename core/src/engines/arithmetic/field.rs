//! The trait of prime fields: [`Field`].

use crate::engines::arithmetic::word::Word;

/// The arithmetic that curve formulas need.
pub trait Field: Copy + core::fmt::Debug + 'static {
    /// The length of a number below the modulus, in bytes.
    const BYTES: usize;
    /// The length of an element in a table, in bytes.
    const TABLE_BYTES: usize;
    /// The additive identity.
    const ZERO: Self;
    /// The multiplicative identity.
    const ONE: Self;

    /// Reads exactly [`BYTES`](Self::BYTES) big-endian bytes of a number below the modulus.
    fn from_be_bytes(bytes: &[u8]) -> Option<Self>;

    /// Reads a number below the modulus from words, least significant first.
    fn from_words(words: &[Word]) -> Option<Self>;

    /// Reads the form that [`write_table_bytes`](Self::write_table_bytes) writes. Any bytes give some
    /// element.
    fn from_table_bytes(bytes: &[u8]) -> Self;

    /// Writes the element, below the modulus, as [`TABLE_BYTES`](Self::TABLE_BYTES) little-endian bytes:
    /// in Montgomery form, in fields that compute with it.
    fn write_table_bytes(&self, bytes: &mut [u8]);

    /// `self + other`.
    fn add(&self, other: &Self) -> Self;
    /// `self − other`.
    fn sub(&self, other: &Self) -> Self;
    /// `self · other`.
    fn mul(&self, other: &Self) -> Self;
    /// `self²`.
    fn square(&self) -> Self;
    /// `−self` if `condition` holds, else `self`.
    fn negate_if(&self, condition: bool) -> Self;
    /// `1 / self`; `None` for zero.
    fn invert_vartime(&self) -> Option<Self>;
    /// Returns whether the value is zero, in any of its forms.
    fn is_zero(&self) -> bool;

    /// `2 · self`.
    #[inline(always)]
    fn double(&self) -> Self {
        self.add(self)
    }

    /// Returns whether two elements have the same value.
    fn equals(&self, other: &Self) -> bool {
        self.sub(other).is_zero()
    }
}
