//! Verdicts compared with those of `p256` and `p384`, on random and on damaged signatures.

use super::engines::engines;
use proptest::prelude::*;
use tollgate_core::engines::ecdsa::{P256, P384, PublicKey};

/// A byte to change: which part, where, and how.
#[derive(Clone, Copy, Debug)]
enum Damage {
    None,
    Prehash(usize, u8),
    Signature(usize, u8),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        Just(Damage::None),
        (0..48_usize, 1..=255_u8).prop_map(|(at, xor)| Damage::Prehash(at, xor)),
        (0..96_usize, 1..=255_u8).prop_map(|(at, xor)| Damage::Signature(at, xor)),
    ]
}

macro_rules! differential {
    ($test:ident, $curve:ident, $library:ident, $bytes:literal) => {
        proptest! {
            #![proptest_config(ProptestConfig::with_cases(64))]
            #[test]
            fn $test(
                secret in prop::collection::vec(any::<u8>(), $bytes),
                prehash in prop::collection::vec(any::<u8>(), $bytes),
                damage in damage(),
            ) {
                use $library::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
                use $library::ecdsa::{Signature, SigningKey};

                let Ok(signing) = SigningKey::from_slice(&secret) else { return Ok(()) };
                let signature: Signature = signing.sign_prehash(&prehash).unwrap();
                let point = signing.verifying_key().to_sec1_point(false);
                let (x, y) = point.as_bytes()[1..].split_at($bytes);
                let key = PublicKey::<$curve>::from_coordinates(x, y).unwrap();

                let mut prehash = prehash;
                let mut bytes = signature.to_bytes().to_vec();
                match damage {
                    Damage::None => {}
                    Damage::Prehash(at, xor) => prehash[at % $bytes] ^= xor,
                    Damage::Signature(at, xor) => bytes[at % (2 * $bytes)] ^= xor,
                }
                let expected = Signature::from_slice(&bytes).is_ok_and(|signature| {
                    signing.verifying_key().verify_prehash(&prehash, &signature).is_ok()
                });
                prop_assert_eq!(expected, matches!(damage, Damage::None));
                for (name, verify) in engines(&key) {
                    prop_assert_eq!(verify(&prehash, &bytes), expected, "{}", name);
                }

                // The other S (n − s) makes the signature of the same message anew.
                let signature = Signature::from_slice(&bytes).map(|signature| {
                    let (r, s) = signature.split_scalars();
                    Signature::from_scalars(r, -s).unwrap().to_bytes().to_vec()
                });
                if let Ok(bytes) = signature {
                    for (name, verify) in engines(&key) {
                        prop_assert_eq!(verify(&prehash, &bytes), expected, "{}", name);
                    }
                }
            }
        }
    };
}

differential!(p256_gives_the_same_verdict, P256, p256, 32);
differential!(p384_gives_the_same_verdict, P384, p384, 48);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_fuzzers_compare_is_compared(data in prop::collection::vec(any::<u8>(), 0..200)) {
        tollgate_tests::compare::rustcrypto::compare(&data);
    }
}
