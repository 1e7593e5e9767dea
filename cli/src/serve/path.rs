//! Paths with one meaning only: [`NormalPath`] (RFC 3986 §6.2.2, RFC 9112 §3.2.1).

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

/// The maximum length of a target, in bytes.
///
/// RFC 9110 §4.1 asks recipients to support at least 8,000 octets, and nginx accepts request lines
/// of up to 8 KiB by default. The limit bounds the work per request.
const MAX_LEN: usize = 8 * 1024;

/// A path that every upstream reads as we do. Ambiguous paths are rejected.
///
/// It has neither a query nor a trailing slash. Case matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NormalPath<'a> {
    /// With unreserved characters decoded and other encodings in upper case, so that equivalent
    /// paths are equal (RFC 3986 §6.2.2). Empty for the root.
    text: Cow<'a, str>,
    /// With everything decoded, as many upstreams do before they look for a route.
    decoded: Cow<'a, str>,
}

impl<'a> NormalPath<'a> {
    /// Parses the path of a target in origin-form, as the client sent it to the proxy.
    ///
    /// `origin-form = absolute-path [ "?" query ]` (RFC 9112 §3.2.1)
    ///
    /// # Errors
    ///
    /// The path is ambiguous or malformed.
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
        // Decoding can produce the digits, as in `%25%32e`, so this check comes last.
        if path.text.split("%25").skip(1).any(|after| hex_digits(after).is_some()) {
            return Err(BadPath::DoubleEncoding);
        }
        Ok(path)
    }

    /// Decodes percent-encoding, and rejects characters that no segment may contain.
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
        // A slash cannot be part of a longer UTF-8 sequence, so the whole path can be checked at once.
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

    /// Whether both are the same path for an upstream that decodes before it looks for a route.
    pub(super) fn decodes_like(&self, other: &NormalPath<'_>) -> bool {
        self.decoded == other.decoded
    }

    /// The length of the decoded path, for ordering prefixes. Of the prefixes of one path, no two have
    /// the same length.
    pub(super) fn decoded_len(&self) -> usize {
        self.decoded.len()
    }

    /// The same path, with its own memory.
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
    /// It does, however an upstream reads the path.
    Yes,
    /// It does only for an upstream that decodes reserved characters, as in `/%40me` and the prefix
    /// `/@me`. By RFC 3986 §2.2 these are two paths, but many upstreams treat them as one.
    IfDecoded,
    /// It does not, however an upstream reads the path.
    No,
}

fn starts_with(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The two digits after a `%`, and the rest.
///
/// `pct-encoded = "%" HEXDIG HEXDIG` (RFC 3986 §2.1)
fn hex_digits(text: &str) -> Option<(&str, &str)> {
    let halves = text.split_at_checked(2);
    halves.filter(|(digits, _)| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// Why a path is ambiguous or malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadPath {
    /// The target is longer than 8 KiB.
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
            Self::TooLong => "the path and its query are longer than 8192 bytes",
            Self::NotVisibleAscii => {
                "the path or its query contains a character that is not visible ASCII: \
                 percent-encode it"
            }
            Self::Fragment => "the path or its query contains a #",
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
