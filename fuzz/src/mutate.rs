//! Changes tokens so that they stay JSON, which a fuzzer that changes bytes rarely achieves.

use std::fmt;

use libfuzzer_sys::fuzzer_mutate;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use tollgate_tests::mint::Token;
use tollgate_tests::random::Random;

use crate::signed::{PREFIX, SEPARATOR};

/// Names with a meaning, and some that look similar.
const NAMES: &[&str] = &[
    "alg",
    "kid",
    "typ",
    "cty",
    "crit",
    "b64",
    "zip",
    "enc",
    "jwk",
    "jku",
    "x5c",
    "x5t#S256",
    "exp",
    "nbf",
    "iat",
    "iss",
    "aud",
    "sub",
    "jti",
    "scope",
    "client_id",
    "azp",
    "nonce",
    "auth_time",
    "at_hash",
    "cnf",
    "x",
    "ALG",
    "",
    "https://example.com/x",
];

/// Values with a meaning: times around those of the good token, its issuer, its audience.
const VALUES: &[&str] = &[
    "\"ES256\"",
    "\"ES384\"",
    "\"ES512\"",
    "\"EdDSA\"",
    "\"Ed25519\"",
    "\"RS256\"",
    "\"PS256\"",
    "\"none\"",
    "\"k1\"",
    "\"k2\"",
    "\"at+jwt\"",
    "\"application/AT+JWT\"",
    "\"JWT\"",
    "[\"x\"]",
    "[\"exp\"]",
    "[]",
    "{}",
    "null",
    "true",
    "false",
    "0",
    "-1",
    "1759999999",
    "1760000000",
    "1760000001",
    "1760000000.5",
    "1.76e9",
    "17600000000e-1",
    "9007199254740992",
    "9007199254740993",
    "1e309",
    "\"\"",
    "\"https://auth.example.com/oidc\"",
    "\"https://api.example.com\"",
    "[\"https://api.example.com\"]",
    "[\"x\",\"https:\\/\\/api.example.com\"]",
    "[\"https://api.example.com\",1]",
    "\"read:orders write:orders\"",
    "\"read:orders\\u0020\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud83d\"",
    "\"\\u0000\"",
    "{\"a\":1,\"\\u0061\":2}",
    "[[[[{\"a\":[{}]}]]]]",
];

/// Changes the data of a [`Description`](crate::signed::Description): three times out of four a member
/// of the header or the claims, else bytes.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut random = Random::new(seed.into(), 0);
    if random.below(4) == 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    let changed = change_member(&data[..size], &mut random);
    match changed.filter(|changed| changed.len() <= max_size) {
        Some(changed) => {
            data[..changed.len()].copy_from_slice(&changed);
            changed.len()
        }
        None => fuzzer_mutate(data, size, max_size),
    }
}

/// Changes a member of the header or the claims. Data without a header become those of a good token;
/// `None` if a text is not an object.
fn change_member(data: &[u8], random: &mut Random) -> Option<Vec<u8>> {
    let (prefix, texts) = data.split_at_checked(PREFIX).unwrap_or((&[0; PREFIX], data));
    let Some(separator) = texts.iter().position(|byte| *byte == SEPARATOR) else {
        let token = Token::good();
        return Some(
            [prefix, &token.header_bytes(), &[SEPARATOR], &token.payload_bytes()].concat(),
        );
    };
    let (header, claims) = (&texts[..separator], &texts[separator + 1..]);
    let changed = |text, random: &mut Random| change_object(text, random).map(String::into_bytes);
    let (header, claims) = match random.below(3) {
        0 => (changed(header, random)?, claims.to_vec()),
        _ => (header.to_vec(), changed(claims, random)?),
    };
    Some([prefix, &header, &[SEPARATOR], &claims].concat())
}

fn change_object(text: &[u8], random: &mut Random) -> Option<String> {
    let Members(mut members) = serde_json::from_slice(text).ok()?;
    let name = quoted(random.one(NAMES), random);
    let value = random.one(VALUES).to_string();
    let at = random.below(members.len() + 1);
    match members.get_mut(at) {
        // Takes out, repeats, moves, renames, replaces, changes a value.
        Some(member) => match random.below(7) {
            0 => drop(members.remove(at)),
            1 => {
                let repeated = (escaped(&member.0, random), value);
                members.push(repeated);
            }
            2 => {
                let moved = members.remove(at);
                members.insert(random.below(members.len() + 1), moved);
            }
            3 => member.0 = name,
            4 => member.1 = value,
            _ => member.1 = change_value(&member.1, random),
        },
        None => members.push((name, value)),
    }
    let space = random.one(&["", "", "", " ", "\n"]);
    let members: Vec<String> =
        members.iter().map(|(name, value)| format!("{name}{space}:{space}{value}")).collect();
    Some(format!("{{{}}}", members.join(",")))
}

/// The members of an object as they are written, those of the same name included.
struct Members(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self(Vec::new()))
    }
}

impl<'de> Visitor<'de> for Members {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Self, A::Error> {
        while let Some((name, value)) = members.next_entry::<&RawValue, &RawValue>()? {
            self.0.push((name.get().to_owned(), value.get().to_owned()));
        }
        Ok(self)
    }
}

/// The same value in another form, or another of the same form.
fn change_value(value: &str, random: &mut Random) -> String {
    let other = random.one(VALUES);
    if let Ok(number) = value.parse::<i64>() {
        return match random.below(5) {
            0 => number.wrapping_add(1).to_string(),
            1 => number.wrapping_sub(1).to_string(),
            2 => format!("{number}.{}", random.below(1000)),
            3 => format!("{number}e{}", random.below(9)),
            _ => format!("\"{number}\""),
        };
    }
    let array: Option<Vec<&RawValue>> = serde_json::from_str(value).ok();
    match (array, random.below(4)) {
        (Some(array), 0..=2) => {
            let mut array: Vec<&str> = array.iter().map(|element| element.get()).collect();
            let at = random.below(array.len() + 1);
            if at < array.len() && random.below(2) == 0 {
                array.remove(at);
            } else {
                array.insert(at, other);
            }
            format!("[{}]", array.join(","))
        }
        (_, 0) => format!("[{value}]"),
        (_, 1) => format!("[{value},{other}]"),
        (_, 2) => format!("{{\"x\":{value}}}"),
        _ => escaped(value, random),
    }
}

fn quoted(name: &str, random: &mut Random) -> String {
    let name = format!("\"{name}\"");
    if random.below(8) == 0 { escaped(&name, random) } else { name }
}

/// A string with one of its letters written as an escape.
fn escaped(text: &str, random: &mut Random) -> String {
    let at = random.below(text.len().max(1));
    match text.as_bytes().get(at) {
        Some(letter) if letter.is_ascii_alphanumeric() && text.starts_with('"') => {
            format!("{}\\u{:04x}{}", &text[..at], letter, &text[at + 1..])
        }
        _ => text.to_owned(),
    }
}
