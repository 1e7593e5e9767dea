//! Checks untrusted text in one pass.

use core::slice;

use super::text::{Text, unescape};
use super::{JsonError, JsonErrorKind};
use crate::limits;

/// The limits for a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// The levels of nesting.
    pub(crate) depth: usize,
    /// The number of names in an object and the objects around it, together.
    pub(crate) names: usize,
    pub(crate) strict: Strict,
}

/// Where names must be unique and surrogates paired. The grammar applies everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strict {
    Everywhere,
    /// In the outermost object only. Inner objects are checked when they are used.
    Outermost,
}

impl Bounds {
    /// The most that the reader has room for.
    pub(crate) const WIDEST: Self = Self {
        depth: limits::MAX_JSON_DEPTH,
        names: limits::MAX_JSON_NAMES,
        strict: Strict::Everywhere,
    };
}

/// Checks that `text` is one JSON object within `bounds`. Returns it without surrounding white space.
pub(super) fn check_object(text: &[u8], bounds: Bounds) -> Result<&str, JsonError> {
    let text = core::str::from_utf8(text)
        .map_err(|error| JsonError { kind: JsonErrorKind::NotUtf8, offset: error.valid_up_to() })?;
    let mut reader = Reader {
        text,
        rest: text.as_bytes().iter(),
        bounds,
        open: heapless::Vec::new(),
        names: heapless::Vec::new(),
    };
    reader.document().map_err(|kind| JsonError { kind, offset: reader.offset() })
}

struct Reader<'b> {
    text: &'b str,
    rest: slice::Iter<'b, u8>,
    bounds: Bounds,
    /// The open containers, outermost first.
    open: heapless::Vec<Container, { limits::MAX_JSON_DEPTH }>,
    /// The names of the members of all open objects.
    names: heapless::Vec<Name, { limits::MAX_JSON_NAMES }>,
}

/// An array, or an object with the index of its first name in [`Reader::names`]. It is packed into a
/// byte to save stack.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Container(u8);

impl Container {
    const ARRAY: Self = Self(u8::MAX);

    /// The closing bracket.
    fn closing(self) -> u8 {
        if self == Self::ARRAY { b']' } else { b'}' }
    }
}

/// A name: its offset and its hash. Only names with the same hash are compared. It is packed into a
/// word to save stack.
#[derive(Clone, Copy)]
struct Name(u32);

impl Name {
    /// Packs a name that begins `begin` bytes from the start of the text. Returns `None` beyond 16 MiB.
    fn new(begin: usize, hash: u8) -> Option<Self> {
        let begin = u32::try_from(begin).ok().filter(|begin| begin.leading_zeros() >= 8)?;
        Some(Self(begin << 8 | u32::from(hash)))
    }

    fn has_hash(self, hash: u8) -> bool {
        self.0 & 0xFF == u32::from(hash)
    }

    fn begin(self) -> Option<usize> {
        usize::try_from(self.0 >> 8).ok()
    }
}

type Checked<T> = Result<T, JsonErrorKind>;

impl<'b> Reader<'b> {
    fn document(&mut self) -> Checked<&'b str> {
        self.skip_space();
        let is_object = self.peek() == Some(b'{');
        let start = self.offset();
        self.value()?;
        let object = self.text.get(start..self.offset());
        self.skip_space();
        match self.peek() {
            Some(_) => Err(JsonErrorKind::Syntax),
            None if is_object => object.ok_or(JsonErrorKind::Syntax),
            // Another kind of value is well-formed JSON. Anything else is a syntax error.
            None => Err(JsonErrorKind::NotAnObject),
        }
    }

    /// Reads one value, with everything nested in it.
    fn value(&mut self) -> Checked<()> {
        loop {
            self.skip_space();
            let is_complete = match self.peek() {
                Some(b'{') => {
                    let first_name = u8::try_from(self.names.len());
                    self.enter(first_name.map_or(Container::ARRAY, Container))?
                }
                Some(b'[') => self.enter(Container::ARRAY)?,
                Some(byte) => {
                    self.scalar(byte)?;
                    true
                }
                None => return Err(JsonErrorKind::Syntax),
            };
            if is_complete && self.leave_finished_containers()? {
                return Ok(());
            }
        }
    }

    fn scalar(&mut self, first: u8) -> Checked<()> {
        match first {
            b'"' => self.string().map(|_| ()),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.literal(b"true"),
            b'f' => self.literal(b"false"),
            b'n' => self.literal(b"null"),
            _ => Err(JsonErrorKind::Syntax),
        }
    }

    /// Enters a container, up to its first value. Returns `true` if it is empty.
    fn enter(&mut self, container: Container) -> Checked<bool> {
        self.rest.next();
        if self.open.len() >= self.bounds.depth || self.open.push(container).is_err() {
            return Err(JsonErrorKind::TooDeep);
        }
        self.skip_space();
        if self.peek() == Some(container.closing()) {
            return Ok(true);
        }
        self.begin_element(container).map(|()| false)
    }

    /// Closes the containers that end after a value, and skips a comma. Returns `true` at the end.
    fn leave_finished_containers(&mut self) -> Checked<bool> {
        while let Some(container) = self.open.last().copied() {
            self.skip_space();
            if self.take(b',') {
                self.skip_space();
                return self.begin_element(container).map(|()| false);
            }
            if !self.take(container.closing()) {
                return Err(JsonErrorKind::Syntax);
            }
            if container != Container::ARRAY {
                self.names.truncate(usize::from(container.0));
            }
            self.open.pop();
        }
        Ok(true)
    }

    /// Reads what precedes a value: in an object, a name that is new, and a colon.
    fn begin_element(&mut self, container: Container) -> Checked<()> {
        if container == Container::ARRAY {
            return Ok(());
        }
        let start = self.rest.clone();
        // The text begins after the opening quotation mark.
        let begin = self.offset().saturating_add(1);
        let name = self.string()?;
        if self.is_strict_here()
            && let Err(refused) = self.remember(name, begin, container)
        {
            self.rest = start;
            return Err(refused);
        }
        self.skip_space();
        if self.take(b':') { Ok(()) } else { Err(JsonErrorKind::Syntax) }
    }

    fn is_strict_here(&self) -> bool {
        self.bounds.strict == Strict::Everywhere || self.open.len() == 1
    }

    fn remember(&mut self, name: Text<'b>, begin: usize, object: Container) -> Checked<()> {
        let hash = hash(name);
        let siblings = self.names.get(usize::from(object.0)..).unwrap_or_default();
        let is_duplicate = siblings
            .iter()
            .filter(|earlier| earlier.has_hash(hash))
            .filter_map(|earlier| self.text.get(earlier.begin()?..))
            .any(|earlier| Text::from_checked(earlier) == name);
        if is_duplicate {
            return Err(JsonErrorKind::DuplicateName);
        }
        match Name::new(begin, hash) {
            Some(name) if self.names.len() < self.bounds.names => self.names.push(name).ok(),
            _ => None,
        }
        .ok_or(JsonErrorKind::TooManyNames)
    }

    /// Reads a string. Returns the text between its quotation marks.
    fn string(&mut self) -> Checked<Text<'b>> {
        if !self.take(b'"') {
            return Err(JsonErrorKind::Syntax);
        }
        let start = self.offset();
        loop {
            self.skip_while(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                // An unescaped control character, or the end of the text inside a string.
                _ => return Err(JsonErrorKind::Syntax),
            }
        }
        let content = self.text.get(start..self.offset());
        self.rest.next();
        content.map(Text::from_checked).ok_or(JsonErrorKind::Syntax)
    }

    fn escape(&mut self) -> Checked<()> {
        let escape = self.text.get(self.offset().saturating_add(1)..).unwrap_or_default();
        let (character, rest) = unescape(escape).ok_or(JsonErrorKind::Syntax)?;
        if character.is_none() && self.is_strict_here() {
            return Err(JsonErrorKind::LoneSurrogate);
        }
        self.rest = rest.as_bytes().iter();
        Ok(())
    }

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?` (RFC 8259 §6)
    fn number(&mut self) -> Checked<()> {
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            if !self.take(b'+') {
                self.take(b'-');
            }
            self.digits()?;
        }
        Ok(())
    }

    /// Reads one or more digits.
    fn digits(&mut self) -> Checked<()> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(JsonErrorKind::Syntax);
        }
        self.skip_while(|byte| byte.is_ascii_digit());
        Ok(())
    }

    fn literal(&mut self, literal: &[u8]) -> Checked<()> {
        let rest = self.rest.as_slice().strip_prefix(literal);
        self.rest = rest.ok_or(JsonErrorKind::Syntax)?.iter();
        Ok(())
    }

    fn skip_space(&mut self) {
        self.skip_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    }

    fn skip_while(&mut self, is_skipped: impl Fn(u8) -> bool) {
        let rest = self.rest.as_slice();
        let len = rest.iter().position(|byte| !is_skipped(*byte)).unwrap_or(rest.len());
        self.rest = rest.get(len..).unwrap_or_default().iter();
    }

    /// Skips `byte` if it comes next.
    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        if is_next {
            self.rest.next();
        }
        is_next
    }

    fn peek(&self) -> Option<u8> {
        self.rest.as_slice().first().copied()
    }

    fn offset(&self) -> usize {
        self.text.len().saturating_sub(self.rest.len())
    }
}

/// Returns the FNV-1a hash of the unescaped characters of a name.
fn hash(name: Text<'_>) -> u8 {
    let add = |hash: u32, character: char| (hash ^ u32::from(character)).wrapping_mul(0x0100_0193);
    const START: u32 = 0x811c_9dc5;
    let hash = match name.plain() {
        Some(plain) => plain.chars().fold(START, add),
        None => name.chars().fold(START, add),
    };
    let [highest, ..] = hash.to_be_bytes();
    highest
}

#[cfg(test)]
mod tests;
