//! `tollgate provision` for keys of the families that the example's keys are not of.

use std::fs;

use serde_json::Value;
use tollgate_core::policy::{Expected, Policy};
use tollgate_core::{Algorithm, BearerToken, Now, Rejection, Scratch, UnixTime, Verifier};
use tollgate_tests::mint::{NOW, SigningKey, Token, jwk, jwk_without, jwks, key_for, kid_for};

use super::provision::Scrap;
use super::support::{Run, tollgate};

/// The source for these keys, as a device would include it.
#[allow(unreachable_pub, reason = "the source is made for any place")]
mod keys {
    include!("provisioned_families.rs");
}

/// Keys for ES512, EdDSA and PS256, and an RSA key without `alg`, whose id is `RS384`.
fn key_set() -> Value {
    let fixed = [Algorithm::Es512, Algorithm::EdDsa, Algorithm::Ps256];
    let fixed = fixed.map(|algorithm| jwk(&key_for(algorithm), kid_for(algorithm)));
    let free = jwk(&key_for(Algorithm::Rs384), kid_for(Algorithm::Rs384));
    jwks(fixed.into_iter().chain([jwk_without(free, "alg")]))
}

/// A good token for this algorithm by the key with this id.
fn token(kid: Algorithm, algorithm: Algorithm) -> String {
    let key = match key_for(kid) {
        SigningKey::Rsa(secret, _) => SigningKey::Rsa(secret, algorithm),
        key => key,
    };
    Token::good_for(kid).member("alg", format!("{:?}", algorithm.name())).signed_by(key).mint()
}

/// Tokens, and whether a policy has to list their algorithm, or `None` if that does not help.
fn tokens() -> Vec<(String, Option<bool>)> {
    use Algorithm::{EdDsa, Es512, Ps256, Rs256, Rs384};
    [
        (Es512, Es512, Some(false)),
        (EdDsa, EdDsa, Some(false)),
        (Ps256, Ps256, Some(false)),
        (Ps256, Rs256, None),
        (Rs384, Rs256, Some(false)),
        (Rs384, Rs384, Some(true)),
        (Rs384, Ps256, Some(true)),
    ]
    .map(|(kid, algorithm, listed)| (token(kid, algorithm), listed))
    .into()
}

fn provision(options: &[&str]) -> Run {
    let run = tollgate(&[&["provision", "-"], options].concat(), key_set().to_string());
    assert_eq!(run.code, 0, "{}", run.stderr);
    run
}

fn blob(name: &str, options: &[&str]) -> Scrap {
    let scrap = Scrap::new(name);
    provision(&[&["--format", "bin", "--output", scrap.path()], options].concat());
    scrap
}

fn verify(blob: &Scrap, token: &str, options: &[&str]) -> Run {
    let now = NOW.to_string();
    let common = ["verify", "--provisioned", blob.path(), "--any-issuer", "--any-audience"];
    tollgate(&[&common[..], &["--now", &now, "--token", token], options].concat(), "")
}

#[test]
fn source_is_what_is_compiled_into_this_test() {
    let run = provision(&["--teeth", "4", "--blocks", "1"]);
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/provisioned_families.rs");
    if run.stdout != fs::read_to_string(committed).unwrap() {
        let written = std::env::temp_dir().join("tollgate-provisioned_families.rs");
        fs::write(&written, run.stdout).unwrap();
        panic!("commit {} as {committed}", written.display());
    }
}

#[test]
fn keys_from_source_verify_what_they_are_for() {
    assert!(keys::provisioned_tables_are_right());
    let keys = keys::provisioned_keys().unwrap();
    let any: Policy<'_> = Policy::builder(Expected::Any, Expected::Any).build().unwrap();
    let listed = Policy::builder(Expected::Any, Expected::Any).algorithms(Algorithm::ALL);
    let listed: Policy<'_> = listed.build().unwrap();
    let refusal = |policy, token: &str| {
        let mut scratch = Scratch::<2048>::new();
        let token = BearerToken::from_token68(token.as_bytes()).unwrap();
        let now = Now::Exact(UnixTime(NOW));
        Verifier::new(&keys, policy).verify(token, now, &mut scratch).err()
    };
    for (token, must_list) in tokens() {
        assert_eq!(refusal(any, &token).is_none(), must_list == Some(false));
        assert_eq!(refusal(listed, &token).is_none(), must_list.is_some());
    }
    let forged = Token::good_for(Algorithm::Ps256).mint_forged(|mut signature| {
        signature[100] ^= 1;
        signature
    });
    assert_eq!(refusal(any, &forged), Some(Rejection::SignatureInvalid));
}

#[test]
fn keys_from_a_blob_verify_what_they_are_for() {
    let blob = blob("families", &[]);
    let all: Vec<&str> =
        Algorithm::ALL.iter().flat_map(|algorithm| ["--algorithm", algorithm.name()]).collect();
    for (token, must_list) in tokens() {
        let run = verify(&blob, &token, &[]);
        assert_eq!(run.code == 0, must_list == Some(false), "{}{}", run.stdout, run.stderr);
        assert_eq!(verify(&blob, &token, &all).code == 0, must_list.is_some());
    }
}

#[test]
fn blobs_of_every_size_load() {
    for size in ["4 1", "5 1", "5 2", "6 2", "7 2", "8 2", "8 4", "10 2"] {
        let (teeth, blocks) = size.split_once(' ').unwrap();
        let blob =
            blob(&format!("families-{teeth}-{blocks}"), &["--teeth", teeth, "--blocks", blocks]);
        for algorithm in [Algorithm::Es512, Algorithm::EdDsa] {
            let run = verify(&blob, &token(algorithm, algorithm), &[]);
            assert_eq!(run.code, 0, "{size}, {algorithm}: {}{}", run.stdout, run.stderr);
        }
    }
}

#[test]
fn rsa_keys_without_alg_can_be_narrowed_to_one_algorithm() {
    let run = provision(&["--rsa-algorithm", "PS256"]);
    assert_eq!(run.stdout.matches("Some(::tollgate_core::Algorithm::Ps256)").count(), 2);
    assert!(!run.stdout.contains("AllSchemes"), "{}", run.stdout);
    let blob = blob("families-narrow", &["--rsa-algorithm", "PS256"]);
    let (kid, ps256) = (Algorithm::Rs384, Algorithm::Ps256);
    assert_eq!(verify(&blob, &token(kid, ps256), &[]).code, 0);
    let refused = verify(&blob, &token(kid, Algorithm::Rs256), &["--algorithm", "RS256"]);
    assert!(refused.stdout.contains("algorithm-mismatch"), "{}", refused.stdout);
    let run = tollgate(&["provision", "-", "--rsa-algorithm", "ES256"], "");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("RS256, RS384"), "{}", run.stderr);
}

#[test]
fn keys_of_an_unknown_kind_are_skipped_with_a_warning() {
    let blob = blob("families-unknown", &[]);
    let mut bytes = fs::read(&blob.0).unwrap();
    bytes[64] = 99;
    let checksum = tollgate_tests::mint::crc32(&bytes[20..]);
    bytes[16..20].copy_from_slice(&checksum.to_le_bytes());
    fs::write(&blob.0, bytes).unwrap();
    let verdicts = [Algorithm::Es512, Algorithm::EdDsa, Algorithm::Ps256].map(|algorithm| {
        let run = verify(&blob, &token(algorithm, algorithm), &[]);
        assert!(run.stderr.contains("skipped 1 of the keys"), "{}", run.stderr);
        run.code
    });
    assert_eq!(verdicts.iter().filter(|code| **code == 1).count(), 1, "{verdicts:?}");
}

#[test]
fn what_each_size_costs_and_gains_is_shown() {
    let run = provision(&["--teeth", "4", "--blocks", "1"]);
    for text in ["ES512", "EdDSA", "PS256", "RS256", "no table", "2048 bits", "3072 bits", "772"] {
        assert!(run.stderr.contains(text), "{text} is not in {}", run.stderr);
    }
}
