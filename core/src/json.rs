//! A strict JSON reader: RFC 8259, with the additions of RFC 7515 §4 and §10.12.
//!
//! A text is checked once, as a whole, before any of it is returned. The check covers UTF-8, the
//! grammar, the depth, and duplicate names: at every level, no two members of an object may have the
//! same name after unescaping. The types below exist only for checked text, so reading them is cheap
//! and cannot fail. Nothing recurses and nothing is copied.
//!
//! The header of a token, which anyone can have written:
//!
//! ```
//! use tollgate_core::json::{Array, Elements, Members, Object, Text, Value};
//! # use tollgate_core::policy::{Expected, Policy};
//! # use tollgate_core::{BearerToken, CompactJws};
//!
//! // {"alg":"ES256","x5c":["MIIB"]}
//! let token = b"eyJhbGciOiJFUzI1NiIsIng1YyI6WyJNSUlCIl19.e30.AA";
//! # let jws = CompactJws::split(BearerToken::from_token68(token)?)?;
//! # let mut scratch = [0; 256];
//! # let rules = Policy::builder(Expected::Any, Expected::Any).build()?.header_rules();
//! let candidate = jws.decode_header(&rules, &mut scratch)?;
//! let header: Object<'_> = candidate.header().object();
//! let mut members: Members<'_> = header.members();
//! assert!(members.next().is_some_and(|(name, _)| name == *"alg"));
//! let chain: Option<Array<'_>> = header.get("x5c").and_then(Value::as_array);
//! let mut elements: Elements<'_> = chain.ok_or("no chain")?.elements();
//! let certificate: Option<Text<'_>> = elements.next().and_then(Value::as_text);
//! assert_eq!(certificate.and_then(Text::plain), Some("MIIB"));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod deserialize;
mod error;
mod reader;
mod text;

pub(crate) use deserialize::{Deserializer, Mismatch};
pub use error::{JsonError, JsonErrorKind};
use reader::EachMember;
pub(crate) use reader::{Bounds, Member, Strict};
pub(crate) use text::SHORT_NAME_LEN;
pub use text::Text;

use crate::scan;

/// A JSON value, borrowed from checked text.
///
/// Strings are equal if they have the same characters after unescaping. Numbers, arrays and objects
/// are equal only if they are written in the same way.
///
/// See the example of the [module](self).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'b> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it was written.
    Number(&'b str),
    /// A string.
    String(Text<'b>),
    /// An array.
    Array(Array<'b>),
    /// An object.
    Object(Object<'b>),
}

impl<'b> Value<'b> {
    /// Takes the checked text of a value.
    fn from_checked(text: &'b str) -> Option<Self> {
        Some(match text.as_bytes().first()? {
            b'"' => Self::String(Text::from_checked(text.get(1..text.len().checked_sub(1)?)?)),
            b'{' => Self::Object(Object(text)),
            b'[' => Self::Array(Array(text)),
            b'n' => Self::Null,
            b't' => Self::Bool(true),
            b'f' => Self::Bool(false),
            _ => Self::Number(text),
        })
    }

    /// Returns the text of a string, or `None` for any other value.
    #[must_use]
    pub const fn as_text(self) -> Option<Text<'b>> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns an array, or `None` for any other value.
    #[must_use]
    pub const fn as_array(self) -> Option<Array<'b>> {
        match self {
            Self::Array(array) => Some(array),
            _ => None,
        }
    }

    /// Returns an object, or `None` for any other value.
    #[must_use]
    pub const fn as_object(self) -> Option<Object<'b>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }
}

/// A JSON object in checked text, with unique member names.
///
/// See the example of the [module](self).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object<'b>(&'b str);

impl<'b> Object<'b> {
    /// Checks all of `text`, which must be one object and nothing else.
    pub(crate) fn parse(text: &'b [u8], bounds: Bounds) -> Result<Self, JsonError> {
        Self::parse_each(text, bounds, &mut |_| ())
    }

    /// Works as [`parse`](Self::parse), and calls `each` for each member as soon as it is read. If this
    /// returns an error, forget what `each` was called with.
    pub(crate) fn parse_each(
        text: &'b [u8],
        bounds: Bounds,
        each: EachMember<'b, '_>,
    ) -> Result<Self, JsonError> {
        reader::check_object(text, bounds, each).map(Self)
    }

    /// Returns the object as it was written.
    #[must_use]
    pub const fn as_str(self) -> &'b str {
        self.0
    }

    /// Returns the members, in the order in which they were written.
    #[must_use]
    pub fn members(self) -> Members<'b> {
        Members(self.0.strip_prefix('{').unwrap_or_default())
    }

    /// Returns the value at an offset. No value begins at 0.
    pub(crate) fn value_at(self, place: u16) -> Option<Value<'b>> {
        let mut rest = self.0.get(usize::from(place)..).filter(|_| place != 0)?;
        take_value(&mut rest)
    }

    /// Returns the value of the member with this name, compared after unescaping.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Value<'b>> {
        self.members().find_map(|(member, value)| (member == *name).then_some(value))
    }
}

/// The members of an [`Object`].
///
/// See the example of the [module](self).
#[derive(Clone, Debug)]
pub struct Members<'b>(&'b str);

impl<'b> Iterator for Members<'b> {
    type Item = (Text<'b>, Value<'b>);

    fn next(&mut self) -> Option<Self::Item> {
        Some((take_value(&mut self.0)?.as_text()?, take_value(&mut self.0)?))
    }
}

/// A JSON array in checked text.
///
/// See the example of the [module](self).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Array<'b>(&'b str);

impl<'b> Array<'b> {
    /// Returns the array as it was written.
    #[must_use]
    pub const fn as_str(self) -> &'b str {
        self.0
    }

    /// Returns the elements in their order.
    #[must_use]
    pub fn elements(self) -> Elements<'b> {
        Elements(self.0.strip_prefix('[').unwrap_or_default())
    }
}

/// The elements of an [`Array`].
///
/// See the example of the [module](self).
#[derive(Clone, Debug)]
pub struct Elements<'b>(&'b str);

impl<'b> Iterator for Elements<'b> {
    type Item = Value<'b>;

    fn next(&mut self) -> Option<Self::Item> {
        take_value(&mut self.0)
    }
}

/// Splits the next value off checked text. Returns `None` at the end of a container.
fn take_value<'b>(text: &mut &'b str) -> Option<Value<'b>> {
    let start = text.bytes().position(|byte| !separates(byte))?;
    let (_, rest) = text.split_at_checked(start)?;
    let len = match rest.as_bytes() {
        [b'}' | b']', ..] => return None,
        value @ [b'"' | b'{' | b'[', ..] => bracketed_len(value),
        value => value.iter().position(|byte| ends_number(*byte)).unwrap_or(value.len()),
    };
    let (value, rest) = rest.split_at_checked(len)?;
    *text = rest;
    Value::from_checked(value)
}

/// Returns whether a byte is white space or separates the parts of a container.
fn separates(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b':')
}

fn ends_number(byte: u8) -> bool {
    matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n')
}

/// Returns the length of the string, object or array at the start of checked text.
fn bracketed_len(text: &[u8]) -> usize {
    let (mut len, mut open) = (0usize, 0usize);
    while let Some(byte) = text.get(len) {
        len = len.wrapping_add(1);
        match byte {
            b'"' => len = string_end(text, len),
            b'{' | b'[' => open = open.wrapping_add(1),
            b'}' | b']' => open = open.wrapping_sub(1),
            _ => {}
        }
        if open == 0 {
            break;
        }
    }
    len
}

/// Returns where a string ends, after its closing quotation mark, from where its content begins.
fn string_end(text: &[u8], mut begin: usize) -> usize {
    loop {
        let content = text.get(begin..).unwrap_or_default();
        let end = begin.wrapping_add(scan::plain_len(content));
        if text.get(end) != Some(&b'\\') {
            return end.wrapping_add(1);
        }
        begin = end.wrapping_add(2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(text: &str) -> Object<'_> {
        Object::parse(text.as_bytes(), Bounds::WIDEST).unwrap()
    }

    #[test]
    fn members_come_in_order_with_their_values() {
        let text =
            r#" { "a" : 1 , "b":[1,{"x":"]}"}], "c":{"d":"}\"{"},"e":null,"f":-1.5e3,"g":"" } "#;
        let mut members = object(text).members();
        let mut next = || members.next().map(|(name, value)| (name.plain().unwrap(), value));
        assert_eq!(next(), Some(("a", Value::Number("1"))));
        let Some(("b", Value::Array(array))) = next() else { panic!() };
        assert_eq!(array.as_str(), r#"[1,{"x":"]}"}]"#);
        let mut elements = array.elements();
        assert_eq!(elements.next(), Some(Value::Number("1")));
        let inner = elements.next().unwrap().as_object().unwrap();
        assert_eq!(inner.get("x").unwrap().as_text().unwrap().plain(), Some("]}"));
        assert_eq!(elements.next(), None);
        let Some(("c", Value::Object(object))) = next() else { panic!() };
        assert!(object.get("d").unwrap().as_text().unwrap() == *"}\"{");
        assert_eq!(next(), Some(("e", Value::Null)));
        assert_eq!(next(), Some(("f", Value::Number("-1.5e3"))));
        assert!(matches!(next(), Some(("g", Value::String(_)))));
        assert_eq!(next(), None);
        assert_eq!(next(), None);
    }

    #[test]
    fn members_are_found_by_their_unescaped_name() {
        let header = object(r#"{"a\u006cg":"ES256"}"#);
        assert_eq!(header.get("alg").unwrap().as_text().unwrap().plain(), Some("ES256"));
        assert_eq!(header.get(r"a\u006cg"), None);
    }
}
