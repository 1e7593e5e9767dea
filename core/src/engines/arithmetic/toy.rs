//! Fields of small primes, over which tests try every case.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "tests"
)]

use crate::engines::arithmetic::field::Field;
use crate::engines::arithmetic::word::Word;

/// An integer modulo the small prime `P`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ToyElement<const P: u32>(pub(crate) u32);

impl<const P: u32> Field for ToyElement<P> {
    const BYTES: usize = 4;
    const TABLE_BYTES: usize = Self::BYTES;
    const ZERO: Self = Self(0);
    const ONE: Self = Self(1);

    fn from_be_bytes(bytes: &[u8]) -> Option<Self> {
        Self::from_words(&[u32::from_be_bytes(bytes.try_into().ok()?).into()])
    }

    fn from_words(words: &[Word]) -> Option<Self> {
        let value = u32::try_from(words[0]).ok()?;
        (value < P).then_some(Self(value))
    }

    fn from_table_bytes(bytes: &[u8]) -> Self {
        Self(u32::from_le_bytes(bytes.try_into().unwrap()) % P)
    }

    fn write_table_bytes(&self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.0.to_le_bytes());
    }

    fn add(&self, other: &Self) -> Self {
        Self((self.0 + other.0) % P)
    }

    fn sub(&self, other: &Self) -> Self {
        Self((self.0 + P - other.0) % P)
    }

    fn mul(&self, other: &Self) -> Self {
        Self(self.0 * other.0 % P)
    }

    fn square(&self) -> Self {
        self.mul(self)
    }

    fn negate_if(&self, condition: bool) -> Self {
        if condition { Self::ZERO.sub(self) } else { *self }
    }

    fn invert_vartime(&self) -> Option<Self> {
        (1..P).map(Self).find(|inverse| self.mul(inverse).0 == 1)
    }

    fn is_zero(&self) -> bool {
        self.0 == 0
    }
}
