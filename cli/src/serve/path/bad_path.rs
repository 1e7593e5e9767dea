//! Why a path is refused.

use std::fmt;

/// Why a path is ambiguous or malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadPath {
    /// It is longer than 8 KiB.
    TooLong,
    /// It contains a control character, a space or a byte beyond ASCII that is not percent-encoded.
    NotVisibleAscii,
    /// It contains a `#`. A target has no fragment.
    Fragment,
    /// It is in absolute-form, authority-form or asterisk-form (RFC 9112 §3.2), or empty.
    NotOriginForm,
    /// It contains `//`, which some upstreams read as `/`.
    EmptySegment,
    /// It has a segment `.` or `..`, perhaps percent-encoded.
    DotSegment,
    /// It contains a `\`, which some upstreams read as `/`.
    Backslash,
    /// It contains a `;`. Some upstreams treat the rest of the segment as a parameter, and drop it.
    Parameter,
    /// It has a `%` without two hexadecimal digits.
    MalformedEncoding,
    /// It has a percent-encoded `/`, `\`, `;`, `?` or `#`, at which some upstreams split.
    EncodedDelimiter,
    /// It has a percent-encoded control character, of ASCII or Unicode.
    EncodedControl,
    /// Once decoded, it still contains percent-encoding.
    DoubleEncoding,
    /// The decoded path is not UTF-8.
    NotUtf8,
}

impl fmt::Display for BadPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the path is longer than 8192 bytes",
            Self::NotVisibleAscii => {
                "the path contains a character that is not visible ASCII: percent-encode it"
            }
            Self::Fragment => "the path contains a #",
            Self::NotOriginForm => "the path does not begin with /",
            Self::EmptySegment => "the path contains //",
            Self::DotSegment => "the path has a dot segment (. or ..)",
            Self::Backslash => "the path contains a backslash",
            Self::Parameter => "the path contains a ;",
            Self::MalformedEncoding => "the path has a % without two hexadecimal digits",
            Self::EncodedDelimiter => "the path contains a percent-encoded / \\ ; ? or #",
            Self::EncodedControl => "the path contains a percent-encoded control character",
            Self::DoubleEncoding => "the path is percent-encoded twice",
            Self::NotUtf8 => "the decoded path is not UTF-8",
        })
    }
}

impl std::error::Error for BadPath {}
