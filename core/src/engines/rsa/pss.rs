//! RSASSA-PSS (RFC 8017 §8.1.2): PS256, PS384 and PS512.

use sha2::Digest;
use sha2::digest::Output;

/// The checks of EMSA-PSS-VERIFY (RFC 8017 §9.1.2), by their steps. To callers all failures are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inconsistent {
    /// The message representative does not fit into the octets of the encoded message (§8.1.2, step 2c).
    LeadingOctet,
    /// Step 3: the encoded message is too short for the hash and the salt.
    Length,
    /// Step 4: the rightmost octet is not 0xbc.
    Trailer,
    /// Step 6: one of the leftmost bits, for which the modulus has no room, is set.
    LeftmostBits,
    /// Step 10: one of the octets in front of the salt is not zero.
    Padding,
    /// Step 10: the octet in front of the salt is not 0x01.
    Separator,
    /// Step 14: the hash is another one.
    Hash,
}

/// Checks that an encoded message is one of the hash `message_hash`, for a modulus of `modulus_bits` bits.
///
/// `encoded` is as long as the modulus, and is unmasked in place. The salt is exactly as long as the hash,
/// and MGF1 uses the same hash (RFC 7518 §3.5).
pub(super) fn check<H: Digest>(
    message_hash: &[u8],
    encoded: &mut [u8],
    modulus_bits: usize,
) -> Result<(), Inconsistent> {
    let salt_len = message_hash.len();
    // The message has one bit less than the modulus, and so it can have one octet less.
    let bits = modulus_bits.saturating_sub(1);
    let len = bits.div_ceil(8);
    let (leading, encoded) = encoded
        .len()
        .checked_sub(len)
        .and_then(|leading| encoded.split_at_mut_checked(leading))
        .ok_or(Inconsistent::Length)?;
    if leading.iter().any(|octet| *octet != 0) {
        return Err(Inconsistent::LeadingOctet);
    }
    let (db, hash) = len
        .checked_sub(message_hash.len())
        .and_then(|without_hash| without_hash.checked_sub(1))
        .and_then(|db_len| encoded.split_at_mut_checked(db_len))
        .ok_or(Inconsistent::Length)?;
    // Zeros, a separator and the salt.
    let zeros = db
        .len()
        .checked_sub(salt_len)
        .and_then(|without_salt| without_salt.checked_sub(1))
        .ok_or(Inconsistent::Length)?;
    let Some((0xbc, hash)) = hash.split_last() else { return Err(Inconsistent::Trailer) };
    // The bits of the first octet that belong to the message: 8 if the length is a multiple of 8.
    let first_mask = match bits % 8 {
        0 => 0xff,
        bits => (1u8 << bits).wrapping_sub(1),
    };
    let Some(first) = db.first().copied() else { return Err(Inconsistent::Length) };
    if first & !first_mask != 0 {
        return Err(Inconsistent::LeftmostBits);
    }
    unmask::<H>(db, hash);
    if let Some(first) = db.first_mut() {
        *first &= first_mask;
    }
    let (zeros, rest) = db.split_at_checked(zeros).ok_or(Inconsistent::Length)?;
    if zeros.iter().any(|octet| *octet != 0) {
        return Err(Inconsistent::Padding);
    }
    let Some((0x01, salt)) = rest.split_first() else { return Err(Inconsistent::Separator) };
    if salted_hash::<H>(message_hash, salt).as_slice() == hash {
        Ok(())
    } else {
        Err(Inconsistent::Hash)
    }
}

/// Removes the mask of MGF1 (RFC 8017 §B.2.1), whose seed is the hash.
#[inline(never)]
fn unmask<H: Digest>(db: &mut [u8], seed: &[u8]) {
    for (counter, chunk) in (0u32..).zip(db.chunks_mut(<H as Digest>::output_size())) {
        let mask = H::new().chain_update(seed).chain_update(counter.to_be_bytes()).finalize();
        for (octet, mask) in chunk.iter_mut().zip(mask) {
            *octet ^= mask;
        }
    }
}

/// The hash of eight zero octets, the message's hash and the salt (steps 12 and 13).
#[inline(never)]
fn salted_hash<H: Digest>(message_hash: &[u8], salt: &[u8]) -> Output<H> {
    H::new().chain_update([0; 8]).chain_update(message_hash).chain_update(salt).finalize()
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::as_conversions, reason = "tests")]
mod tests {
    use std::vec;
    use std::vec::Vec;

    use sha2::{Sha256, Sha512};

    use super::*;

    /// An encoded message, for a salt and the octets in front of it (EMSA-PSS-ENCODE, RFC 8017 §9.1.1).
    fn encode<H: Digest>(hash: &[u8], salt: &[u8], before_salt: &[u8], bits: usize) -> Vec<u8> {
        let len = (bits - 1).div_ceil(8);
        let seed = salted_hash::<H>(hash, salt);
        let mut db = vec![0; len - hash.len() - 1];
        let end = [before_salt, salt].concat();
        let start = db.len() - end.len();
        db[start..].copy_from_slice(&end);
        unmask::<H>(&mut db, &seed);
        db[0] &= 0xff >> (8 * len - (bits - 1));
        let mut encoded = vec![0; bits.div_ceil(8) - len];
        encoded.extend([&db[..], &seed, &[0xbc]].concat());
        encoded
    }

    const SALT: [u8; 32] = *b"a salt of exactly thirty-2 bytes";

    fn hash() -> [u8; 32] {
        Sha256::digest(b"message").into()
    }

    fn judge(mut encoded: Vec<u8>, bits: usize) -> Result<(), Inconsistent> {
        check::<Sha256>(&hash(), &mut encoded, bits)
    }

    #[test]
    fn encodings_for_moduli_of_every_length_modulo_8_are_accepted() {
        for bits in 2048..=2064 {
            assert_eq!(judge(encode::<Sha256>(&hash(), &SALT, &[1], bits), bits), Ok(()), "{bits}");
            let hash = Sha512::digest(b"message");
            let mut encoded = encode::<Sha512>(&hash, &[7; 64], &[1], bits);
            assert_eq!(check::<Sha512>(&hash, &mut encoded, bits), Ok(()), "{bits}");
        }
    }

    #[test]
    fn a_leading_octet_beyond_the_encoded_message_must_be_zero() {
        let valid = encode::<Sha256>(&hash(), &SALT, &[1], 2049);
        assert_eq!(valid.len(), 257);
        for octet in 1..=255 {
            let mut changed = valid.clone();
            changed[0] = octet;
            assert_eq!(judge(changed, 2049), Err(Inconsistent::LeadingOctet));
        }
    }

    #[test]
    fn bits_beyond_the_encoded_message_must_be_zero() {
        for bits in 2048..=2056 {
            let valid = encode::<Sha256>(&hash(), &SALT, &[1], bits);
            let unused = valid.len() * 8 - (bits - 1);
            for bit in 0..unused {
                let mut changed = valid.clone();
                changed[bit / 8] |= 0x80 >> (bit % 8);
                let expected = if unused >= 8 {
                    Inconsistent::LeadingOctet
                } else {
                    Inconsistent::LeftmostBits
                };
                assert_eq!(judge(changed, bits), Err(expected), "bit {bit} of {bits}");
            }
        }
    }

    #[test]
    fn another_trailer_is_refused() {
        let valid = encode::<Sha256>(&hash(), &SALT, &[1], 2048);
        for trailer in (0..=255).filter(|octet| *octet != 0xbc) {
            let mut changed = valid.clone();
            changed[255] = trailer;
            assert_eq!(judge(changed, 2048), Err(Inconsistent::Trailer));
        }
    }

    #[test]
    fn padding_that_is_not_zero_is_refused() {
        for before in [&[1, 1][..], &[0x80, 0, 0, 1], &[1, 0, 1]] {
            let encoded = encode::<Sha256>(&hash(), &SALT, before, 2048);
            assert_eq!(judge(encoded, 2048), Err(Inconsistent::Padding));
        }
    }

    #[test]
    fn another_separator_is_refused() {
        for separator in (0..=255).filter(|octet| *octet != 1) {
            let encoded = encode::<Sha256>(&hash(), &SALT, &[separator], 2048);
            assert_eq!(judge(encoded, 2048), Err(Inconsistent::Separator));
        }
    }

    #[test]
    fn salts_that_are_not_as_long_as_the_hash_are_refused() {
        for len in (0..=222usize).filter(|len| *len != 32) {
            let encoded = encode::<Sha256>(&hash(), &vec![1; len], &[1], 2048);
            assert!(judge(encoded, 2048).is_err(), "{len} bytes");
        }
    }

    #[test]
    fn the_hash_of_another_message_or_salt_is_refused() {
        let encoded = encode::<Sha256>(&Sha256::digest(b"another"), &SALT, &[1], 2048);
        assert_eq!(judge(encoded, 2048), Err(Inconsistent::Hash));
        let mut salt = SALT;
        salt[31] ^= 1;
        // The mask of one salt's hash over another salt.
        let seed = salted_hash::<Sha256>(&hash(), &SALT);
        let mut encoded = encode::<Sha256>(&hash(), &SALT, &[1], 2048);
        unmask::<Sha256>(&mut encoded[..223], &seed);
        encoded[191..223].copy_from_slice(&salt);
        unmask::<Sha256>(&mut encoded[..223], &seed);
        encoded[0] &= 0x7f;
        assert_eq!(judge(encoded, 2048), Err(Inconsistent::Hash));
    }

    #[test]
    fn each_changed_bit_is_refused() {
        let valid = encode::<Sha256>(&hash(), &SALT, &[1], 2048);
        for bit in 0..2048 {
            let mut changed = valid.clone();
            changed[bit / 8] ^= 0x80 >> (bit % 8);
            assert!(judge(changed, 2048).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn messages_too_short_for_hash_and_salt_are_refused() {
        // 32 bytes of hash and of salt, separator and trailer.
        for len in 0..66 {
            assert_eq!(judge(vec![0xbc; len], 8 * len), Err(Inconsistent::Length), "{len} bytes");
        }
        assert_eq!(judge(encode::<Sha256>(&hash(), &SALT, &[1], 8 * 66), 8 * 66), Ok(()));
    }
}
