//! The content of a JSON string, compared and displayed unescaped.

use core::cmp::Ordering;
use core::fmt;

use crate::scan;

/// The content of a JSON string in checked text, still with its escapes.
///
/// All comparisons are with the unescaped characters and exact: no normalisation, no case folding
/// (RFC 7519 §7.3). `\u0000` is a character like any other.
///
/// See the example of the [module](super).
#[derive(Clone, Copy)]
pub struct Text<'b> {
    raw: &'b str,
}

impl<'b> Text<'b> {
    /// Takes `raw` from between the quotation marks of a checked string.
    pub(super) const fn from_checked(raw: &'b str) -> Self {
        Self { raw }
    }

    /// Returns the text, if it was written without escapes.
    #[must_use]
    pub fn plain(self) -> Option<&'b str> {
        self.is_plain().then_some(self.raw)
    }

    /// Returns the bytes as they were written.
    pub(super) fn bytes(self) -> impl Iterator<Item = u8> {
        self.raw.bytes()
    }

    fn is_plain(self) -> bool {
        scan::find(self.raw.as_bytes(), b'\\').is_none()
    }

    /// Returns the unescaped characters.
    #[must_use]
    pub fn chars(self) -> Chars<'b> {
        Chars(self.raw)
    }

    /// Returns the rest after `prefix`, or `None` if the text does not begin with it.
    #[must_use]
    pub fn strip_prefix(self, prefix: &str) -> Option<Self> {
        self.strip_prefix_by(prefix, char::eq)
    }

    /// Works as [`strip_prefix`](Self::strip_prefix), but ignores the case of ASCII letters.
    pub(crate) fn strip_prefix_ignoring_case(self, prefix: &str) -> Option<Self> {
        self.strip_prefix_by(prefix, char::eq_ignore_ascii_case)
    }

    fn strip_prefix_by(self, prefix: &str, same: fn(&char, &char) -> bool) -> Option<Self> {
        if let Some((start, rest)) = self.raw.split_at_checked(prefix.len())
            && start == prefix
            && Self::from_checked(start).is_plain()
        {
            return Some(Self { raw: rest });
        }
        let mut chars = self.chars();
        prefix
            .chars()
            .all(|expected| chars.next().is_some_and(|found| same(&found, &expected)))
            .then_some(Self { raw: chars.0 })
    }

    /// Returns whether `word` is one of the words that single spaces separate.
    #[must_use]
    pub fn has_word(self, word: &str) -> bool {
        if word.is_empty() || word.bytes().any(|byte| byte == b' ') {
            return false;
        }
        let mut rest = self;
        loop {
            if let Some(after) = rest.strip_prefix(word)
                && matches!(after.chars().next(), None | Some(' '))
            {
                return true;
            }
            let mut chars = rest.chars();
            if !chars.any(|character| character == ' ') {
                return false;
            }
            rest.raw = chars.0;
        }
    }

    /// Returns the words that spaces separate.
    pub(crate) fn words(self) -> impl Iterator<Item = Self> {
        let mut rest = Some(self);
        let parts = core::iter::from_fn(move || {
            let part = rest.take()?;
            let mut chars = part.chars();
            let mut len = 0usize;
            while let Some(character) = chars.next() {
                if character == ' ' {
                    rest = Some(Self { raw: chars.0 });
                    return Some(Self { raw: part.raw.get(..len)? });
                }
                len = part.raw.len().checked_sub(chars.0.len())?;
            }
            Some(part)
        });
        parts.filter(|word| *word != *"")
    }

    /// Returns whether the unescaped text has more than `len` bytes of UTF-8.
    pub(crate) fn is_longer_than(self, len: usize) -> bool {
        // An escape is never shorter than its character.
        self.raw.len() > len && self.chars().map(char::len_utf8).sum::<usize>() > len
    }

    /// Unescapes the text into the start of `buffer`. Returns `None` if it does not fit.
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

    /// Returns the text, unescaped into `buffer` if needed, or `None` if that does not fit.
    pub(crate) fn unescaped<'x>(self, buffer: &'x mut [u8]) -> Option<&'x str>
    where
        'b: 'x,
    {
        match self.plain() {
            Some(plain) => Some(plain),
            None => self.unescape_into(buffer),
        }
    }

    /// Returns the text, or an empty one if it has escapes and is longer than any known name.
    pub(crate) fn short_name<'x>(self, buffer: &'x mut [u8; SHORT_NAME_LEN]) -> &'x str
    where
        'b: 'x,
    {
        self.unescaped(buffer).unwrap_or_default()
    }
}

/// The room for any registered member name.
pub(crate) const SHORT_NAME_LEN: usize = 16;

impl PartialEq for Text<'_> {
    // Not inlined, so that the search for names with the same hash stays in registers.
    #[inline(never)]
    fn eq(&self, other: &Self) -> bool {
        self.chars().eq(other.chars())
    }
}

impl Eq for Text<'_> {}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        // An escape is longer than its character, so only a longer text can be equal by its escapes.
        match self.raw.len().cmp(&other.len()) {
            Ordering::Less => false,
            Ordering::Equal => self.raw == other && self.is_plain(),
            Ordering::Greater => self.strip_prefix(other).is_some_and(|rest| rest.raw.is_empty()),
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

/// The unescaped characters of a string, up to a quotation mark or the end of the text.
#[derive(Clone, Debug)]
pub struct Chars<'b>(pub(super) &'b str);

impl Iterator for Chars<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        match self.0.as_bytes() {
            [b'"', ..] => None,
            [b'\\', ..] => {
                let (character, rest) = unescape(self.0.get(1..)?)?;
                self.0 = rest;
                character
            }
            _ => {
                let mut raw = self.0.chars();
                let character = raw.next()?;
                self.0 = raw.as_str();
                Some(character)
            }
        }
    }
}

/// Returns the character of an escape, read from after its backslash, and the rest: RFC 8259 §7. Half
/// a surrogate pair has no character. Returns `None` for an escape that the grammar does not allow.
pub(super) fn unescape(escape: &str) -> Option<(Option<char>, &str)> {
    let (kind, rest) = escape.split_at_checked(1)?;
    let character = match kind.as_bytes() {
        [b'b'] => '\u{8}',
        [b'f'] => '\u{c}',
        [b'n'] => '\n',
        [b'r'] => '\r',
        [b't'] => '\t',
        [same @ (b'"' | b'\\' | b'/')] => char::from(*same),
        [b'u'] => {
            let (unit, rest) = hex_unit(rest)?;
            if let Some(character) = char::from_u32(unit) {
                return Some((Some(character), rest));
            }
            let pair = rest.strip_prefix("\\u").and_then(hex_unit);
            let pair = pair.and_then(|(low, rest)| Some((Some(join_surrogates(unit, low)?), rest)));
            return pair.or(Some((None, rest)));
        }
        _ => return None,
    };
    Some((Some(character), rest))
}

/// Returns the value of four hexadecimal digits, and the rest.
fn hex_unit(text: &str) -> Option<(u32, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    let add = |unit, digit| Some(unit << 4 | char::from(digit).to_digit(16)?);
    Some((digits.bytes().try_fold(0, add)?, rest))
}

/// Returns the character of a surrogate pair (RFC 8259 §7).
fn join_surrogates(high: u32, low: u32) -> Option<char> {
    // A low half in place of the high one gives a number beyond the last character.
    let high = high.checked_sub(0xd800)?;
    let low = low.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    char::from_u32((high << 10 | low).checked_add(0x1_0000)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
    fn texts_are_shown_as_they_were_written() {
        let text = Text::from_checked(r"a\u006c\n");
        assert_eq!(std::format!("{text:?}"), r#""a\u006c\n""#);
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

    fn raw() -> impl Strategy<Value = std::string::String> {
        let character = prop_oneof!["[a-c]", r"\\u006[123]", "ü", r"\\[nu]00fc", r"\\n"];
        prop::collection::vec(character, 0..12).prop_map(|characters| characters.concat())
    }

    fn is_prefix(text: Text<'_>, prefix: &str) -> bool {
        let mut chars = text.chars();
        prefix.chars().all(|expected| chars.next() == Some(expected))
    }

    proptest! {
        #[test]
        fn comparisons_are_those_of_the_unescaped_characters(
            one in raw(),
            other in raw(),
            len in 0..12usize,
        ) {
            let text = Text::from_checked(&one);
            let unescaped: std::string::String = text.chars().collect();
            prop_assert!(text == *unescaped);
            prop_assert_eq!(text == *one, unescaped == one);
            prop_assert_eq!(text == *other, unescaped == other);
            prop_assert_eq!(text.plain().is_some(), unescaped == one);
            for whole in [&unescaped, &one, &other] {
                let prefix: std::string::String = whole.chars().take(len).collect();
                let rest = text.strip_prefix(&prefix);
                prop_assert_eq!(rest.is_some(), is_prefix(text, &prefix));
                if let Some(rest) = rest {
                    prop_assert!(prefix.chars().chain(rest.chars()).eq(text.chars()));
                }
            }
        }
    }
}
