//! Strict base64url, against another implementation of it.

use base64ct::{Base64UrlUnpadded, Encoding};
use proptest::prelude::*;
use tollgate_core::{Part, Rejection};
use tollgate_tests::mint::{base64url, jwk, jwk_with, jwks, k1};
use tollgate_tests::verify::{Keys, believed};

/// What the payload part decodes to.
fn decoded(payload: &str) -> Result<Vec<u8>, Rejection> {
    believed(payload, |verified| Ok(verified.bytes().to_vec()))
}

fn agree(encoded: &str) {
    match (decoded(encoded), Base64UrlUnpadded::decode_vec(encoded)) {
        (Ok(ours), Ok(theirs)) => assert_eq!(ours, theirs, "{encoded}"),
        (Err(Rejection::Misencoded { part: Part::Payload, offset }), Err(_)) => {
            assert!(offset < encoded.len(), "{encoded}");
        }
        (ours, theirs) => panic!("{encoded}: {ours:?} and {theirs:?}"),
    }
}

#[test]
fn all_texts_of_up_to_two_characters_decode_alike() {
    let characters: Vec<char> = ('!'..='~').filter(|c| is_token68(*c)).collect();
    for first in &characters {
        agree(&first.to_string());
        for second in &characters {
            agree(&format!("{first}{second}"));
        }
    }
}

/// What a part can hold and still be part of a token68 that has two dots.
fn is_token68(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-_~+/".contains(character)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_bytes_come_back(bytes in prop::collection::vec(any::<u8>(), 1..200)) {
        prop_assert_eq!(decoded(&base64url(&bytes)), Ok(bytes));
    }

    #[test]
    fn any_text_of_the_alphabet_decodes_alike(text in "[A-Za-z0-9_-]{1,40}") {
        agree(&text);
    }

    #[test]
    fn text_with_a_foreign_character_decodes_nowhere(
        text in "[A-Za-z0-9_-]{0,20}[+/~][A-Za-z0-9_-]{0,20}",
    ) {
        agree(&text);
        let offset = text.find(['+', '/', '~']).unwrap();
        prop_assert_eq!(decoded(&text), Err(Rejection::Misencoded { part: Part::Payload, offset }));
    }

    #[test]
    fn coordinates_decode_alike(
        place in any::<prop::sample::Index>(),
        character in "[A-Za-z0-9_=+/ -]",
    ) {
        let good = jwk(&k1(), "k1");
        let mut x = good["x"].as_str().unwrap().to_owned();
        let at = place.index(x.len());
        x.replace_range(at..=at, &character);
        let set = jwks([jwk_with(good, "x", serde_json::json!(x))]).to_string();
        let mut reasons = Vec::new();
        Keys::from_jwks_reporting(set.as_bytes(), |_, reason| reasons.push(reason)).unwrap();
        let theirs = Base64UrlUnpadded::decode_vec(&x).is_ok();
        let ours = !reasons.contains(&tollgate_core::UnusableKey::Coordinate);
        prop_assert_eq!(ours, theirs, "{}", x);
    }
}
