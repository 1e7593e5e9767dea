//! Errors of the core beside [`Rejection`](tollgate_core::Rejection): an input that leads to each, and
//! what it says.

use std::collections::BTreeSet;
use std::fmt::{Debug, Display};
use std::sync::Arc;

use serde_json::{Value, json};
use tollgate_core::engines::rsa::{AllSchemes, Bits4096};
use tollgate_core::engines::{Blob, BlobError, BlobKey};

use tollgate_core::engines::ecdsa::EcPublicKey;
use tollgate_core::engines::ecdsa::{
    Comb, P256, P384, ProvisionedKey, PublicKey, UntabledKey, table_bytes,
};
use tollgate_core::policy::{
    ClaimPath, ClaimTest, Expected, Policy, PolicyBuilder, PolicyError, Requirement, Scalar,
};
use tollgate_core::{Algorithm, KeySet, KeySetError, KeyType, UnusableKey};
use tollgate_tests::mint::{
    RsaSecret, SigningKey, base64url, good_jwks, jwk, jwk_with, jwk_without, jwks, k1, k2,
};
use tollgate_tests::verify::{Engine, SharedEngine, lenient};

/// Keys for one curve alone.
type P256Keys = KeySet<UntabledKey<P256>, 1>;

/// Checks that every declared reason was found. Reasons of JSON may have been found, too.
fn assert_all_reasons(declared: impl Iterator<Item = &'static str>, found: &[&str]) {
    let declared: BTreeSet<&str> = declared.collect();
    let found: BTreeSet<&str> =
        found.iter().copied().filter(|reason| !reason.starts_with("json-")).collect();
    assert_eq!(found, declared);
}

/// Checks that each has a sentence of its own.
fn assert_sentences<E: Display + Debug>(errors: &[E]) {
    let sentences: BTreeSet<String> = errors.iter().map(E::to_string).collect();
    assert_eq!(sentences.len(), errors.len(), "{sentences:?}");
    assert!(sentences.iter().all(|text| text.len() > 10 && !text.ends_with('.')), "{sentences:?}");
}

#[test]
fn every_unusable_key_is_left_out_for_its_reason() {
    let left_out = |key: &str| {
        let mut reasons = Vec::new();
        let set = format!(r#"{{"keys":[{key}]}}"#);
        // An engine for P-256, and one for RSA.
        let set = KeySet::<SharedEngine, 1>::from_jwks_reporting(
            set.as_bytes(),
            |key| match key.key_type() {
                KeyType::Rsa => Engine::Tables.make(key),
                _ => UntabledKey::<P256>::try_from(key).map(|key| Arc::new(key) as SharedEngine),
            },
            |_, reason| reasons.push(reason),
        );
        assert!(set.unwrap().keys().is_empty() && reasons.len() == 1, "{key}: {reasons:?}");
        reasons[0]
    };
    let good = || jwk(&k1(), "k1");
    let with = |name: &str, value: Value| left_out(&jwk_with(good(), name, value).to_string());
    let rsa = |name: &str, value: Value| {
        let key = SigningKey::rsa("2048", Algorithm::Rs256).jwk();
        left_out(&jwk_with(key, name, value).to_string())
    };
    let reasons = [
        left_out(r#"{"kty":"EC","kty":"EC"}"#),
        left_out("1"),
        with("kty", json!("oct")),
        with("crv", json!("secp256k1")),
        with("d", json!("AQ")),
        with("use", json!("enc")),
        with("key_ops", json!(["sign"])),
        with("alg", json!("ES384")),
        with("kid", json!(1)),
        with("kid", json!("k".repeat(255))),
        left_out(&jwk_without(good(), "y").to_string()),
        with("y", good()["x"].clone()),
        left_out(&jwk(&k2(), "k2").to_string()),
        rsa("n", json!("")),
        rsa("n", json!("AQAB")),
        rsa("n", json!(base64url([0x80; 256]))),
        rsa("e", json!("Aw")),
        rsa("n", json!(base64url(RsaSecret::named("roca").modulus().to_bytes_be()))),
    ];
    assert_all_reasons(UnusableKey::reason_names(), &reasons.map(UnusableKey::reason));
    assert_sentences(&reasons);
    assert_eq!(reasons[0].to_string(), "the key has a second member of the same name at byte 12");
    assert!(P256Keys::from_jwks(jwks([good()]).to_string().as_bytes()).is_ok());
}

#[test]
fn every_error_of_a_key_set_is_produced_by_some_input() {
    let refused = |set: &Value| P256Keys::from_jwks(set.to_string().as_bytes()).unwrap_err();
    let errors = [
        refused(&json!([])),
        refused(&json!({})),
        refused(&jwks([jwk(&k1(), "k1"), jwk(&SigningKey::p256("another"), "k3")])),
    ];
    let sentences = [
        "the key set is not a JSON object at byte 2",
        "the key set has no array keys",
        "the key set has more usable keys than the limit of 1",
    ];
    assert_eq!(errors.map(|error| error.to_string()), sentences);
    let reasons = errors.map(KeySetError::reason);
    assert_all_reasons(KeySetError::reason_names(), &reasons);
    assert_eq!(reasons, ["json-not-an-object", "key-set-without-keys", "key-set-too-large"]);
    assert_eq!(errors[2], KeySetError::TooManyKeys { capacity: 1 });
    assert!(
        P256Keys::from_jwks(good_jwks().to_string().as_bytes()).is_ok(),
        "one of them is usable"
    );
}

#[test]
fn every_error_of_a_policy_is_produced_by_some_mistake() {
    let refused = |policy: PolicyBuilder<'_>| policy.build().map(drop).unwrap_err();
    let number = Scalar::Number("one");
    let errors: [PolicyError; 8] = [
        refused(Policy::builder(Expected::OneOf(&[""]), Expected::Any)),
        refused(lenient().required_scopes(&["read write"])),
        refused(lenient().understood_crit(&["alg"])),
        refused(lenient().requirements(&[Requirement::pointer("roles", ClaimTest::Present)])),
        refused(lenient().scope_claims(&[ClaimPath::Pointer("scp")])),
        refused(lenient().requirements(&[Requirement::name("a", ClaimTest::Equals(number))])),
        refused(lenient().requirements(&[Requirement::name("a", ClaimTest::EndsWith("a"))])),
        refused(lenient().requirements(&[Requirement::any(0)])),
    ];
    assert_all_reasons(PolicyError::reason_names(), &errors.map(PolicyError::reason));
    assert_sentences(&errors);
}

#[test]
fn every_error_of_a_blob_is_produced_by_some_input() {
    type Size = Comb<5, 2>;
    let zeros = vec![0; table_bytes::<P256, Size>()];
    let (x, y) = k1().coordinates();
    let point = EcPublicKey::new(Algorithm::Es256, &x, &y).unwrap();
    let nowhere = EcPublicKey::new(Algorithm::Es256, &x, &x).unwrap();
    let keys =
        [&point, &nowhere].map(|point| BlobKey::ecdsa(None, point, (5, 2), zeros.as_slice()));
    let mut good = vec![0; Blob::len_of(&keys)];
    Blob::write(&keys, &mut good).unwrap();
    let first = Blob::parse(&good).unwrap().keys().next().unwrap();
    let second = Blob::parse(&good).unwrap().keys().nth(1).unwrap();

    let rsa = BlobKey::rsa(None, None, &zeros).unwrap();

    let refused = |bytes: &[u8]| Blob::parse(bytes).map(drop).unwrap_err();
    let changed = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        refused(&bytes)
    };
    // A blob of this length has no room for the zeros that come after the checksum, that of nothing.
    let mut short = good[..20].to_vec();
    short[12..].copy_from_slice(&[20, 0, 0, 0, 0, 0, 0, 0]);
    let errors = [
        changed(0),
        changed(8),
        refused(&good[..good.len() - 1]),
        Blob::write(&vec![first; 1 << 16], &mut []).unwrap_err(),
        changed(20),
        refused(&short),
        first.ecdsa_key::<P384, Size, Size>().map(drop).unwrap_err(),
        first.ecdsa_key::<P256, Comb<6, 2>, Size>().map(drop).unwrap_err(),
        second.ecdsa_key::<P256, Size, Size>().map(drop).unwrap_err(),
        first.ecdsa_key::<P256, Size, Size>().map(drop).unwrap_err(),
        rsa.rsa_key::<AllSchemes, Bits4096>().map(drop).unwrap_err(),
    ];
    assert_all_reasons(BlobError::reason_names(), &errors.map(BlobError::reason));
    assert_sentences(&errors);
    assert_eq!(errors[1], BlobError::Version { found: 0 });
    for (error, fact) in [
        (1, "version 0"),
        (2, &good.len().to_string()),
        (6, "ES256"),
        (7, "5 teeth and 2 blocks"),
        (10, "wrong length"),
    ] {
        assert!(errors[error].to_string().contains(fact), "{}", errors[error]);
    }
}

#[test]
fn a_point_beside_the_curve_and_a_table_of_another_key_are_refused_with_a_sentence() {
    let (x, y) = k1().coordinates();
    let beside = PublicKey::<P256>::from_coordinates(&x, &x).unwrap_err();
    let key = PublicKey::<P256>::from_coordinates(&x, &y).unwrap();
    let zeros = vec![0; table_bytes::<P256, Comb<5, 2>>()];
    let foreign = ProvisionedKey::<P256, Comb<5, 2>, _>::from_table(&key, zeros).unwrap_err();
    let sentences = [
        "the coordinates are not those of a point on the curve",
        "the table does not belong to the key",
    ];
    assert_eq!([beside.to_string(), foreign.to_string()], sentences);
}
