//! The strict JSON reader, against serde_json.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use tollgate_core::json::Value;
use tollgate_core::{Part, Rejection};
use tollgate_tests::verify::believed_claims;

/// The object's claims, or why there are none.
fn ours<T>(text: &[u8], look: impl FnOnce(Value<'_>) -> T) -> Result<T, Rejection> {
    believed_claims(text, |signed| look(Value::Object(signed.claims().object())))
}

/// Whether another reader sees the same value.
fn same(ours: Value<'_>, theirs: &serde_json::Value) -> bool {
    match (ours, theirs) {
        (Value::Null, serde_json::Value::Null) => true,
        (Value::Bool(ours), serde_json::Value::Bool(theirs)) => ours == *theirs,
        (Value::Number(ours), serde_json::Value::Number(_)) => {
            serde_json::from_str::<serde_json::Value>(ours).unwrap() == *theirs
        }
        (Value::String(ours), serde_json::Value::String(theirs)) => {
            ours == **theirs && ours.to_string() == *theirs && ours.chars().eq(theirs.chars())
        }
        (Value::Array(ours), serde_json::Value::Array(theirs)) => {
            ours.elements().count() == theirs.len()
                && ours.elements().zip(theirs).all(|(ours, theirs)| same(ours, theirs))
        }
        (Value::Object(ours), serde_json::Value::Object(theirs)) => {
            ours.members().count() == theirs.len()
                && theirs
                    .iter()
                    .all(|(name, theirs)| ours.get(name).is_some_and(|ours| same(ours, theirs)))
                && ours.members().all(|(name, _)| theirs.contains_key(&name.to_string()))
        }
        _ => false,
    }
}

/// Accepts what serde_json does, but for names that an object has twice.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = Self;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self, A::Error> {
        while elements.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        let mut names = BTreeSet::new();
        while let Some((name, Self)) = members.next_entry::<String, Self>()? {
            if !names.insert(name) {
                return Err(A::Error::custom("twice"));
            }
        }
        Ok(self)
    }
}

/// Compares the verdicts on a text that may be anything; `true` if it was accepted.
fn agree(text: &[u8]) -> bool {
    let theirs = std::str::from_utf8(text);
    let grammar = theirs.is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
    let object = theirs.is_ok_and(|text| text.trim_ascii_start().starts_with('{'));
    let strict = theirs.is_ok_and(|text| serde_json::from_str::<Unique>(text).is_ok());
    let shown = String::from_utf8_lossy(text);
    match ours(text, |value| {
        // What it cannot hold, such as a number beyond every float, is compared by none.
        serde_json::from_slice(text).ok().is_none_or(|theirs| same(value, &theirs))
    }) {
        Ok(same) => {
            assert!(grammar && object && same, "{shown}");
            true
        }
        Err(Rejection::Json { part: Part::Payload, error }) => {
            assert!(!(strict && object), "{shown}: {error}");
            assert!(error.offset <= text.len(), "{shown}: {error}");
            let reason = error.kind.reason();
            // Only these are about more than the grammar.
            let beyond = ["json-duplicate-name", "json-lone-surrogate", "json-not-an-object"];
            assert!(!grammar || beyond.contains(&reason), "{shown}: {error}");
            false
        }
        // A name happened to be that of a registered claim.
        Err(Rejection::ClaimType(_) | Rejection::ClaimOutOfRange(_)) => {
            assert!(grammar && object, "{shown}");
            false
        }
        Err(other) => panic!("{shown}: {other:?}"),
    }
}

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
        agree(text.as_bytes());
    }

    #[test]
    fn generated_values_are_read_alike(text in value(), space in "[ \t\r\n]{0,2}") {
        agree(format!("{space}{text}{space}").as_bytes());
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
        agree(&text);
    }

    #[test]
    fn texts_of_the_grammars_characters_are_read_alike(
        text in r#"\{("[ab]":)?[\{\}\[\]",:0-9eE+.\\u \-tfn-]{0,12}\}"#,
    ) {
        agree(text.as_bytes());
    }
}

/// A byte that matters to the grammar, or any; or none, to take one out.
fn change() -> impl Strategy<Value = Option<u8>> {
    let of_grammar = prop::sample::select(b"{}[]\",:\\u0123456789abcdefDdEe+-. \t\nntf".as_slice());
    prop_oneof![4 => of_grammar.prop_map(Some), 1 => any::<u8>().prop_map(Some), 1 => Just(None)]
}

#[test]
fn both_verdicts_occur() {
    assert!(agree(br#"{"a":[1,{"b":"\ud83d\ude00"}]}"#));
    assert!(agree(br#"{"a":1e309}"#));
    for text in [
        &br#"{"a":1,"a":2}"#[..],
        br#"{"a":1,"\u0061":2}"#,
        br#"{"a":"\ud83d"}"#,
        br#"{"a":01}"#,
        br#"[]"#,
        b"{\"a\":\"\xff\"}",
    ] {
        assert!(!agree(text), "{}", String::from_utf8_lossy(text));
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
