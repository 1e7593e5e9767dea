//! The content of a JSON string, compared and shown as what it stands for.

use core::cmp::Ordering;
use core::fmt;

/// The content of a JSON string in checked text, its escapes unresolved.
///
/// All comparisons are with the characters that it stands for, exactly: no normalisation, no case
/// folding (RFC 7519 §7.3). `\u0000` is a character like any other.
#[derive(Clone, Copy)]
pub struct Text<'b> {
    raw: &'b str,
}

impl<'b> Text<'b> {
    /// `raw` must come from between the quotes of a checked string.
    pub(super) const fn from_checked(raw: &'b str) -> Self {
        Self { raw }
    }

    /// The text, if it was written without escapes.
    #[must_use]
    pub fn plain(self) -> Option<&'b str> {
        (!self.raw.contains('\\')).then_some(self.raw)
    }

    /// The characters that it stands for.
    #[must_use]
    pub fn chars(self) -> Chars<'b> {
        Chars(self.raw)
    }

    /// What remains after `prefix`, or `None` if the text does not begin with it.
    #[must_use]
    pub fn strip_prefix(self, prefix: &str) -> Option<Self> {
        let mut chars = self.chars();
        prefix
            .chars()
            .all(|expected| chars.next() == Some(expected))
            .then_some(Self { raw: chars.0 })
    }

    /// Whether `word` is one of the parts that single spaces separate.
    #[must_use]
    pub fn has_word(self, word: &str) -> bool {
        let mut chars = self.chars();
        loop {
            // `word` is compared while a part is read; a mismatch is remembered to the part's end.
            let mut expected = word.chars();
            let mut same = true;
            let ended = loop {
                match chars.next() {
                    Some(' ') => break false,
                    None => break true,
                    character => same &= character == expected.next(),
                }
            };
            if same && expected.next().is_none() && !word.is_empty() {
                return true;
            }
            if ended {
                return false;
            }
        }
    }

    /// The order of the text and `other`, by their characters.
    pub(crate) fn cmp_str(self, other: &str) -> Ordering {
        match self.plain() {
            Some(plain) => plain.cmp(other),
            None => self.chars().cmp(other.chars()),
        }
    }

    /// The bytes of UTF-8 that it stands for.
    pub(crate) fn unescaped_len(self) -> usize {
        match self.plain() {
            Some(plain) => plain.len(),
            None => self.chars().map(char::len_utf8).sum(),
        }
    }

    /// The text unescaped into the start of `buffer`; `None` if it does not fit.
    pub(crate) fn unescape_into(self, buffer: &mut [u8]) -> Option<&str> {
        let mut len = 0usize;
        for character in self.chars() {
            let mut utf8 = [0; 4];
            let utf8 = character.encode_utf8(&mut utf8);
            let end = len.checked_add(utf8.len())?;
            let room = buffer.get_mut(len..end)?;
            room.iter_mut().zip(utf8.bytes()).for_each(|(to, from)| *to = from);
            len = end;
        }
        core::str::from_utf8(buffer.get(..len)?).ok()
    }

    /// The text as a name: as it was written, or unescaped into `buffer`, or if it is longer than any
    /// name that anyone looks for, nothing.
    pub(crate) fn short_name<'x>(self, buffer: &'x mut [u8; SHORT_NAME_LEN]) -> &'x str
    where
        'b: 'x,
    {
        match self.plain() {
            Some(name) => name,
            None => self.unescape_into(buffer).unwrap_or_default(),
        }
    }
}

/// Room for every registered member name.
pub(crate) const SHORT_NAME_LEN: usize = 16;

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.chars().eq(other.chars())
    }
}

impl Eq for Text<'_> {}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        match self.plain() {
            Some(plain) => plain == other,
            None => self.chars().eq(other.chars()),
        }
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.chars().try_for_each(|character| fmt::Write::write_char(f, character))
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.raw)
    }
}

/// The characters of a string, unescaped, up to a quotation mark or the end of the text.
#[derive(Clone, Debug)]
pub struct Chars<'b>(pub(super) &'b str);

impl Iterator for Chars<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let mut raw = self.0.chars();
        let character = match raw.next()? {
            '"' => return None,
            '\\' => match raw.next()? {
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => {
                    let (unit, rest) = hex_unit(raw.as_str())?;
                    raw = rest.chars();
                    match char::from_u32(unit) {
                        Some(character) => character,
                        None => {
                            let (low, rest) = hex_unit(rest.strip_prefix("\\u")?)?;
                            raw = rest.chars();
                            join_surrogates(unit, low)?
                        }
                    }
                }
                other => other,
            },
            plain => plain,
        };
        self.0 = raw.as_str();
        Some(character)
    }
}

/// The value of four hexadecimal digits, and what follows them.
pub(super) fn hex_unit(text: &str) -> Option<(u32, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    let unit =
        digits.chars().try_fold(0u32, |unit, digit| Some(unit << 4 | digit.to_digit(16)?))?;
    Some((unit, rest))
}

/// The character of a surrogate pair (RFC 8259 §7).
pub(super) fn join_surrogates(high: u32, low: u32) -> Option<char> {
    let high = high.checked_sub(0xd800).filter(|high| *high < 0x400)?;
    let low = low.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    char::from_u32((high << 10 | low).checked_add(0x1_0000)?)
}

/// The part of `content` before the quotation mark that ends the string.
pub(super) fn until_quote(content: &str) -> &str {
    let mut rest = content;
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\')) {
        match rest.as_bytes().get(at) {
            Some(b'\\') => rest = rest.get(at.saturating_add(2)..).unwrap_or_default(),
            _ => {
                let end = content.len().saturating_sub(rest.len()).saturating_add(at);
                return content.get(..end).unwrap_or_default();
            }
        }
    }
    content
}

#[cfg(test)]
mod tests {
    use super::*;

    const ESCAPED: Text<'_> = Text::from_checked(r#"a\u006c\/\\\"\b\f\n\r\t\ud83d\ude00\u0000ü"#);

    #[test]
    fn escapes_stand_for_their_characters() {
        assert!(ESCAPED == *"al/\\\"\u{8}\u{c}\n\r\t😀\0ü");
        assert!(ESCAPED != *"al/\\\"\u{8}\u{c}\n\r\t😀\0u");
        assert_eq!(ESCAPED.plain(), None);
        let mut buffer = [0; 32];
        assert_eq!(ESCAPED.unescape_into(&mut buffer), Some("al/\\\"\u{8}\u{c}\n\r\t😀\0ü"));
        assert_eq!(ESCAPED.unescape_into(&mut buffer[..10]), None);
    }

    #[test]
    fn prefixes_are_compared_unescaped() {
        let text = Text::from_checked(r"urn:\u006cogto:x");
        assert!(text.strip_prefix("urn:logto:").unwrap() == *"x");
        assert!(text.strip_prefix("urn:logto:x").unwrap() == *"");
        assert_eq!(text.strip_prefix("urn:logto:xy"), None);
        assert_eq!(text.strip_prefix("Urn"), None);
    }

    #[test]
    fn words_are_whole_and_separated_by_spaces() {
        let scopes = Text::from_checked(r"read:orders\u0020write email");
        for word in ["read:orders", "write", "email"] {
            assert!(scopes.has_word(word), "{word}");
        }
        for word in ["read", "orders", "mail", "emai", "emaill", "", " ", "write email", "EMAIL"] {
            assert!(!scopes.has_word(word), "{word}");
        }
        assert!(!Text::from_checked("").has_word(""));
    }
}
