//! RFC 7515 §4, RFC 7797, RFC 8725 §3.

use serde_json::json;

use super::draft::{Draft, NAMES, any_rsa, attacker, name_of, signers};
use super::mutation::Change;
use crate::mint::base64url;
use crate::oracle::Typ;
use crate::random::Random;

/// Sets a member to one of these JSON texts.
macro_rules! member {
    ($name:literal: $($value:expr),+ $(,)?) => {
        Change::Draft(|draft, random| {
            let value = random.one(&[$($value),+]);
            draft.header.set($name, value);
        })
    };
}

/// A list for `crit`, on what the policy understands, beside a member `ext`.
fn critical(draft: &mut Draft, understood: &[&str], crit: &str) {
    draft.policy.understood_crit = understood.iter().map(|name| (*name).into()).collect();
    draft.header.set("ext", 1);
    draft.header.set("crit", crit);
}

pub(super) fn changes() -> Vec<(&'static str, Change)> {
    vec![
        ("alg none", member!("alg": r#""none""#, r#""None""#, r#""NONE""#, r#""nOnE""#, r#""""#)),
        (
            "alg of another kind",
            member!("alg": r#""HS256""#, r#""RS1""#, r#""ES521""#, r#""ES256K""#, r#""Ed448""#, r#""EdDSA25519""#, r#""RSA-OAEP""#, r#""ESP256""#, r#""dir""#),
        ),
        (
            "alg in another spelling",
            member!("alg": r#""es256""#, r#""ES256 ""#, r#"" ES256""#, r#""ES-256""#, r#""ES256\u0000""#, r#""ＥＳ２５６""#, r#""ES25""#, r#""ES2566""#, r#""rs256""#, r#""EDDSA""#, r#""eddsa""#, r#""ed25519""#, r#""Ed25519 ""#),
        ),
        ("alg of another type", member!("alg": "null", "256", r#"["ES256"]"#, "{}", "true")),
        ("alg missing", Change::Draft(|draft, _| draft.header.remove("alg"))),
        (
            "alg of another key",
            Change::Draft(|draft, random| draft.header.set("alg", json!(random.one(&NAMES)))),
        ),
        (
            "another RSA algorithm of the same key",
            Change::Draft(|draft, random| {
                let rsa = any_rsa(random);
                draft.become_signed_by(rsa, random);
                if random.percent(50) {
                    draft.jwk().remove("alg");
                }
                let is_it = |key: usize| signers()[key].numbers() == signers()[rsa].numbers();
                let others: Vec<usize> = (0..signers().len()).filter(|key| is_it(*key)).collect();
                draft.signer = random.one(&others);
                draft.header.set("alg", json!(draft.alg()));
            }),
        ),
        (
            "alg by another name",
            Change::Draft(|draft, random| {
                let name = name_of(draft.signer().algorithm(), random);
                draft.header.set("alg", json!(name));
            }),
        ),
        (
            "alg with escapes",
            Change::Draft(|draft, _| {
                let escaped =
                    draft.header.text("alg").replace('E', "\\u0045").replace('S', "\\u0053");
                draft.header.set("alg", format!("\"{escaped}\""));
            }),
        ),
        (
            "alg HS256 with the public key for a secret",
            Change::Draft(|draft, _| {
                draft.header.set("alg", "\"HS256\"");
                draft.signer = attacker(draft.signer);
            }),
        ),
        ("kid missing", Change::Draft(|draft, _| draft.header.remove("kid"))),
        ("kid of another type", member!("kid": "null", "1", r#"["k1"]"#, "{}", "false")),
        (
            "kid that nobody has",
            member!("kid": r#""nobody""#, r#""k1 ""#, r#""K1""#, r#""k1\u0000""#, r#""../../dev/null""#, r#""https://evil.example/k1""#, r#""k1' OR 1=1 --""#, r#""k""#, r#""k11""#),
        ),
        ("kid that is empty", member!("kid": r#""""#)),
        (
            "kid of another key",
            Change::Draft(|draft, random| {
                let key = draft.sets[0].keys[random.below(draft.sets[0].keys.len())].clone();
                if let Some(kid) = key.as_ref().ok().and_then(|jwk| jwk.get("kid")) {
                    draft.header.set("kid", kid);
                }
            }),
        ),
        (
            "kid with escapes",
            Change::Draft(|draft, _| {
                let escaped: String = draft
                    .header
                    .text("kid")
                    .encode_utf16()
                    .map(|unit| format!("\\u{unit:04x}"))
                    .collect();
                draft.header.set("kid", format!("\"{escaped}\""));
            }),
        ),
        ("kid about as long as it may be", Change::Draft(long_kid)),
        ("typ missing", Change::Draft(|draft, _| draft.header.remove("typ"))),
        (
            "typ of another kind of token",
            member!("typ": r#""JWT""#, r#""at+jwt""#, r#""logout+jwt""#, r#""secevent+jwt""#, r#""dpop+jwt""#, r#""JOSE""#, r#""application/jwt""#, r#""application/at+jwt""#),
        ),
        (
            "typ in another spelling",
            member!("typ": r#""AT+JWT""#, r#""at+jwt ""#, r#""at jwt""#, r#""APPLICATION/AT+JWT""#, r#""application/application/at+jwt""#, r#""text/at+jwt""#, r#""application/""#, r#""/at+jwt""#, r#""""#, r#""at\u002bjwt""#, r#""application\/at+jwt""#, r#""at+jwt;v=1""#, r#""at+ȷwt""#, r#""jWT""#),
        ),
        ("typ of another type", member!("typ": "null", "1", r#"["at+jwt"]"#)),
        (
            "cty of a nested token",
            member!("cty": r#""JWT""#, r#""jwt""#, r#""application/jwt""#, r#""Application\/JWT""#),
        ),
        (
            "cty of something else",
            member!("cty": r#""json""#, r#""application/json""#, r#""""#, r#""text/jwt""#, "null", "1"),
        ),
        ("crit of another type", member!("crit": "null", "{}", r#""exp""#, "true", "1")),
        ("crit empty", Change::Draft(|draft, _| critical(draft, &["ext"], "[]"))),
        (
            "crit understood",
            Change::Draft(|draft, random| {
                critical(
                    draft,
                    &["other", "ext"],
                    random.one(&[r#"["ext"]"#, r#"["\u0065xt"]"#, r#"[ "ext" ]"#]),
                );
            }),
        ),
        (
            "crit understood, about another member's name with escapes",
            Change::Draft(|draft, _| {
                critical(draft, &["ext"], r#"["ext"]"#);
                draft.header.remove("ext");
                draft.header.set("e\\u0078t", "null");
            }),
        ),
        (
            "crit not understood",
            Change::Draft(|draft, random| {
                critical(
                    draft,
                    &["other"],
                    random.one(&[
                        r#"["ext"]"#,
                        r#"["exp"]"#,
                        r#"["other","ext"]"#,
                        r#"[""]"#,
                        r#"["EXT"]"#,
                    ]),
                );
            }),
        ),
        (
            "crit about an absent member",
            Change::Draft(|draft, _| {
                critical(draft, &["ext"], r#"["ext"]"#);
                draft.header.remove("ext");
            }),
        ),
        (
            "crit that repeats a name",
            Change::Draft(|draft, random| {
                critical(
                    draft,
                    &["ext"],
                    random.one(&[r#"["ext","ext"]"#, r#"["ext","\u0065xt"]"#]),
                );
            }),
        ),
        (
            "crit about a standard's member",
            Change::Draft(|draft, random| {
                const NAMES: [&str; 10] =
                    ["alg", "kid", "typ", "crit", "jwk", "x5t#S256", "zip", "enc", "p2c", "apu"];
                let name = random.one(&NAMES);
                let ours = random.percent(30);
                critical(
                    draft,
                    &["ext"],
                    &if ours { format!(r#"["ext","{name}"]"#) } else { format!(r#"["{name}"]"#) },
                );
            }),
        ),
        (
            "crit with something else in it",
            Change::Draft(|draft, random| {
                critical(
                    draft,
                    &["ext"],
                    random.one(&[
                        "[1]",
                        "[null]",
                        r#"["ext",1]"#,
                        r#"[["ext"]]"#,
                        r#"[{}, "ext"]"#,
                    ]),
                );
            }),
        ),
        (
            "crit about b64",
            Change::Draft(|draft, random| {
                critical(
                    draft,
                    &["ext"],
                    random.one(&[r#"["b64"]"#, r#"["ext","b64"]"#, r#"["\u0062\u00364"]"#]),
                );
                if random.percent(50) {
                    draft.header.set("b64", random.one(&["true", "false"]));
                }
            }),
        ),
        ("b64 true", member!("b64": "true")),
        ("b64 not true", member!("b64": "false", "null", r#""true""#, "1", "[]")),
        (
            "b64 with escapes",
            Change::Draft(|draft, random| {
                draft.header.set("b\\u00364", random.one(&["true", "false"]))
            }),
        ),
        ("zip", member!("zip": r#""DEF""#, "null", r#""""#)),
        ("enc", member!("enc": r#""A256GCM""#, "null")),
        (
            "a key of the attacker's in the header",
            Change::Draft(|draft, random| {
                draft.signer = attacker(draft.signer);
                let jwk = signers()[draft.signer].jwk();
                draft.header.set("jwk", jwk);
                if random.percent(50) {
                    draft.header.remove("kid");
                }
            }),
        ),
        (
            "an address of keys in the header",
            Change::Draft(|draft, random| {
                let name = random.one(&["jku", "x5u"]);
                draft.header.set(
                    name,
                    random.one(&[
                        r#""https://evil.example/jwks""#,
                        r#""file:///etc/passwd""#,
                        "null",
                        "1",
                    ]),
                );
                if random.percent(30) {
                    draft.signer = attacker(draft.signer);
                }
            }),
        ),
        (
            "a certificate in the header",
            Change::Draft(|draft, _| {
                draft.header.set("x5c", json!([base64url("not a certificate")]));
                draft.header.set("x5t#S256", json!("AA"));
            }),
        ),
        (
            "claims in the header",
            Change::Draft(|draft, _| {
                draft.header.set("iss", json!("https://evil.example"));
                draft.header.set("exp", 0);
            }),
        ),
        (
            "names in another case",
            Change::Draft(|draft, random| {
                let (name, value) = random.one(&[
                    ("ALG", r#""none""#),
                    ("Kid", "1"),
                    ("CRIT", r#"["x"]"#),
                    ("B64", "false"),
                    ("Zip", "1"),
                    ("tYp", "2"),
                ]);
                draft.header.set(name, value);
            }),
        ),
        (
            "a name in another case instead of its own",
            Change::Draft(|draft, random| {
                let name = random.one(&["alg", "kid", "typ"]);
                if let Some(value) = draft.header.get(name).map(str::to_owned) {
                    draft.header.remove(name);
                    draft.header.set(&name.to_uppercase(), value);
                }
            }),
        ),
        (
            "a second alg",
            Change::Draft(|draft, random| {
                draft.header.push("alg", random.one(&[r#""none""#, r#""ES256""#, r#""RS256""#]))
            }),
        ),
        (
            "a second kid with escapes",
            Change::Draft(|draft, _| draft.header.push("k\\u0069d", r#""k1""#)),
        ),
        (
            "types that the policy lists",
            Change::Draft(|draft, random| {
                let list = |types: &[&str]| types.iter().map(|typ| (*typ).into()).collect();
                draft.policy.typ = match random.below(6) {
                    0 => Typ::Any,
                    1 => Typ::OneOf(Vec::new()),
                    2 => Typ::OneOf(list(&["application/AT+jwt", "JWT"])),
                    3 => Typ::AbsentOr(list(&["at+jwt"])),
                    4 => Typ::AbsentOr(Vec::new()),
                    _ => Typ::OneOf(list(&["secevent+jwt", "text/at+jwt"])),
                };
            }),
        ),
    ]
}

fn long_kid(draft: &mut Draft, random: &mut Random) {
    let len = 252 + random.below(5);
    let kid = match random.below(3) {
        0 => "k".repeat(len),
        1 => "\u{e9}".repeat(len / 2),
        _ => "\\u006b".repeat(len),
    };
    let kid = format!("\"{kid}\"");
    let old = draft.header.get("kid").map(str::to_owned);
    if random.percent(50) {
        for key in draft.sets[0].keys.iter_mut().flatten() {
            if key.get("kid").map(str::to_owned) == old && old.is_some() {
                key.set("kid", &kid);
            }
        }
    }
    draft.header.set("kid", kid);
}
