//! Compares our JSON reader and our deserializer with `serde_json`, and both with the oracle.

use serde::de::IgnoredAny;
use tollgate_core::Rejection;
use tollgate_core::json::{Text, Value};

use super::oracle::{believed, check};
use crate::oracle::{Faults, Stage, Verdict};
use crate::verify::{Engine, believed_claims, claims_as};

/// Reads any text as the claims of a token. Returns whether it was accepted.
///
/// # Panics
///
/// The core differs from the oracle, or one of them from `serde_json` in more than the strict rules.
pub fn compare(text: &[u8]) -> bool {
    let shown = String::from_utf8_lossy(text);
    let request = believed(br#"{"alg":"ES256"}"#, text);
    let verdict = check(&request, true, &[Engine::Credulous]);
    let faults = match &verdict {
        Verdict::Refused { stage: Stage::Claims | Stage::Policy, faults } => faults.clone(),
        Verdict::Refused { .. } => return false,
        Verdict::Accepted(_) => Faults::new(),
    };
    let has = |reasons: [&str; 2]| {
        faults.iter().any(|fault| reasons.iter().any(|reason| fault.starts_with(reason)))
    };
    let theirs = str::from_utf8(text).is_ok_and(|t| serde_json::from_str::<IgnoredAny>(t).is_ok());
    // Reading stops at a limit, so nothing is known of the rest.
    if !has(["json-too-deep", "json-too-many-names"]) {
        assert_eq!(theirs, !has(["json-syntax", "json-not-utf8"]), "{shown}: {faults:?}");
    }
    if verdict.is_accepted() {
        compare_values(text);
    }
    verdict.is_accepted()
}

/// Deserializes accepted claims into a value of `serde_json`.
fn compare_values(text: &[u8]) {
    let ours: Result<serde_json::Value, _> = claims_as(text);
    if let Ok(value) = &ours {
        believed_claims(text, |signed| {
            assert!(is_same(Value::Object(signed.claims().object()), value), "{value}");
        })
        .unwrap();
    }
    // Both refuse a number that no float can hold.
    let theirs: Result<serde_json::Value, _> = serde_json::from_slice(text);
    let expected = theirs.map_err(|_| Rejection::CustomClaims);
    assert_eq!(ours.map(drop), expected.map(drop), "{}", String::from_utf8_lossy(text));
}

fn is_same(ours: Value<'_>, theirs: &serde_json::Value) -> bool {
    match ours {
        Value::Null => theirs.is_null(),
        Value::Bool(ours) => theirs.as_bool() == Some(ours),
        Value::Number(ours) => theirs.as_f64() == ours.parse().ok(),
        Value::String(ours) => theirs.as_str().is_some_and(|theirs| ours == *theirs),
        Value::Array(ours) => theirs.as_array().is_some_and(|theirs| {
            ours.elements().count() == theirs.len()
                && ours.elements().zip(theirs).all(|(ours, theirs)| is_same(ours, theirs))
        }),
        Value::Object(ours) => theirs.as_object().is_some_and(|theirs| {
            let is_same = |(name, value): (Text<'_>, _)| {
                theirs.get(&name.to_string()).is_some_and(|theirs| is_same(value, theirs))
            };
            ours.members().count() == theirs.len() && ours.members().all(is_same)
        }),
    }
}
