//! Errors in a JSON text: what is wrong, and where.

use core::fmt;

use crate::reasons_macro::reasons;

/// An error in a JSON text.
///
/// See the example of [`KeySetError`](crate::KeySetError).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// What is wrong.
    pub kind: JsonErrorKind,
    /// Where it is wrong, in bytes from the start of the decoded text.
    pub offset: usize,
}

reasons! {
/// What is wrong with a JSON text.
///
/// See the example of [`KeySetError`](crate::KeySetError).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonErrorKind: (reason, number, all) {
    /// The text is not UTF-8 (RFC 8259 §8.1).
    #[reason("json-not-utf8", 12)]
    #[text("is not UTF-8")]
    NotUtf8,

    /// The text does not follow the grammar of RFC 8259. A byte order mark or anything after the value
    /// is an error, too.
    #[reason("json-syntax", 13)]
    #[text("is not valid JSON")]
    Syntax,

    /// An escaped surrogate lacks its other half, so it stands for no character.
    #[reason("json-lone-surrogate", 14)]
    #[text("has half of a surrogate pair")]
    LoneSurrogate,

    /// The value is not an object.
    #[reason("json-not-an-object", 15)]
    #[text("is not a JSON object")]
    NotAnObject,

    /// Two members of one object have the same name (RFC 7515 §4, RFC 7519 §4).
    #[reason("json-duplicate-name", 16)]
    #[text("has a second member of the same name")]
    DuplicateName,

    /// The text is nested more deeply than allowed.
    #[reason("json-too-deep", 17)]
    #[text("is nested too deeply")]
    TooDeep,

    /// There are more member names than allowed.
    #[reason("json-too-many-names", 18)]
    #[text("has too many members")]
    TooManyNames,
}
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind, self.offset)
    }
}

impl core::error::Error for JsonError {}
