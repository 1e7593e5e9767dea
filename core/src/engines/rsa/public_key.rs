//! Public keys: [`RsaPublicKey`].

use core::fmt;

use super::error::InvalidRsaKey;
use super::roca;

/// The shortest modulus, in bits: RFC 7518 §3.3.
pub(crate) const MIN_BITS: usize = 2048;
/// The longest modulus, in bits. It bounds the time and the memory of a verification.
pub(crate) const MAX_BITS: usize = 4096;
/// The length of the longest modulus, in bytes.
const MAX_BYTES: usize = MAX_BITS / 8;

/// A public key: a modulus and an exponent that satisfy the rules for keys.
///
/// - The modulus n is odd and has 2,048 to 4,096 bits (RFC 7518 §3.3). Zero bits in front do not count.
/// - The exponent e is odd, and 2^16 < e < 2^32. The lower bound is that of FIPS 186-5 §5.1, and the upper
///   one bounds the time of a verification.
///
/// See the example of the [module](super).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RsaPublicKey {
    /// Little-endian, with zeros behind.
    n: [u8; MAX_BYTES],
    e: u32,
}

impl RsaPublicKey {
    /// Takes the modulus and the exponent as big-endian bytes, as in the members `n` and `e` of a JWK (RFC
    /// 7518 §6.3.1).
    ///
    /// Numbers have no leading zero octets (RFC 7518 §2). One before the modulus is tolerated, because
    /// libraries with signed integers write it.
    ///
    /// ```
    /// use tollgate_core::engines::rsa::{InvalidRsaKey, RsaPublicKey};
    ///
    /// let short = [0xff; 128];
    /// let error = RsaPublicKey::from_be_bytes(&short, &[1, 0, 1]).unwrap_err();
    /// assert_eq!(error, InvalidRsaKey::Bits { found: 1024 });
    /// ```
    ///
    /// # Errors
    ///
    /// The key does not satisfy the rules above, or its modulus has the fingerprint of keys that can be
    /// factored (ROCA, CVE-2017-15361).
    pub fn from_be_bytes(n: &[u8], e: &[u8]) -> Result<Self, InvalidRsaKey> {
        let n = match n {
            [0, rest @ ..] => rest,
            _ => n,
        };
        if let [] | [0, ..] = n {
            return Err(InvalidRsaKey::Encoding);
        }
        let e = match e {
            [] | [0, _, ..] => return Err(InvalidRsaKey::Encoding),
            [.., _, _, _, _, _] => return Err(InvalidRsaKey::Exponent),
            _ => e.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)),
        };
        // The length first, since everything else takes more time for a longer number.
        check_bits(bits(n.iter().rev()))?;
        let mut key = Self { n: [0; MAX_BYTES], e };
        for (to, from) in key.n.iter_mut().zip(n.iter().rev()) {
            *to = *from;
        }
        check_numbers(&key.n, e)?;
        if roca::has_fingerprint(&key.n) {
            return Err(InvalidRsaKey::Roca);
        }
        Ok(key)
    }

    /// Takes numbers that were checked before.
    pub(super) fn from_checked(n: &[u8], e: u32) -> Self {
        let mut key = Self { n: [0; MAX_BYTES], e };
        for (to, from) in key.n.iter_mut().zip(n) {
            *to = *from;
        }
        key
    }

    /// Returns the length of the modulus, in bits.
    #[must_use]
    pub fn bits(&self) -> usize {
        bits(self.n.iter())
    }

    /// Returns the modulus as little-endian bytes, with zeros behind.
    #[must_use]
    pub const fn modulus_le_bytes(&self) -> &[u8; MAX_BYTES] {
        &self.n
    }

    /// Returns the exponent.
    #[must_use]
    pub const fn exponent(&self) -> u32 {
        self.e
    }
}

impl fmt::Debug for RsaPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaPublicKey({} bits, e = {})", self.bits(), self.e)
    }
}

/// The length of a number in bits, from its bytes, least significant byte first.
pub(super) fn bits<'a>(
    bytes: impl DoubleEndedIterator<Item = &'a u8> + ExactSizeIterator,
) -> usize {
    let len = bytes.len().saturating_mul(8);
    let mut zeros = 0usize;
    for byte in bytes.rev() {
        // At most 8.
        let in_byte = usize::try_from(byte.leading_zeros()).unwrap_or(0);
        zeros = zeros.saturating_add(in_byte);
        if in_byte < 8 {
            break;
        }
    }
    len.saturating_sub(zeros)
}

/// Checks the length of a modulus.
pub(super) fn check_bits(bits: usize) -> Result<(), InvalidRsaKey> {
    match bits {
        MIN_BITS..=MAX_BITS => Ok(()),
        found => Err(InvalidRsaKey::Bits { found }),
    }
}

/// Checks a modulus, as little-endian bytes, and an exponent, except for the length of the modulus.
pub(super) fn check_numbers(n: &[u8], e: u32) -> Result<(), InvalidRsaKey> {
    if n.first().is_none_or(|lowest| lowest & 1 == 0) {
        return Err(InvalidRsaKey::Even);
    }
    if e & 1 == 0 || e <= 1 << 16 {
        return Err(InvalidRsaKey::Exponent);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::vec;
    use std::vec::Vec;

    use super::*;

    /// A modulus of 256 bytes from its first and its last byte.
    fn modulus(first: u8, last: u8) -> Vec<u8> {
        let mut n = vec![0xa5; 256];
        (n[0], n[255]) = (first, last);
        n
    }

    fn read(n: &[u8], e: &[u8]) -> Result<usize, InvalidRsaKey> {
        RsaPublicKey::from_be_bytes(n, e).map(|key| key.bits())
    }

    const E: &[u8] = &[1, 0, 1];

    #[test]
    fn the_length_counts_in_bits() {
        assert_eq!(read(&modulus(0x80, 1), E), Ok(2048));
        assert_eq!(read(&modulus(0x7f, 1), E), Err(InvalidRsaKey::Bits { found: 2047 }));
        for bits in 2040..2070 {
            let mut n = vec![0xff; usize::div_ceil(bits, 8)];
            n[0] = 0xff >> (n.len() * 8 - bits);
            let expected =
                if bits < 2048 { Err(InvalidRsaKey::Bits { found: bits }) } else { Ok(bits) };
            assert_eq!(read(&n, E), expected);
        }
        assert_eq!(read(&[0xff; 512], E), Ok(4096));
        let long = [&[1][..], &[0xff; 512]].concat();
        assert_eq!(read(&long, E), Err(InvalidRsaKey::Bits { found: 4097 }));
        assert_eq!(read(&[0xff; 100_000], E), Err(InvalidRsaKey::Bits { found: 800_000 }));
    }

    #[test]
    fn one_leading_zero_octet_of_the_modulus_is_tolerated() {
        let n = modulus(0xc0, 1);
        let plain = RsaPublicKey::from_be_bytes(&n, E);
        assert!(plain.is_ok());
        assert_eq!(RsaPublicKey::from_be_bytes(&[&[0], &n[..]].concat(), E), plain);
        assert_eq!(read(&[&[0, 0], &n[..]].concat(), E), Err(InvalidRsaKey::Encoding));
        assert_eq!(read(&[], E), Err(InvalidRsaKey::Encoding));
        assert_eq!(read(&[0], E), Err(InvalidRsaKey::Encoding));
    }

    #[test]
    fn an_even_modulus_is_refused() {
        assert_eq!(read(&modulus(0x80, 2), E), Err(InvalidRsaKey::Even));
    }

    #[test]
    fn the_exponent_is_odd_and_between_its_bounds() {
        let n = modulus(0x80, 1);
        for (e, expected) in [
            (&[][..], Err(InvalidRsaKey::Encoding)),
            (&[0, 1, 0, 1], Err(InvalidRsaKey::Encoding)),
            (&[0, 0], Err(InvalidRsaKey::Encoding)),
            (&[0], Err(InvalidRsaKey::Exponent)),
            (&[1], Err(InvalidRsaKey::Exponent)),
            (&[3], Err(InvalidRsaKey::Exponent)),
            (&[0xff, 0xff], Err(InvalidRsaKey::Exponent)),
            (&[1, 0, 0], Err(InvalidRsaKey::Exponent)),
            (&[1, 0, 1], Ok(2048)),
            (&[1, 0, 2], Err(InvalidRsaKey::Exponent)),
            (&[0xff, 0xff, 0xff, 0xff], Ok(2048)),
            (&[1, 0, 0, 0, 1], Err(InvalidRsaKey::Exponent)),
            (&[0xff; 256], Err(InvalidRsaKey::Exponent)),
        ] {
            assert_eq!(read(&n, e), expected, "{e:?}");
        }
    }

    #[test]
    fn a_key_with_the_fingerprint_of_roca_is_refused() {
        // 65537^1234 modulo the product of the primes up to 167, plus a multiple of 2 · that product.
        use num_bigint::BigUint;
        let product: BigUint = roca::PRIMES.iter().map(|prime| BigUint::from(*prime)).product();
        let power = BigUint::from(65537u32).modpow(&1234u32.into(), &(&product * 2u8));
        let multiple = (BigUint::from(1u8) << 2047) / (&product * 2u8) + 1u8;
        let n: BigUint = power + multiple * product * 2u8;
        assert_eq!(read(&n.to_bytes_be(), E), Err(InvalidRsaKey::Roca));
    }
}
