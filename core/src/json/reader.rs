//! Checks untrusted text in one pass.

use super::text::{Text, unescape};
use super::{JsonError, JsonErrorKind, Value};
use crate::limits;
use crate::scan;

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

/// A member of the outermost object.
pub(crate) struct Member<'b> {
    pub(crate) name: Text<'b>,
    /// Where the value begins in the object.
    pub(crate) place: usize,
    pub(crate) value: Value<'b>,
}

/// What to do with each member.
pub(crate) type EachMember<'b, 'e> = &'e mut dyn FnMut(&Member<'b>);

/// Checks that `text` is one JSON object within `bounds`. Returns it without surrounding white space.
///
/// Calls `each` as soon as a member is read. The text after it may still turn out to be invalid.
pub(super) fn check_object<'b>(
    text: &'b [u8],
    bounds: Bounds,
    each: EachMember<'b, '_>,
) -> Result<&'b str, JsonError> {
    let text = core::str::from_utf8(text)
        .map_err(|error| JsonError { kind: JsonErrorKind::NotUtf8, offset: error.valid_up_to() })?;
    let mut reader = Reader {
        text,
        at: 0,
        bounds,
        each,
        start: 0,
        member: None,
        open: heapless::Vec::new(),
        names: heapless::Vec::new(),
    };
    reader.document().map_err(|kind| JsonError { kind, offset: reader.at })
}

struct Reader<'b, 'e> {
    text: &'b str,
    /// How much of the text has been read.
    at: usize,
    bounds: Bounds,
    each: EachMember<'b, 'e>,
    /// Where the outermost object begins.
    start: usize,
    /// The name of the outermost object's current member, and where its value begins.
    member: Option<(Text<'b>, usize)>,
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

impl<'b> Reader<'b, '_> {
    fn document(&mut self) -> Checked<&'b str> {
        let is_object = self.next() == Some(b'{');
        self.start = self.at;
        self.value()?;
        let object = self.since(self.start);
        match self.next() {
            Some(_) => Err(JsonErrorKind::Syntax),
            None if is_object => object,
            // Another kind of value is well-formed JSON. Anything else is a syntax error.
            None => Err(JsonErrorKind::NotAnObject),
        }
    }

    /// Reads one value, with everything nested in it.
    fn value(&mut self) -> Checked<()> {
        loop {
            let is_complete = match self.next() {
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
            b'"' => self.string(),
            b'-' | b'0'..=b'9' => self.number(),
            _ => self.literal(match first {
                b't' => b"true",
                b'f' => b"false",
                b'n' => b"null",
                _ => return Err(JsonErrorKind::Syntax),
            }),
        }
    }

    /// Enters a container, up to its first value. Returns `true` if it is empty.
    fn enter(&mut self, container: Container) -> Checked<bool> {
        self.skip(1);
        if self.open.len() >= self.bounds.depth || self.open.push(container).is_err() {
            return Err(JsonErrorKind::TooDeep);
        }
        if self.next() == Some(container.closing()) {
            return Ok(true);
        }
        self.begin_element(container).map(|()| false)
    }

    /// Closes the containers that end after a value, and skips a comma. Returns `true` at the end.
    fn leave_finished_containers(&mut self) -> Checked<bool> {
        while let Some(container) = self.open.last().copied() {
            if self.open.len() == 1 {
                self.end_member()?;
            }
            let next = self.next();
            if next == Some(b',') {
                self.skip(1);
                return self.begin_element(container).map(|()| false);
            }
            if next != Some(container.closing()) {
                return Err(JsonErrorKind::Syntax);
            }
            self.skip(1);
            if container != Container::ARRAY {
                self.names.truncate(usize::from(container.0));
            }
            self.open.pop();
        }
        Ok(true)
    }

    /// Hands over the member of the outermost object that has just been read.
    fn end_member(&mut self) -> Checked<()> {
        if let Some((name, begin)) = self.member.take() {
            let value = Value::from_checked(self.since(begin)?).ok_or(JsonErrorKind::Syntax)?;
            (self.each)(&Member { name, place: begin.wrapping_sub(self.start), value });
        }
        Ok(())
    }

    /// Reads what precedes a value: in an object, a name that is new, and a colon.
    fn begin_element(&mut self, container: Container) -> Checked<()> {
        if container == Container::ARRAY {
            return Ok(());
        }
        if self.next() != Some(b'"') {
            return Err(JsonErrorKind::Syntax);
        }
        let start = self.at;
        self.string()?;
        // The text begins after the opening quotation mark.
        let begin = start.wrapping_add(1);
        let name = Text::from_checked(self.since(begin)?.strip_suffix('"').unwrap_or_default());
        if self.is_strict_here()
            && let Err(refused) = self.remember(name, begin, container)
        {
            self.at = start;
            return Err(refused);
        }
        if self.next() != Some(b':') {
            return Err(JsonErrorKind::Syntax);
        }
        self.skip(1);
        self.next();
        if self.open.len() == 1 {
            self.member = Some((name, self.at));
        }
        Ok(())
    }

    fn is_strict_here(&self) -> bool {
        self.bounds.strict == Strict::Everywhere || self.open.len() == 1
    }

    /// Remembers a name, if no other member of the object has it.
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

    /// Reads a string from its opening quotation mark to the closing one.
    fn string(&mut self) -> Checked<()> {
        self.skip(1);
        loop {
            self.skip(scan::plain_len(self.rest()));
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                // An unescaped control character, or the end of the text inside a string.
                _ => return Err(JsonErrorKind::Syntax),
            }
        }
        self.skip(1);
        Ok(())
    }

    fn escape(&mut self) -> Checked<()> {
        let escape = self.text.get(self.at.wrapping_add(1)..).unwrap_or_default();
        let (character, rest) = unescape(escape).ok_or(JsonErrorKind::Syntax)?;
        if character.is_none() && self.is_strict_here() {
            return Err(JsonErrorKind::LoneSurrogate);
        }
        self.at = self.text.len().wrapping_sub(rest.len());
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
    #[inline(never)]
    fn digits(&mut self) -> Checked<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.skip(1);
        }
        if self.at == start { Err(JsonErrorKind::Syntax) } else { Ok(()) }
    }

    fn literal(&mut self, literal: &[u8]) -> Checked<()> {
        if !self.rest().starts_with(literal) {
            return Err(JsonErrorKind::Syntax);
        }
        self.skip(literal.len());
        Ok(())
    }

    /// Skips white space, which is rare, and returns the byte after it.
    fn next(&mut self) -> Option<u8> {
        match self.peek() {
            Some(..=b' ') => self.next_after_space(),
            next => next,
        }
    }

    #[cold]
    #[inline(never)]
    fn next_after_space(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.skip(1);
        }
        self.peek()
    }

    /// Skips `byte` if it comes next.
    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        if is_next {
            self.skip(1);
        }
        is_next
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Returns the text from `begin` to here.
    fn since(&self, begin: usize) -> Checked<&'b str> {
        self.text.get(begin..self.at).ok_or(JsonErrorKind::Syntax)
    }

    fn rest(&self) -> &'b [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// Skips bytes that have been seen.
    fn skip(&mut self, len: usize) {
        self.at = self.at.wrapping_add(len);
    }
}

/// Returns the FNV-1a hash of the unescaped characters of a name.
fn hash(name: Text<'_>) -> u8 {
    let add = |hash: u32, character: char| (hash ^ u32::from(character)).wrapping_mul(0x0100_0193);
    const START: u32 = 0x811c_9dc5;
    let plain = |hash, byte: u8| (byte.is_ascii() && byte != b'\\').then(|| add(hash, byte.into()));
    let hash = name.bytes().try_fold(START, plain);
    let [highest, ..] = hash.unwrap_or_else(|| name.chars().fold(START, add)).to_be_bytes();
    highest
}

#[cfg(test)]
mod tests;
