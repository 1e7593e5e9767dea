//! Exactly what was minted is accepted: every change of a token, of its header or of a key ends it.

use proptest::prelude::*;
use serde_json::{Value, json};
use tollgate_core::{BearerToken, Now, Rejection, UnixTime, Verifier};
use tollgate_tests::mint::{NOW, SigningKey, Token, jwk, jwk_with, jwks, k1, k2};
use tollgate_tests::verify::{TestKeys, good_keys, keys, lenient, look};

const AT: Now = Now::Exact(UnixTime(NOW));

fn config() -> ProptestConfig {
    // Failures are named by their inputs; there is nothing to keep beside the tests.
    ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() }
}

fn is_accepted(token: &[u8], keys: &TestKeys) -> bool {
    match std::str::from_utf8(token) {
        Ok(token) => look(token, keys, lenient(), AT, |_| ()).is_ok(),
        Err(_) => BearerToken::from_token68(token).is_ok(),
    }
}

/// The good token and the one for ES384 in turns.
fn good(es384: bool) -> Token {
    if es384 { Token::good_es384() } else { Token::good() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn exactly_the_claims_that_were_minted_are_accepted(
        es384: bool,
        subject in any::<String>(),
        scope in "[a-z:]{1,9}( [a-z:]{1,9}){0,5}",
        audiences in prop::collection::vec(any::<String>(), 0..5),
        lifetime in 1i64..1_000_000,
        level in any::<i64>(),
    ) {
        let token = good(es384)
            .claim("sub", json!(subject))
            .claim("scope", json!(scope))
            .claim("aud", json!(audiences))
            .claim("exp", NOW + lifetime)
            .claim("level", level);
        look(&token.mint(), &good_keys(), lenient(), AT, |accepted| {
            let claims = accepted.claims();
            assert_eq!(claims.object().as_str().as_bytes(), token.payload_bytes());
            assert_eq!(accepted.header().object().as_str().as_bytes(), token.header_bytes());
            assert_eq!(claims.subject().unwrap().to_string(), subject);
            assert!(scope.split(' ').all(|word| claims.scopes().unwrap().contains(word)));
            let found: Vec<String> =
                claims.audiences().unwrap().iter().map(|audience| audience.to_string()).collect();
            assert_eq!(found, audiences);
            assert_eq!(claims.expiration().unwrap().floor(), UnixTime(NOW + lifetime));
        })
        .unwrap();
    }

    #[test]
    fn token_with_bytes_changed_is_rejected(
        es384: bool,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let minted = good(es384).mint().into_bytes();
        let mut token = minted.clone();
        for (place, byte) in changes {
            *place.get_mut(&mut token) = byte;
        }
        prop_assert_eq!(is_accepted(&token, &good_keys()), token == minted);
    }

    #[test]
    fn token_with_bytes_taken_out_or_put_in_is_rejected(
        es384: bool,
        place in any::<prop::sample::Index>(),
        taken in 0usize..5,
        put in "[A-Za-z0-9_.~=-]{0,5}",
    ) {
        let minted = good(es384).mint();
        let from = place.index(minted.len());
        let to = (from + taken).min(minted.len());
        let token = format!("{}{put}{}", &minted[..from], &minted[to..]);
        prop_assert_eq!(is_accepted(token.as_bytes(), &good_keys()), token == minted);
    }

    #[test]
    fn parts_of_two_tokens_make_no_third(es384: bool, jti in "[a-z]{1,9}", parts in 1u8..7) {
        let (first, second) = (good(es384).mint(), good(es384).claim("jti", json!(jti)).mint());
        let (first, second): (Vec<_>, Vec<_>) =
            (first.split('.').collect(), second.split('.').collect());
        let part = |index: usize| if parts >> index & 1 == 0 { first[index] } else { second[index] };
        let token = [part(0), part(1), part(2)].join(".");
        // Their headers are equal, so only payload and signature tell them apart.
        let whole = (parts >> 1 & 1) == (parts >> 2 & 1);
        prop_assert_eq!(is_accepted(token.as_bytes(), &good_keys()), whole);
    }

    #[test]
    fn token_is_accepted_with_no_other_key(es384: bool, seed in any::<u64>()) {
        let other = match es384 {
            true => SigningKey::p384(&seed.to_string()),
            false => SigningKey::p256(&seed.to_string()),
        };
        let token = good(es384).signed_by(other).mint();
        let found = look(&token, &good_keys(), lenient(), AT, |_| ());
        prop_assert_eq!(found, Err(Rejection::SignatureInvalid));
    }
}

#[test]
fn every_single_byte_of_a_token_counts() {
    let keys = good_keys();
    for minted in [Token::good().mint(), Token::good_es384().mint()] {
        assert!(is_accepted(minted.as_bytes(), &keys));
        for place in 0..minted.len() {
            let mut token = minted.clone().into_bytes();
            token[place] ^= 1 << (place % 7);
            assert!(!is_accepted(&token, &keys), "{place}");
        }
    }
}

fn header_is_accepted(value: &[u8], keys: &TestKeys) -> bool {
    let verifier = Verifier::new(keys, lenient().build().unwrap());
    verifier.verify_header(value, AT, &mut [0; 1024]).is_ok()
}

#[test]
fn of_a_header_only_the_case_of_the_scheme_may_change() {
    let keys = good_keys();
    let value = format!("Bearer {}", Token::good().mint()).into_bytes();
    for place in 0.."Bearer ".len() {
        for byte in 0..=u8::MAX {
            let mut changed = value.clone();
            changed[place] = byte;
            let same = changed[..7].eq_ignore_ascii_case(b"Bearer ");
            assert_eq!(header_is_accepted(&changed, &keys), same, "{place}: {byte}");
        }
    }
}

#[test]
fn of_a_header_only_spaces_after_the_scheme_may_be_added() {
    let keys = good_keys();
    let value = format!("Bearer {}", Token::good().mint()).into_bytes();
    for place in (0..="Bearer ".len()).chain([value.len()]) {
        for byte in 0..=u8::MAX {
            let mut changed = value.clone();
            changed.insert(place, byte);
            let same = byte == b' ' && (place == 6 || place == 7);
            assert_eq!(header_is_accepted(&changed, &keys), same, "{place}: {byte}");
        }
    }
    for place in 0..="Bearer ".len() {
        let mut changed = value.clone();
        changed.remove(place);
        assert!(!header_is_accepted(&changed, &keys), "without {place}");
    }
}

#[test]
fn every_single_byte_of_a_key_counts() {
    for (key, token) in [(k1(), Token::good()), (k2(), Token::good_es384())] {
        let mut jwk = key.jwk();
        jwk["kid"] = if key.algorithm().name() == "ES256" { json!("k1") } else { json!("k2") };
        let (text, token) = (jwks([jwk]).to_string(), token.mint());
        let accepts = |text: &[u8]| {
            TestKeys::from_jwks(text).is_ok_and(|keys| is_accepted(token.as_bytes(), &keys))
        };
        assert!(accepts(text.as_bytes()));
        for place in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[place] ^= 1 << (place % 7);
            assert!(!accepts(&changed), "{}", String::from_utf8_lossy(&changed));
        }
    }
}

#[test]
fn every_member_of_a_key_that_decides_counts() {
    let token = Token::good().mint();
    let good: Value = jwk(&k1(), "k1");
    for (name, other) in [
        ("kty", "RSA"),
        ("crv", "P-384"),
        ("kid", "k2"),
        ("use", "enc"),
        ("alg", "ES384"),
        ("key_ops", "verify"),
        ("d", "AA"),
    ] {
        let changed = jwk_with(good.clone(), name, json!(other));
        let keys = keys(&jwks([changed]));
        assert!(!is_accepted(token.as_bytes(), &keys), "{name}");
    }
}
