//! Moduli of special lengths, special exponents, and special values of signatures.

use num_bigint::BigUint;
use tollgate_core::Algorithm;

use super::encodings::encode;
use super::engines::{assert_all, engines};
use super::keys::{KEYS, key};

const MESSAGE: &[u8] = b"message";

#[test]
fn every_algorithm_verifies_with_moduli_of_every_length() {
    for key in KEYS.iter() {
        let engines = engines(&key.public());
        for algorithm in &crate::encodings::ALL {
            let what = format!("{} bits", key.bits());
            let signature = key.sign(&encode(*algorithm, MESSAGE, key.bits())).unwrap();
            assert_eq!(signature.len(), key.len());
            assert_all(&engines, true, (*algorithm, MESSAGE, &signature), &what);
            assert_all(&engines, false, (*algorithm, b"other", &signature), &what);
        }
    }
}

#[test]
fn exponents_up_to_32_bits_are_used_in_full() {
    let mut used = 0;
    for e in [
        65_537,
        65_539,
        65_551,
        0x0001_0101,
        0x7fff_ffff,
        0x8000_0001,
        0xffff_fffd,
        0xffff_ffff,
        0xaaaa_aaab,
    ] {
        // Some exponents are not invertible, which depends on the primes.
        for key in [key(2048), key(2049), key(3072)] {
            let Some(key) = key.with_exponent(e) else { continue };
            used += 1;
            let engines = engines(&key.public());
            let signature = key.sign(&encode(Algorithm::Rs256, MESSAGE, key.bits())).unwrap();
            let what = format!("{} bits, e = {e}", key.bits());
            assert_all(&engines, true, (Algorithm::Rs256, MESSAGE, &signature), &what);
            assert_all(&engines, false, (Algorithm::Rs256, b"other", &signature), &what);
        }
    }
    assert!(used > 12, "{used} exponents");
}

/// RFC 8017 §5.2.2: s is below n.
#[test]
fn special_values_of_signatures_are_refused() {
    for bits in [2048, 2049, 2055, 2056, 3071, 4095, 4096] {
        let key = key(bits);
        let engines = engines(&key.public());
        let n = key.modulus();
        for algorithm in &crate::encodings::ALL {
            for (what, s) in [
                ("0", BigUint::ZERO),
                ("1", BigUint::from(1u8)),
                ("2", BigUint::from(2u8)),
                ("n - 1", n - 1u8),
                ("n - 2", n - 2u8),
                ("n", n.clone()),
                ("n + 1", n + 1u8),
                ("the largest number", (BigUint::from(1u8) << (8 * key.len())) - 1u8),
            ] {
                let signature = key.octets(&s);
                assert_all(
                    &engines,
                    false,
                    (*algorithm, MESSAGE, &signature),
                    &format!("s = {what}"),
                );
            }
        }
    }
}

#[test]
fn a_valid_signature_plus_the_modulus_is_refused() {
    let mut fits = 0;
    for key in KEYS.iter() {
        let engines = engines(&key.public());
        let valid = key.sign(&encode(Algorithm::Rs256, MESSAGE, key.bits())).unwrap();
        let mut number = BigUint::from_bytes_be(&valid);
        for times in 1..4 {
            number += key.modulus();
            let signature = key.octets(&number);
            fits += usize::from(signature.len() == key.len());
            let what = format!("{} bits, s + {times} * n", key.bits());
            assert_all(&engines, false, (Algorithm::Rs256, MESSAGE, &signature), &what);
        }
    }
    assert!(fits > 20, "{fits}");
}

/// RFC 8017 §8.2.2, step 1: the signature is as long as the modulus.
#[test]
fn signatures_of_another_length_are_refused() {
    for bits in [2048, 2049, 2056, 3072, 4096] {
        let key = key(bits);
        let engines = engines(&key.public());
        for algorithm in [Algorithm::Rs256, Algorithm::Ps256] {
            let valid = key.sign(&encode(algorithm, MESSAGE, bits)).unwrap();
            let mut variants = vec![
                [&[0], &valid[..]].concat(),
                [&valid[..], &[0]].concat(),
                valid[1..].to_vec(),
                valid[..valid.len() - 1].to_vec(),
                Vec::new(),
                vec![0; 512],
                vec![0; 10_000],
            ];
            variants.retain(|signature| signature.len() != valid.len());
            for signature in variants {
                let what = format!("{bits} bits, {} bytes", signature.len());
                assert_all(&engines, false, (algorithm, MESSAGE, &signature), &what);
            }
        }
    }
}

#[test]
fn a_signature_that_begins_with_a_zero_byte_needs_it() {
    // One signature in 256 begins with a zero byte.
    let key = key(2048);
    let engines = engines(&key.public());
    let (message, signature) = (0u32..)
        .map(|number| number.to_be_bytes())
        .map(|message| (message, key.sign(&encode(Algorithm::Rs256, &message, 2048)).unwrap()))
        .find(|(_, signature)| signature[0] == 0)
        .unwrap();
    assert_all(&engines, true, (Algorithm::Rs256, &message, &signature), "with it");
    assert_all(&engines, false, (Algorithm::Rs256, &message, &signature[1..]), "without it");
}
