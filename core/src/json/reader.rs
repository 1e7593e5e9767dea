//! One pass over a text that nobody has checked yet.

use super::text::{Chars, hex_unit, join_surrogates};
use super::{JsonError, JsonErrorKind};
use crate::limits;

/// How much a text may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Levels of nesting.
    pub(crate) depth: usize,
    /// Names in an object and those around it together.
    pub(crate) names: usize,
    pub(crate) strict: Strict,
}

/// Where names must be unique and surrogates paired; the grammar holds everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strict {
    Everywhere,
    /// In the outermost object; whoever uses an inner one checks that.
    Outermost,
}

impl Bounds {
    /// All that the reader has room for.
    pub(crate) const WIDEST: Self = Self {
        depth: limits::MAX_JSON_DEPTH,
        names: limits::MAX_JSON_NAMES,
        strict: Strict::Everywhere,
    };
}

/// Checks that `text` is one JSON object within `bounds`; returns it without the space around it.
pub(super) fn check_object(text: &[u8], bounds: Bounds) -> Result<&str, JsonError> {
    let text = core::str::from_utf8(text)
        .map_err(|error| JsonError { kind: JsonErrorKind::NotUtf8, offset: error.valid_up_to() })?;
    let mut reader = Reader {
        text,
        rest: text,
        bounds,
        open: heapless::Vec::new(),
        names: heapless::Vec::new(),
    };
    let checked = reader.document();
    let offset = reader.offset();
    checked.map_err(|kind| JsonError { kind, offset })
}

struct Reader<'b> {
    text: &'b str,
    rest: &'b str,
    bounds: Bounds,
    /// The containers around the current position, outermost first.
    open: heapless::Vec<Container, { limits::MAX_JSON_DEPTH }>,
    /// The names of the members of all open objects.
    names: heapless::Vec<Name, { limits::MAX_JSON_NAMES }>,
}

#[derive(Clone, Copy)]
enum Container {
    Array,
    /// An object, whose names begin at this index of [`Reader::names`].
    Object {
        first_name: u8,
    },
}

/// A name, told from another by its hash; only names of the same hash are compared.
#[derive(Clone, Copy)]
struct Name {
    /// Where it begins, in bytes from the start of the text.
    begin: u32,
    hash: u32,
}

type Checked<T> = Result<T, JsonErrorKind>;

impl<'b> Reader<'b> {
    fn document(&mut self) -> Checked<&'b str> {
        self.skip_space();
        let object = self.rest;
        if !object.starts_with('{') {
            // Only a value of another kind is well-formed; everything else is no JSON at all.
            self.value()?;
            self.end()?;
            return Err(JsonErrorKind::NotAnObject);
        }
        self.value()?;
        let len = object.len().saturating_sub(self.rest.len());
        self.end()?;
        object.get(..len).ok_or(JsonErrorKind::Syntax)
    }

    fn end(&mut self) -> Checked<()> {
        self.skip_space();
        if self.rest.is_empty() { Ok(()) } else { Err(JsonErrorKind::Syntax) }
    }

    /// One value, with all that is nested in it.
    fn value(&mut self) -> Checked<()> {
        loop {
            self.skip_space();
            match self.peek() {
                Some(b'{') => {
                    self.bump();
                    let first_name = u8::try_from(self.names.len()).unwrap_or(u8::MAX);
                    self.enter(Container::Object { first_name })?;
                    self.skip_space();
                    if self.peek() != Some(b'}') {
                        self.member_name()?;
                        continue;
                    }
                }
                Some(b'[') => {
                    self.bump();
                    self.enter(Container::Array)?;
                    self.skip_space();
                    if self.peek() != Some(b']') {
                        continue;
                    }
                }
                Some(b'"') => {
                    self.string()?;
                }
                Some(b'-' | b'0'..=b'9') => self.number()?,
                Some(b't') => self.literal("true")?,
                Some(b'f') => self.literal("false")?,
                Some(b'n') => self.literal("null")?,
                _ => return Err(JsonErrorKind::Syntax),
            }
            if self.leave_finished_containers()? {
                return Ok(());
            }
        }
    }

    /// After a value: closes what ends here and steps over a comma. `true` when nothing is open.
    fn leave_finished_containers(&mut self) -> Checked<bool> {
        while let Some(container) = self.open.last().copied() {
            self.skip_space();
            match (container, self.peek()) {
                (Container::Object { .. }, Some(b',')) => {
                    self.bump();
                    self.skip_space();
                    self.member_name()?;
                    return Ok(false);
                }
                (Container::Array, Some(b',')) => {
                    self.bump();
                    return Ok(false);
                }
                (Container::Object { first_name }, Some(b'}')) => {
                    self.names.truncate(usize::from(first_name));
                }
                (Container::Array, Some(b']')) => {}
                _ => return Err(JsonErrorKind::Syntax),
            }
            self.bump();
            self.open.pop();
        }
        Ok(true)
    }

    fn enter(&mut self, container: Container) -> Checked<()> {
        if self.open.len() >= self.bounds.depth {
            return Err(JsonErrorKind::TooDeep);
        }
        self.open.push(container).map_err(|_| JsonErrorKind::TooDeep)
    }

    /// A name that no member of the innermost object has had, and the colon after it.
    fn member_name(&mut self) -> Checked<()> {
        let start = self.rest;
        let offset = self.offset();
        let raw = self.string()?;
        if self.is_strict_here() {
            let hash = hash(raw);
            if self.is_duplicate(raw, hash) {
                self.rest = start;
                return Err(JsonErrorKind::DuplicateName);
            }
            // The text behind the opening quotation mark.
            let begin = u32::try_from(offset.saturating_add(1));
            let begin = begin.map_err(|_| JsonErrorKind::TooManyNames)?;
            let is_full = self.names.len() >= self.bounds.names;
            if is_full || self.names.push(Name { begin, hash }).is_err() {
                self.rest = start;
                return Err(JsonErrorKind::TooManyNames);
            }
        }
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(JsonErrorKind::Syntax);
        }
        self.bump();
        Ok(())
    }

    fn is_strict_here(&self) -> bool {
        self.bounds.strict == Strict::Everywhere || self.open.len() == 1
    }

    fn is_duplicate(&self, name: &str, hash: u32) -> bool {
        let Some(Container::Object { first_name }) = self.open.last() else { return false };
        let earlier = self.names.get(usize::from(*first_name)..).unwrap_or_default();
        earlier
            .iter()
            .filter(|earlier| earlier.hash == hash)
            .filter_map(|earlier| self.text.get(usize::try_from(earlier.begin).ok()?..))
            .any(|earlier| Chars(earlier).eq(Chars(name)))
    }

    /// A string; returns what stands between its quotation marks.
    fn string(&mut self) -> Checked<&'b str> {
        if self.peek() != Some(b'"') {
            return Err(JsonErrorKind::Syntax);
        }
        self.bump();
        let content = self.rest;
        loop {
            let plain = self
                .rest
                .bytes()
                .position(|byte| byte < 0x20 || byte == b'"' || byte == b'\\')
                .unwrap_or(self.rest.len());
            self.skip(plain);
            match self.peek() {
                Some(b'"') => {
                    let len = content.len().saturating_sub(self.rest.len());
                    self.bump();
                    return content.get(..len).ok_or(JsonErrorKind::Syntax);
                }
                Some(b'\\') => self.escape()?,
                // A control character must be escaped; or the text ends inside of a string.
                _ => return Err(JsonErrorKind::Syntax),
            }
        }
    }

    fn escape(&mut self) -> Checked<()> {
        let escape = self.rest.strip_prefix('\\').unwrap_or_default();
        match escape.as_bytes().first() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.skip(2);
                Ok(())
            }
            Some(b'u') => {
                let hex = escape.strip_prefix('u').unwrap_or_default();
                let (unit, rest) = hex_unit(hex).ok_or(JsonErrorKind::Syntax)?;
                if char::from_u32(unit).is_some() {
                    self.rest = rest;
                    return Ok(());
                }
                let low = rest.strip_prefix("\\u").and_then(hex_unit);
                match low.filter(|(low, _)| join_surrogates(unit, *low).is_some()) {
                    Some((_, rest)) => self.rest = rest,
                    None if self.is_strict_here() => return Err(JsonErrorKind::LoneSurrogate),
                    None => self.rest = rest,
                }
                Ok(())
            }
            _ => Err(JsonErrorKind::Syntax),
        }
    }

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?` (RFC 8259 §6)
    fn number(&mut self) -> Checked<()> {
        if self.peek() == Some(b'-') {
            self.bump();
        }
        if self.peek() == Some(b'0') {
            self.bump();
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.bump();
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.bump();
            if let Some(b'+' | b'-') = self.peek() {
                self.bump();
            }
            self.digits()?;
        }
        Ok(())
    }

    /// One digit or more.
    fn digits(&mut self) -> Checked<()> {
        let rest = self.rest.trim_start_matches(|character: char| character.is_ascii_digit());
        if rest.len() == self.rest.len() {
            return Err(JsonErrorKind::Syntax);
        }
        self.rest = rest;
        Ok(())
    }

    fn literal(&mut self, literal: &str) -> Checked<()> {
        self.rest = self.rest.strip_prefix(literal).ok_or(JsonErrorKind::Syntax)?;
        Ok(())
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    fn peek(&self) -> Option<u8> {
        self.rest.as_bytes().first().copied()
    }

    /// Steps over one byte, an ASCII character.
    fn bump(&mut self) {
        self.skip(1);
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn offset(&self) -> usize {
        self.text.len().saturating_sub(self.rest.len())
    }
}

/// FNV-1a over the UTF-8 of the characters that a name stands for.
fn hash(name: &str) -> u32 {
    let add = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    const START: u32 = 0x811c_9dc5;
    if !name.contains('\\') {
        return name.as_bytes().iter().fold(START, add);
    }
    Chars(name).fold(START, |hash, character| {
        character.encode_utf8(&mut [0; 4]).as_bytes().iter().fold(hash, add)
    })
}

#[cfg(test)]
mod tests {
    use std::{format, string::String, vec, vec::Vec};

    use super::*;

    const HEADER: Bounds = Bounds {
        depth: limits::MAX_HEADER_DEPTH,
        names: limits::MAX_HEADER_NAMES,
        ..Bounds::WIDEST
    };

    fn check(text: &[u8]) -> Result<&str, (JsonErrorKind, usize)> {
        check_object(text, Bounds::WIDEST).map_err(|error| (error.kind, error.offset))
    }

    #[test]
    fn objects_are_returned_without_the_space_around_them() {
        assert_eq!(check(b" \t\r\n{ } \n"), Ok("{ }"));
        assert_eq!(check(br#"{"a":[1,-0.5e+3,true,false,null,{}]}"#).unwrap().len(), 36);
    }

    #[test]
    fn invalid_grammar_is_rejected() {
        for text in [
            "",
            " ",
            "{",
            "}",
            "{]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{,}",
            "{\"a\":1 \"b\":2}",
            "{a:1}",
            "{'a':1}",
            "{\"a\":01}",
            "{\"a\":+1}",
            "{\"a\":.5}",
            "{\"a\":1.}",
            "{\"a\":1e}",
            "{\"a\":-}",
            "{\"a\":0x1}",
            "{\"a\":NaN}",
            "{\"a\":Infinity}",
            "{\"a\":tru}",
            "{\"a\":[1,]}",
            "{\"a\":[,]}",
            "{\"a\":[1}",
            "{\"a\":\"\t\"}",
            "{\"a\":\"\0\"}",
            "{\"a\":\"\\x\"}",
            "{\"a\":\"\\u12\"}",
            "{\"a\":\"\\u12g4\"}",
            "{\"a\":\"\\u+123\"}",
            "{\"a\":\"",
            "{\"a\":\"\\\"}",
            "{} {}",
            "{}x",
            "{}\0",
            "{\"a\":1}//",
            "\u{feff}{}",
            "{\u{a0}}",
            "{\"a\":/**/1}",
            "{1:2}",
            "{\"a\"::1}",
            "{\"a\":1]}",
            "tru",
            "[1",
        ] {
            assert_eq!(check(text.as_bytes()).unwrap_err().0, JsonErrorKind::Syntax, "{text:?}");
        }
    }

    #[test]
    fn values_other_than_objects_are_rejected() {
        for text in ["[]", "\"a\"", "1", "null", " true "] {
            assert_eq!(check(text.as_bytes()).unwrap_err().0, JsonErrorKind::NotAnObject, "{text}");
        }
    }

    #[test]
    fn invalid_utf8_is_rejected() {
        assert_eq!(check(b"{\"a\":\"\xff\"}"), Err((JsonErrorKind::NotUtf8, 6)));
        // An overlong form and an encoded surrogate.
        assert_eq!(check(b"{\"\xc0\xaf\":1}").unwrap_err().0, JsonErrorKind::NotUtf8);
        assert_eq!(check(b"{\"\xed\xa0\x80\":1}").unwrap_err().0, JsonErrorKind::NotUtf8);
    }

    #[test]
    fn lone_surrogates_are_rejected() {
        for text in [
            r#"{"a":"\ud800"}"#,
            r#"{"a":"\udc00"}"#,
            r#"{"a":"\ud800\ud800"}"#,
            r#"{"a":"\ud800\u0041"}"#,
            r#"{"\udfff":1}"#,
        ] {
            assert_eq!(check(text.as_bytes()).unwrap_err().0, JsonErrorKind::LoneSurrogate);
        }
        assert!(check(br#"{"a":"\ud83d\ude00"}"#).is_ok());
    }

    #[test]
    fn duplicate_names_are_rejected_at_every_level() {
        for (text, offset) in [
            (r#"{"a":1,"a":1}"#, 7),
            (r#"{"a":1,"b":2,"a":3}"#, 13),
            (r#"{"alg":1,"a\u006cg":2}"#, 9),
            (r#"{"a\u006cg":1,"alg":2}"#, 14),
            (r#"{"\/":1,"\u002f":2}"#, 8),
            (r#"{"x":{"a":1,"a":2}}"#, 12),
            (r#"{"x":[[{"a":{},"a":2}]]}"#, 15),
            (r#"{"a":{"b":1},"a":2}"#, 13),
            (r#"{"":1,"":2}"#, 6),
        ] {
            assert_eq!(
                check(text.as_bytes()),
                Err((JsonErrorKind::DuplicateName, offset)),
                "{text}"
            );
        }
    }

    #[test]
    fn the_same_name_in_different_objects_is_no_duplicate() {
        assert!(check(br#"{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}],"c":{"b":1}}"#).is_ok());
        assert!(check(br#"{"a":1,"A":2,"ab":3,"":4,"a\"":5,"\u0061\u0061":6}"#).is_ok());
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |levels: usize| {
            let mut text = String::from("{\"a\":");
            text.push_str(&"[".repeat(levels - 1));
            text.push_str(&"]".repeat(levels - 1));
            text + "}"
        };
        assert!(check(nested(limits::MAX_JSON_DEPTH).as_bytes()).is_ok());
        let too_deep = nested(limits::MAX_JSON_DEPTH + 1);
        assert_eq!(check(too_deep.as_bytes()).unwrap_err().0, JsonErrorKind::TooDeep);
        let header =
            check_object(nested(limits::MAX_HEADER_DEPTH + 1).as_bytes(), HEADER).unwrap_err();
        assert_eq!(header.kind, JsonErrorKind::TooDeep);
        assert_eq!(check("[".repeat(100_000).as_bytes()).unwrap_err().0, JsonErrorKind::TooDeep);
        assert_eq!(
            check("{\"a\":".repeat(100_000).as_bytes()).unwrap_err().0,
            JsonErrorKind::TooDeep
        );
    }

    #[test]
    fn names_are_bounded() {
        let members = |count: usize| {
            let members: Vec<String> = (0..count).map(|index| format!("\"{index}\":0")).collect();
            format!("{{{}}}", members.join(","))
        };
        assert!(check(members(limits::MAX_JSON_NAMES).as_bytes()).is_ok());
        let too_many = members(limits::MAX_JSON_NAMES + 1);
        assert_eq!(check(too_many.as_bytes()).unwrap_err().0, JsonErrorKind::TooManyNames);
        let header = members(limits::MAX_HEADER_NAMES + 1);
        let header = check_object(header.as_bytes(), HEADER).unwrap_err();
        assert_eq!(header.kind, JsonErrorKind::TooManyNames);
        assert_eq!(check(members(100_000).as_bytes()).unwrap_err().0, JsonErrorKind::TooManyNames);
    }

    #[test]
    fn names_of_closed_objects_do_not_count() {
        let objects = vec![r#"{"a":1,"b":2}"#; 1000].join(",");
        assert!(check(format!("{{\"x\":[{objects}]}}").as_bytes()).is_ok());
    }
}
