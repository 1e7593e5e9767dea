//! The strict JSON reader, against serde_json.

use proptest::prelude::*;
use tollgate_tests::compare::serde_json::compare;
use tollgate_tests::verify::believed_claims;

fn number() -> impl Strategy<Value = String> {
    "-?(0|[1-9][0-9]{0,18})(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,2})?"
}

/// Strings in all spellings.
fn string() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        any::<char>().prop_map(|c| match c {
            '"' | '\\' | '\0'..='\u{1f}' => format!("\\u{:04x}", u32::from(c)),
            _ => c.to_string(),
        }),
        any::<char>().prop_map(|c| {
            c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04X}")).collect()
        }),
        r#"\\["\\/bfnrt]"#,
        "[a-z{}\\[\\],:]",
    ];
    prop::collection::vec(character, 0..8).prop_map(|text| format!("\"{}\"", text.concat()))
}

fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("false".to_owned()),
        number(),
        string(),
    ];
    leaf.prop_recursive(6, 40, 6, |value| {
        let array = prop::collection::vec(value.clone(), 0..6);
        prop_oneof![array.prop_map(|elements| format!("[{}]", elements.join(" , "))), object(value)]
    })
}

fn object(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let members = prop::collection::vec((string(), "[ \t\r\n]?", value), 0..6);
    members.prop_map(|members| {
        let members: Vec<String> = members
            .into_iter()
            .map(|(name, space, value)| format!("{name}{space}:{space}{value}"))
            .collect();
        format!("{{{}}}", members.join(","))
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 3000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn generated_objects_are_read_alike(text in object(value())) {
        compare(text.as_bytes());
    }

    #[test]
    fn generated_values_are_read_alike(text in value(), space in "[ \t\r\n]{0,2}") {
        compare(format!("{space}{text}{space}").as_bytes());
    }

    #[test]
    fn changed_objects_are_read_alike(
        text in object(value()),
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<bool>(), change()),
            1..3,
        ),
    ) {
        let mut text = text.into_bytes();
        for (place, replace, byte) in changes {
            let at = place.index(text.len());
            match byte {
                Some(byte) if replace => text[at] = byte,
                Some(byte) => text.insert(at, byte),
                None if text.len() > 1 => drop(text.remove(at)),
                None => {}
            }
        }
        compare(&text);
    }

    #[test]
    fn texts_of_the_grammars_characters_are_read_alike(
        text in r#"\{("[ab]":)?[\{\}\[\]",:0-9eE+.\\u \-tfn-]{0,12}\}"#,
    ) {
        compare(text.as_bytes());
    }
}

/// A byte that matters to the grammar, or any byte; `None` removes one.
fn change() -> impl Strategy<Value = Option<u8>> {
    let of_grammar = prop::sample::select(b"{}[]\",:\\u0123456789abcdefDdEe+-. \t\nntf".as_slice());
    prop_oneof![4 => of_grammar.prop_map(Some), 1 => any::<u8>().prop_map(Some), 1 => Just(None)]
}

#[test]
fn both_verdicts_occur() {
    assert!(compare(br#"{"a":[1,{"b":"\ud83d\ude00"}]}"#));
    assert!(compare(br#"{"a":1e309}"#));
    for text in [
        &br#"{"a":1,"a":2}"#[..],
        br#"{"a":1,"\u0061":2}"#,
        br#"{"a":"\ud83d"}"#,
        br#"{"a":01}"#,
        br#"[]"#,
        b"{\"a\":\"\xff\"}",
    ] {
        assert!(!compare(text), "{}", String::from_utf8_lossy(text));
    }
}

#[test]
fn texts_are_equal_when_they_stand_for_the_same_characters() {
    let text = br#"{"a":"x","b":"\u0078","c":"y","d":"\uD83D\uDE00","e":"\ud83d\ude00"}"#;
    believed_claims(text, |signed| {
        let get = |name: &str| signed.claims().get(name).unwrap();
        assert!(get("a").as_text() == get("b").as_text());
        assert!(get("a") == get("b") && get("d") == get("e"));
        assert!(get("a") != get("c") && get("b") != get("c"));
    })
    .unwrap();
}
