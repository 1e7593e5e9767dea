//! JWK sets: the usable keys are those that a naive reading of RFC 7517 §4 finds, for each engine; all
//! others are left out for a reason, and none spoils the set.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;
use tollgate_core::provisioned::{Comb, P256, UntabledKey};
use tollgate_core::rustcrypto::RustCryptoKey;
use tollgate_core::{Algorithm, KeySet, KeySetError, UnusableKey, limits};
use tollgate_tests::json::{Findings, Members, elements, string};

fuzz_target!(|jwks: &[u8]| {
    let mut left_out = Vec::new();
    let keys = KeySet::<RustCryptoKey, 8>::from_jwks_reporting(jwks, |key| key.try_into(), |index, reason| {
        left_out.push((index, reason));
    });
    let set = Members::parse(jwks);
    let elements = set.as_ref().and_then(|set| set.get("keys")).and_then(elements);
    let keys = match keys {
        Ok(keys) => keys,
        Err(KeySetError::Json(error)) => {
            return assert!(!is_allowed(jwks), "{error}");
        }
        Err(KeySetError::NoKeys) => return assert!(elements.is_none()),
        Err(KeySetError::TooManyKeys { capacity }) => {
            let readable = elements.into_iter().flatten().filter(|key| read(key).is_some());
            return assert!(capacity == 8 && readable.count() > capacity);
        }
        Err(error) => panic!("{error} is no error that is known here"),
    };
    assert!(keys.keys().is_sorted_by(|left, right| left.id() <= right.id()));
    let elements = elements.expect("a set has keys");
    assert_eq!(keys.keys().len() + left_out.len(), elements.len());
    let mut usable = Vec::new();
    for (index, element) in elements.iter().enumerate() {
        match (read(element), left_out.iter().find(|(other, _)| *other == index)) {
            (Some(key), None) => usable.push(key),
            // Naively, a point is any two coordinates.
            (Some(_), Some((_, UnusableKey::NotOnCurve))) => {}
            (None, Some((_, reason))) => assert_ne!(*reason, UnusableKey::NotOnCurve),
            (theirs, ours) => panic!("{theirs:?}, {ours:?}: {element}"),
        }
    }
    let mut found: Vec<_> = keys
        .keys()
        .iter()
        .map(|key| (key.id().map(|id| id.to_string()), key.algorithm().name()))
        .collect();
    // Those of the same id stand in any order.
    found.sort();
    usable.sort();
    assert_eq!(found, usable);

    // Another engine finds the same points on its curve.
    let other = KeySet::<UntabledKey<P256, Comb<5, 2>>, 8>::from_jwks(jwks).unwrap();
    let of_curve = |name: &&(_, &str)| name.1 == Algorithm::Es256.name();
    assert_eq!(other.keys().len(), usable.iter().filter(of_curve).count());
});

/// Whether this is JSON that is strict at every depth.
fn is_allowed(text: &[u8]) -> bool {
    Findings::of(text)
        .is_some_and(|found| found.are_allowed(limits::MAX_JSON_DEPTH, limits::MAX_JSON_NAMES))
}

/// The id and the algorithm of a key that is usable, if its point is on the curve.
fn read(key: &RawValue) -> Option<(Option<String>, &'static str)> {
    let text = key.get().as_bytes();
    if !is_allowed(text) {
        return None;
    }
    let key = Members::parse(text)?;
    let text_of = |name: &str| string(key.get(name)?);
    let is_or_absent = |name: &str, value: &str| {
        key.get(name).is_none() || text_of(name).is_some_and(|found| found == value)
    };
    let (alg, bytes) = match text_of("crv")?.as_str() {
        "P-256" => ("ES256", 32),
        "P-384" => ("ES384", 48),
        _ => return None,
    };
    let is_whole = |name: &str| {
        text_of(name)
            .and_then(|text| tollgate_tests::mint::from_base64url(&text))
            .is_some_and(|c| c.len() == bytes)
    };
    let verifies = match key.get("key_ops") {
        None => true,
        Some(operations) => {
            let all: Vec<String> =
                elements(operations)?.into_iter().map(string).collect::<Option<_>>()?;
            let different: std::collections::BTreeSet<&String> = all.iter().collect();
            all.len() <= limits::MAX_KEY_OPS
                && different.len() == all.len()
                && all.iter().any(|one| one == "verify")
        }
    };
    let id = match key.get("kid") {
        None => None,
        Some(id) => Some(string(id).filter(|id| id.len() <= limits::MAX_KEY_ID_LEN)?),
    };
    let is_usable = key.get("d").is_none()
        && text_of("kty")? == "EC"
        && is_or_absent("use", "sig")
        && is_or_absent("alg", alg)
        && verifies
        && is_whole("x")
        && is_whole("y");
    is_usable.then_some((id, alg))
}
