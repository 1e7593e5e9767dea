//! Text that somebody else wrote, made harmless for a terminal.

use std::fmt::{self, Display, Write};

use tollgate_core::json::{Text, Value};

/// Shows a value without control characters or characters that reorder the line.
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

/// The bidirectional formatting characters of Unicode.
fn reorders(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_never_reach_the_terminal() {
        let shown = Untrusted("a\u{1b}[31mb\r\n\u{9b}c\u{202e}dü").to_string();
        assert_eq!(shown, r"a\u{1b}[31mb\u{d}\u{a}\u{9b}c\u{202e}dü");
    }
}
