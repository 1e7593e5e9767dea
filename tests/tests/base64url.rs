//! Strict base64url, against another implementation of it.

use proptest::prelude::*;
use tollgate_core::{Part, Rejection};
use tollgate_tests::compare::base64ct::compare;
use tollgate_tests::mint::base64url;
use tollgate_tests::verify::believed;

/// What the payload part decodes to.
fn decoded(payload: &str) -> Result<Vec<u8>, Rejection> {
    believed(payload, |verified| Ok(verified.bytes().to_vec()))
}

#[test]
fn all_texts_of_up_to_two_characters_decode_alike() {
    let characters: Vec<char> = ('!'..='~').filter(|c| is_token68(*c)).collect();
    for first in &characters {
        compare(first.to_string().as_bytes());
        for second in &characters {
            compare(format!("{first}{second}").as_bytes());
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
        compare(text.as_bytes());
    }

    #[test]
    fn text_with_a_foreign_character_decodes_nowhere(
        text in "[A-Za-z0-9_-]{0,20}[+/~][A-Za-z0-9_-]{0,20}",
    ) {
        compare(text.as_bytes());
        let offset = text.find(['+', '/', '~']).unwrap();
        prop_assert_eq!(decoded(&text), Err(Rejection::Misencoded { part: Part::Payload, offset }));
    }

    #[test]
    fn coordinates_decode_alike(
        place in any::<prop::sample::Index>(),
        character in "[A-Za-z0-9_=+/ -]",
    ) {
        let mut x = base64url([7; 32]);
        let at = place.index(x.len());
        x.replace_range(at..=at, &character);
        compare(x.as_bytes());
    }
}
