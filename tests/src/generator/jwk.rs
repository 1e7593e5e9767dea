//! The key that signs, as the JWK set has it: RFC 7517 §4, RFC 7518 §6, RFC 8037 §2.

use num_bigint::BigUint;
use serde_json::json;

use super::draft::{Draft, NAMES, any_ed25519, any_rsa};
use super::mutation::Change;
use crate::mint::{RsaSecret, SigningKey, base64url, ed25519};
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

/// Changes one of the numbers of the public key.
fn number(draft: &mut Draft, random: &mut Random, change: impl Fn(Vec<u8>) -> Vec<u8>) {
    let mut numbers = draft.signer().numbers();
    let (name, bytes) = numbers.swap_remove(random.below(numbers.len()));
    draft.jwk().set(name, json!(base64url(change(bytes))));
}

/// The name of one of the numbers of the public key.
fn name(draft: &Draft, random: &mut Random) -> &'static str {
    let numbers = draft.signer().numbers();
    numbers[random.below(numbers.len())].0
}

/// The prime of the curve's field; for RSA, the least number that is too long.
fn prime(key: &SigningKey) -> BigUint {
    let one = || BigUint::from(1u8);
    match key {
        SigningKey::P256(_) => {
            (one() << 256u32) - (one() << 224u32) + (one() << 192u32) + (one() << 96u32) - one()
        }
        SigningKey::P384(_) => {
            (one() << 384u32) - (one() << 128u32) - (one() << 96u32) + (one() << 32u32) - one()
        }
        SigningKey::P521(_) => (one() << 521u32) - one(),
        SigningKey::Ed25519(_) => (one() << 255u32) - 19u8,
        SigningKey::Rsa(..) => one() << 4096u32,
    }
}

/// The number that these bytes are in a JWK of this type of keys.
fn read(key: &SigningKey, bytes: &[u8]) -> BigUint {
    match key {
        SigningKey::Ed25519(_) => BigUint::from_bytes_le(bytes),
        _ => BigUint::from_bytes_be(bytes),
    }
}

/// A number in bytes as a JWK of this type of keys has it, in at least this many unless it is RSA's.
fn write(key: &SigningKey, number: &BigUint, width: usize) -> Vec<u8> {
    let mut bytes = number.to_bytes_le();
    if !matches!(key, SigningKey::Rsa(..)) {
        bytes.resize(bytes.len().max(width), 0);
    }
    if !matches!(key, SigningKey::Ed25519(_)) {
        bytes.reverse();
    }
    bytes
}

/// Sets several numbers of the public key, the first one last, since it is by that one that the key is found.
fn set(draft: &mut Draft, numbers: Vec<(&'static str, Vec<u8>)>) {
    for (name, bytes) in numbers.into_iter().rev() {
        draft.jwk().set(name, json!(base64url(bytes)));
    }
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
                let kid = "k".repeat(253 + random.below(3));
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
            member!("alg": r#""RSA-OAEP""#, r#""RSA1_5""#, r#""RS1""#, r#""none""#, r#""es256""#, r#""eddsa""#, r#""Ed448""#, "null", r#"["ES256"]"#, r#""ECDH-ES""#, r#""""#),
        ),
        (
            "alg of a key",
            Change::Draft(|draft, random| draft.jwk().set("alg", json!(random.one(&NAMES)))),
        ),
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
            "private parts of RSA",
            Change::Draft(|draft, random| {
                if random.percent(50) {
                    let rsa = any_rsa(random);
                    draft.become_signed_by(rsa, random);
                }
                let name = random.one(&["p", "q", "dp", "dq", "qi", "oth", "\\u0071i", "P", "k"]);
                draft.jwk().set(name, random.one(&["null", r#""AQAB""#, r#""""#, "[]", "1"]));
            }),
        ),
        (
            "kty of something else",
            member!("kty": r#""RSA""#, r#""ec""#, r#""EC""#, r#""OKP""#, r#""okp""#, r#""rsa""#, r#""oct""#, "null", r#""""#, r#"["EC"]"#),
        ),
        ("kty missing", missing!("kty")),
        (
            "crv of something else",
            member!("crv": r#""secp256k1""#, r#""p-256""#, r#""P-512""#, r#""ed25519""#, r#""Ed448""#, r#""X25519""#, "null", "256"),
        ),
        (
            "crv of a curve",
            member!("crv": r#""P-256""#, r#""P-384""#, r#""P-521""#, r#""Ed25519""#, r#""P\u002d256""#),
        ),
        ("crv missing", missing!("crv")),
        ("x missing", missing!("x")),
        ("y missing", missing!("y")),
        (
            "a number missing",
            Change::Draft(|draft, random| {
                let name = name(draft, random);
                draft.jwk().remove(name);
            }),
        ),
        (
            "number of another type",
            Change::Draft(|draft, random| {
                let name = name(draft, random);
                draft.jwk().set(name, random.one(&["null", "1", "[]", r#""""#]));
            }),
        ),
        (
            "number too short",
            Change::Draft(|draft, random| number(draft, random, |bytes| bytes[1..].to_vec())),
        ),
        (
            "number too long",
            Change::Draft(|draft, random| {
                number(draft, random, |bytes| [&[0], &bytes[..]].concat())
            }),
        ),
        (
            "number padded",
            Change::Draft(|draft, random| {
                let name = name(draft, random);
                let padded = format!("{}=", draft.jwk().text(name));
                draft.jwk().set(name, json!(padded));
            }),
        ),
        (
            "number in plain base64",
            Change::Draft(|draft, random| {
                let name = name(draft, random);
                let plain = draft.jwk().text(name).replace('-', "+").replace('_', "/");
                draft.jwk().set(name, json!(plain));
            }),
        ),
        (
            "number with escapes",
            Change::Draft(|draft, random| {
                let name = name(draft, random);
                let escaped =
                    draft.jwk().text(name).replace('A', "\\u0041").replace('_', "\\u005F");
                draft.jwk().set(name, format!("\"{escaped}\""));
            }),
        ),
        (
            "number with a bit flipped",
            Change::Draft(|draft, random| {
                let bit = random.below(8 * 32);
                number(draft, random, |mut bytes| {
                    let bit = bit % (8 * bytes.len());
                    bytes[bit / 8] ^= 1 << (bit % 8);
                    bytes
                });
            }),
        ),
        (
            "number beyond the field",
            Change::Draft(|draft, random| {
                let little = random.below(3);
                let key = draft.signer();
                number(draft, random, |bytes| write(key, &(prime(key) + little), bytes.len()));
            }),
        ),
        (
            "number with the prime added",
            Change::Draft(|draft, random| {
                let key = draft.signer();
                number(draft, random, |bytes| {
                    write(key, &(read(key, &bytes) + prime(key)), bytes.len())
                });
            }),
        ),
        (
            "numbers of zero",
            Change::Draft(|draft, random| {
                let mut numbers = draft.signer().numbers();
                if random.percent(40) {
                    numbers.truncate(1);
                }
                numbers.iter_mut().for_each(|(_, bytes)| bytes.fill(0));
                set(draft, numbers);
            }),
        ),
        (
            "the point opposite",
            Change::Draft(|draft, _| {
                let key = draft.signer();
                let mut numbers = key.numbers();
                let (_, bytes) = numbers.last_mut().unwrap();
                match key {
                    // The sign of x is the last bit.
                    SigningKey::Ed25519(_) => bytes[31] ^= 0x80,
                    _ => *bytes = write(key, &(prime(key) - read(key, bytes)), bytes.len()),
                }
                set(draft, numbers);
            }),
        ),
        (
            "numbers swapped",
            Change::Draft(|draft, _| {
                let numbers = draft.signer().numbers();
                let names = numbers.iter().map(|(name, _)| *name);
                let values = numbers.iter().rev().map(|(_, bytes)| bytes.clone());
                set(draft, names.zip(values).collect());
            }),
        ),
        (
            "an RSA modulus with zeros before it",
            Change::Draft(|draft, random| {
                let rsa = any_rsa(random);
                draft.become_signed_by(rsa, random);
                let (_, n) = draft.signer().numbers().swap_remove(0);
                let zeros = vec![0; random.one(&[1, 1, 2, 3, 100])];
                set(draft, vec![("n", [zeros, n].concat())]);
            }),
        ),
        (
            "an RSA modulus of another length",
            Change::Draft(|draft, random| {
                let rsa = any_rsa(random);
                draft.become_signed_by(rsa, random);
                let bits = random.one(&[1, 8, 512, 1024, 2040, 2047, 2048, 4096, 4097, 4104, 8192]);
                // Odd, and without small factors in common with what might be looked for.
                let n: BigUint =
                    (BigUint::from(1u8) << (bits - 1)) | BigUint::from(random.number() | 1);
                set(draft, vec![("n", n.to_bytes_be())]);
            }),
        ),
        (
            "an RSA modulus that is even",
            Change::Draft(|draft, random| {
                let rsa = any_rsa(random);
                draft.become_signed_by(rsa, random);
                let (_, mut n) = draft.signer().numbers().swap_remove(0);
                *n.last_mut().unwrap() &= 0xfe;
                set(draft, vec![("n", n)]);
            }),
        ),
        (
            "an RSA modulus that can be factored",
            Change::Draft(|draft, random| {
                let rsa = any_rsa(random);
                draft.become_signed_by(rsa, random);
                // Only the first is.
                let n = RsaSecret::named("roca").modulus() + 2 * random.below(2);
                set(draft, vec![("n", n.to_bytes_be())]);
            }),
        ),
        (
            "another RSA exponent",
            Change::Draft(|draft, random| {
                let rsa = any_rsa(random);
                draft.become_signed_by(rsa, random);
                let e = random.one(&[
                    &[][..],
                    &[0],
                    &[1],
                    &[3],
                    &[0xff, 0xff],
                    &[1, 0, 0],
                    &[1, 0, 1],
                    &[1, 0, 2],
                    &[1, 0, 3],
                    &[0, 1, 0, 1],
                    &[0, 0],
                    &[0xff; 4],
                    &[0xff, 0xff, 0xff, 0xfe],
                    &[1, 0, 0, 0, 1],
                    &[0xff; 8],
                    &[0xff; 9],
                    &[0xff; 256],
                    &[1; 600],
                ]);
                draft.jwk().set("e", json!(base64url(e)));
            }),
        ),
        (
            "an Ed25519 point of small order",
            Change::Draft(|draft, random| {
                let key = any_ed25519(random);
                draft.become_signed_by(key, random);
                let points = ed25519::small_orders();
                set(draft, vec![("x", random.one(&points).to_vec())]);
            }),
        ),
        (
            "an Ed25519 point of mixed order",
            Change::Draft(|draft, random| {
                let key = any_ed25519(random);
                draft.become_signed_by(key, random);
                let (_, point) = draft.signer().numbers().swap_remove(0);
                let sum = ed25519::plus_small_order(point.try_into().unwrap(), random.below(8));
                set(draft, vec![("x", sum.to_vec())]);
            }),
        ),
        (
            "an Ed25519 point beyond the field",
            Change::Draft(|draft, random| {
                let key = any_ed25519(random);
                draft.become_signed_by(key, random);
                let little = u8::try_from(random.below(19)).unwrap();
                set(draft, vec![("x", ed25519::beyond(little).to_vec())]);
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
