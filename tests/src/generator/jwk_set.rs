//! The set that has the key, and its other keys: RFC 7517 §5.

use serde_json::json;

use super::draft::{Draft, OTHERS, Set, attacker, jwk, signers};
use super::mutation::Change;
use crate::mint::Members;
use crate::oracle::CAPACITY;
use crate::random::Random;

fn insert(draft: &mut Draft, random: &mut Random, key: Result<Members, String>) {
    let place = random.below(draft.sets[0].keys.len() + 1);
    draft.sets[0].keys.insert(place, key);
}

/// Another key of the same algorithm under the kid of the one that signs.
fn rival(draft: &mut Draft, random: &mut Random) -> Members {
    let kid = draft.jwk().get("kid").map(str::to_owned);
    let mut rival = jwk(attacker(draft.signer), None, random);
    if let Some(kid) = kid {
        rival.set("kid", kid);
    }
    rival
}

/// A key of another algorithm.
fn another(draft: &Draft, random: &mut Random) -> usize {
    let is_another = |key: &usize| signers()[*key].algorithm() != draft.signer().algorithm();
    let others: Vec<usize> = OTHERS.into_iter().filter(is_another).collect();
    random.one(&others)
}

pub(super) fn changes() -> Vec<(&'static str, Change)> {
    vec![
        ("none", Change::Draft(|draft, _| draft.sets[0].keys.clear())),
        (
            "withdrawn",
            Change::Draft(|draft, _| {
                let mine = draft.jwk().clone();
                let keys = &mut draft.sets[0].keys;
                keys.retain(|key| key.as_ref().is_ok_and(|key| key.0 != mine.0));
            }),
        ),
        (
            "another key's point under its kid",
            Change::Draft(|draft, random| {
                let rival = rival(draft, random);
                *draft.jwk() = rival;
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
                let again = draft.jwk().clone();
                insert(draft, random, Ok(again));
            }),
        ),
        (
            "another algorithm's under the same kid",
            Change::Draft(|draft, random| {
                let other = another(draft, random);
                let kid = draft.jwk().get("kid").map(str::to_owned);
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
                    ("alg", r#""RSA-OAEP""#),
                    ("d", r#""AA""#),
                    ("x", r#""AA""#),
                    ("n", r#""AA""#),
                    ("kty", r#""oct""#),
                ]);
                rival.set(name, value);
                insert(draft, random, Ok(rival));
            }),
        ),
        (
            "one without kid beside it",
            Change::Draft(|draft, random| {
                let other = random.one(&OTHERS);
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
                        r#"{"kty":"RSA","kid":"k1","x5c":["AAAA"]}"#,
                        r#"{"kty":"OKP","crv":"Ed448","x":"AA"}"#,
                        r#"{"kty":"OKP","crv":"X25519","x":"AA"}"#,
                        r#"{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}"#,
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
                let count = CAPACITY - 3 + random.below(5);
                let other = if draft.signer < 4 { 4 } else { 0 };
                while draft.sets[0].keys.len() < count {
                    let index = draft.sets[0].keys.len();
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
                    10 => draft.jwk().to_string(),
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
                    false => draft.jwk().set("deep", value),
                }
            }),
        ),
        ("of one issuer", Change::Draft(|draft, _| draft.sets[0].issuer = draft.issuer())),
        (
            "of another issuer",
            Change::Draft(|draft, random| {
                let others = ["https://evil.example", "https://auth.example.com/oidc", ""];
                draft.sets[0].issuer = Some(random.one(&others));
            }),
        ),
        (
            "of two issuers",
            Change::Draft(|draft, random| {
                draft.sets[0].issuer = draft.issuer();
                let other = Set {
                    keys: vec![Ok(jwk(attacker(draft.signer), Some("theirs"), random))],
                    issuer: Some("https://other.example"),
                    ..Set::default()
                };
                draft.sets.push(other);
            }),
        ),
        (
            "of two issuers, whose kids are the same",
            Change::Draft(|draft, random| {
                draft.sets[0].issuer = draft.issuer();
                let rival = rival(draft, random);
                draft.sets.push(Set {
                    keys: vec![Ok(rival)],
                    issuer: Some("https://other.example"),
                    ..Set::default()
                });
            }),
        ),
        (
            "of two issuers, one of whom signs for the other",
            Change::Draft(|draft, random| {
                draft.sets[0].issuer = draft.issuer();
                let theirs = jwk(attacker(draft.signer), Some("theirs"), random);
                draft.sets.push(Set {
                    keys: vec![Ok(theirs)],
                    issuer: Some("https://other.example"),
                    ..Set::default()
                });
                draft.signer = attacker(draft.signer);
                draft.header.set("kid", json!("theirs"));
            }),
        ),
    ]
}
