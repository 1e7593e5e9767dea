//! Shows untrusted text without harm to the terminal.

use std::fmt::{self, Display, Write};

use tollgate_core::json::{Text, Value};

/// Shows a value with control characters, and characters that reorder text, escaped.
pub(crate) struct Untrusted<T>(pub(crate) T);

impl Display for Untrusted<&str> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            character if character.is_control() || reorders(character) => {
                write!(f, "{}", character.escape_unicode())
            }
            character => f.write_char(character),
        })
    }
}

impl Display for Untrusted<Text<'_>> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Untrusted(self.0.to_string().as_str()).fmt(f)
    }
}

impl Display for Untrusted<Value<'_>> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::String(text) => Untrusted(text).fmt(f),
            Value::Number(number) => f.write_str(number),
            Value::Bool(value) => value.fmt(f),
            Value::Null => f.write_str("null"),
            Value::Array(array) => Untrusted(array.as_str()).fmt(f),
            Value::Object(object) => Untrusted(object.as_str()).fmt(f),
        }
    }
}

/// The characters of Unicode that change the direction of text (`Bidi_Control`) or end a line.
fn reorders(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// Puts checked JSON on one line, with the same characters escaped.
pub(crate) fn compact_json(json: &str) -> String {
    let mut compact = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for character in json.chars() {
        if in_string {
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
        } else if character == '"' {
            in_string = true;
        } else if character.is_ascii_whitespace() {
            continue;
        }
        if character.is_control() || reorders(character) {
            // All of these are in the Basic Multilingual Plane.
            compact.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            compact.push(character);
        }
    }
    compact
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_never_reach_the_terminal() {
        let shown = Untrusted("a\u{1b}[31mb\r\n\u{9b}c\u{202e}dü").to_string();
        assert_eq!(shown, r"a\u{1b}[31mb\u{d}\u{a}\u{9b}c\u{202e}dü");
    }

    #[test]
    fn json_is_one_line_without_control_characters() {
        let json = "{ \"a\\\"b\" :\n[1, \"x \\\\\",\t\"\u{9b}\u{202e}\"]\r\n}";
        let compact = compact_json(json);
        assert_eq!(compact, "{\"a\\\"b\":[1,\"x \\\\\",\"\\u009b\\u202e\"]}");
        let value = |json: &str| serde_json::from_str::<serde_json::Value>(json).unwrap();
        assert_eq!(value(&compact), value(json));
    }
}
