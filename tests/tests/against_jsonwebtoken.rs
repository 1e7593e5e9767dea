//! Whole tokens, against another verifier.
//!
//! It reads more leniently (duplicate names, padding, claims of a wrong type), so the comparison
//! runs one way: whatever we accept, it accepts, with the same claims. The exceptions: it refuses
//! numbers that no float can hold, in any claim, and registered header members of a wrong type
//! that we ignore, such as `x5c`.

use jsonwebtoken::{DecodingKey, Validation, decode};
use proptest::prelude::*;
use serde_json::{Value, json};
use tollgate_core::{Now, UnixTime};
use tollgate_tests::mint::{AUDIENCE, ISSUER, NOW, SigningKey, Token, base64url, k1, k2};
use tollgate_tests::verify::{good, good_keys, look};

const AT: Now = Now::Exact(UnixTime(NOW));

/// The claims as the other verifier has them; its clock is left out of the comparison.
fn theirs(token: &str, key: &SigningKey) -> Option<Value> {
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

fn ours(token: &str) -> Option<Value> {
    look(token, &good_keys(), good(), AT, |accepted| {
        serde_json::from_str(accepted.claims().object().as_str()).unwrap()
    })
    .ok()
}

/// Whether we accept the token, and then it does.
fn is_accepted(token: &str, key: &SigningKey) -> bool {
    match ours(token) {
        Some(claims) => {
            assert_eq!(Some(claims), theirs(token, key), "{token}");
            true
        }
        None => false,
    }
}

#[test]
fn good_tokens_are_accepted_by_both_with_the_same_claims() {
    assert!(is_accepted(&Token::good().mint(), &k1()));
    assert!(is_accepted(&Token::good_es384().mint(), &k2()));
    let list = Token::good().claim("aud", json!(["a", AUDIENCE])).claim("x", r#"{"\u0061":[1.5]}"#);
    assert!(is_accepted(&list.mint(), &k1()));
    let high_s =
        Token::good().mint_forged(|signature| tollgate_tests::mint::with_other_s(&signature));
    assert!(is_accepted(&high_s, &k1()));
}

#[test]
fn bad_tokens_are_refused_by_both() {
    let token = Token::good;
    for token in [
        token().mint_forged(|_| vec![0; 64]),
        token().mint_forged(|signature| [&signature[..], &[0]].concat()),
        token().signed_by(SigningKey::p256("another key")).mint(),
        token().member("alg", json!("none")).mint(),
        token().member("alg", json!("HS256")).mint(),
        token().without("exp").mint(),
        token().claim("iss", json!("joe")).mint(),
        token().claim("aud", json!([])).mint(),
        format!("{}=", token().mint()),
        token().payload("[]").mint(),
    ] {
        assert_eq!((ours(&token), theirs(&token, &k1())), (None, None), "{token}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn changed_tokens_that_we_accept_are_accepted_by_both(
        changes in prop::collection::vec((any::<prop::sample::Index>(), "[A-Za-z0-9_.=-]"), 0..2),
    ) {
        let minted = Token::good().mint();
        let mut token = minted.clone();
        for (place, character) in changes {
            let at = place.index(token.len());
            token.replace_range(at..=at, &character);
        }
        prop_assert_eq!(is_accepted(&token, &k1()), token == minted);
    }

    #[test]
    fn signed_changes_that_we_accept_are_accepted_by_both(
        in_header: bool,
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), "[\\x20-\\x7e]|\\{|\"|\\\\|[0-9]"),
            1..3,
        ),
    ) {
        let token = Token::good();
        let change = |bytes: Vec<u8>| {
            let mut text = String::from_utf8(bytes).unwrap();
            for (place, character) in &changes {
                let at = place.index(text.len());
                text.replace_range(at..=at, character);
            }
            text
        };
        let token = match in_header {
            true => token.clone().header(change(token.header_bytes())),
            false => token.clone().payload(change(token.payload_bytes())),
        };
        is_accepted(&token.mint(), &k1());
    }

    #[test]
    fn any_further_claims_are_the_same_to_both(
        names in prop::collection::btree_set("[a-z]{5}[0-9]", 0..5),
        text in any::<String>(),
        number in any::<i64>(),
    ) {
        let values = [json!(text), json!(number), json!([text, null]), json!({ "x": { "y": text } })];
        let token = names.iter().zip(values.iter().cycle()).fold(
            Token::good(),
            |token, (name, value)| token.claim(name, value),
        );
        prop_assert!(is_accepted(&token.mint(), &k1()));
    }
}
