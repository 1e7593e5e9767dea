//! RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.2): RS256, RS384 and RS512.

use core::iter::{once, repeat_n};

/// The DER encoding of a `DigestInfo` up to the hash: RFC 8017 §9.2, note 1.
///
/// The algorithm's parameters are NULL. An encoding without parameters is another message, so it is refused.
pub(super) type DigestInfo = [u8; 19];

/// Whether an encoded message is the one of a hash. The whole encoded message is built by EMSA-PKCS1-v1_5
/// (RFC 8017 §9.2) and compared. Nothing in the received one is parsed.
pub(super) fn is_encoding_of(hash: &[u8], prefix: &DigestInfo, encoded: &[u8]) -> bool {
    // Two octets in front of the padding and one behind it.
    let others = hash.len().saturating_add(prefix.len()).saturating_add(3);
    // At least 8 octets of padding, which moduli of 2,048 bits always have.
    let Some(padding @ 8..) = encoded.len().checked_sub(others) else { return false };
    let expected = [0, 1]
        .into_iter()
        .chain(repeat_n(0xff, padding))
        .chain(once(0))
        .chain(prefix.iter().copied())
        .chain(hash.iter().copied());
    expected.eq(encoded.iter().copied())
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::as_conversions, reason = "tests")]
mod tests {
    use std::vec::Vec;

    use sha2::{Digest, Sha256};

    use super::*;
    use crate::engines::rsa::JoseHash;

    /// An encoded message of 256 bytes whose padding ends in front of `end`.
    fn encoded(end: &[u8]) -> Vec<u8> {
        let padding = repeat_n(0xff, 256 - 3 - end.len());
        [0, 1].into_iter().chain(padding).chain(once(0)).chain(end.iter().copied()).collect()
    }

    fn is_valid(encoded: &[u8]) -> bool {
        is_encoding_of(&Sha256::digest(b"message"), &Sha256::DIGEST_INFO, encoded)
    }

    #[test]
    fn the_expected_encoding_is_accepted() {
        let hash = Sha256::digest(b"message");
        assert!(is_valid(&encoded(&[&Sha256::DIGEST_INFO[..], &hash].concat())));
    }

    #[test]
    fn a_digest_info_without_null_is_refused() {
        let hash = Sha256::digest(b"message");
        let mut info = Sha256::DIGEST_INFO.to_vec();
        info.drain(15..17);
        info[1] -= 2;
        info[3] -= 2;
        assert!(!is_valid(&encoded(&[&info[..], &hash].concat())));
    }

    #[test]
    fn a_hash_without_digest_info_is_refused() {
        assert!(!is_valid(&encoded(&Sha256::digest(b"message"))));
    }

    #[test]
    fn bytes_behind_the_hash_are_refused() {
        // Bleichenbacher's forgery for small exponents, CVE-2006-4339.
        let hash = Sha256::digest(b"message");
        assert!(!is_valid(&encoded(&[&Sha256::DIGEST_INFO[..], &hash, &[0]].concat())));
    }

    #[test]
    fn each_changed_byte_is_refused() {
        let hash = Sha256::digest(b"message");
        let valid = encoded(&[&Sha256::DIGEST_INFO[..], &hash].concat());
        for at in 0..valid.len() {
            for xor in [1, 0x80, 0xff] {
                let mut changed = valid.clone();
                changed[at] ^= xor;
                assert!(!is_valid(&changed), "byte {at}");
            }
        }
    }

    #[test]
    fn less_than_eight_octets_of_padding_are_refused() {
        let hash = Sha256::digest(b"message");
        for padding in 0..10 {
            let mut short = encoded(&[&Sha256::DIGEST_INFO[..], &hash].concat());
            short.drain(2..2 + 256 - 3 - 51 - padding);
            assert_eq!(is_valid(&short), padding >= 8, "{padding} octets");
        }
        assert!(!is_valid(&[]));
    }
}
