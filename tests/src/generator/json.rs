//! RFC 8259, RFC 7515 §4, §10.12, RFC 7519 §4: on the text of an object.

use crate::random::Random;

type Text = fn(&mut Vec<u8>, &mut Random);

pub(super) fn changes() -> Vec<(&'static str, Text)> {
    vec![
        ("any byte in place of another", |text, random| {
            let place = random.below(text.len());
            text[place] = random.byte();
        }),
        ("a character of the grammar in place of another", |text, random| {
            let place = random.below(text.len());
            text[place] = random.one(b"{}[]\",:\\ 0eE.+-tfnu");
        }),
        ("a character of the grammar more", |text, random| {
            let place = random.below(text.len() + 1);
            text.insert(place, random.one(b"{}[]\",:\\ 0eE.+-tfnu"));
        }),
        ("cut short", |text, random| {
            let len = random.below(text.len());
            text.truncate(len);
        }),
        ("white space around", |text, random| {
            let space = random.one(&[" ", "\t\r\n ", "\n\n"]);
            *text = [space.as_bytes(), text, space.as_bytes()].concat();
        }),
        ("white space everywhere it may be", |text, _| {
            // Strings in a draft are escaped where they hold such characters, or it is refused.
            let mut spaced = Vec::new();
            let mut inside = false;
            let mut escaped = false;
            for byte in text.iter() {
                let is_structure = !inside && b"{}[],:".contains(byte);
                inside ^= *byte == b'"' && !escaped;
                escaped = *byte == b'\\' && !escaped;
                match is_structure {
                    true => spaced.extend([b' ', *byte, b'\n', b'\t']),
                    false => spaced.push(*byte),
                }
            }
            *text = spaced;
        }),
        ("space that is not JSON's", |text, random| {
            let space = random.one(&["\u{b}", "\u{c}", "\u{a0}", "\u{2028}", "\0", "\u{feff}"]);
            let place = random.one(&[0, 1, text.len() - 1, text.len()]);
            text.splice(place..place, space.bytes());
        }),
        ("something after it", |text, random| {
            text.extend(random.one(&[&b"}"[..], b"{}", b"x", b"\0", b",", b" null", b"//", b"."]));
        }),
        ("a comment", |text, _| _ = text.splice(1..1, *b"/* */")),
        ("a comma too many", |text, random| {
            let place = random.one(&[1, text.len() - 1]);
            text.insert(place, b',');
        }),
        ("apostrophes", |text, _| {
            text.iter_mut().filter(|byte| **byte == b'"').for_each(|byte| *byte = b'\'')
        }),
        ("a name without quotation marks", |text, _| _ = text.splice(1..1, *b"a:1,")),
        ("something else than an object", |text, random| {
            *text = match random.below(8) {
                0 => Vec::new(),
                1 => b" ".to_vec(),
                2 => b"null".to_vec(),
                3 => b"1".to_vec(),
                4 => b"\"{}\"".to_vec(),
                5 => b"[{\"a\":1,\"a\":2}]".to_vec(),
                6 => [b"[", &text[..], b"]"].concat(),
                _ => b"true".to_vec(),
            };
        }),
        ("an empty object", |text, _| *text = b"{}".to_vec()),
        ("bytes that are no UTF-8", |text, random| {
            let bad: &[u8] = random.one(&[
                &b"\xff"[..],
                b"\x80",
                b"\xc0\x80",
                b"\xc1\xbf",
                b"\xe0\x80\x80",
                b"\xed\xa0\x80",
                b"\xf0\x80\x80\x80",
                b"\xf4\x90\x80\x80",
                b"\xe2\x82",
                b"\xf8\x88\x80\x80\x80",
            ]);
            let member = [b"\"x\":\"", bad, b"\","].concat();
            text.splice(1..1, member);
        }),
        ("characters of every length", |text, _| {
            member(text, "y", "\"\u{7f}\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}\"")
        }),
        ("half of a surrogate pair", |text, random| {
            let half = random.one(&[
                r#""\ud800""#,
                r#""\udc00""#,
                r#""\ud800\ud800\udc00""#,
                r#""\ud83dx\ude00""#,
                r#""\ude00\ud83d""#,
                r#"{"\ud800":1}"#,
                r#"[["\uDFFF"]]"#,
                r#""\ud800\u0041""#,
                r#""\ud800\n""#,
            ]);
            member(text, "y", half);
        }),
        ("surrogate pairs", |text, random| {
            let whole = random.one(&[
                r#""\ud83d\ude00""#,
                r#""\uD800\uDC00""#,
                r#""\udbff\udfff""#,
                r#"{"\ud83d\ude00":1}"#,
            ]);
            member(text, "y", whole);
        }),
        ("escapes", |text, random| {
            let value = random.one(&[
                r#""\"\\\/\b\f\n\r\t\u0000""#,
                r#""\x41""#,
                r#""\u00""#,
                r#""\u004g""#,
                r#""\a""#,
                r#""\'""#,
                r#""\U0041""#,
                r#""\u+041""#,
                r#""\""#,
                r#""\0""#,
            ]);
            member(text, "y", value);
        }),
        ("a control character in a string", |text, random| {
            let value = format!("\"{}\"", char::from(random.below(0x20) as u8));
            member(text, "y", &value);
        }),
        ("numbers", |text, random| {
            let value = random.one(&[
                "-0",
                "0.0",
                "1e5",
                "1E+5",
                "1e-5",
                "0e0",
                "123456789012345678901234567890",
                "-1.50e400",
                "01",
                "-01",
                "+1",
                ".5",
                "1.",
                "1.e1",
                "1e",
                "1e+",
                "-",
                "--1",
                "0x10",
                "1_000",
                "Infinity",
                "NaN",
                "1e1.5",
                "00",
            ]);
            member(text, "y", value);
        }),
        ("literals", |text, random| {
            let value = random.one(&[
                "true",
                "false",
                "null",
                "True",
                "nul",
                "nulll",
                "undefined",
                "tru e",
            ]);
            member(text, "y", value);
        }),
        ("any value", |text, random| {
            let value = any(random, 6);
            member(text, "y", &value);
        }),
        ("the same name twice", |text, random| {
            let value = random.one(&[
                r#"{"a":1,"a":1}"#,
                r#"{"a":1,"\u0061":2}"#,
                r#"{"":1,"":2}"#,
                r#"[{"b":{"a":1,"c":2,"a":3}}]"#,
                r#"{"\ud83d\ude00":1,"😀":2}"#,
                r#"{"a/b":1,"a\/b":2}"#,
            ]);
            member(text, "y", value);
        }),
        ("names that only look the same", |text, random| {
            let value = random.one(&[
                r#"{"a":1,"A":1}"#,
                r#"{"é":1,"e\u0301":2}"#,
                r#"{"a":1,"a ":2}"#,
                r#"[{"a":1},{"a":2}]"#,
                r#"{"a":{"a":{"a":1}}}"#,
                r#"{"a":1,"a\u0000":2}"#,
                r#"{"a":1,"а":2}"#,
            ]);
            member(text, "y", value);
        }),
        ("one of its names again", |text, random| again(text, random, false)),
        ("one of its names again, with escapes", |text, random| again(text, random, true)),
        ("its names with escapes", |text, _| {
            let Ok(old) = std::str::from_utf8(text) else { return };
            for name in ["alg", "kid", "typ", "iss", "sub", "aud", "exp", "iat", "scope", "nonce"] {
                let escaped: String =
                    name.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
                if old.contains(&format!("\"{name}\":")) {
                    let new = old.replace(&format!("\"{name}\":"), &format!("\"{escaped}\":"));
                    *text = new.into_bytes();
                    return;
                }
            }
        }),
        ("deep nesting", |text, random| {
            let depth = match random.below(4) {
                0 => 62 + random.below(5),
                1 => 69 + random.below(5),
                2 => 93 + random.below(5),
                _ => 1 + random.below(2000),
            };
            let value = match random.below(3) {
                0 => format!("{}{}", "[".repeat(depth), "]".repeat(depth)),
                1 => format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth)),
                _ => "[".repeat(depth),
            };
            member(text, "y", &value);
        }),
        ("many names", |text, random| {
            let count = match random.below(4) {
                0 => 50 + random.below(20),
                1 => 110 + random.below(25),
                2 => 1 + random.below(40),
                _ => 300 + random.below(300),
            };
            let members: Vec<String> =
                (0..count).map(|index| format!("\"m{index}\":{index}")).collect();
            match random.below(2) {
                0 => text.splice(1..1, format!("{},", members.join(",")).into_bytes()),
                _ => text.splice(
                    1..1,
                    format!("\"y\":[{{{}}},{{\"m0\":0}}],", members.join(",")).into_bytes(),
                ),
            };
        }),
        ("a long string", |text, random| {
            let value = format!("\"{}\"", "a".repeat(random.below(11_000)));
            member(text, "y", &value);
        }),
    ]
}

/// Inserts a member at the front. An empty object becomes invalid.
fn member(text: &mut Vec<u8>, name: &str, value: &str) {
    let at = text.len().min(1);
    text.splice(at..at, format!("\"{name}\":{value},").into_bytes());
}

/// Puts a name that is there already at the end.
fn again(text: &mut Vec<u8>, random: &mut Random, escaped: bool) {
    let Ok(serde_json::Value::Object(members)) = serde_json::from_slice(text) else { return };
    let names: Vec<&String> = members.keys().collect();
    if names.is_empty() {
        return;
    }
    let name = random.one(&names);
    let name = match escaped {
        true => name.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect(),
        false => name.clone(),
    };
    let value = any(random, 2);
    if let Some(end) = text.iter().rposition(|byte| *byte == b'}') {
        text.splice(end..end, format!(",\"{name}\":{value}").into_bytes());
    }
}

/// Generates the text of a value with unique names and at most this many levels.
pub(super) fn any(random: &mut Random, levels: usize) -> String {
    let many = random.below(4);
    match random.below(if levels == 0 { 5 } else { 8 }) {
        0 => "null".into(),
        1 => "true".into(),
        2 => (random.one(&["0", "-1", "1.5e3", "12345678901234567890", "-0.0"])).into(),
        3 => string(random),
        4 => "false".into(),
        5 => {
            let elements: Vec<String> = (0..many).map(|_| any(random, levels - 1)).collect();
            format!("[{}]", elements.join(","))
        }
        _ => {
            let members = (0..many).map(|index| {
                format!("\"{index}{}:{}", &string(random)[1..], any(random, levels - 1))
            });
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
    }
}

fn string(random: &mut Random) -> String {
    const PIECES: [&str; 14] = [
        "a",
        "iss",
        " ",
        "\\n",
        "\\\"",
        "\\u0000",
        "\\\\",
        "\u{e9}",
        "\\ud83d\\ude00",
        "\u{1f600}",
        "/",
        "}",
        "[",
        ",",
    ];
    let pieces: String = (0..random.below(6)).map(|_| random.one(&PIECES)).collect();
    format!("\"{pieces}\"")
}
