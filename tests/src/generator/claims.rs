//! RFC 7519 §4, §7.3, RFC 9068 §2.2, OIDC Core §2, §3.1.3.

use serde_json::json;
use sha2::{Digest, Sha256};

use super::draft::{ACCESS_TOKEN, CLIENT, Draft, at_hash};
use super::mutation::Change;
use crate::mint::base64url;
use crate::random::Random;

/// Sets a claim to one of these JSON texts.
macro_rules! claim {
    ($name:literal: $($value:expr),+ $(,)?) => {
        Change::Draft(|draft, random| {
            let value = random.one(&[$($value),+]);
            draft.claims.set($name, value);
        })
    };
}

/// The same in an ID token.
macro_rules! id_claim {
    ($name:literal: $($value:expr),+ $(,)?) => {
        Change::Draft(|draft, random| {
            draft.become_id_token(random);
            let value = random.one(&[$($value),+]);
            draft.claims.set($name, value);
        })
    };
}

macro_rules! missing {
    ($name:literal) => {
        Change::Draft(|draft, _| draft.claims.remove($name))
    };
}

/// What RFC 7519 §7.3 tells apart from the text that was expected.
fn almost(text: &str, random: &mut Random) -> String {
    match random.below(12) {
        0 => format!("{text}/"),
        1 => text.to_uppercase(),
        2 => format!("{text} "),
        3 => format!(" {text}"),
        4 => format!("{text}\0"),
        5 => text.chars().skip(1).collect(),
        6 => {
            let mut short = text.to_owned();
            short.pop();
            short
        }
        7 => text.replace("https://", "http://"),
        8 => text.replace('.', "%2e"),
        9 => text.replace('\u{e9}', "e\u{301}"),
        10 => format!("{text}.evil.example"),
        _ => String::new(),
    }
}

/// The same text, some of its characters as escapes.
fn escaped(text: &str, random: &mut Random) -> String {
    let escape = |unit: u16| format!("\\u{unit:04x}");
    let mut units = [0; 2];
    let mut write = |character: char, random: &mut Random| match character {
        '"' | '\\' | '\0'..='\u{1f}' => {
            character.encode_utf16(&mut units).iter().map(|unit| escape(*unit)).collect()
        }
        '/' if random.percent(30) => "\\/".into(),
        other if random.percent(30) => {
            other.encode_utf16(&mut units).iter().map(|unit| escape(*unit)).collect()
        }
        other => other.to_string(),
    };
    let text: String = text.chars().map(|character| write(character, random)).collect();
    format!("\"{text}\"")
}

fn almost_claim(draft: &mut Draft, name: &str, random: &mut Random) {
    let text = almost(&draft.claims.text(name), random);
    draft.claims.set(name, json!(text));
}

fn escaped_claim(draft: &mut Draft, name: &str, random: &mut Random) {
    let text = escaped(&draft.claims.text(name), random);
    draft.claims.set(name, text);
}

pub(super) fn changes() -> Vec<(&'static str, Change)> {
    vec![
        ("iss missing", missing!("iss")),
        (
            "iss of another type",
            claim!("iss": "null", "1", r#"["https://auth.example.com/oidc"]"#, "{}", "true"),
        ),
        (
            "iss of another issuer",
            claim!("iss": r#""https://evil.example""#, r#""https://login.example.net""#, r#""https://first.example.org""#),
        ),
        ("iss almost the same", Change::Draft(|draft, random| almost_claim(draft, "iss", random))),
        ("iss with escapes", Change::Draft(|draft, random| escaped_claim(draft, "iss", random))),
        ("aud missing", missing!("aud")),
        (
            "aud of another type",
            claim!("aud": "null", "1", "{}", "true", r#"{"0":"https://api.example.com"}"#),
        ),
        (
            "aud with something else in its list",
            Change::Draft(|draft, random| {
                let other = random.one(&["null", "1", "{}", "[]", "true", r#"["a"]"#]);
                let ours = json!(draft.claims.text("aud")).to_string();
                draft.claims.set(
                    "aud",
                    match random.percent(50) {
                        true => format!("[{ours},{other}]"),
                        false => format!("[{other},{ours}]"),
                    },
                );
            }),
        ),
        ("aud empty", claim!("aud": "[]", "[ ]", r#""""#, r#"[""]"#)),
        (
            "aud of somebody else",
            claim!("aud": r#""https://evil.example""#, r#"["https://evil.example","b"]"#, r#""*""#),
        ),
        ("aud almost the same", Change::Draft(|draft, random| almost_claim(draft, "aud", random))),
        ("aud with escapes", Change::Draft(|draft, random| escaped_claim(draft, "aud", random))),
        (
            "aud in a list",
            Change::Draft(|draft, random| {
                let ours = escaped(&draft.claims.text("aud"), random);
                let mut list: Vec<String> =
                    (0..random.below(4)).map(|index| format!("\"other-{index}\"")).collect();
                let place = random.below(list.len() + 1);
                list.insert(place, ours);
                draft.claims.set("aud", format!("[ {} ]", list.join(" ,")));
            }),
        ),
        (
            "aud in a list of many",
            Change::Draft(|draft, random| {
                let mut list: Vec<String> =
                    (0..random.below(150)).map(|index| format!("a{index}")).collect();
                list.push(draft.claims.text("aud"));
                draft.claims.set("aud", json!(list));
            }),
        ),
        (
            "aud twice in a list",
            Change::Draft(|draft, _| {
                let ours = draft.claims.text("aud");
                draft.claims.set("aud", json!([ours, ours]));
            }),
        ),
        (
            "aud in one text with others",
            Change::Draft(|draft, random| {
                let between = random.one(&[" ", ",", ", "]);
                let text = ["other", draft.claims.text("aud").as_str()].join(between);
                draft.claims.set("aud", json!(text));
            }),
        ),
        (
            "aud that begins so",
            claim!("aud": r#""urn:logto:organization:""#, r#""urn:logto:organization:x""#, r#""URN:logto:organization:x""#, r#""urn:logto:organization\u003ay""#, r#""urn:logto:organisation:x""#, r#"["b","urn:logto:organization:a","urn:logto:organization:b"]"#),
        ),
        ("sub missing", missing!("sub")),
        ("sub of another type", claim!("sub": "null", "1", r#"["user_1"]"#, "{}")),
        (
            "sub in any form",
            Change::Draft(|draft, random| {
                let sub = super::json::any(random, 0);
                draft.claims.set("sub", sub);
            }),
        ),
        (
            "sub expected",
            Change::Draft(|draft, random| {
                draft.policy.subject = Some(draft.claims.text("sub"));
                if random.percent(50) {
                    escaped_claim(draft, "sub", random);
                }
            }),
        ),
        (
            "sub almost as expected",
            Change::Draft(|draft, random| {
                draft.policy.subject = Some(draft.claims.text("sub"));
                almost_claim(draft, "sub", random);
            }),
        ),
        ("jti missing", missing!("jti")),
        ("jti of another type", claim!("jti": "null", "7", "[]")),
        ("client_id missing", missing!("client_id")),
        ("client_id of another type", claim!("client_id": "null", "7", r#"["app_1"]"#)),
        ("scope missing", missing!("scope")),
        (
            "scope of another type",
            claim!("scope": "null", "1", "{}", "true", "[1]", r#"["read:orders",null]"#),
        ),
        (
            "scopes in a list",
            claim!("scope": "[]", r#"["read:orders"]"#, r#"["read:orders openid"]"#, r#"["openid","read\u003aorders"]"#, r#"["","read","openid","a"]"#, r#"["READ:ORDERS"]"#, r#"[["read:orders"]]"#),
        ),
        (
            "scopes in a list of words",
            Change::Draft(|draft, _| {
                let scope = draft.claims.text("scope");
                let words: Vec<&str> = scope.split(' ').collect();
                draft.claims.set("scope", json!(words));
            }),
        ),
        (
            "scp",
            claim!("scp": r#""read:orders""#, r#"["read:orders","openid"]"#, r#""a openid read""#, "null", "7"),
        ),
        (
            "scope that holds less",
            claim!("scope": r#""""#, r#"" ""#, r#""read""#, r#""a""#, r#""openid profile""#, r#""READ:ORDERS openid""#),
        ),
        (
            "scope that holds other words",
            Change::Draft(|draft, random| {
                let scope = draft.claims.text("scope");
                let scope = match random.below(7) {
                    0 => scope.replace(' ', "\t"),
                    1 => scope.replace(' ', ","),
                    2 => scope.replace(' ', "  "),
                    3 => format!(" {scope} "),
                    4 => scope
                        .split(' ')
                        .map(|word| format!("{word}s"))
                        .collect::<Vec<_>>()
                        .join(" "),
                    5 => scope.replace(' ', "\u{a0}"),
                    _ => scope.to_uppercase(),
                };
                draft.claims.set("scope", json!(scope));
            }),
        ),
        (
            "scope with escapes",
            Change::Draft(|draft, random| escaped_claim(draft, "scope", random)),
        ),
        (
            "scope of many words",
            Change::Draft(|draft, random| {
                let mut words: Vec<String> =
                    (0..random.below(600)).map(|index| format!("s{index}")).collect();
                words.push(draft.claims.text("scope"));
                draft.claims.set("scope", json!(words.join(" ")));
            }),
        ),
        (
            "cnf",
            Change::Draft(|draft, random| {
                let value = random.one(&[
                    r#"{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}"#,
                    r#"{"x5t#S256":"AA"}"#,
                    "{}",
                    "null",
                    r#""""#,
                ]);
                draft.claims.set(if random.percent(20) { "c\\u006ef" } else { "cnf" }, value);
                draft.policy.accepts_bound = random.percent(40);
            }),
        ),
        (
            "cnf in another place",
            Change::Draft(|draft, random| match random.percent(50) {
                true => draft.claims.set("CNF", "{}"),
                false => draft.claims.set("x", r#"{"cnf":{"jkt":"AA"}}"#),
            }),
        ),
        (
            "azp",
            id_claim!("azp": r#""app_1""#, r#""app_2""#, r#""APP_1""#, "null", "[]", r#""app\u005f1""#, r#""""#),
        ),
        (
            "azp with several audiences",
            Change::Draft(|draft, random| {
                draft.become_id_token(random);
                draft.claims.set(
                    "aud",
                    json!([CLIENT, &draft.claims.text("aud"), "other"][..2 + random.below(2)]),
                );
                if random.percent(60) {
                    draft.claims.set("azp", json!(CLIENT));
                }
            }),
        ),
        ("nonce missing", missing!("nonce")),
        (
            "nonce",
            id_claim!("nonce": r#""n-0S6_WzA2Mj""#, r#""n-0S6\u005fWzA2Mj""#, r#""other""#, r#""""#, "null", "1"),
        ),
        ("at_hash missing", missing!("at_hash")),
        ("at_hash of another type", id_claim!("at_hash": "null", "1", "[]")),
        (
            "at_hash",
            Change::Draft(|draft, random| {
                draft.become_id_token(random);
                let good = at_hash(draft.alg());
                let hash = match random.below(8) {
                    0 => good,
                    1 => at_hash(if draft.alg().ends_with("256") { "ES384" } else { "ES256" }),
                    2 => format!("{good}="),
                    3 => format!("{good}A"),
                    4 => good[..good.len() - 1].to_owned(),
                    5 => base64url(Sha256::digest(ACCESS_TOKEN)),
                    6 => good.to_lowercase(),
                    _ => String::new(),
                };
                let hash = if random.percent(30) {
                    escaped(&hash, random)
                } else {
                    json!(hash).to_string()
                };
                draft.claims.set("at_hash", hash);
            }),
        ),
        ("auth_time missing", missing!("auth_time")),
        ("auth_time of another type", id_claim!("auth_time": "null", r#""1""#, "[]")),
    ]
}
