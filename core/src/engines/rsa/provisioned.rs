//! A key as bytes, with the constant that its arithmetic needs: for flash, a file, or the heap.
//!
//! All numbers are little-endian. L is the length of the modulus in bytes, rounded up to a multiple of
//! 32, and R = 2^(8·L).
//!
//! | offset | bytes | content |
//! |---|---|---|
//! | 0 | L | n, the modulus |
//! | L | L | R² mod n |
//! | 2·L | 4 | e, the exponent |
//!
//! The format is the same for every word width. The bytes prove their constant: loading them divides it
//! by R twice, and only R² mod n gives 1. So bytes that load are a key and nothing else, and a wrong
//! constant can never make a wrong verdict.

use super::block::{self, BLOCK_BYTES, Block, ZERO};
use super::capacity::Capacity;
use super::error::InvalidRsaKey;
use super::montgomery::Modulus;
use super::public_key::{MAX_BITS, MIN_BITS, RsaPublicKey, bits, check_bits, check_numbers};
use crate::engines::arithmetic::word::{WORD_BITS, WORD_BYTES};

/// Moduli are padded to multiples of this many bytes, the larger of both word widths' blocks.
const ALIGNMENT: usize = 32;
/// The length of the exponent, in bytes.
const EXPONENT_BYTES: usize = 4;

const _: () = assert!(ALIGNMENT.is_multiple_of(BLOCK_BYTES));

/// Returns the length in bytes of a provisioned key, from the length of its modulus in bits.
#[must_use]
pub const fn provisioned_bytes(bits: usize) -> usize {
    bits.div_ceil(ALIGNMENT * 8).saturating_mul(2 * ALIGNMENT).saturating_add(EXPONENT_BYTES)
}

/// Returns whether this is the length of a key of at most `max_bits` bits.
pub(super) const fn fits(len: usize, max_bits: usize) -> bool {
    let bits = len.saturating_sub(EXPONENT_BYTES).saturating_mul(4);
    len == provisioned_bytes(bits) && MIN_BITS <= bits && bits <= max_bits
}

/// A provisioned key, as a view of its bytes.
#[derive(Clone, Copy)]
pub(super) struct Provisioned<'a> {
    pub(super) n: &'a [u8],
    pub(super) r_squared: &'a [u8],
    pub(super) e: u32,
}

impl<'a> Provisioned<'a> {
    /// Splits bytes whose length is that of a key.
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        let (numbers, e) = bytes.split_last_chunk::<EXPONENT_BYTES>()?;
        let (n, r_squared) = numbers.split_at_checked(numbers.len() / 2)?;
        fits(bytes.len(), MAX_BITS).then_some(Self { n, r_squared, e: u32::from_le_bytes(*e) })
    }

    /// Checks everything that a key must satisfy, and that its constant belongs to its modulus.
    pub(super) fn check<C: Capacity>(bytes: &'a [u8]) -> Result<(), InvalidRsaKey> {
        let key = Self::new(bytes).ok_or(InvalidRsaKey::Length)?;
        let bits = key.bits();
        check_bits(bits)?;
        if bits > C::BITS {
            return Err(InvalidRsaKey::Capacity);
        }
        if provisioned_bytes(bits) != bytes.len() {
            return Err(InvalidRsaKey::Length);
        }
        check_numbers(key.n, key.e)?;
        if key.has_its_constant::<C>() { Ok(()) } else { Err(InvalidRsaKey::ForeignConstant) }
    }

    /// Not inlined, so that its stack is free again afterwards.
    #[inline(never)]
    fn has_its_constant<C: Capacity>(&self) -> bool {
        let mut memory = Memory::<C>::ZERO;
        let Some((modulus, x, product)) = memory.with_modulus(self.n) else { return false };
        read_le(x, self.r_squared);
        if !modulus.exceeds(x) {
            return false;
        }
        // R is invertible modulo n, so only R² divided by R² gives 1.
        modulus.divide_by_r(x, product);
        modulus.divide_by_r(x, product);
        x.split_first().is_some_and(|(lowest, others)| {
            *lowest == [1, 0, 0, 0] && others.iter().all(|block| *block == ZERO)
        })
    }

    /// The length of the modulus, in bits.
    pub(super) fn bits(&self) -> usize {
        bits(self.n.iter())
    }
}

/// Writes the provisioned form of a key to memory of exactly its length.
#[inline(never)]
pub(super) fn write<C: Capacity>(
    key: &RsaPublicKey,
    bytes: &mut [u8],
) -> Result<(), InvalidRsaKey> {
    let bits = key.bits();
    if bits > C::BITS {
        return Err(InvalidRsaKey::Capacity);
    }
    if bytes.len() != provisioned_bytes(bits) {
        return Err(InvalidRsaKey::Length);
    }
    let mut write = || {
        let (numbers, e) = bytes.split_last_chunk_mut::<EXPONENT_BYTES>()?;
        *e = key.exponent().to_le_bytes();
        let (n, r_squared) = numbers.split_at_mut_checked(numbers.len() / 2)?;
        n.copy_from_slice(key.modulus_le_bytes().get(..n.len())?);
        let mut memory = Memory::<C>::ZERO;
        let (modulus, x, product) = memory.with_modulus(n)?;
        compute_r_squared(&modulus, bits, n.len().checked_mul(8)?, x, product);
        for (chunk, word) in r_squared.chunks_exact_mut(WORD_BYTES).zip(x.as_flattened()) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        Some(())
    };
    write().ok_or(InvalidRsaKey::Length)
}

/// Sets `x` to R² mod n, for a modulus of `bits` bits and R = 2^`exponent`.
fn compute_r_squared(
    modulus: &Modulus<'_>,
    bits: usize,
    exponent: usize,
    x: &mut [Block],
    product: &mut [Block],
) {
    // R mod n, by doubling the largest power of two below n. It stands for 1 in Montgomery's form.
    x.fill(ZERO);
    let top = bits.saturating_sub(1);
    if let Some(word) = x.as_flattened_mut().get_mut(top / WORD_BITS) {
        *word = 1 << (top % WORD_BITS);
    }
    for _ in top..exponent {
        modulus.double(x);
    }
    // 2^exponent in that form, by squaring and doubling along the bits of the exponent.
    for bit in (0..usize::BITS.saturating_sub(exponent.leading_zeros())).rev() {
        modulus.square(x, product);
        if exponent >> bit & 1 == 1 {
            modulus.double(x);
        }
    }
}

/// The memory of a computation.
pub(super) struct Memory<C: Capacity> {
    n: C::Number,
    x: C::Number,
    product: C::Product,
}

impl<C: Capacity> Memory<C> {
    pub(super) const ZERO: Self = Self { n: C::NUMBER, x: C::NUMBER, product: C::PRODUCT };

    /// Reads a modulus. Returns it, a number of as many blocks, and scratch memory for its products, or
    /// `None` if there is no room for it.
    #[inline(always)]
    pub(super) fn with_modulus(
        &mut self,
        n: &[u8],
    ) -> Option<(Modulus<'_>, &mut [Block], &mut [Block])> {
        let blocks = n.len() / BLOCK_BYTES;
        let modulus = self.n.as_mut().get_mut(..blocks)?;
        let x = self.x.as_mut().get_mut(..blocks)?;
        let product = self.product.as_mut().get_mut(..blocks.checked_mul(2)?)?;
        read_le(modulus, n);
        Some((Modulus::new(modulus), x, product))
    }
}

/// Reads a number from little-endian bytes.
pub(super) fn read_le(number: &mut [Block], bytes: &[u8]) {
    for (block, chunk) in number.iter_mut().zip(bytes.chunks_exact(BLOCK_BYTES)) {
        *block = block::from_le_bytes(chunk);
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::as_conversions, reason = "tests")]
mod tests {
    use std::vec;
    use std::vec::Vec;

    use num_bigint::BigUint;

    use super::*;
    use crate::engines::rsa::{Bits2048, Bits3072, Bits4096};

    /// A modulus that is odd and has exactly the given length. The check does not need its factors.
    fn modulus(bits: usize) -> BigUint {
        let mut digits = BigUint::from(0x9e37_79b9_7f4a_7c15u64);
        while digits.bits() < 4096 {
            digits = &digits * &digits + 12_345u32;
        }
        let digits = digits % (BigUint::from(1u8) << (bits - 1));
        (BigUint::from(1u8) << (bits - 1)) | digits | BigUint::from(1u8)
    }

    fn provisioned(bits: usize) -> Vec<u8> {
        let key = RsaPublicKey::from_be_bytes(&modulus(bits).to_bytes_be(), &[1, 0, 1]).unwrap();
        let mut bytes = vec![0x55; provisioned_bytes(bits)];
        write::<Bits4096>(&key, &mut bytes).unwrap();
        bytes
    }

    fn check(bytes: &[u8]) -> Result<(), InvalidRsaKey> {
        Provisioned::check::<Bits4096>(bytes)
    }

    #[test]
    fn the_constant_is_r_squared_for_every_length() {
        for bits in
            (2048..=4096).step_by(61).chain(2048..=2064).chain(2303..2306).chain(4090..=4096)
        {
            let bytes = provisioned(bits);
            let len = bits.div_ceil(256) * 32;
            assert_eq!(bytes.len(), 2 * len + 4);
            let n = BigUint::from_bytes_le(&bytes[..len]);
            assert_eq!(n, modulus(bits));
            let r_squared = (BigUint::from(1u8) << (16 * len)) % &n;
            assert_eq!(BigUint::from_bytes_le(&bytes[len..2 * len]), r_squared, "{bits} bits");
            assert_eq!(bytes[2 * len..], [1, 0, 1, 0]);
            assert_eq!(check(&bytes), Ok(()), "{bits} bits");
        }
    }

    #[test]
    fn a_changed_constant_is_refused() {
        for bits in [2048, 2049, 3071] {
            let valid = provisioned(bits);
            let len = bits.div_ceil(256) * 32;
            for at in len..2 * len {
                let mut changed = valid.clone();
                changed[at] ^= 0x10;
                assert_eq!(check(&changed), Err(InvalidRsaKey::ForeignConstant), "byte {at}");
            }
        }
    }

    #[test]
    fn special_constants_are_refused() {
        for bits in [2048, 2049] {
            let valid = provisioned(bits);
            let len = bits.div_ceil(256) * 32;
            let n = modulus(bits);
            let r = BigUint::from(1u8) << (8 * len);
            let r_squared = &r * &r % &n;
            // R² above n is another writing of the constant; those of other powers of R are wrong.
            for constant in [
                BigUint::ZERO,
                BigUint::from(1u8),
                &r % &n,
                &r * &r * &r % &n,
                &n - &r_squared,
                n.clone(),
                &n - 1u8,
                &n + &r_squared,
            ] {
                let mut constant = constant.to_bytes_le();
                if constant.len() > len {
                    continue;
                }
                constant.resize(len, 0);
                let mut changed = valid.clone();
                changed[len..2 * len].copy_from_slice(&constant);
                assert_eq!(check(&changed), Err(InvalidRsaKey::ForeignConstant));
            }
        }
    }

    #[test]
    fn a_changed_modulus_is_refused() {
        let valid = provisioned(2048);
        for at in 0..256 {
            let mut changed = valid.clone();
            changed[at] ^= 2;
            assert!(check(&changed).is_err(), "byte {at}");
        }
        let mut even = valid.clone();
        even[0] ^= 1;
        assert_eq!(check(&even), Err(InvalidRsaKey::Even));
        let mut short = valid;
        short[255] = 0x7f;
        assert_eq!(check(&short), Err(InvalidRsaKey::Bits { found: 2047 }));
    }

    #[test]
    fn exponents_outside_of_the_rules_are_refused() {
        for (e, valid) in [
            (0u32, false),
            (1, false),
            (3, false),
            (17, false),
            (65_535, false),
            (65_536, false),
            (65_537, true),
            (65_538, false),
            (65_539, true),
            (u32::MAX - 1, false),
            (u32::MAX, true),
        ] {
            let mut bytes = provisioned(2048);
            bytes[512..].copy_from_slice(&e.to_le_bytes());
            assert_eq!(
                check(&bytes),
                if valid { Ok(()) } else { Err(InvalidRsaKey::Exponent) },
                "{e}"
            );
        }
    }

    #[test]
    fn other_lengths_are_refused() {
        let bytes = provisioned(2048);
        for len in 0..bytes.len() {
            assert_eq!(check(&bytes[..len]), Err(InvalidRsaKey::Length), "{len} bytes");
        }
        for more in [1, 2, 32, 63, 64] {
            let longer = [&bytes[..], &vec![0; more]].concat();
            assert!(check(&longer).is_err(), "{more} bytes more");
        }
        // Padded to the length of a longer key, with the constant for that length.
        let n = modulus(2048);
        let mut padded = n.to_bytes_le();
        padded.resize(288, 0);
        let r_squared: BigUint = (BigUint::from(1u8) << (16 * 288)) % &n;
        let mut r_squared = r_squared.to_bytes_le();
        r_squared.resize(288, 0);
        let padded = [padded, r_squared, vec![1, 0, 1, 0]].concat();
        assert_eq!(check(&padded), Err(InvalidRsaKey::Length));
    }

    #[test]
    fn keys_longer_than_the_capacity_are_refused() {
        assert_eq!(Provisioned::check::<Bits2048>(&provisioned(2048)), Ok(()));
        assert_eq!(Provisioned::check::<Bits3072>(&provisioned(2500)), Ok(()));
        let long = provisioned(2049);
        assert_eq!(Provisioned::check::<Bits2048>(&long), Err(InvalidRsaKey::Capacity));
        let key = RsaPublicKey::from_be_bytes(&modulus(3073).to_bytes_be(), &[1, 0, 1]).unwrap();
        let mut bytes = vec![0; provisioned_bytes(3073)];
        assert_eq!(write::<Bits3072>(&key, &mut bytes), Err(InvalidRsaKey::Capacity));
        assert_eq!(write::<Bits4096>(&key, &mut bytes[1..]), Err(InvalidRsaKey::Length));
        assert_eq!(write::<Bits4096>(&key, &mut bytes), Ok(()));
    }
}
