//! Reads the headers of MCP, whose values may be encoded.

use std::borrow::Cow;

use base64ct::{Base64, Encoding};
use http::HeaderMap;

pub(super) const VERSION: &str = "mcp-protocol-version";
pub(super) const METHOD: &str = "mcp-method";
pub(super) const NAME: &str = "mcp-name";

/// Why the headers do not say clearly what a request asks an MCP server for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum McpFault {
    #[error("MCP-Protocol-Version must name the revision that this path is configured for (mcp)")]
    Version,
    #[error("the header Mcp-Method is missing")]
    NoMethod,
    #[error("tools/call needs the header Mcp-Name")]
    NoName,
    #[error("the header {0} is there more than once")]
    Repeated(&'static str),
    #[error("the header {0} is neither visible ASCII nor =?base64?...?=")]
    Malformed(&'static str),
}

/// The value of a header, decoded, if it is there. Some servers take an underscore in a name for a hyphen, so
/// it counts as one here.
pub(super) fn only<'h>(
    headers: &'h HeaderMap,
    name: &'static str,
) -> Result<Option<Cow<'h, str>>, McpFault> {
    let is_named = |other: &str| {
        other.len() == name.len()
            && other.bytes().zip(name.bytes()).all(|(a, b)| a == b || a == b'_' && b == b'-')
    };
    let mut lines = headers.iter().filter(|(other, _)| is_named(other.as_str()));
    match (lines.next(), lines.next()) {
        (None, _) => Ok(None),
        (Some((_, value)), None) => {
            let value = value.to_str().ok().and_then(decoded);
            value.map(Some).ok_or(McpFault::Malformed(name))
        }
        (Some(_), Some(_)) => Err(McpFault::Repeated(name)),
    }
}

/// The text that a value stands for. A comma may join what were two lines, and a proxy may trim blanks at the ends, so
/// only an encoded value has these.
fn decoded(value: &str) -> Option<Cow<'_, str>> {
    let Some(rest) = value.strip_prefix("=?base64?") else {
        let is_plain = !value.is_empty()
            && !value.starts_with("=?")
            && value.trim_ascii() == value
            && value.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b',');
        return is_plain.then_some(Cow::Borrowed(value));
    };
    let bytes = Base64::decode_vec(rest.strip_suffix("?=")?).ok()?;
    String::from_utf8(bytes).ok().map(Cow::Owned)
}
