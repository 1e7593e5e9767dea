//! Compares every verdict with `verify_strict` of ed25519-dalek, which keeps the same rules, except that
//! it takes keys of mixed order.

use curve25519_dalek::Scalar;
use ed25519_dalek::{Signature, VerifyingKey};
use proptest::prelude::*;
use tollgate_core::engines::eddsa::Ed25519PublicKey;

use super::engines::{assert_all, engines, quick_engines};
use super::signer::Signer;

fn strict(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(key)
        .is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
}

/// Scalars of random bits, and of repeated bytes, whose digits repeat.
fn scalar() -> impl Strategy<Value = Scalar> {
    let byte = prop_oneof![Just(0), Just(0xff), Just(0x55), Just(1), any::<u8>()];
    prop_oneof![
        any::<[u8; 32]>().prop_map(Scalar::from_bytes_mod_order),
        byte.prop_map(|byte| Scalar::from_bytes_mod_order([byte; 32])),
        (0..252_usize).prop_map(|bit| {
            let mut bytes = [0; 32];
            bytes[bit / 8] = 1 << (bit % 8);
            Scalar::from_bytes_mod_order(bytes)
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn signatures_and_mutations_get_the_same_verdict(
        secret in scalar(),
        nonce in scalar(),
        message in prop::collection::vec(any::<u8>(), 0..300),
        place in 0..64_usize,
        bit in 0..8_u8,
    ) {
        prop_assume!(secret != Scalar::ZERO);
        let signer = Signer::new(secret);
        let engines = quick_engines(&Ed25519PublicKey::from_bytes(&signer.public).unwrap());
        let mut signature = signer.sign(&nonce, &message);
        // `verify_strict` refuses an R of small order, too, but R = identity is no forgery here.
        prop_assert!(strict(&signer.public, &message, &signature) || nonce == Scalar::ZERO);
        assert_all(&engines, &message, &signature, true, "signed");
        signature[place] ^= 1 << bit;
        prop_assert!(!strict(&signer.public, &message, &signature));
        assert_all(&engines, &message, &signature, false, "changed");
    }

    #[test]
    fn random_keys_get_the_same_verdict(key: [u8; 32]) {
        let theirs = VerifyingKey::from_bytes(&key).is_ok_and(|key| {
            let point = key.to_edwards();
            point.is_torsion_free() && !key.is_weak()
        });
        // A random y is below the prime.
        prop_assert_eq!(Ed25519PublicKey::from_bytes(&key).is_ok(), theirs);
    }
}

#[test]
fn every_engine_agrees_on_signatures_of_ed25519_dalek() {
    use ed25519_dalek::{Signer as _, SigningKey};
    for seed in 0..8 {
        let signing = SigningKey::from_bytes(&[seed; 32]);
        let key = signing.verifying_key();
        let engines = engines(&Ed25519PublicKey::from_bytes(key.as_bytes()).unwrap());
        for length in [0, 1, 63, 64, 127, 128, 500] {
            let mut message = vec![seed; length];
            let signature = signing.sign(&message).to_bytes();
            assert!(strict(key.as_bytes(), &message, &signature));
            assert_all(&engines, &message, &signature, true, "signed");
            message.push(0);
            assert_all(&engines, &message, &signature, false, "longer message");
        }
    }
}
