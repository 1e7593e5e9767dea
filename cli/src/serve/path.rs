//! Request target → [`NormalPath`]: RFC 3986 §6.2.2, RFC 9112 §3.2.1.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

/// Bytes of the longest target that is read.
///
/// RFC 9110 §4.1 asks every recipient for 8,000 octets at least, and nginx by default takes no
/// request line beyond 8 KiB; the work per request stays bounded.
const MAX_LEN: usize = 8 * 1024;

/// A path that every upstream reads as we do: what could be read in two ways is refused.
///
/// It has neither a query nor a trailing slash. Case matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NormalPath<'a> {
    /// Unreserved characters are decoded, and the other encodings in upper case: equivalent paths
    /// are equal (RFC 3986 §6.2.2). The root is empty.
    text: Cow<'a, str>,
    /// Everything is decoded, as many an upstream does before it looks for a route.
    decoded: Cow<'a, str>,
}

impl<'a> NormalPath<'a> {
    /// Takes the path out of a target in origin-form, as the client sent it to the proxy.
    ///
    /// `origin-form = absolute-path [ "?" query ]` (RFC 9112 §3.2.1)
    ///
    /// # Errors
    ///
    /// What keeps the path from having one meaning only.
    pub(crate) fn parse(target: &'a str) -> Result<Self, BadPath> {
        if target.len() > MAX_LEN {
            return Err(BadPath::TooLong);
        }
        if !target.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(BadPath::NotVisibleAscii);
        }
        if target.contains('#') {
            return Err(BadPath::Fragment);
        }
        let path = target.split_once('?').map_or(target, |(path, _query)| path);
        if !path.starts_with('/') {
            return Err(BadPath::NotOriginForm);
        }
        if path.contains("//") {
            return Err(BadPath::EmptySegment);
        }
        if path.contains('\\') {
            return Err(BadPath::Backslash);
        }
        if path.contains(';') {
            return Err(BadPath::Parameter);
        }
        let path = Self::decode(path.strip_suffix('/').unwrap_or(path))?;
        if path.text.split('/').any(|segment| matches!(segment, "." | "..")) {
            return Err(BadPath::DotSegment);
        }
        // Decoding may have written the digits, as in `%25%32e`, so this comes after it.
        if path.text.split("%25").skip(1).any(|after| hex_digits(after).is_some()) {
            return Err(BadPath::DoubleEncoding);
        }
        Ok(path)
    }

    /// Decodes what is percent-encoded, and refuses what no segment may contain.
    fn decode(path: &'a str) -> Result<Self, BadPath> {
        let Some((plain, encoded)) = path.split_once('%') else {
            return Ok(Self { text: path.into(), decoded: path.into() });
        };
        let mut text = String::from(plain);
        let mut octets = Vec::from(plain);
        for piece in encoded.split('%') {
            let (digits, rest) = hex_digits(piece).ok_or(BadPath::MalformedEncoding)?;
            let octet = u8::from_str_radix(digits, 16).map_err(|_| BadPath::MalformedEncoding)?;
            match octet {
                b'/' | b'\\' | b';' | b'?' | b'#' => return Err(BadPath::EncodedDelimiter),
                b'-' | b'.' | b'_' | b'~' => text.push(char::from(octet)),
                _ if octet.is_ascii_alphanumeric() => text.push(char::from(octet)),
                _ => {
                    text.push('%');
                    text.push_str(&digits.to_ascii_uppercase());
                }
            }
            text.push_str(rest);
            octets.push(octet);
            octets.extend_from_slice(rest.as_bytes());
        }
        // No sequence of UTF-8 contains a slash: the path is valid if each of its segments is.
        let decoded = String::from_utf8(octets).map_err(|_| BadPath::NotUtf8)?;
        if decoded.contains(char::is_control) {
            return Err(BadPath::EncodedControl);
        }
        Ok(Self { text: text.into(), decoded: decoded.into() })
    }

    /// Whether the path is `prefix` or lies below it, segment by segment.
    pub(super) fn is_within(&self, prefix: &NormalPath<'_>) -> Within {
        if !starts_with(&self.decoded, &prefix.decoded) {
            Within::No
        } else if starts_with(&self.text, &prefix.text) {
            Within::Yes
        } else {
            Within::IfDecoded
        }
    }

    /// Whether both are the same path to an upstream that decodes before it looks for a route.
    pub(super) fn decodes_like(&self, other: &NormalPath<'_>) -> bool {
        self.decoded == other.decoded
    }

    /// Orders prefixes: of those that one path lies within, no two have the same length.
    pub(super) fn decoded_len(&self) -> usize {
        self.decoded.len()
    }

    /// The same path, for keeping.
    pub(super) fn into_owned(self) -> NormalPath<'static> {
        NormalPath {
            text: self.text.into_owned().into(),
            decoded: self.decoded.into_owned().into(),
        }
    }
}

/// Whether a path lies within a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Within {
    /// However an upstream reads the path.
    Yes,
    /// Only for an upstream that decodes reserved characters: `/%40me` and the prefix `/@me`. By
    /// RFC 3986 §2.2 these are two paths, and many upstreams take them for one.
    IfDecoded,
    /// However an upstream reads the path.
    No,
}

fn starts_with(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The two digits after a `%`, and what follows them.
///
/// `pct-encoded = "%" HEXDIG HEXDIG` (RFC 3986 §2.1)
fn hex_digits(text: &str) -> Option<(&str, &str)> {
    let halves = text.split_at_checked(2);
    halves.filter(|(digits, _)| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// What keeps a path from having one meaning only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadPath {
    /// The target is longer than 8 KiB.
    TooLong,
    /// A control character, a space or a byte beyond ASCII, not percent-encoded.
    NotVisibleAscii,
    /// A `#`: a fragment is no part of a target.
    Fragment,
    /// Absolute-form, authority-form, asterisk-form or nothing (RFC 9112 §3.2).
    NotOriginForm,
    /// `//`, which some upstreams read as `/`.
    EmptySegment,
    /// A segment `.` or `..`, be it percent-encoded.
    DotSegment,
    /// A `\`, which some upstreams read as `/`.
    Backslash,
    /// A `;`: some upstreams take what follows for a parameter, and leave it out.
    Parameter,
    /// A `%` without two hexadecimal digits.
    MalformedEncoding,
    /// A percent-encoded `/`, `\`, `;`, `?` or `#`: some upstreams split at it.
    EncodedDelimiter,
    /// A percent-encoded control character, of ASCII or of Unicode.
    EncodedControl,
    /// Decoding once leaves what can be decoded again.
    DoubleEncoding,
    /// What is percent-encoded is no UTF-8.
    NotUtf8,
}

impl fmt::Display for BadPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the path and its query are longer than 8192 bytes",
            Self::NotVisibleAscii => {
                "the path or its query has a character other than visible ASCII that is not \
                 percent-encoded"
            }
            Self::Fragment => "the path or its query has a #",
            Self::NotOriginForm => "the path does not begin with /",
            Self::EmptySegment => "the path has an empty segment: //",
            Self::DotSegment => "the path has a segment of one or two dots",
            Self::Backslash => "the path has a backslash",
            Self::Parameter => "the path has a ;",
            Self::MalformedEncoding => "the path has a % without two hexadecimal digits",
            Self::EncodedDelimiter => "the path has a percent-encoded / or \\ or ; or ? or #",
            Self::EncodedControl => "the path has a percent-encoded control character",
            Self::DoubleEncoding => "the path is percent-encoded twice",
            Self::NotUtf8 => "what is percent-encoded in the path is not UTF-8",
        })
    }
}

impl std::error::Error for BadPath {}
