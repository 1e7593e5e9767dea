//! Compares verdicts on whole tokens with those of `jsonwebtoken`.
//!
//! It is more lenient in some ways: it accepts duplicate names, padding, and a wrong type in claims that
//! it was not told to check. So the comparison runs one way: it must accept every token that we accept,
//! with the same claims. There are three exceptions. It knows neither ES512 nor the name Ed25519. It
//! refuses numbers that do not fit into a float, in any claim or header member; and registered header
//! members of a wrong type that we ignore, such as `x5c`. It cannot hold dates before 1970 either, but
//! only reads them in `exp`, where we refuse the token as expired.

use std::sync::LazyLock;

use jsonwebtoken::{DecodingKey, Validation, decode};
use serde_json::Value;
use tollgate_core::{Algorithm, KeySet, Now, UnixTime};

use crate::mint::{AUDIENCE, ISSUER, NOW, SigningKey, jwks_for_all};
use crate::verify::{Engine, SharedEngine, good, look};

/// The good keys of all algorithms.
static KEYS: LazyLock<KeySet<SharedEngine, 16>> = LazyLock::new(|| {
    let jwks = jwks_for_all().to_string();
    KeySet::from_jwks_with(jwks.as_bytes(), |jwk| Engine::Tables.make(jwk)).unwrap()
});

/// Returns the claims that `jsonwebtoken` accepts, without comparing clocks. It has no ES512.
pub fn theirs(token: &str, key: &SigningKey) -> Option<Value> {
    let key_of = DecodingKey::from_jwk(&serde_json::from_value(key.jwk()).unwrap()).unwrap();
    let mut validation = Validation::new(key.algorithm().name().parse().unwrap());
    validation.validate_exp = false;
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[ISSUER]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    decode::<Value>(token, &key_of, &validation).ok().map(|data| data.claims)
}

/// Returns the texts of the header and the claims, if the core accepts the token.
pub fn ours(token: &str) -> Option<(String, String)> {
    look(token, &KEYS, good(), Now::Exact(UnixTime(NOW)), |accepted| {
        let text = |object: tollgate_core::json::Object<'_>| object.as_str().to_owned();
        (text(accepted.header().object()), text(accepted.claims().object()))
    })
    .ok()
}

/// Returns whether the core accepts the token.
///
/// # Panics
///
/// The core accepts it, and `jsonwebtoken` does not, or with other claims.
pub fn compare(token: &str, key: &SigningKey) -> bool {
    let Some((header, claims)) = ours(token) else { return false };
    if key.algorithm() == Algorithm::Es512 {
        return true;
    }
    match (serde_json::from_str::<Value>(&claims), theirs(token, key)) {
        (Ok(claims), Some(theirs)) => assert_eq!(claims, theirs, "{token}"),
        // A number that no float can hold.
        (Err(_), theirs) => assert_eq!(theirs, None, "{claims}"),
        (Ok(_), None) => {
            let is_excused = serde_json::from_str(&header)
                .map_or(true, |it: Value| has_foreign_type(&it) || it["alg"] == "Ed25519");
            assert!(is_excused, "{header}.{claims}");
        }
    }
    true
}

/// Whether a member that the core does not read has another type than in the standards.
fn has_foreign_type(header: &Value) -> bool {
    let are_texts =
        |value: &Value| value.as_array().is_some_and(|all| all.iter().all(Value::is_string));
    let is_foreign = |name: &str, is_right: fn(&Value) -> bool| {
        header.get(name).is_some_and(|value| !value.is_null() && !is_right(value))
    };
    // A key has many forms; whether it is one is not for us to say.
    is_foreign("jwk", |_| false)
        || is_foreign("x5c", are_texts)
        || ["jku", "x5u", "x5t", "x5t#S256", "url", "nonce"]
            .iter()
            .any(|name| is_foreign(name, Value::is_string))
}
