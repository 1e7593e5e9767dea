//! The strict JSON reader: RFC 8259, with RFC 7515 §4 and §10.12 on top.
//!
//! A text is checked once, as a whole, before any of it is handed out: UTF-8, grammar, depth, and
//! that no two members of one object have the same name, compared unescaped, at every level. The
//! values below can be made only from text that has passed, so walking them again is cheap and
//! cannot fail. Nothing recurses and nothing is copied.

mod deserialize;
mod error;
mod reader;
mod text;

pub(crate) use deserialize::{Deserializer, Mismatch};
pub use error::{JsonError, JsonErrorKind};
pub(crate) use reader::{Bounds, Strict};
pub(crate) use text::SHORT_NAME_LEN;
pub use text::Text;

/// A JSON value, borrowed from checked text.
///
/// Strings are equal if they stand for the same characters; numbers, arrays and objects if they are
/// written alike.
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
    /// The text of a string, `None` of any other value.
    #[must_use]
    pub const fn as_text(self) -> Option<Text<'b>> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of an array, `None` of any other value.
    #[must_use]
    pub const fn as_array(self) -> Option<Array<'b>> {
        match self {
            Self::Array(array) => Some(array),
            _ => None,
        }
    }

    /// The members of an object, `None` of any other value.
    #[must_use]
    pub const fn as_object(self) -> Option<Object<'b>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }
}

/// A JSON object whose member names are unique, as checked text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object<'b>(&'b str);

impl<'b> Object<'b> {
    /// Checks all of `text`, which must be one object and nothing after it.
    pub(crate) fn parse(text: &'b [u8], bounds: Bounds) -> Result<Self, JsonError> {
        reader::check_object(text, bounds).map(Self)
    }

    /// The object as it was written.
    #[must_use]
    pub const fn as_str(self) -> &'b str {
        self.0
    }

    /// Its members in the order in which they were written.
    #[must_use]
    pub fn members(self) -> Members<'b> {
        Members(self.0.strip_prefix('{').unwrap_or_default())
    }

    /// The value of the member called `name`, compared unescaped.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Value<'b>> {
        self.members().find_map(|(member, value)| (member == *name).then_some(value))
    }
}

/// The members of an [`Object`].
#[derive(Clone, Debug)]
pub struct Members<'b>(&'b str);

impl<'b> Iterator for Members<'b> {
    type Item = (Text<'b>, Value<'b>);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, rest) = take_string(skip_separators(self.0))?;
        let (value, rest) = take_value(skip_separators(rest))?;
        self.0 = rest;
        Some((name, value))
    }
}

/// A JSON array, as checked text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Array<'b>(&'b str);

impl<'b> Array<'b> {
    /// The array as it was written.
    #[must_use]
    pub const fn as_str(self) -> &'b str {
        self.0
    }

    /// Its elements in order.
    #[must_use]
    pub fn elements(self) -> Elements<'b> {
        Elements(self.0.strip_prefix('[').unwrap_or_default())
    }
}

/// The elements of an [`Array`].
#[derive(Clone, Debug)]
pub struct Elements<'b>(&'b str);

impl<'b> Iterator for Elements<'b> {
    type Item = Value<'b>;

    fn next(&mut self) -> Option<Self::Item> {
        let (value, rest) = take_value(skip_separators(self.0))?;
        self.0 = rest;
        Some(value)
    }
}

/// White space, and what stands between the parts of a container.
fn skip_separators(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\r', '\n', ',', ':'])
}

/// The value at the start of checked text, and what follows it. `None` at the end of a container.
fn take_value(text: &str) -> Option<(Value<'_>, &str)> {
    match text.as_bytes().first()? {
        b'"' => take_string(text).map(|(string, rest)| (Value::String(string), rest)),
        b'{' => take_container(text).map(|(object, rest)| (Value::Object(Object(object)), rest)),
        b'[' => take_container(text).map(|(array, rest)| (Value::Array(Array(array)), rest)),
        b'n' => Some((Value::Null, text.strip_prefix("null")?)),
        b't' => Some((Value::Bool(true), text.strip_prefix("true")?)),
        b'f' => Some((Value::Bool(false), text.strip_prefix("false")?)),
        b'}' | b']' => None,
        _ => {
            let end = text.bytes().position(ends_number).unwrap_or(text.len());
            let (number, rest) = text.split_at_checked(end)?;
            Some((Value::Number(number), rest))
        }
    }
}

fn ends_number(byte: u8) -> bool {
    matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n')
}

fn take_string(text: &str) -> Option<(Text<'_>, &str)> {
    let content = text.strip_prefix('"')?;
    let raw = text::until_quote(content);
    Some((Text::from_checked(raw), content.get(raw.len()..)?.strip_prefix('"')?))
}

/// An object or array, found by counting brackets outside of strings.
fn take_container(text: &str) -> Option<(&str, &str)> {
    let mut open = 0usize;
    let mut rest = text;
    loop {
        let at = rest.bytes().position(|byte| matches!(byte, b'"' | b'{' | b'[' | b'}' | b']'))?;
        let (_, found) = rest.split_at_checked(at)?;
        rest = match found.as_bytes().first()? {
            b'"' => take_string(found)?.1,
            byte => {
                open = match byte {
                    b'{' | b'[' => open.saturating_add(1),
                    _ => open.saturating_sub(1),
                };
                found.get(1..)?
            }
        };
        if open == 0 {
            return text.split_at_checked(text.len().saturating_sub(rest.len()));
        }
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
