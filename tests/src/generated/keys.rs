//! RFC 7517 §4, §5, RFC 7518 §6.2.

use num_bigint::BigUint;
use serde_json::json;

use super::draft::{Members, Set, attacker, jwk, signers};
use super::{Change, Draft, Random};
use crate::mint::{base64url, from_hex};

/// The key that signs, as it stands in the first set.
fn mine(draft: &mut Draft) -> &mut Members {
    let x = signers()[draft.signer].jwk()["x"].to_string();
    let is_mine = |key: &&mut Members| key.get("x") == Some(x.as_str());
    let keys = &mut draft.sets[0].keys;
    let found = keys.iter().flatten().position(|key| key.get("x") == Some(x.as_str()));
    match found {
        Some(_) => keys.iter_mut().flatten().find(is_mine).unwrap(),
        // Another mutation has changed it, or somebody else signs.
        None => {
            keys.push(Ok(Members::default()));
            keys.last_mut().unwrap().as_mut().unwrap()
        }
    }
}

/// A member of it whose value is one of these JSON texts.
macro_rules! member {
    ($name:literal: $($value:expr),+ $(,)?) => {
        Change::Draft(|draft, random| {
            let value = random.one(&[$($value),+]);
            mine(draft).set($name, value);
        })
    };
}

macro_rules! missing {
    ($name:literal) => {
        Change::Draft(|draft, _| mine(draft).remove($name))
    };
}

fn coordinate(draft: &mut Draft, random: &mut Random, change: impl Fn(Vec<u8>) -> Vec<u8>) {
    let (x, y) = draft.signer().coordinates();
    match random.percent(50) {
        true => mine(draft).set("x", json!(base64url(change(x)))),
        false => mine(draft).set("y", json!(base64url(change(y)))),
    }
}

/// The prime of the curve's field.
fn prime(width: usize) -> BigUint {
    let hex = match width {
        32 => "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
        _ => {
            "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe\
             ffffffff0000000000000000ffffffff"
        }
    };
    BigUint::from_bytes_be(&from_hex(hex))
}

fn insert(draft: &mut Draft, random: &mut Random, key: Result<Members, String>) {
    let place = random.below(draft.sets[0].keys.len() + 1);
    draft.sets[0].keys.insert(place, key);
}

/// Another key of the same algorithm under the kid of the one that signs.
fn rival(draft: &mut Draft, random: &mut Random) -> Members {
    let kid = mine(draft).get("kid").map(str::to_owned);
    let mut rival = jwk(attacker(draft.signer), None, random);
    if let Some(kid) = kid {
        rival.set("kid", kid);
    }
    rival
}

pub(super) fn changes() -> Vec<(&'static str, Change)> {
    vec![
        ("none", Change::Draft(|draft, _| draft.sets[0].keys.clear())),
        (
            "withdrawn",
            Change::Draft(|draft, _| {
                let mine = mine(draft).clone();
                let keys = &mut draft.sets[0].keys;
                keys.retain(|key| key.as_ref().is_ok_and(|key| key.0 != mine.0));
            }),
        ),
        ("kid missing", missing!("kid")),
        (
            "kid of another spelling",
            Change::Draft(|draft, random| {
                let kid = mine(draft).text("kid");
                let kid = match random.below(4) {
                    0 => kid.to_uppercase(),
                    1 => format!("{kid} "),
                    2 => format!("{kid}\0"),
                    _ => format!("{kid}x"),
                };
                mine(draft).set("kid", json!(kid));
            }),
        ),
        ("kid of another type", member!("kid": "null", "1", "[]", "{}")),
        (
            "kid about as long as it may be",
            Change::Draft(|draft, random| {
                let kid = "k".repeat(127 + random.below(3));
                mine(draft).set("kid", json!(kid));
                draft.header.set("kid", json!(kid));
            }),
        ),
        (
            "kid with escapes",
            Change::Draft(|draft, _| {
                let kid = mine(draft).text("kid");
                let escaped: String =
                    kid.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
                if mine(draft).get("kid").is_some() {
                    mine(draft).set("kid", format!("\"{escaped}\""));
                }
            }),
        ),
        (
            "use of something else",
            member!("use": r#""enc""#, r#""SIG""#, r#""""#, "null", r#"["sig"]"#, "1"),
        ),
        ("use with escapes", member!("use": r#""s\u0069g""#)),
        (
            "key_ops with verify",
            member!("key_ops": r#"["verify"]"#, r#"["sign","verify"]"#, r#"["verif\u0079"]"#, r#"["x","y","verify"]"#),
        ),
        (
            "key_ops without verify",
            member!("key_ops": r#"["sign"]"#, "[]", r#"["VERIFY"]"#, r#"["encrypt","decrypt"]"#),
        ),
        (
            "key_ops that are none",
            member!("key_ops": "null", r#""verify""#, r#"["verify","verify"]"#, r#"["verify",1]"#, r#"{"verify":true}"#, r#"["verify","verif\u0079"]"#, r#"["verify","a","a"]"#),
        ),
        (
            "key_ops about as many as they may be",
            Change::Draft(|draft, random| {
                let more = (1..15 + random.below(3)).map(|index| format!("operation {index}"));
                let key_ops: Vec<String> = more.chain(["verify".to_owned()]).collect();
                mine(draft).set("key_ops", json!(key_ops));
            }),
        ),
        (
            "alg of something else",
            member!("alg": r#""RS256""#, r#""none""#, r#""es256""#, "null", r#"["ES256"]"#, r#""ECDH-ES""#, r#""""#),
        ),
        ("alg of a curve", member!("alg": r#""ES256""#, r#""ES384""#)),
        ("alg missing", missing!("alg")),
        (
            "private",
            Change::Draft(|draft, random| {
                let secret = json!(base64url(draft.signer().secret()));
                let value = if random.percent(60) { secret.to_string() } else { "null".into() };
                let name = if random.percent(80) { "d" } else { "\\u0064" };
                mine(draft).set(name, value);
            }),
        ),
        (
            "kty of something else",
            member!("kty": r#""RSA""#, r#""ec""#, r#""OKP""#, r#""oct""#, "null", r#""""#, r#"["EC"]"#),
        ),
        ("kty missing", missing!("kty")),
        (
            "crv of something else",
            member!("crv": r#""P-521""#, r#""secp256k1""#, r#""p-256""#, r#""Ed25519""#, "null", "256"),
        ),
        ("crv of a curve", member!("crv": r#""P-256""#, r#""P-384""#, r#""P\u002d256""#)),
        ("crv missing", missing!("crv")),
        ("x missing", missing!("x")),
        ("y missing", missing!("y")),
        (
            "coordinate of another type",
            Change::Draft(|draft, random| {
                let name = random.one(&["x", "y"]);
                mine(draft).set(name, random.one(&["null", "1", "[]", r#""""#]));
            }),
        ),
        (
            "coordinate too short",
            Change::Draft(|draft, random| coordinate(draft, random, |bytes| bytes[1..].to_vec())),
        ),
        (
            "coordinate too long",
            Change::Draft(|draft, random| {
                coordinate(draft, random, |bytes| [&[0], &bytes[..]].concat())
            }),
        ),
        (
            "coordinate padded",
            Change::Draft(|draft, random| {
                let name = random.one(&["x", "y"]);
                let padded = format!("{}=", mine(draft).text(name));
                mine(draft).set(name, json!(padded));
            }),
        ),
        (
            "coordinate in plain base64",
            Change::Draft(|draft, random| {
                let name = random.one(&["x", "y"]);
                let plain = mine(draft).text(name).replace('-', "+").replace('_', "/");
                mine(draft).set(name, json!(plain));
            }),
        ),
        (
            "coordinate with escapes",
            Change::Draft(|draft, random| {
                let name = random.one(&["x", "y"]);
                let escaped =
                    mine(draft).text(name).replace('A', "\\u0041").replace('_', "\\u005F");
                mine(draft).set(name, format!("\"{escaped}\""));
            }),
        ),
        (
            "coordinate with a bit flipped",
            Change::Draft(|draft, random| {
                let bit = random.below(8 * 32);
                coordinate(draft, random, |mut bytes| {
                    bytes[bit / 8] ^= 1 << (bit % 8);
                    bytes
                });
            }),
        ),
        (
            "coordinate beyond the field",
            Change::Draft(|draft, random| {
                let little = random.below(3);
                coordinate(draft, random, |bytes| (prime(bytes.len()) + little).to_bytes_be());
            }),
        ),
        (
            "coordinate with the prime added",
            Change::Draft(|draft, random| {
                coordinate(draft, random, |bytes| {
                    (BigUint::from_bytes_be(&bytes) + prime(bytes.len())).to_bytes_be()
                });
            }),
        ),
        (
            "coordinates of zero",
            Change::Draft(|draft, random| {
                let zero = json!(base64url(vec![0; draft.signer().coordinates().0.len()]));
                if random.percent(60) {
                    mine(draft).set("y", &zero);
                }
                // Last, since it is by x that the key is found.
                mine(draft).set("x", zero);
            }),
        ),
        (
            "the point opposite",
            Change::Draft(|draft, _| {
                let (_, y) = draft.signer().coordinates();
                let y = prime(y.len()) - BigUint::from_bytes_be(&y);
                let mut bytes = y.to_bytes_le();
                bytes.resize(draft.signer().coordinates().0.len(), 0);
                bytes.reverse();
                mine(draft).set("y", json!(base64url(bytes)));
            }),
        ),
        (
            "coordinates swapped",
            Change::Draft(|draft, _| {
                let (x, y) = draft.signer().coordinates();
                let mine = mine(draft);
                mine.set("y", json!(base64url(x)));
                mine.set("x", json!(base64url(y)));
            }),
        ),
        (
            "another key's point under its kid",
            Change::Draft(|draft, random| {
                let rival = rival(draft, random);
                *mine(draft) = rival;
            }),
        ),
        (
            "a name twice",
            Change::Draft(|draft, random| {
                let name = random.one(&["kty", "x", "kid", "unknown", "k\\u0069d"]);
                let mine = mine(draft);
                mine.push(name, r#""EC""#);
                mine.push(name, r#""EC""#);
            }),
        ),
        (
            "unknown members",
            Change::Draft(|draft, random| {
                let value = super::json::any(random, 4);
                mine(draft).push("x5t", &value);
                mine(draft).push("ext", value);
            }),
        ),
        (
            "half of a surrogate pair",
            member!("name": r#""\ud800""#, r#"["\udc00"]"#, r#"{"\udfff":1}"#),
        ),
        (
            "many members",
            Change::Draft(|draft, random| {
                let count = 115 + random.below(20);
                let mine = mine(draft);
                for index in 0..count {
                    mine.push(&format!("m{index}"), index);
                }
            }),
        ),
        (
            "another under the same kid",
            Change::Draft(|draft, random| {
                let rival = rival(draft, random);
                insert(draft, random, Ok(rival));
            }),
        ),
        (
            "the same again",
            Change::Draft(|draft, random| {
                let again = mine(draft).clone();
                insert(draft, random, Ok(again));
            }),
        ),
        (
            "another curve's under the same kid",
            Change::Draft(|draft, random| {
                let other = if draft.signer < 4 { 4 } else { 0 };
                let kid = mine(draft).get("kid").map(str::to_owned);
                let mut jwk = jwk(other, None, random);
                if let Some(kid) = kid {
                    jwk.set("kid", kid);
                }
                insert(draft, random, Ok(jwk));
            }),
        ),
        (
            "an unusable one under the same kid",
            Change::Draft(|draft, random| {
                let mut rival = rival(draft, random);
                let (name, value) = random.one(&[
                    ("use", r#""enc""#),
                    ("alg", r#""RS256""#),
                    ("d", r#""AA""#),
                    ("y", r#""AA""#),
                    ("kty", r#""RSA""#),
                ]);
                rival.set(name, value);
                insert(draft, random, Ok(rival));
            }),
        ),
        (
            "one without kid beside it",
            Change::Draft(|draft, random| {
                let other = random.one(&[0, 1, 2, 4, 5]);
                let jwk = jwk(other, None, random);
                insert(draft, random, Ok(jwk));
            }),
        ),
        (
            "all without kid",
            Change::Draft(|draft, _| {
                draft.sets[0].keys.iter_mut().flatten().for_each(|key| key.remove("kid"));
            }),
        ),
        (
            "things that are no keys",
            Change::Draft(|draft, random| {
                for _ in 0..1 + random.below(8) {
                    let thing = random.one(&[
                        "null",
                        "1",
                        r#""k1""#,
                        "[]",
                        "{}",
                        "[[{}]]",
                        r#"{"kty":"RSA","kid":"k1","n":"AQAB","e":"AQAB"}"#,
                        r#"{"kty":"oct","kid":"k1","k":"AA"}"#,
                        r#"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#,
                        r#"{"a":1,"a":2}"#,
                        r#"{"kty":"EC"}"#,
                        "true",
                        "-1.5e3",
                        r#"{"k":"}]"}"#,
                    ]);
                    insert(draft, random, Err(thing.into()));
                }
            }),
        ),
        (
            "as many as there is room for",
            Change::Draft(|draft, random| {
                let count = 13 + random.below(5);
                while draft.sets[0].keys.len() < count {
                    let index = draft.sets[0].keys.len();
                    let other = if draft.signer < 4 { 4 } else { 0 };
                    draft.sets[0].keys.push(Ok(jwk(other, Some(&format!("more-{index}")), random)));
                }
            }),
        ),
        (
            "a hundred of which few are usable",
            Change::Draft(|draft, random| {
                for index in 0..100 {
                    let thing = format!(r#"{{"kty":"RSA","kid":"r{index}"}}"#);
                    insert(draft, random, Err(thing));
                }
            }),
        ),
        (
            "members around the keys",
            Change::Draft(|draft, random| {
                let set = &mut draft.sets[0];
                let value = super::json::any(random, 3);
                set.before.push(("x".into(), value));
                let value = random.one(&[
                    "1",
                    r#"{"a":1,"a":2}"#,
                    r#"["\ud800"]"#,
                    r#""\ud800""#,
                    r#"{"keys":[]}"#,
                    "[[[]]]",
                ]);
                set.before.push(("y".into(), value.into()));
            }),
        ),
        (
            "keys twice",
            Change::Draft(|draft, random| {
                let name = random.one(&["keys", "ke\\u0079s", "KEYS"]);
                draft.sets[0].before.push((name.into(), "[]".into()));
            }),
        ),
        (
            "a set that is none",
            Change::Draft(|draft, random| {
                let text = draft.sets[0].text();
                let text = match random.below(14) {
                    0 => String::new(),
                    1 => "null".into(),
                    2 => "[]".into(),
                    3 => "{}".into(),
                    4 => r#"{"keys":{}}"#.into(),
                    5 => r#"{"keys":null}"#.into(),
                    6 => text.replace("\"keys\"", "\"Keys\""),
                    7 => format!("{text}x"),
                    8 => format!("\u{feff}{text}"),
                    9 => text[..text.len() - 1].into(),
                    10 => mine(draft).to_string(),
                    11 => text.replace(':', "="),
                    12 => format!(" {text}\n"),
                    _ => text.replace("\"keys\"", r#""\u006beys""#),
                };
                draft.sets[0].instead = Some(text);
            }),
        ),
        (
            "a set nested deeply",
            Change::Draft(|draft, random| {
                let depth = 92 + random.below(6);
                let value = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
                match random.percent(50) {
                    true => draft.sets[0].before.push(("deep".into(), value)),
                    false => mine(draft).set("deep", value),
                }
            }),
        ),
        (
            "of one issuer",
            Change::Draft(|draft, _| draft.sets[0].issuer = Some(draft.claims.text("iss"))),
        ),
        (
            "of another issuer",
            Change::Draft(|draft, random| {
                draft.sets[0].issuer = Some(
                    (random.one(&["https://evil.example", "https://auth.example.com/oidc", ""]))
                        .into(),
                );
            }),
        ),
        (
            "of two issuers",
            Change::Draft(|draft, random| {
                draft.sets[0].issuer = Some(draft.claims.text("iss"));
                let other = Set {
                    keys: vec![Ok(jwk(attacker(draft.signer), Some("theirs"), random))],
                    issuer: Some("https://other.example".into()),
                    ..Set::default()
                };
                draft.sets.push(other);
            }),
        ),
        (
            "of two issuers, whose kids are the same",
            Change::Draft(|draft, random| {
                draft.sets[0].issuer = Some(draft.claims.text("iss"));
                let rival = rival(draft, random);
                draft.sets.push(Set {
                    keys: vec![Ok(rival)],
                    issuer: Some("https://other.example".into()),
                    ..Set::default()
                });
            }),
        ),
        (
            "of two issuers, one of whom signs for the other",
            Change::Draft(|draft, random| {
                draft.sets[0].issuer = Some(draft.claims.text("iss"));
                let theirs = jwk(attacker(draft.signer), Some("theirs"), random);
                draft.sets.push(Set {
                    keys: vec![Ok(theirs)],
                    issuer: Some("https://other.example".into()),
                    ..Set::default()
                });
                draft.signer = attacker(draft.signer);
                draft.header.set("kid", json!("theirs"));
            }),
        ),
    ]
}
