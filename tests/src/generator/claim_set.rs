//! The claims as members of one object, whatever they are: RFC 7519 §4.

use serde_json::json;

use super::mutation::Change;

pub(super) fn changes() -> Vec<(&'static str, Change)> {
    vec![
        (
            "unknown claims",
            Change::Draft(|draft, random| {
                for index in 0..1 + random.below(12) {
                    let place = random.below(draft.claims.0.len() + 1);
                    let value = super::json::any(random, 5);
                    draft.claims.0.insert(place, (format!("unknown-{index}"), value));
                }
            }),
        ),
        (
            "names in another case",
            Change::Draft(|draft, random| {
                let (name, value) = random.one(&[
                    ("EXP", "0"),
                    ("Iss", "1"),
                    ("AUD", "null"),
                    ("Nbf", "1e300"),
                    ("exp ", "0"),
                    ("exp\\u0000", "0"),
                ]);
                draft.claims.set(name, value);
            }),
        ),
        (
            "a name in another case instead of its own",
            Change::Draft(|draft, random| {
                let name =
                    random.one(&["iss", "sub", "aud", "exp", "iat", "scope", "jti", "nonce"]);
                if let Some(value) = draft.claims.get(name).map(str::to_owned) {
                    draft.claims.remove(name);
                    draft.claims.set(&name.to_uppercase(), value);
                }
            }),
        ),
        (
            "names with escapes",
            Change::Draft(|draft, random| {
                for (name, _) in &mut draft.claims.0 {
                    if random.percent(50) && !name.is_empty() && !name.contains('\\') {
                        *name = format!(
                            "\\u{:04X}{}",
                            u32::from(name.chars().next().unwrap()),
                            name.chars().skip(1).collect::<String>()
                        );
                    }
                }
            }),
        ),
        (
            "a second claim of a name",
            Change::Draft(|draft, random| {
                let name = random.one(&["exp", "iss", "aud", "sub", "e\\u0078p", "is\\u0073", "x"]);
                let value = super::json::any(random, 1);
                draft.claims.push(name, value);
            }),
        ),
        (
            "required claims that are not as required",
            Change::Draft(|draft, random| {
                let value = random.one(&[
                    "null",
                    "{}",
                    r#"{"id":null}"#,
                    r#"{"id":"org_2","roles":["a","b"]}"#,
                    r#"{"id":"org_1","roles":["a"]}"#,
                    r#"{"id":"org_1","roles":["a",null]}"#,
                    r#"{"id":1,"roles":{"1":true}}"#,
                    r#"{"id":"org_1","roles":{"1":true}}"#,
                    r#"{"i\u0064":"org\u005f1","roles":[[],{}]}"#,
                    r#""org_1""#,
                    r#"[{"id":"org_1"}]"#,
                ]);
                draft.claims.set("org", value);
            }),
        ),
        (
            "as long as it may be",
            Change::Draft(|draft, random| {
                let len = random
                    .one(&[1_000, 4_000, 8_000, 11_000, 11_500, 11_800, 11_900, 12_100])
                    + random.below(100);
                draft.claims.set("long", json!("a".repeat(len)));
            }),
        ),
        ("everything missing", Change::Draft(|draft, _| draft.claims.0.clear())),
        (
            "one of them missing",
            Change::Draft(|draft, random| {
                let place = random.below(draft.claims.0.len().max(1));
                if place < draft.claims.0.len() {
                    draft.claims.0.remove(place);
                }
            }),
        ),
        (
            "one of them null",
            Change::Draft(|draft, random| {
                let place = random.below(draft.claims.0.len().max(1));
                if let Some((_, value)) = draft.claims.0.get_mut(place) {
                    *value = "null".into();
                }
            }),
        ),
        (
            "one of them in any form",
            Change::Draft(|draft, random| {
                let place = random.below(draft.claims.0.len().max(1));
                let any = super::json::any(random, 3);
                if let Some((_, value)) = draft.claims.0.get_mut(place) {
                    *value = any;
                }
            }),
        ),
    ]
}
