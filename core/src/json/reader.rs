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

/// A name, told from another by its hash; only names of the same hash are compared. A word holds
/// both, since many names stand on the stack.
#[derive(Clone, Copy)]
struct Name(u32);

impl Name {
    const HASH: u32 = 0xFF;

    /// `begin` is where the name begins, in bytes from the start of the text. `None` if that lies
    /// beyond 16 MiB.
    fn new(begin: usize, hash: u32) -> Option<Self> {
        let begin = u32::try_from(begin).ok().filter(|begin| begin.leading_zeros() >= 8)?;
        Some(Self(begin << 8 | hash & Self::HASH))
    }

    fn has_hash(self, hash: u32) -> bool {
        (self.0 ^ hash) & Self::HASH == 0
    }

    fn begin(self) -> Option<usize> {
        usize::try_from(self.0 >> 8).ok()
    }
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
            let name = Name::new(offset.saturating_add(1), hash);
            let name = name.ok_or(JsonErrorKind::TooManyNames)?;
            let is_full = self.names.len() >= self.bounds.names;
            if is_full || self.names.push(name).is_err() {
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
            .filter(|earlier| earlier.has_hash(hash))
            .filter_map(|earlier| self.text.get(earlier.begin()?..))
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
mod tests;
