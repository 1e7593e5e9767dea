//! Whole tokens, against another verifier, which `tollgate_tests::compare::jsonwebtoken` explains.

use proptest::prelude::*;
use serde_json::json;
use tollgate_tests::compare::jsonwebtoken::{compare, ours, theirs};
use tollgate_tests::mint::{AUDIENCE, SigningKey, Token, k1, k2};

#[test]
fn good_tokens_are_accepted_by_both_with_the_same_claims() {
    assert!(compare(&Token::good().mint(), &k1()));
    assert!(compare(&Token::good_es384().mint(), &k2()));
    let list = Token::good().claim("aud", json!(["a", AUDIENCE])).claim("x", r#"{"\u0061":[1.5]}"#);
    assert!(compare(&list.mint(), &k1()));
    let high_s =
        Token::good().mint_forged(|signature| tollgate_tests::mint::with_other_s(&signature));
    assert!(compare(&high_s, &k1()));
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
        token().claim("iss", json!(1)).mint(),
        token().claim("aud", json!(1)).mint(),
        token().member("crit", json!(["x"])).member("x", json!(1)).mint(),
        token().member("b64", json!(false)).mint(),
        format!("{}=", token().mint()),
        token().payload("[]").mint(),
    ] {
        assert_eq!((ours(&token), theirs(&token, &k1())), (None, None), "{token}");
    }
}

#[test]
fn b64_with_its_default_is_accepted_by_both() {
    assert!(compare(&Token::good().member("b64", json!(true)).mint(), &k1()));
}

#[test]
fn numbers_that_no_float_can_hold_are_an_exception_in_claims_and_header() {
    let token = Token::good;
    for token in [
        token().claim("x", "[1e309,-1e400]"),
        token().member("x", "[1e309,-1e400,1e-999]"),
        token().claim("x", "[1e-999]").member("x", "[-1e-999]"),
    ] {
        assert!(compare(&token.mint(), &k1()));
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
        prop_assert_eq!(compare(&token, &k1()), token == minted);
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
        compare(&token.mint(), &k1());
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
        prop_assert!(compare(&token.mint(), &k1()));
    }
}
