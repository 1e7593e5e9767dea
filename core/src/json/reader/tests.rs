//! Tests of what the reader accepts, and at which byte it refuses the rest.

use std::{format, string::String, vec, vec::Vec};

use super::*;
use crate::json::Object;

const HEADER: Bounds =
    Bounds { depth: limits::MAX_HEADER_DEPTH, names: limits::MAX_HEADER_NAMES, ..Bounds::WIDEST };

fn check_object(text: &[u8], bounds: Bounds) -> Result<&str, JsonError> {
    super::check_object(text, bounds, &mut |_| ())
}

fn check(text: &[u8]) -> Result<&str, (JsonErrorKind, usize)> {
    check_object(text, Bounds::WIDEST).map_err(|error| (error.kind, error.offset))
}

#[test]
fn objects_are_returned_without_the_space_around_them() {
    assert_eq!(check(b" \t\r\n{ } \n"), Ok("{ }"));
    assert_eq!(check(br#"{"a":[1,-0.5e+3,true,false,null,{}]}"#).unwrap().len(), 36);
}

#[test]
fn invalid_grammar_is_rejected() {
    for text in [
        "",
        " ",
        "{",
        "}",
        "{]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{\"a\":1 \"b\":2}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":1e}",
        "{\"a\":-}",
        "{\"a\":0x1}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":tru}",
        "{\"a\":[1,]}",
        "{\"a\":[,]}",
        "{\"a\":[1}",
        "{\"a\":\"\t\"}",
        "{\"a\":\"\0\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"\\u+123\"}",
        "{\"a\":\"",
        "{\"a\":\"\\\"}",
        "{} {}",
        "{}x",
        "{}\0",
        "{\"a\":1}//",
        "\u{feff}{}",
        "{\u{a0}}",
        "{\"a\":/**/1}",
        "{1:2}",
        "{\"a\"::1}",
        "{\"a\":1]}",
        "tru",
        "[1",
    ] {
        assert_eq!(check(text.as_bytes()).unwrap_err().0, JsonErrorKind::Syntax, "{text:?}");
    }
}

#[test]
fn values_other_than_objects_are_rejected() {
    for text in ["[]", "\"a\"", "1", "null", " true "] {
        assert_eq!(check(text.as_bytes()).unwrap_err().0, JsonErrorKind::NotAnObject, "{text}");
    }
}

#[test]
fn invalid_utf8_is_rejected() {
    assert_eq!(check(b"{\"a\":\"\xff\"}"), Err((JsonErrorKind::NotUtf8, 6)));
    // An overlong form and an encoded surrogate.
    assert_eq!(check(b"{\"\xc0\xaf\":1}").unwrap_err().0, JsonErrorKind::NotUtf8);
    assert_eq!(check(b"{\"\xed\xa0\x80\":1}").unwrap_err().0, JsonErrorKind::NotUtf8);
}

#[test]
fn lone_surrogates_are_rejected() {
    for text in [
        r#"{"a":"\ud800"}"#,
        r#"{"a":"\udc00"}"#,
        r#"{"a":"\ud800\ud800"}"#,
        r#"{"a":"\ud800\u0041"}"#,
        r#"{"\udfff":1}"#,
    ] {
        assert_eq!(check(text.as_bytes()).unwrap_err().0, JsonErrorKind::LoneSurrogate);
    }
    assert!(check(br#"{"a":"\ud83d\ude00"}"#).is_ok());
}

#[test]
fn duplicate_names_are_rejected_at_every_level() {
    for (text, offset) in [
        (r#"{"a":1,"a":1}"#, 7),
        (r#"{"a":1,"b":2,"a":3}"#, 13),
        (r#"{"alg":1,"a\u006cg":2}"#, 9),
        (r#"{"a\u006cg":1,"alg":2}"#, 14),
        (r#"{"\/":1,"\u002f":2}"#, 8),
        (r#"{"x":{"a":1,"a":2}}"#, 12),
        (r#"{"x":[[{"a":{},"a":2}]]}"#, 15),
        (r#"{"a":{"b":1},"a":2}"#, 13),
        (r#"{"":1,"":2}"#, 6),
    ] {
        assert_eq!(check(text.as_bytes()), Err((JsonErrorKind::DuplicateName, offset)), "{text}");
    }
}

/// Only names with the same hash are compared, so hashes must be spread well.
#[test]
fn different_names_rarely_share_a_hash() {
    for name in ["", "a", "n\\u0061me-"] {
        let mut hashes: Vec<u8> = (0..limits::MAX_JSON_NAMES)
            .map(|index| hash(Text::from_checked(&format!("{name}{index}"))))
            .collect();
        hashes.sort_unstable();
        let most = hashes.chunk_by(|one, other| one == other).map(<[u8]>::len).max();
        assert!(most.is_some_and(|most| most <= 8), "{name}: {most:?}");
    }
}

#[test]
fn a_name_has_its_place_and_its_hash() {
    let name = Name::new(0x12_3456, 0x78).unwrap();
    assert_eq!(name.begin(), Some(0x12_3456));
    assert!(name.has_hash(0x78));
    assert!(!name.has_hash(0x79));
    assert!(Name::new(0xFF_FFFF, 0).is_some());
    assert!(Name::new(0x100_0000, 0).is_none());
}

#[test]
fn the_same_name_in_different_objects_is_no_duplicate() {
    assert!(check(br#"{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}],"c":{"b":1}}"#).is_ok());
    assert!(check(br#"{"a":1,"A":2,"ab":3,"":4,"a\"":5,"\u0061\u0061":6}"#).is_ok());
}

#[test]
fn members_of_the_outermost_object_are_handed_over_with_their_places() {
    let text = r#"  { "a" : {"b":1} , "\u0063":[{"d":""},"}"],"e":-1.5e3 , "f":{},"":"\"" } "#;
    let mut members = Vec::new();
    let object = Object::parse_each(text.as_bytes(), Bounds::WIDEST, &mut |member| {
        members.push((member.name, member.place, member.value));
    })
    .unwrap();
    assert_eq!(members.len(), 5);
    for ((name, place, value), expected) in members.into_iter().zip(object.members()) {
        assert_eq!((name, value), expected);
        assert_eq!(object.value_at(place.try_into().unwrap()), Some(value));
    }
    for empty in ["{}", " { } "] {
        let refuse = &mut |_: &Member<'_>| panic!("there is no member");
        assert!(super::check_object(empty.as_bytes(), Bounds::WIDEST, refuse).is_ok());
    }
}

#[test]
fn depth_is_bounded() {
    let nested = |levels: usize| {
        let mut text = String::from("{\"a\":");
        text.push_str(&"[".repeat(levels - 1));
        text.push_str(&"]".repeat(levels - 1));
        text + "}"
    };
    assert!(check(nested(limits::MAX_JSON_DEPTH).as_bytes()).is_ok());
    let too_deep = nested(limits::MAX_JSON_DEPTH + 1);
    assert_eq!(check(too_deep.as_bytes()).unwrap_err().0, JsonErrorKind::TooDeep);
    let header = check_object(nested(limits::MAX_HEADER_DEPTH + 1).as_bytes(), HEADER).unwrap_err();
    assert_eq!(header.kind, JsonErrorKind::TooDeep);
    assert_eq!(check("[".repeat(100_000).as_bytes()).unwrap_err().0, JsonErrorKind::TooDeep);
    assert_eq!(check("{\"a\":".repeat(100_000).as_bytes()).unwrap_err().0, JsonErrorKind::TooDeep);
}

#[test]
fn names_are_bounded() {
    let members = |count: usize| {
        let members: Vec<String> = (0..count).map(|index| format!("\"{index}\":0")).collect();
        format!("{{{}}}", members.join(","))
    };
    assert!(check(members(limits::MAX_JSON_NAMES).as_bytes()).is_ok());
    let too_many = members(limits::MAX_JSON_NAMES + 1);
    assert_eq!(check(too_many.as_bytes()).unwrap_err().0, JsonErrorKind::TooManyNames);
    let header = members(limits::MAX_HEADER_NAMES + 1);
    let header = check_object(header.as_bytes(), HEADER).unwrap_err();
    assert_eq!(header.kind, JsonErrorKind::TooManyNames);
    assert_eq!(check(members(100_000).as_bytes()).unwrap_err().0, JsonErrorKind::TooManyNames);
}

#[test]
fn names_of_closed_objects_do_not_count() {
    let objects = vec![r#"{"a":1,"b":2}"#; 1000].join(",");
    assert!(check(format!("{{\"x\":[{objects}]}}").as_bytes()).is_ok());
}
