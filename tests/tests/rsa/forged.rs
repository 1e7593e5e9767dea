//! Signatures of encoded messages that are wrong in one place, by the owner of the private key.

use tollgate_core::Algorithm;

use super::encodings::{digest_info, encode, hash, pkcs1, pss};
use super::engines::{assert_all, engines};
use super::keys::key;

const MESSAGE: &[u8] = b"message";

/// Changes each byte of an encoded message. The signature that remains below the modulus must be refused.
fn each_changed_byte_is_refused(algorithm: Algorithm, bits: usize) {
    let key = key(bits);
    let engines = engines(&key.public());
    let valid = encode(algorithm, MESSAGE, bits);
    let signature = key.sign(&valid).unwrap();
    assert_all(&engines, true, (algorithm, MESSAGE, &signature), "unchanged");
    let mut signed = 0;
    for at in 0..valid.len() {
        // Changes of more bits make the first byte exceed the modulus.
        let changes = [1, 0x80];
        for xor in changes {
            let mut changed = valid.clone();
            changed[at] ^= xor;
            let Some(signature) = key.sign(&changed) else { continue };
            signed += 1;
            let what = format!("{bits} bits, byte {at} changed by {xor:#x}");
            assert_all(&engines, false, (algorithm, MESSAGE, &signature), &what);
        }
    }
    assert!(signed >= 2 * valid.len() - 4, "{signed} signatures");
}

#[test]
fn pkcs1_with_each_changed_byte_is_refused() {
    each_changed_byte_is_refused(Algorithm::Rs256, 2048);
}

#[test]
fn pss_with_each_changed_byte_is_refused() {
    each_changed_byte_is_refused(Algorithm::Ps256, 2048);
}

#[test]
fn pss_with_each_changed_byte_is_refused_if_the_modulus_has_one_byte_more() {
    each_changed_byte_is_refused(Algorithm::Ps512, 2049);
}

#[test]
fn a_leading_byte_beyond_the_encoded_message_is_refused() {
    // With 2,049 bits, the modulus begins with 0x01, and a message that begins with it can be below.
    let key = key(2049);
    let engines = engines(&key.public());
    let mut signed = 0;
    for salt in 0..64u8 {
        let mut encoded = pss(Algorithm::Ps256, MESSAGE, &[salt; 32], 2049);
        assert_eq!((encoded.len(), encoded[0]), (257, 0));
        let signature = key.sign(&encoded).unwrap();
        assert_all(&engines, true, (Algorithm::Ps256, MESSAGE, &signature), "leading zero");
        encoded[0] = 1;
        if let Some(signature) = key.sign(&encoded) {
            signed += 1;
            assert_all(&engines, false, (Algorithm::Ps256, MESSAGE, &signature), "leading one");
        }
    }
    assert!(signed > 0, "no message is below the modulus");
}

#[test]
fn pss_salts_of_other_lengths_are_refused() {
    let key = key(2048);
    let engines = engines(&key.public());
    for algorithm in [Algorithm::Ps256, Algorithm::Ps384, Algorithm::Ps512] {
        let hash_len = hash(algorithm, b"").len();
        let longest = 256 - hash_len - 2;
        for len in [0, 1, 20, 31, 32, 33, 47, 48, 49, 63, 64, 65, longest] {
            let signature = key.sign(&pss(algorithm, MESSAGE, &vec![7; len], 2048)).unwrap();
            let valid = len == hash_len;
            assert_all(
                &engines,
                valid,
                (algorithm, MESSAGE, &signature),
                &format!("{len} bytes of salt"),
            );
        }
    }
}

#[test]
fn pkcs1_of_another_hash_or_shape_is_refused() {
    use Algorithm::{Rs256, Rs384, Rs512};
    let key = key(2048);
    let engines = engines(&key.public());
    let hash = hash(Rs256, MESSAGE);
    let info = digest_info(Rs256, MESSAGE);
    // SEQUENCE { SEQUENCE { OID }, OCTET STRING }: RFC 8017 §9.2, note 1.
    let mut without_null = info.clone();
    without_null.drain(15..17);
    without_null[1] -= 2;
    without_null[3] -= 2;
    let mut encodings = vec![
        ("without NULL", pkcs1(&without_null, 2048)),
        ("without DigestInfo", pkcs1(&hash, 2048)),
        ("SHA-384", pkcs1(&digest_info(Rs384, MESSAGE), 2048)),
        ("SHA-512", pkcs1(&digest_info(Rs512, MESSAGE), 2048)),
        ("bytes behind the hash", pkcs1(&[&info[..], &[0; 20]].concat(), 2048)),
    ];
    // A separator too early, with the DigestInfo where it belongs, and where a parser would find it.
    let valid = pkcs1(&info, 2048);
    let mut early = valid.clone();
    early[100] = 0;
    encodings.push(("two separators", early));
    let mut early = valid.clone();
    early[11..11 + info.len()].copy_from_slice(&info);
    early[10] = 0;
    encodings.push(("garbage behind the DigestInfo", early));
    let mut type_2 = valid;
    type_2[1] = 2;
    encodings.push(("block type 2", type_2));
    for (what, encoded) in encodings {
        let signature = key.sign(&encoded).unwrap();
        assert_all(&engines, false, (Rs256, MESSAGE, &signature), what);
    }
}

#[test]
fn signatures_of_another_algorithm_are_refused() {
    let key = key(2048);
    let engines = engines(&key.public());
    for signed in &crate::encodings::ALL {
        let signature = key.sign(&encode(*signed, MESSAGE, 2048)).unwrap();
        for asked in &crate::encodings::ALL {
            let what = format!("signed with {signed}");
            assert_all(&engines, signed == asked, (*asked, MESSAGE, &signature), &what);
        }
        assert_all(&engines, false, (*signed, b"another message", &signature), "another message");
    }
}
