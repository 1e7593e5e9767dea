//! What can be wrong with a JSON text, and where.

use core::fmt;

/// A JSON text that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// What is wrong.
    pub kind: JsonErrorKind,
    /// Where, in bytes from the start of the decoded text.
    pub offset: usize,
}

/// What is wrong with a JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonErrorKind {
    /// Not UTF-8 (RFC 8259 §8.1).
    NotUtf8,
    /// Not the grammar of RFC 8259: also a byte order mark, or anything after the value.
    Syntax,
    /// An escaped surrogate without its other half, which stands for no character.
    LoneSurrogate,
    /// A value, but not an object.
    NotAnObject,
    /// Two members of one object have the same name (RFC 7515 §4, RFC 7519 §4).
    DuplicateName,
    /// Nested more deeply than allowed.
    TooDeep,
    /// More member names than allowed.
    TooManyNames,
}

impl JsonErrorKind {
    /// A stable name, kebab-case.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NotUtf8 => "json-not-utf8",
            Self::Syntax => "json-syntax",
            Self::LoneSurrogate => "json-lone-surrogate",
            Self::NotAnObject => "json-not-an-object",
            Self::DuplicateName => "json-duplicate-name",
            Self::TooDeep => "json-too-deep",
            Self::TooManyNames => "json-too-many-names",
        }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            JsonErrorKind::NotUtf8 => "is not UTF-8",
            JsonErrorKind::Syntax => "is not valid JSON",
            JsonErrorKind::LoneSurrogate => "has half of a surrogate pair",
            JsonErrorKind::NotAnObject => "is not a JSON object",
            JsonErrorKind::DuplicateName => "has a second member of the same name",
            JsonErrorKind::TooDeep => "is nested too deeply",
            JsonErrorKind::TooManyNames => "has too many members",
        };
        write!(f, "{what} at byte {}", self.offset)
    }
}

impl core::error::Error for JsonError {}
