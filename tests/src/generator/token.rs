//! RFC 7515 §3.1, §7.1, RFC 4648 §3, on tokens that are signed already; and on parts that are not.

use super::mutation::Change;
use crate::random::Random;

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

type Encoding = (&'static str, fn(&mut String, &mut Random));

/// What makes a part no base64url, or another one.
pub(super) fn encodings() -> Vec<Encoding> {
    vec![
        ("bits that stand for nothing", stray_bits),
        ("one character too many", |part, _| {
            let missing = (5 - part.len() % 4) % 4;
            part.push_str(&"A".repeat(missing));
        }),
        ("character of plain base64", |part, random| {
            replace(part, random.one(&["+", "/"]), random)
        }),
        ("character of no base64", |part, random| replace(part, "~", random)),
        ("percent-encoded", |part, random| replace(part, "%2D", random)),
        ("padding", |part, _| part.push('=')),
        ("white space", |part, random| replace(part, random.one(&[" ", "\n", "\t"]), random)),
    ]
}

fn replace(part: &mut String, by: &str, random: &mut Random) {
    if !part.is_empty() {
        let place = random.below(part.len());
        part.replace_range(place..=place, by);
    }
}

/// Sets a bit of the last character that no byte needs, if there is one.
fn stray_bits(part: &mut String, random: &mut Random) {
    let free = match part.len() % 4 {
        2 => 16,
        3 => 4,
        _ => return,
    };
    let last = part.pop().unwrap();
    let value = ALPHABET.iter().position(|byte| char::from(*byte) == last).unwrap_or(0);
    let stray = value ^ (1 + random.below(free - 1));
    part.push(char::from(ALPHABET[stray]));
}

pub(super) fn changes() -> Vec<(&'static str, Change)> {
    vec![
        (
            "any byte in place of another",
            Change::Token(|token, random| {
                let place = random.below(token.len());
                token[place] = random.byte();
            }),
        ),
        (
            "another character of the alphabet",
            Change::Token(|token, random| {
                let place = random.below(token.len());
                token[place] = random.one(ALPHABET);
            }),
        ),
        (
            "a character more",
            Change::Token(|token, random| {
                let place = random.below(token.len() + 1);
                token.insert(place, random.one(ALPHABET));
            }),
        ),
        (
            "a character less",
            Change::Token(|token, random| {
                let place = random.below(token.len());
                token.remove(place);
            }),
        ),
        (
            "cut short",
            Change::Token(|token, random| {
                let len = random.below(token.len());
                token.truncate(len);
            }),
        ),
        (
            "a dot somewhere",
            Change::Token(|token, random| {
                let place = random.below(token.len() + 1);
                token.insert(place, b'.');
            }),
        ),
        ("no dots", Change::Token(|token, _| token.retain(|byte| *byte != b'.'))),
        (
            "one dot",
            Change::Token(|token, _| {
                let dot = token.iter().rposition(|byte| *byte == b'.').unwrap();
                token.remove(dot);
            }),
        ),
        ("five parts, as encrypted tokens have", Change::Token(|token, _| token.extend(b".AA.AA"))),
        (
            "a flood of dots",
            Change::Token(|token, random| {
                let len = 1 + random.below(16_500);
                *token = vec![b'.'; len];
            }),
        ),
        (
            "an empty part",
            Change::Token(|token, random| {
                let which = random.below(3);
                let mut parts = parts(token);
                if let Some(part) = parts.get_mut(which) {
                    part.clear();
                }
                *token = parts.join(&b'.');
            }),
        ),
        ("no part but dots", Change::Token(|token, _| *token = b"..".to_vec())),
        (
            "parts in another order",
            Change::Token(|token, random| {
                let by = 1 + random.below(2);
                let mut parts = parts(token);
                parts.rotate_left(by);
                *token = parts.join(&b'.');
            }),
        ),
        (
            "a part twice",
            Change::Token(|token, random| {
                let (from, to) = (random.below(3), random.below(3));
                let mut parts = parts(token);
                parts[to] = parts[from].clone();
                *token = parts.join(&b'.');
            }),
        ),
        (
            "a part without its encoding",
            Change::Token(|token, _| {
                let mut parts = parts(token);
                parts[0] = br#"{"alg":"ES256"}"#.to_vec();
                *token = parts.join(&b'.');
            }),
        ),
        (
            "bits that stand for nothing in a part",
            Change::Token(|token, random| {
                let which = random.below(3);
                let mut parts = parts(token);
                let mut part = String::from_utf8_lossy(&parts[which]).into_owned();
                stray_bits(&mut part, random);
                parts[which] = part.into_bytes();
                *token = parts.join(&b'.');
            }),
        ),
        (
            "padding after a part",
            Change::Token(|token, random| {
                let which = random.below(3);
                let mut parts = parts(token);
                parts[which].push(b'=');
                *token = parts.join(&b'.');
            }),
        ),
        (
            "as JSON",
            Change::Token(|token, _| {
                let [header, payload, signature] =
                    parts(token).map(|part| String::from_utf8(part).unwrap_or_default());
                *token = format!(
                "{{\"protected\":\"{header}\",\"payload\":\"{payload}\",\"signature\":\"{signature}\"}}"
            )
            .into_bytes();
            }),
        ),
        (
            "about 16 KiB",
            Change::Token(|token, random| {
                let len = 16 * 1024 - 1 + random.below(3);
                let missing = len.saturating_sub(token.len());
                token.extend(vec![b'A'; missing]);
            }),
        ),
        (
            "far too long",
            Change::Token(|token, random| {
                let len = 17_000 + random.below(100_000);
                token.resize(len, b'A');
            }),
        ),
        (
            "without a signature, as alg none has it",
            Change::Token(|token, _| {
                let dot = token.iter().rposition(|byte| *byte == b'.').unwrap();
                token.truncate(dot + 1);
            }),
        ),
        (
            "about 8 KiB of header",
            Change::Token(|token, random| {
                let len = 8 * 1024 * 4 / 3 - 2 + random.below(5);
                let mut parts = parts(token);
                parts[0].resize(len, b'A');
                *token = parts.join(&b'.');
            }),
        ),
    ]
}

/// The parts, as long as there are three.
fn parts(token: &[u8]) -> [Vec<u8>; 3] {
    let mut parts = token.splitn(3, |byte| *byte == b'.').map(<[u8]>::to_vec);
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}
