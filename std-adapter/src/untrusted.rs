//! Untrusted text in logs and on terminals: what a token, a request or another server says.

use std::fmt::{self, Display, Write};

use tollgate_core::json::{Text, Value};

/// The maximum number of characters that an [`Excerpt`] shows.
pub const MAX_EXCERPT: usize = 128;

/// Shows a value with control characters, invisible characters, and characters that reorder text, escaped.
///
/// ```
/// use tollgate::untrusted::Untrusted;
///
/// assert_eq!(Untrusted("a\u{1b}[31m\u{202e}b").to_string(), r"a\u{1b}[31m\u{202e}b");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Untrusted<T>(pub T);

impl Display for Untrusted<&str> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            character if is_harmful(character) => write!(f, "{}", character.escape_unicode()),
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

/// Shows text in quotation marks, escaped like [`Untrusted`], and cut to [`MAX_EXCERPT`] characters.
///
/// ```
/// use tollgate::untrusted::Excerpt;
///
/// assert_eq!(Excerpt("say \"hi\"\n").to_string(), r#""say \"hi\"\u{a}""#);
/// assert!(Excerpt(&"a".repeat(129)).to_string().ends_with("a…\""));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Excerpt<'a>(pub &'a str);

impl Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        let mut characters = self.0.chars();
        for character in characters.by_ref().take(MAX_EXCERPT) {
            match character {
                '"' | '\\' => write!(f, "\\{character}")?,
                character if is_harmful(character) => write!(f, "{}", character.escape_unicode())?,
                character => f.write_char(character)?,
            }
        }
        f.write_str(if characters.next().is_some() { "…\"" } else { "\"" })
    }
}

/// Puts JSON on one line, with the same characters escaped as by [`Untrusted`]. The text must be valid JSON.
///
/// ```
/// use tollgate::untrusted::compact_json;
///
/// assert_eq!(compact_json("{ \"a\": \"\u{200b}\" }"), r#"{"a":"\u200b"}"#);
/// ```
#[must_use]
pub fn compact_json(json: &str) -> String {
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
        if is_harmful(character) {
            // Beyond the Basic Multilingual Plane, JSON escapes both halves (RFC 8259 §7).
            for unit in character.encode_utf16(&mut [0; 2]) {
                compact.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            compact.push(character);
        }
    }
    compact
}

/// Whether a character could move the cursor, reorder the text around it, or hide in it.
fn is_harmful(character: char) -> bool {
    character.is_control() || reorders(character) || is_invisible(character)
}

/// The characters of Unicode that change the direction of text (`Bidi_Control`) or end a line.
fn reorders(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// The characters of Unicode that show nothing (`Default_Ignorable_Code_Point` and the category `Cf`), and
/// white space other than the space.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{a0}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{600}'..='\u{605}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{115f}'..='\u{1160}'
            | '\u{1680}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{2000}'..='\u{200f}'
            | '\u{202f}'
            | '\u{205f}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3000}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
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
    fn invisible_and_bidirectional_characters_are_escaped() {
        for character in [
            '\u{200b}',
            '\u{feff}',
            '\u{ad}',
            '\u{e0041}',
            '\u{202a}',
            '\u{2066}',
            '\u{61c}',
            '\u{200e}',
            '\u{2060}',
            '\u{fe0f}',
            '\u{3164}',
            '\u{a0}',
            '\u{2029}',
            '\u{180e}',
        ] {
            let (text, escaped) = (format!("a{character}b"), character.escape_unicode());
            assert_eq!(Untrusted(text.as_str()).to_string(), format!("a{escaped}b"));
            assert_eq!(Excerpt(&text).to_string(), format!("\"a{escaped}b\""));
            let json = compact_json(&format!("\"{text}\""));
            assert!(json.is_ascii(), "{json}");
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }

    #[test]
    fn writing_of_any_language_is_shown() {
        for text in ["Jörg", "हिन्दी", "日本語", "العربية", "e\u{301}", "👍"]
        {
            assert_eq!(Untrusted(text).to_string(), text);
        }
    }

    #[test]
    fn an_excerpt_is_cut_to_128_characters() {
        let exact = "ü".repeat(MAX_EXCERPT);
        assert_eq!(Excerpt(&exact).to_string(), format!("\"{exact}\""));
        assert_eq!(Excerpt(&format!("{exact}x")).to_string(), format!("\"{exact}…\""));
    }

    #[test]
    fn an_excerpt_cannot_end_its_quotation() {
        assert_eq!(Excerpt("a\" b=\"c\\").to_string(), r#""a\" b=\"c\\""#);
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
