//! JSON texts by themselves: an error stands where the reader came to, what is accepted is found again
//! member by member, and becomes a type of the caller's.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_core::json::{JsonErrorKind, Value};
use tollgate_core::policy::MissingExp;
use tollgate_core::{Now, Rejection, SignedClaims, UnixTime};
use tollgate_tests::mint::base64url;
use tollgate_tests::verify::{believed, believed_claims, lenient};

fuzz_target!(|text: &[u8]| match believed_claims(text, |signed| signed
    .claims()
    .object()
    .as_str()
    .len())
{
    Ok(len) => {
        // Without the space around it, and with more of it.
        assert_eq!(len, text.trim_ascii().len());
        let spacious = [b"\n", text, b"\t"].concat();
        assert!(matches!(read(&spacious), Ok(()) | Err(Rejection::TokenTooLong { .. })));
        deserialize(text);
    }
    Err(Rejection::Json { error, .. })
        if error.kind != JsonErrorKind::NotUtf8 && error.offset > 0 =>
    {
        // All that precedes the error was read: by itself, it is wrong no earlier.
        match read(&text[..error.offset]) {
            Err(Rejection::Json { error: earlier, .. }) => assert_eq!(earlier.offset, error.offset),
            Ok(()) => assert_eq!(error.kind, JsonErrorKind::Syntax),
            Err(Rejection::ClaimType(_) | Rejection::ClaimOutOfRange(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    Err(_) => {}
});

fn read(text: &[u8]) -> Result<(), Rejection> {
    believed_claims(text, |_| ())
}

/// As a value of serde_json's, by way of our deserializer.
fn deserialize(text: &[u8]) {
    let policy = lenient().missing_exp(MissingExp::Accept).build().unwrap();
    let verdict = believed(&base64url(text), |verified| {
        let mut token = policy.accept(SignedClaims::parse(verified)?, Now::Exact(UnixTime(0)))?;
        let object = token.claims().object();
        let value: serde_json::Value = token.claims_as()?;
        assert!(is_same(Value::Object(object), &value));
        Ok(())
    });
    if verdict == Err(Rejection::CustomClaims) {
        // Only for a number that no float can hold.
        assert!(serde_json::from_slice::<serde_json::Value>(text).is_err());
    }
}

fn is_same(ours: Value<'_>, theirs: &serde_json::Value) -> bool {
    match ours {
        Value::Null => theirs.is_null(),
        Value::Bool(ours) => theirs.as_bool() == Some(ours),
        Value::Number(ours) => theirs.as_f64() == ours.parse().ok(),
        Value::String(ours) => theirs.as_str().is_some_and(|theirs| ours == *theirs),
        Value::Array(ours) => {
            let mut theirs = theirs.as_array().unwrap().iter();
            ours.elements().all(|ours| theirs.next().is_some_and(|theirs| is_same(ours, theirs)))
                && theirs.next().is_none()
        }
        Value::Object(ours) => {
            ours.members().count() == theirs.as_object().unwrap().len()
                && ours.members().all(|(name, ours)| is_same(ours, &theirs[&name.to_string()]))
        }
    }
}
