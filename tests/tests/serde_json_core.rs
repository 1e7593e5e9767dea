//! Claims as a type of the caller's, read by the core and by `serde-json-core`: they agree on whatever
//! both can read, and differ where [`they_differ_here_and_as_described`] says.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::panic::catch_unwind;

use proptest::prelude::*;
use serde::Deserialize;
use tollgate_tests::verify::claims_as;

#[derive(Debug, PartialEq, Deserialize)]
struct Claims {
    name: String,
    #[serde(default)]
    title: Option<String>,
    admin: bool,
    level: u8,
    since: i64,
    share: f64,
    letter: char,
    nothing: (),
    rank: Rank,
    place: (i16, u64),
    roles: Vec<String>,
    teams: Vec<Team>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Team {
    id: Id,
    size: Option<u32>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Id(String);

#[derive(Debug, PartialEq, Deserialize)]
enum Rank {
    Guest,
    Level(u8),
    Range(u8, u8),
    Staff { since: u8 },
}

/// What each reads, or nothing.
fn both<T: for<'a> Deserialize<'a>>(text: &str) -> (Option<T>, Option<T>) {
    let theirs = serde_json_core::from_slice_escaped(text.as_bytes(), &mut [0; 1024]);
    (claims_as(text).ok(), theirs.ok().map(|(claims, _)| claims))
}

fn text() -> impl Strategy<Value = String> {
    let escape = prop::sample::select(vec![
        "\\n", "\\t", "\\\"", "\\\\", "\\/", "\\b", "\\f", "\\r", "\\u0041", "\\u00fC", "\\u20ac",
    ]);
    let piece = prop_oneof![
        escape.prop_map(str::to_owned),
        "[a-zA-Z0-9 {}\\[\\],:]{1,4}",
        "[\u{e4}\u{20ac}\u{1f600}]",
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

/// A value for a claim: usually one of these, now and then one of another type.
fn or_another(right: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = String> {
    let another = prop::sample::select(vec![
        "true",
        "0",
        "-1",
        "256",
        "1.5",
        "1e2",
        "18446744073709551616",
        "\"\"",
        "\"a\"",
        "\"ab\"",
        "[]",
        "[1]",
        "[1,2]",
        "[1,2,3]",
        "[true]",
        "{}",
        "{\"id\":\"a\"}",
        "{\"Guest\":null}",
        "{\"Level\":true}",
        "{\"Range\":[1]}",
        "{\"Staff\":[5]}",
        "{\"Staff\":{}}",
    ]);
    prop_oneof![40 => right, 1 => another.prop_map(str::to_owned)]
}

fn among(values: &[&'static str]) -> impl Strategy<Value = String> + use<> {
    prop::sample::select(values.to_vec()).prop_map(str::to_owned)
}

fn list(element: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    prop::collection::vec(element, 0..4).prop_map(|all| format!("[{}]", all.join(" ,")))
}

fn claims() -> impl Strategy<Value = String> {
    let team = (text(), among(&["null", "0", "7", "4294967295"]))
        .prop_map(|(id, size)| format!(r#"{{"id":{id},"size":{size}}}"#));
    let ranks =
        [r#""Guest""#, r#"{"Level":3}"#, r#"{ "Range" : [3, 4] }"#, r#"{"Staff":{"since":5}}"#];
    let texts = (or_another(text()), or_another(prop_oneof![text(), Just("null".to_owned())]));
    let numbers = (
        or_another(any::<u8>().prop_map(|level| level.to_string())),
        or_another(any::<i64>().prop_map(|since| since.to_string())),
        or_another("-?(0|[1-9][0-9]{0,9})(\\.[0-9]{1,5})?([eE][+-]?[0-9]{1,2})?"),
        or_another("\\[-?[1-9][0-9]{0,4},[1-9][0-9]{0,18}\\]"),
    );
    let others = (
        or_another(among(&["true", "false"])),
        or_another(among(&["\"a\"", "\"\\u00fc\"", "\"\u{1f600}\""])),
        or_another(among(&["null"])),
        or_another(among(&ranks)),
    );
    let lists = (or_another(list(text())), or_another(list(team)));
    let ignored = among(&["1", "\"x\"", "[{\"a\":[null,1e5]}]", "{\"b\":{}}", "null"]);
    (texts, numbers, others, lists, ignored).prop_map(|(texts, numbers, others, lists, ignored)| {
        let ((name, title), (level, since, share, place)) = (texts, numbers);
        let ((admin, letter, nothing, rank), (roles, teams)) = (others, lists);
        format!(
            r#" {{"x":{ignored},"na\u006de":{name},"title":{title},"admin":{admin},"level":{level},
            "since":{since} ,"share":{share},"letter":{letter},"nothing":{nothing},"rank":{rank},
            "place":{place},"roles":{roles},"teams":{teams}}} "#
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 3000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn claims_are_read_alike(text in claims()) {
        let (ours, theirs) = both::<Claims>(&text);
        prop_assert_eq!(ours, theirs, "{}", text);
    }
}

#[derive(Debug, PartialEq, Deserialize)]
struct One<T> {
    x: T,
}

fn read<T: for<'a> Deserialize<'a>>(value: &str) -> (Option<T>, Option<T>) {
    let (ours, theirs) = both::<One<T>>(&format!(r#"{{"x":{value}}}"#));
    (ours.map(|one| one.x), theirs.map(|one| one.x))
}

#[test]
fn they_differ_here_and_as_described() {
    // The core: null is not a number, and a number too large for a float is an error.
    assert!(matches!(read::<f64>("null"), (None, Some(number)) if number.is_nan()));
    assert_eq!(read::<f64>("1e309"), (None, Some(f64::INFINITY)));
    // The core: a string holds no control characters (RFC 8259 §7).
    assert_eq!(read::<String>("\"\t\""), (None, Some("\t".to_owned())));
    // The core: an ignored claim must be JSON, too, and names are unique.
    assert_eq!(both::<One<u8>>(r#"{"y":nonsense,"x":1}"#), (None, Some(One { x: 1 })));
    assert_eq!(both::<One<u8>>(r#"{"y":1,"y":2,"x":1}"#), (None, Some(One { x: 1 })));
    // serde-json-core: no escaped surrogate pairs, no integers of 128 bits, no `deserialize_any`.
    assert_eq!(read::<String>(r#""\ud83d\ude00""#), (Some("\u{1f600}".to_owned()), None));
    assert_eq!(read::<u128>("1"), (Some(1), None));
    assert_eq!(read::<i128>("-1"), (Some(-1), None));
    assert_eq!(read::<serde_json::Value>("1"), (Some(1.into()), None));
    // It panics on a map whose names are a `String`.
    let map = r#"{"a":true}"#;
    let expected = BTreeMap::from([("a".to_owned(), true)]);
    assert_eq!(claims_as::<BTreeMap<String, bool>>(map), Ok(expected));
    let theirs = catch_unwind(|| serde_json_core::from_str::<BTreeMap<String, bool>>(map).is_ok());
    assert!(theirs.is_err());
}

#[test]
fn good_claims_are_read_by_both() {
    let text = r#"{"name":"Ada","admin":true,"level":7,"since":-5,"share":0.5,"letter":"\u00fc",
        "nothing":null,"rank":{"Level":3},"place":[-1,2],"roles":["a","b\n"],
        "teams":[{"id":"one","size":3}]}"#;
    let (ours, theirs) = both::<Claims>(text);
    assert!(ours.is_some(), "{ours:?}");
    assert_eq!(ours, theirs);
}
