//! The key that signs, as the JWK set has it: RFC 7517 §4, RFC 7518 §6.2.

use num_bigint::BigUint;
use serde_json::json;

use super::draft::Draft;
use super::mutation::Change;
use crate::mint::{base64url, from_hex};
use crate::random::Random;

/// Sets a member to one of these JSON texts.
macro_rules! member {
    ($name:literal: $($value:expr),+ $(,)?) => {
        Change::Draft(|draft, random| {
            let value = random.one(&[$($value),+]);
            draft.jwk().set($name, value);
        })
    };
}

macro_rules! missing {
    ($name:literal) => {
        Change::Draft(|draft, _| draft.jwk().remove($name))
    };
}

fn coordinate(draft: &mut Draft, random: &mut Random, change: impl Fn(Vec<u8>) -> Vec<u8>) {
    let (x, y) = draft.signer().coordinates();
    match random.percent(50) {
        true => draft.jwk().set("x", json!(base64url(change(x)))),
        false => draft.jwk().set("y", json!(base64url(change(y)))),
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

pub(super) fn changes() -> Vec<(&'static str, Change)> {
    vec![
        ("kid missing", missing!("kid")),
        (
            "kid of another spelling",
            Change::Draft(|draft, random| {
                let kid = draft.jwk().text("kid");
                let kid = match random.below(4) {
                    0 => kid.to_uppercase(),
                    1 => format!("{kid} "),
                    2 => format!("{kid}\0"),
                    _ => format!("{kid}x"),
                };
                draft.jwk().set("kid", json!(kid));
            }),
        ),
        ("kid of another type", member!("kid": "null", "1", "[]", "{}")),
        (
            "kid about as long as it may be",
            Change::Draft(|draft, random| {
                let kid = "k".repeat(127 + random.below(3));
                draft.jwk().set("kid", json!(kid));
                draft.header.set("kid", json!(kid));
            }),
        ),
        (
            "kid with escapes",
            Change::Draft(|draft, _| {
                let kid = draft.jwk().text("kid");
                let escaped: String =
                    kid.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
                if draft.jwk().get("kid").is_some() {
                    draft.jwk().set("kid", format!("\"{escaped}\""));
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
                draft.jwk().set("key_ops", json!(key_ops));
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
                draft.jwk().set(name, value);
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
                draft.jwk().set(name, random.one(&["null", "1", "[]", r#""""#]));
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
                let padded = format!("{}=", draft.jwk().text(name));
                draft.jwk().set(name, json!(padded));
            }),
        ),
        (
            "coordinate in plain base64",
            Change::Draft(|draft, random| {
                let name = random.one(&["x", "y"]);
                let plain = draft.jwk().text(name).replace('-', "+").replace('_', "/");
                draft.jwk().set(name, json!(plain));
            }),
        ),
        (
            "coordinate with escapes",
            Change::Draft(|draft, random| {
                let name = random.one(&["x", "y"]);
                let escaped =
                    draft.jwk().text(name).replace('A', "\\u0041").replace('_', "\\u005F");
                draft.jwk().set(name, format!("\"{escaped}\""));
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
                    draft.jwk().set("y", &zero);
                }
                // Last, since it is by x that the key is found.
                draft.jwk().set("x", zero);
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
                draft.jwk().set("y", json!(base64url(bytes)));
            }),
        ),
        (
            "coordinates swapped",
            Change::Draft(|draft, _| {
                let (x, y) = draft.signer().coordinates();
                let jwk = draft.jwk();
                jwk.set("y", json!(base64url(x)));
                jwk.set("x", json!(base64url(y)));
            }),
        ),
        (
            "a name twice",
            Change::Draft(|draft, random| {
                let name = random.one(&["kty", "x", "kid", "unknown", "k\\u0069d"]);
                let jwk = draft.jwk();
                jwk.push(name, r#""EC""#);
                jwk.push(name, r#""EC""#);
            }),
        ),
        (
            "unknown members",
            Change::Draft(|draft, random| {
                let value = super::json::any(random, 4);
                draft.jwk().push("x5t", &value);
                draft.jwk().push("ext", value);
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
                let jwk = draft.jwk();
                for index in 0..count {
                    jwk.push(&format!("m{index}"), index);
                }
            }),
        ),
    ]
}
