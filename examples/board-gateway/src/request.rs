//! The parser for the head of a request (RFC 9112).

use httparse::{EMPTY_HEADER, Error, Header, Status};
use tollgate_core::{BearerToken, Rejection};

/// Bytes of a head: a token of 3 KiB, and the other fields that clients send.
pub const MAX_HEAD_LEN: usize = 4096;
/// Fields of a head.
const MAX_FIELDS: usize = 32;

/// A request.
pub struct Request<'h> {
    pub method: &'h str,
    pub path: &'h str,
    pub token: Result<BearerToken<'h>, Rejection>,
    /// Whether to close the connection after the response: the client asks for it, or content
    /// follows, which the gateway does not read and must not mistake for the next request.
    pub closes: bool,
}

/// Why a request cannot be parsed. The next request cannot be found, so the connection is closed.
#[derive(Clone, Copy)]
pub enum Fault {
    Malformed,
    TooLate,
    /// The length of the content is unknown (RFC 9112 §6.3).
    LengthRequired,
    HeadTooLong,
}

impl<'h> Request<'h> {
    /// Returns a request and the length of its head, or `None` if the head is incomplete.
    pub fn parse(bytes: &'h [u8]) -> Result<Option<(Self, usize)>, Fault> {
        let mut fields = [EMPTY_HEADER; MAX_FIELDS];
        let mut head = httparse::Request::new(&mut fields);
        let len = match head.parse(bytes) {
            Ok(Status::Complete(len)) => len,
            Ok(Status::Partial) if bytes.len() < MAX_HEAD_LEN => return Ok(None),
            Ok(Status::Partial) | Err(Error::TooManyHeaders) => return Err(Fault::HeadTooLong),
            Err(_) => return Err(Fault::Malformed),
        };
        let (Some(method), Some(target), Some(version)) = (head.method, head.path, head.version)
        else {
            return Err(Fault::Malformed);
        };
        let fields = &*head.headers;
        let is_1_1 = version == 1;
        match values(fields, "Host").count() {
            1 => {}
            0 if !is_1_1 => {}
            _ => return Err(Fault::Malformed),
        }
        if values(fields, "Transfer-Encoding").next().is_some() {
            return Err(Fault::LengthRequired);
        }
        let closes = !is_1_1 || has_content(fields)? || says_close(fields);
        let token = BearerToken::from_field_lines(values(fields, "Authorization"));
        Ok(Some((Self { method, path: path(target), token, closes }, len)))
    }
}

fn values<'h>(fields: &[Header<'h>], name: &str) -> impl Iterator<Item = &'h [u8]> {
    fields
        .iter()
        .filter(move |field| field.name.eq_ignore_ascii_case(name))
        .map(|field| field.value)
}

/// `Content-Length = 1*DIGIT` (RFC 9110 §8.6).
fn has_content(fields: &[Header<'_>]) -> Result<bool, Fault> {
    let mut lengths = values(fields, "Content-Length");
    match (lengths.next(), lengths.next()) {
        (None, _) => Ok(false),
        (Some(length), None) if !length.is_empty() && length.iter().all(u8::is_ascii_digit) => {
            Ok(length.iter().any(|digit| *digit != b'0'))
        }
        _ => Err(Fault::Malformed),
    }
}

fn says_close(fields: &[Header<'_>]) -> bool {
    values(fields, "Connection")
        .flat_map(|value| value.split(|byte| *byte == b','))
        .any(|option| option.trim_ascii().eq_ignore_ascii_case(b"close"))
}

/// Returns the path of a target in origin-form or absolute-form (RFC 9112 §3.2), without the query.
fn path(target: &str) -> &str {
    const SCHEME: &str = "http://";
    let target = match target.split_at_checked(SCHEME.len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(SCHEME) => {
            rest.find(['/', '?']).map_or("/", |start| &rest[start..])
        }
        _ => target,
    };
    target.split('?').next().unwrap_or_default()
}
