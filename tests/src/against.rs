//! Whole tokens, against another verifier: the crate `jsonwebtoken`.
//!
//! It reads more leniently (duplicate names, padding, claims of a wrong type), so the comparison
//! runs one way: whatever we accept, it accepts, with the same claims. The exceptions: it refuses
//! numbers that no float can hold, in any claim or header member; and registered header members of a
//! wrong type that we ignore, such as `x5c`. Dates before 1970, which it cannot hold either, do not
//! matter to it unless they are an `exp`; and then we refuse the token as expired.

use jsonwebtoken::{DecodingKey, Validation, decode};
use serde_json::Value;
use tollgate_core::{Now, UnixTime};

use crate::json::{Members, elements, string};
use crate::mint::{AUDIENCE, ISSUER, NOW, SigningKey, base64url};
use crate::verify::{good, good_keys, look};

/// The claims as the other verifier has them; its clock is left out of the comparison.
pub fn theirs(token: &str, key: &SigningKey) -> Option<Value> {
    let (x, y) = key.coordinates();
    let key_of = DecodingKey::from_ec_components(&base64url(x), &base64url(y)).unwrap();
    let mut validation = Validation::new(match key.algorithm().name() {
        "ES256" => jsonwebtoken::Algorithm::ES256,
        _ => jsonwebtoken::Algorithm::ES384,
    });
    validation.validate_exp = false;
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[ISSUER]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    decode::<Value>(token, &key_of, &validation).ok().map(|data| data.claims)
}

/// The texts of the header and the claims, if we accept the token.
pub fn ours(token: &str) -> Option<(String, String)> {
    look(token, &good_keys(), good(), Now::Exact(UnixTime(NOW)), |accepted| {
        let text = |object: tollgate_core::json::Object<'_>| object.as_str().to_owned();
        (text(accepted.header().object()), text(accepted.claims().object()))
    })
    .ok()
}

/// Whether we accept the token. Panics if the other verifier then does not, and is not excused.
pub fn compare(token: &str, key: &SigningKey) -> bool {
    let Some((header, claims)) = ours(token) else { return false };
    match (serde_json::from_str::<Value>(&claims), theirs(token, key)) {
        (Ok(claims), Some(theirs)) => assert_eq!(claims, theirs, "{token}"),
        // A number that no float can hold.
        (Err(_), theirs) => assert_eq!(theirs, None, "{claims}"),
        (Ok(_), None) => {
            let is_excused =
                serde_json::from_str::<Value>(&header).is_err() || has_foreign_type(&header);
            assert!(is_excused, "{header}.{claims}");
        }
    }
    true
}

/// Whether a member that we do not read has another type than the standards give it.
fn has_foreign_type(header: &str) -> bool {
    let header = Members::parse(header.as_bytes()).unwrap();
    let is_text = |value| string(value).is_some();
    let are_texts = |value| elements(value).is_some_and(|all| all.into_iter().all(is_text));
    let is_foreign = |name, is_right: &dyn Fn(_) -> bool| {
        header.get(name).is_some_and(|value| value.get() != "null" && !is_right(value))
    };
    // A key has many forms; whether it is one is not for us to say.
    header.get("jwk").is_some_and(|jwk| jwk.get() != "null")
        || is_foreign("x5c", &are_texts)
        || ["jku", "x5u", "x5t", "x5t#S256", "url", "nonce"]
            .iter()
            .any(|name| is_foreign(name, &is_text))
}
