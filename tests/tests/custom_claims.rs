//! All claims as a type of the caller's.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use tollgate_core::{BearerToken, Now, Rejection, UnixTime, Verifier};
use tollgate_tests::mint::{NOW, Token};
use tollgate_tests::verify::{good_keys, lenient};

#[derive(Debug, PartialEq, Deserialize)]
struct Member {
    name: String,
    #[serde(default)]
    title: String,
    level: Option<u8>,
    roles: Option<Roles>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Roles {
    admin: bool,
    since: i64,
    scores: (f64, f64),
}

/// Every shape that serde knows of.
#[derive(Debug, PartialEq, Deserialize)]
struct Shapes {
    unsigned: (u8, u16, u32, u64, u128),
    signed: (i8, i16, i32, i64, i128),
    floats: (f32, f64),
    letter: char,
    unit: (),
    marker: Marker,
    wrapped: Wrapped,
    pair: Pair,
    kinds: Vec<Kind>,
    flags: BTreeMap<String, Option<bool>>,
    any: Value,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Marker;

#[derive(Debug, PartialEq, Deserialize)]
struct Wrapped(String);

#[derive(Debug, PartialEq, Deserialize)]
struct Pair(u8, bool);

#[derive(Debug, PartialEq, Deserialize)]
enum Kind {
    Unit,
    Newtype(u8),
    Tuple(u8, bool),
    Struct { level: u8 },
}

fn claims_in<T>(scratch: &mut [u8], token: &str) -> Result<T, Rejection>
where
    T: for<'a> Deserialize<'a>,
{
    let keys = good_keys();
    let verifier = Verifier::new(&keys, lenient().build().unwrap());
    let token = BearerToken::from_token68(token.as_bytes())?;
    verifier.verify(token, Now::Exact(UnixTime(NOW)), scratch)?.claims_as()
}

fn claims(token: &Token) -> Result<Member, Rejection> {
    claims_in(&mut [0; 8192], &token.mint())
}

fn named(name: &str) -> Member {
    Member { name: name.to_owned(), title: String::new(), level: None, roles: None }
}

/// The bytes that verifying this token alone takes.
fn needed(token: &str) -> usize {
    match claims_in::<Member>(&mut [], token) {
        Err(Rejection::ScratchTooSmall { needed }) => needed,
        other => panic!("{other:?}"),
    }
}

#[test]
fn claims_of_the_callers_type_are_read() {
    let token = Token::good()
        .claim("name", json!("Ada"))
        .claim("level", 7)
        .claim("roles", r#"{"admin":true,"since":-5,"scores":[1.5,2e3]}"#);
    let roles = Some(Roles { admin: true, since: -5, scores: (1.5, 2000.0) });
    assert_eq!(claims(&token), Ok(Member { level: Some(7), roles, ..named("Ada") }));
}

#[test]
fn claims_of_another_type_are_refused() {
    let token = Token::good().claim("name", json!("Ada"));
    for (name, value) in
        [("name", json!(1)), ("level", json!(256)), ("level", json!("7")), ("roles", json!([]))]
    {
        let token = token.clone().claim(name, value);
        assert_eq!(claims(&token), Err(Rejection::CustomClaims), "{name}");
    }
    assert_eq!(claims(&Token::good()), Err(Rejection::CustomClaims));
}

#[test]
fn shapes_are_read_as_serde_json_reads_them() {
    let good = [
        ("unsigned", "[255,65535,4294967295,18446744073709551615,18446744073709551616]"),
        ("signed", "[-128,-32768,-2147483648,-9223372036854775808,-9223372036854775809]"),
        ("floats", "[0.5,-2e-3]"),
        ("letter", r#""\u00fc""#),
        ("unit", "null"),
        ("marker", "null"),
        ("wrapped", r#""w""#),
        ("pair", "[1,true]"),
        (
            "kinds",
            r#"["Unit",{"Unit":null},{"Newtype":1},{"Tuple":[1,true]},{"Struct":{"level":2}}]"#,
        ),
        ("flags", r#"{"a":true,"b":null}"#),
        ("any", r#"[null,true,1,-1,1.5,"\u0061\/",{"a":[]}]"#),
    ];
    let good =
        good.into_iter().fold(Token::good(), |token, (name, value)| token.claim(name, value));
    let read = |token: &Token| {
        let ours = claims_in::<Shapes>(&mut [0; 8192], &token.mint());
        assert_eq!(
            ours.as_ref().ok(),
            serde_json::from_slice(&token.payload_bytes()).ok().as_ref()
        );
        ours
    };
    assert!(read(&good).is_ok());
    for (name, value) in [
        ("unsigned", "[256,0,0,0,0]"),
        ("unsigned", "[0,0,0,0]"),
        ("unsigned", "[0,0,0,0,0,0]"),
        ("unsigned", r#"["0",0,0,0,0]"#),
        ("signed", "[1.0,0,0,0,0]"),
        ("floats", "[true,0]"),
        ("letter", r#""ab""#),
        ("letter", "1"),
        ("unit", "0"),
        ("marker", "{}"),
        ("wrapped", "1"),
        ("pair", "[1]"),
        ("pair", "{}"),
        ("kinds", r#"["Other"]"#),
        ("kinds", r#"["Newtype"]"#),
        ("kinds", r#"[{"Unit":1}]"#),
        ("kinds", r#"[{"Newtype":1,"Unit":null}]"#),
        ("kinds", r#"[{"Tuple":[1]}]"#),
        ("kinds", r#"[{"Struct":{}}]"#),
        ("kinds", "[{}]"),
        ("kinds", "[1]"),
        ("flags", r#"{"a":1}"#),
        ("flags", "[]"),
    ] {
        assert_eq!(read(&good.clone().claim(name, value)), Err(Rejection::CustomClaims), "{value}");
    }
}

#[test]
fn numbers_beyond_a_float_are_refused_not_infinite() {
    let token = |number| {
        let roles = format!(r#"{{"admin":true,"since":0,"scores":[{number},0]}}"#);
        Token::good().claim("name", json!("Ada")).claim("roles", roles.as_str())
    };
    assert!(claims(&token("1e308")).is_ok());
    assert_eq!(claims(&token("1e309")), Err(Rejection::CustomClaims));
    assert_eq!(claims(&token("-1e309")), Err(Rejection::CustomClaims));
}

#[test]
fn escapes_are_resolved() {
    let token = Token::good().claim("name", r#""A\u0064a \"\\\/\b\f\n\r\t\u00fc\u0000""#);
    assert_eq!(claims(&token), Ok(named("Ada \"\\/\u{8}\u{c}\n\r\tü\0")));
}

#[test]
fn escapes_in_names_are_resolved() {
    let token = Token::good().claim(r"n\u0061me", json!("Ada"));
    assert_eq!(claims(&token), Ok(named("Ada")));
}

#[test]
fn surrogate_pairs_are_joined() {
    let token = Token::good().claim("name", r#""Ada \ud83d\ude00""#);
    assert_eq!(claims(&token), Ok(named("Ada 😀")));
}

#[test]
fn ignored_claims_may_be_anything() {
    for value in [
        r#""\ud83d\ude00""#,
        r#""\\\\\" }],[{ \"""#,
        r#"[{"a":[{},[],{"name":"no"}]},"]}",null,true,-1.5e-7]"#,
        r#"{"\ud83d\ude00":{"\"":"\\"}}"#,
        "1e309",
        "123456789012345678901234567890",
    ] {
        let token = Token::good().claim("x", value).claim("name", json!("Ada"));
        assert_eq!(claims(&token), Ok(named("Ada")), "{value}");
    }
}

#[test]
fn white_space_between_claims_is_skipped() {
    let token = Token::good().claim("name", json!("Ada"));
    let text: Value = serde_json::from_slice(&token.payload_bytes()).unwrap();
    let spaced = serde_json::to_string_pretty(&text).unwrap().replace('\n', " \r\n\t");
    assert_eq!(claims(&token.payload(format!("\n{spaced}\n"))), Ok(named("Ada")));
}

#[test]
fn claims_without_escapes_need_no_more_scratch() {
    let token = Token::good().claim("name", json!("Ada")).mint();
    assert_eq!(claims_in(&mut vec![0; needed(&token)], &token), Ok(named("Ada")));
}

#[test]
fn what_claims_as_says_it_needs_then_suffices() {
    let good = Token::good()
        .claim("name", format!("\"{}\\u0061\"", "n".repeat(100)))
        .claim("title", format!("\"\\u0074{}\"", "t".repeat(200)));
    let claims = String::from_utf8(good.payload_bytes()).unwrap();
    let spaces = " ".repeat(1000);
    for token in [
        good.clone(),
        good.clone().payload(format!("{spaces}{claims}")),
        good.clone().payload(format!("{claims}{spaces}")),
        good.clone().header(format!(r#"{spaces}{{"alg":"ES256","kid":"k1"}}"#)),
    ] {
        let token = token.mint();
        let verified = needed(&token);
        let Err(Rejection::ScratchTooSmall { needed }) =
            claims_in::<Member>(&mut vec![0; verified], &token)
        else {
            panic!("the escaped strings do not fit");
        };
        assert!(needed > verified, "{needed} after {verified}");
        let member: Member = claims_in(&mut vec![0; needed], &token).unwrap();
        assert_eq!((member.name.len(), member.title.len()), (101, 201));
    }
}

#[test]
fn claims_may_be_read_several_times() {
    let keys = good_keys();
    let verifier = Verifier::new(&keys, lenient().build().unwrap());
    let token = Token::good().claim("name", r#""A\u0064a""#).mint();
    let token = BearerToken::from_token68(token.as_bytes()).unwrap();
    let mut scratch = [0; 2048];
    let accepted = verifier.verify(token, Now::Exact(UnixTime(NOW)), &mut scratch).unwrap();
    for _ in 0..3 {
        assert_eq!(accepted.claims_as::<Member>(), Ok(named("Ada")));
    }
}

#[derive(Debug, PartialEq, Deserialize)]
enum Rank {
    Guest,
    Level(u8),
    Range(u8, u8),
    Staff { since: u8 },
}

fn claim_as<T: for<'a> Deserialize<'a>>(value: &str) -> Result<T, Rejection> {
    #[derive(Deserialize)]
    struct Claim<T> {
        x: T,
    }
    claims_in(&mut [0; 8192], &Token::good().claim("x", value).mint()).map(|Claim { x }| x)
}

#[test]
fn values_of_any_kind_stay_what_they_are() {
    for value in [
        json!(null),
        json!(true),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(-1),
        json!(0.5),
        json!("a"),
        json!([1, [null], {}]),
        json!({ "a": { "b": false } }),
    ] {
        assert_eq!(claim_as::<Value>(&value.to_string()), Ok(value));
    }
}

#[test]
fn null_is_an_option_without_a_value() {
    assert_eq!(claim_as::<Option<u8>>("null"), Ok(None));
    assert_eq!(claim_as::<Option<u8>>("7"), Ok(Some(7)));
    assert_eq!(claim_as::<u8>("null"), Err(Rejection::CustomClaims));
}

#[test]
fn only_null_is_a_unit() {
    assert_eq!(claim_as::<()>("null"), Ok(()));
    assert_eq!(claim_as::<Marker>("null"), Ok(Marker));
    assert_eq!(claim_as::<()>("0"), Err(Rejection::CustomClaims));
    assert_eq!(claim_as::<Marker>("{}"), Err(Rejection::CustomClaims));
}

#[test]
fn variants_are_named_by_a_string_or_by_one_member() {
    assert_eq!(claim_as(r#""Guest""#), Ok(Rank::Guest));
    assert_eq!(claim_as(r#""Gu\u0065st""#), Ok(Rank::Guest));
    assert_eq!(claim_as(r#"{"Guest":null}"#), Ok(Rank::Guest));
    assert_eq!(claim_as(r#"{"Level":3}"#), Ok(Rank::Level(3)));
    assert_eq!(claim_as(r#"{"Range":[3,4]}"#), Ok(Rank::Range(3, 4)));
    assert_eq!(claim_as(r#"{"Staff":{"since":5}}"#), Ok(Rank::Staff { since: 5 }));
    for other in [
        r#""Owner""#,
        r#""Level""#,
        r#"{"Guest":1}"#,
        r#"{"Level":"3"}"#,
        r#"{"Level":3,"Guest":null}"#,
        r#"{"Range":[3]}"#,
        r#"{"Range":[3,4,5]}"#,
        r#"{"Staff":[5]}"#,
        "{}",
        "0",
    ] {
        assert_eq!(claim_as::<Rank>(other), Err(Rejection::CustomClaims), "{other}");
    }
}

#[test]
fn types_are_told_why_a_value_is_not_theirs() {
    #[derive(Debug, PartialEq)]
    struct Why(String);

    impl<'a> Deserialize<'a> for Why {
        fn deserialize<D: serde::Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
            u8::deserialize(deserializer).map_err(|error| error.to_string()).map_or_else(
                |error| Ok(Self(error)),
                |number| Err(serde::de::Error::custom(number)),
            )
        }
    }

    assert_eq!(claim_as(r#""7""#), Ok(Why("the value is of another shape".to_owned())));
    assert_eq!(claim_as::<Why>("7"), Err(Rejection::CustomClaims));
}
