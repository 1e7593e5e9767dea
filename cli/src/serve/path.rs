//! The path of a request, and its readings if servers differ (RFC 3986 §6.2.2, RFC 9112 §3.2.1).

mod bad_path;
mod readings;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub(crate) use bad_path::BadPath;
pub(crate) use readings::{Construct, Readings};

/// The maximum length of a path, in bytes. A query may be longer.
///
/// RFC 9110 §4.1 asks recipients to support at least 8,000 octets, and nginx accepts request lines
/// of up to 8 KiB by default. The limit bounds the work per request.
const MAX_LEN: usize = 8 * 1024;

/// A path in one reading. [`NormalPath::parse`] rejects a path that has several.
///
/// It has neither a query nor a trailing slash. Case matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NormalPath<'a> {
    /// With unreserved characters decoded and other encodings in upper case, so that equivalent
    /// paths are equal (RFC 3986 §6.2.2). Empty for the root.
    text: Cow<'a, str>,
    /// With everything decoded, as many upstreams do before they look for a route. It has the same segments.
    decoded: Cow<'a, str>,
}

/// What a path may contain.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Grammar {
    /// Nothing that servers read in different ways.
    Strict,
    /// Every [`Construct`], taken as text. An encoded slash stays encoded.
    Lenient,
}

impl<'a> NormalPath<'a> {
    /// Parses the path of a target in origin-form, as the client sent it to the proxy.
    ///
    /// `origin-form = absolute-path [ "?" query ]` (RFC 9112 §3.2.1). The query is not read.
    ///
    /// # Errors
    ///
    /// The path is ambiguous or malformed.
    pub(crate) fn parse(target: &'a str) -> Result<Self, BadPath> {
        Self::parse_as(without_query(target), Grammar::Strict)
    }

    fn parse_as(path: &'a str, grammar: Grammar) -> Result<Self, BadPath> {
        if path.len() > MAX_LEN {
            return Err(BadPath::TooLong);
        }
        if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(BadPath::NotVisibleAscii);
        }
        if path.contains('#') {
            return Err(BadPath::Fragment);
        }
        if !path.starts_with('/') {
            return Err(BadPath::NotOriginForm);
        }
        if path.contains('\\') {
            return Err(BadPath::Backslash);
        }
        if grammar == Grammar::Strict {
            if path.contains("//") {
                return Err(BadPath::EmptySegment);
            }
            if path.contains(';') {
                return Err(BadPath::Parameter);
            }
        }
        let path = Self::decode(path.strip_suffix('/').unwrap_or(path), grammar)?;
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
    fn decode(path: &'a str, grammar: Grammar) -> Result<Self, BadPath> {
        let Some((plain, encoded)) = path.split_once('%') else {
            return Ok(Self { text: path.into(), decoded: path.into() });
        };
        let mut text = String::from(plain);
        let mut octets = Vec::from(plain);
        for piece in encoded.split('%') {
            let (digits, rest) = hex_digits(piece).ok_or(BadPath::MalformedEncoding)?;
            let octet = u8::from_str_radix(digits, 16).map_err(|_| BadPath::MalformedEncoding)?;
            match octet {
                // It separates nothing in this reading. No rule has one in its path.
                b'/' if grammar == Grammar::Lenient => {
                    text.push_str("%2F");
                    octets.extend_from_slice(b"%2F");
                    text.push_str(rest);
                    octets.extend_from_slice(rest.as_bytes());
                    continue;
                }
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

    /// The segments, as the client wrote them but for equivalent encodings.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &str> {
        self.text.split('/').skip(1)
    }

    /// What follows the first slash, decoded. `None` for the root, which has no segment.
    pub(super) fn decoded(&self) -> Option<&str> {
        self.decoded.strip_prefix('/')
    }

    /// The same path, with its own memory.
    pub(super) fn into_owned(self) -> NormalPath<'static> {
        NormalPath {
            text: self.text.into_owned().into(),
            decoded: self.decoded.into_owned().into(),
        }
    }
}

/// The path of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RequestPath<'a> {
    /// Every upstream reads it as we do.
    Normal(NormalPath<'a>),
    /// It has a [`Construct`], so it passes only if a rule allows that.
    Ambiguous {
        /// The path, without its query.
        path: &'a str,
        /// Why the request is refused without such a rule.
        fault: BadPath,
    },
}

impl<'a> RequestPath<'a> {
    /// Parses the path of a target as [`NormalPath::parse`] does.
    ///
    /// # Errors
    ///
    /// The path is malformed, or ambiguous in a way that no rule can allow.
    pub(crate) fn parse(target: &'a str) -> Result<Self, BadPath> {
        let path = without_query(target);
        match NormalPath::parse_as(path, Grammar::Strict) {
            Ok(path) => Ok(Self::Normal(path)),
            Err(
                fault @ (BadPath::EmptySegment | BadPath::Parameter | BadPath::EncodedDelimiter),
            ) => Ok(Self::Ambiguous { path, fault }),
            Err(fault) => Err(fault),
        }
    }
}

fn without_query(target: &str) -> &str {
    target.split_once('?').map_or(target, |(path, _query)| path)
}

/// The two digits after a `%`, and the rest.
///
/// `pct-encoded = "%" HEXDIG HEXDIG` (RFC 3986 §2.1)
fn hex_digits(text: &str) -> Option<(&str, &str)> {
    let halves = text.split_at_checked(2);
    halves.filter(|(digits, _)| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}
