//! JSON as a tree: RFC 8259, with the unique names of RFC 7515 §4 and RFC 7519 §4.

use super::fault::{Faults, fault, none};

/// A JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it was written.
    Number(String),
    /// A string.
    String(Text),
    /// An array.
    Array(Vec<Json>),
    /// An object: its members in order.
    Object(Vec<(Text, Json)>),
}

/// The code points of a string. They may include half of a surrogate pair, which is not a character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(Vec<u32>);

impl Text {
    /// The characters, if they are characters.
    pub fn characters(&self) -> Option<String> {
        self.0.iter().map(|point| char::from_u32(*point)).collect()
    }

    fn is(&self, other: &str) -> bool {
        self.0.iter().copied().eq(other.chars().map(u32::from))
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.chars().map(u32::from).collect())
    }
}

impl Json {
    /// A string's characters.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::String(text) => text.characters(),
            _ => None,
        }
    }

    /// The member of this name.
    pub fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Self::Object(members) => {
                members.iter().find(|(other, _)| other.is(name)).map(|(_, value)| value)
            }
            _ => None,
        }
    }
}

/// How much a text may hold, and where it must be strict.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) depth: usize,
    pub(super) names: usize,
    /// Down to this level names are unique and counted, and surrogates paired; from 1.
    pub(super) strict_down_to: usize,
}

impl Bounds {
    /// For what has been checked.
    const NONE: Self = Self { depth: usize::MAX, names: usize::MAX, strict_down_to: 0 };
}

/// Reads a text that must be one object. The faults name the `part` in which they are.
pub(super) fn object(bytes: &[u8], bounds: Bounds, part: &str) -> Result<Json, Faults> {
    let named = |kind: &str| format!("{kind} {part}");
    // RFC 8259 §8.1. A byte order mark is not white space, so the grammar refuses it.
    let Ok(text) = std::str::from_utf8(bytes) else { return Err(fault(named("json-not-utf8"))) };
    let text: Vec<char> = text.chars().collect();
    let mut reader = Reader::new(&text, bounds);
    let read = reader.document();
    let mut faults: Faults = reader.faults.iter().map(|kind| named(kind)).collect();
    match read {
        Err(fatal) => faults.insert(named(fatal)),
        Ok(Json::Object(_)) => false,
        Ok(_) => faults.insert(named("json-not-an-object")),
    };
    none(faults)?;
    Ok(read.unwrap())
}

/// The texts of an array's elements, which are JSON.
pub(super) fn elements(text: &str) -> Vec<String> {
    let text: Vec<char> = text.chars().collect();
    let mut reader = Reader::new(&text, Bounds::NONE);
    reader.at += 1;
    let mut elements = Vec::new();
    loop {
        reader.space();
        if reader.take(']') {
            return elements;
        }
        let from = reader.at;
        reader.value(1, 0).unwrap();
        elements.push(text[from..reader.at].iter().collect());
        reader.space();
        reader.take(',');
    }
}

/// The text of the member of this name, of an object that is JSON.
pub(super) fn member(object: &str, name: &str) -> Option<String> {
    let text: Vec<char> = object.chars().collect();
    let mut reader = Reader::new(&text, Bounds::NONE);
    reader.space();
    reader.at += 1;
    loop {
        reader.space();
        if reader.take('}') {
            return None;
        }
        let found = reader.string(1).unwrap();
        reader.space();
        reader.take(':');
        reader.space();
        let from = reader.at;
        reader.value(1, 0).unwrap();
        if found.is(name) {
            return Some(text[from..reader.at].iter().collect());
        }
        reader.space();
        reader.take(',');
    }
}

struct Reader<'a> {
    text: &'a [char],
    at: usize,
    bounds: Bounds,
    /// Faults that do not end the reading.
    faults: Vec<&'static str>,
}

type Read<T> = Result<T, &'static str>;

const SYNTAX: &str = "json-syntax";

/// One method for each rule of the grammar.
impl<'t> Reader<'t> {
    fn new(text: &'t [char], bounds: Bounds) -> Self {
        Self { text, at: 0, bounds, faults: Vec::new() }
    }

    fn document(&mut self) -> Read<Json> {
        self.space();
        let value = self.value(0, 0)?;
        self.space();
        if self.at == self.text.len() { Ok(value) } else { Err(SYNTAX) }
    }

    /// A value within `depth` containers, whose objects have `names` so far.
    fn value(&mut self, depth: usize, names: usize) -> Read<Json> {
        match self.peek() {
            Some('{') => self.members(depth + 1, names),
            Some('[') => self.array(depth + 1, names),
            Some('"') => self.string(depth).map(Json::String),
            Some('-' | '0'..='9') => self.number(),
            Some('t') => self.literal("true", Json::Bool(true)),
            Some('f') => self.literal("false", Json::Bool(false)),
            Some('n') => self.literal("null", Json::Null),
            _ => Err(SYNTAX),
        }
    }

    fn members(&mut self, depth: usize, mut names: usize) -> Read<Json> {
        self.open(depth)?;
        let mut members: Vec<(Text, Json)> = Vec::new();
        if self.take('}') {
            return Ok(Json::Object(members));
        }
        loop {
            self.space();
            let name = self.string(depth)?;
            if depth <= self.bounds.strict_down_to {
                if members.iter().any(|(other, _)| *other == name) {
                    self.faults.push("json-duplicate-name");
                }
                names += 1;
                if names > self.bounds.names {
                    return Err("json-too-many-names");
                }
            }
            self.space();
            self.expect(':')?;
            self.space();
            members.push((name, self.value(depth, names)?));
            self.space();
            if self.take('}') {
                return Ok(Json::Object(members));
            }
            self.expect(',')?;
        }
    }

    fn array(&mut self, depth: usize, names: usize) -> Read<Json> {
        self.open(depth)?;
        let mut elements = Vec::new();
        if self.take(']') {
            return Ok(Json::Array(elements));
        }
        loop {
            self.space();
            elements.push(self.value(depth, names)?);
            self.space();
            if self.take(']') {
                return Ok(Json::Array(elements));
            }
            self.expect(',')?;
        }
    }

    fn open(&mut self, depth: usize) -> Read<()> {
        if depth > self.bounds.depth {
            return Err("json-too-deep");
        }
        self.at += 1;
        self.space();
        Ok(())
    }

    fn string(&mut self, depth: usize) -> Read<Text> {
        self.expect('"')?;
        let mut points = Vec::new();
        let read = self.characters(&mut points);
        // Also of a string that then breaks off.
        let is_whole = points.iter().all(|point| char::from_u32(*point).is_some());
        if !is_whole && depth <= self.bounds.strict_down_to {
            self.faults.push("json-lone-surrogate");
        }
        read?;
        Ok(Text(points))
    }

    /// The characters of a string, and the quotation mark at its end.
    fn characters(&mut self, points: &mut Vec<u32>) -> Read<()> {
        loop {
            match self.next().ok_or(SYNTAX)? {
                '"' => return Ok(()),
                '\\' => {
                    let escape = self.next().ok_or(SYNTAX)?;
                    points.push(match escape {
                        '"' | '\\' | '/' => u32::from(escape),
                        'b' => 8,
                        't' => 9,
                        'n' => 10,
                        'f' => 12,
                        'r' => 13,
                        'u' => self.unit()?,
                        _ => return Err(SYNTAX),
                    });
                    // The second half of a pair follows the first directly, and is escaped, too.
                    if escape == 'u'
                        && matches!(points.last(), Some(0xd800..=0xdbff))
                        && self.text.get(self.at..self.at + 2) == Some(&['\\', 'u'])
                    {
                        let back = self.at;
                        self.at += 2;
                        match self.unit()? {
                            low @ 0xdc00..=0xdfff => {
                                let high = points.pop().unwrap();
                                points.push(0x1_0000 + (high - 0xd800) * 0x400 + (low - 0xdc00));
                            }
                            _ => self.at = back,
                        }
                    }
                }
                '\0'..='\u{1f}' => return Err(SYNTAX),
                character => points.push(u32::from(character)),
            }
        }
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Read<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit * 16 + self.next().and_then(|digit| digit.to_digit(16)).ok_or(SYNTAX)?;
        }
        Ok(unit)
    }

    /// `[ minus ] int [ frac ] [ exp ]`
    fn number(&mut self) -> Read<Json> {
        let from = self.at;
        self.take('-');
        if !self.take('0') {
            self.digits()?;
        }
        if self.take('.') {
            self.digits()?;
        }
        if self.take('e') || self.take('E') {
            let _ = self.take('+') || self.take('-');
            self.digits()?;
        }
        Ok(Json::Number(self.text[from..self.at].iter().collect()))
    }

    fn digits(&mut self) -> Read<()> {
        if !matches!(self.peek(), Some('0'..='9')) {
            return Err(SYNTAX);
        }
        while matches!(self.peek(), Some('0'..='9')) {
            self.at += 1;
        }
        Ok(())
    }

    fn literal(&mut self, literal: &str, value: Json) -> Read<Json> {
        literal.chars().try_for_each(|character| self.expect(character))?;
        Ok(value)
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek();
        self.at += usize::from(next.is_some());
        next
    }

    fn take(&mut self, character: char) -> bool {
        let is_next = self.peek() == Some(character);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, character: char) -> Read<()> {
        if self.take(character) { Ok(()) } else { Err(SYNTAX) }
    }
}
