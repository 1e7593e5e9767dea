//! The HTTP responses. They have no `Date`, since the board has no clock (RFC 9110 §6.6.1).

use core::fmt::{self, Write};

use heapless::Vec;
use serde::{Serialize, Serializer};
use serde_json_core::{ser, to_slice};
use tollgate_core::Rejection;
use tollgate_core::json::Text;

use crate::access::POLICY;
use crate::request::Fault;

/// Bytes of a response, and of a connection's send buffer.
pub const MAX_LEN: usize = 1024;
/// Bytes of content. OIDC Core §2 limits a subject to 255 characters, and a backslash may precede each.
const MAX_CONTENT_LEN: usize = 544;

/// The methods that the resource supports.
pub const METHODS: &str = "GET, HEAD";

/// The response to a request.
pub enum Response<'t> {
    /// The token is valid, and this is its subject.
    Accepted(Text<'t>),
    Refused(Rejection),
    /// The token is valid, but its subject does not fit into a response.
    SubjectTooLong,
    NotFound,
    MethodNotAllowed,
    Fault(Fault),
}

/// How a response is sent.
pub struct Delivery {
    /// Closes the connection afterwards.
    pub closes: bool,
    /// Sends the content, and not only its length.
    pub with_content: bool,
}

impl Response<'_> {
    /// Appends the response to `bytes`.
    pub fn write(&self, delivery: &Delivery, bytes: &mut Vec<u8, MAX_LEN>) -> fmt::Result {
        let mut content = [0; MAX_CONTENT_LEN];
        if let Ok(len) = self.write_json(&mut content) {
            return self.write_with(&content[..len], delivery, bytes);
        }
        // Only a subject can exceed the buffer.
        let len = Response::SubjectTooLong.write_json(&mut content).map_err(|_| fmt::Error)?;
        Response::SubjectTooLong.write_with(&content[..len], delivery, bytes)
    }

    fn write_with(
        &self,
        content: &[u8],
        delivery: &Delivery,
        bytes: &mut Vec<u8, MAX_LEN>,
    ) -> fmt::Result {
        let (status, phrase) = self.status();
        write!(bytes, "HTTP/1.1 {status} {phrase}\r\n")?;
        match self {
            Self::Refused(rejection) => {
                let challenge = rejection.challenge(None, POLICY.required_scopes());
                write!(bytes, "WWW-Authenticate: {challenge}\r\n")?;
            }
            Self::MethodNotAllowed => write!(bytes, "Allow: {METHODS}\r\n")?,
            _ => {}
        }
        if delivery.closes {
            bytes.write_str("Connection: close\r\n")?;
        }
        // A line break follows, for people who use curl.
        let len = content.len() + 1;
        bytes.write_str("Cache-Control: no-store\r\nContent-Type: application/json\r\n")?;
        write!(bytes, "Content-Length: {len}\r\n\r\n")?;
        if delivery.with_content {
            bytes.extend_from_slice(content).map_err(|_| fmt::Error)?;
            bytes.write_char('\n')?;
        }
        Ok(())
    }

    const fn status(&self) -> (u16, &'static str) {
        match self {
            Self::Accepted(_) => (200, "OK"),
            Self::Refused(rejection) => match rejection.http_status() {
                403 => (403, "Forbidden"),
                _ => (401, "Unauthorized"),
            },
            Self::SubjectTooLong => (403, "Forbidden"),
            Self::NotFound => (404, "Not Found"),
            Self::MethodNotAllowed => (405, "Method Not Allowed"),
            Self::Fault(Fault::Malformed) => (400, "Bad Request"),
            Self::Fault(Fault::TooLate) => (408, "Request Timeout"),
            Self::Fault(Fault::LengthRequired) => (411, "Length Required"),
            Self::Fault(Fault::HeadTooLong) => (431, "Request Header Fields Too Large"),
        }
    }

    /// Writes the content as JSON, and returns its length, or an error if the subject is too long.
    fn write_json(&self, content: &mut [u8]) -> ser::Result<usize> {
        let (code, reason) = match self {
            Self::Accepted(subject) => return to_slice(&Identity { subject: *subject }, content),
            Self::Refused(rejection) => (rejection.code(), rejection.reason()),
            Self::SubjectTooLong => ("access_denied", "subject-too-long"),
            Self::NotFound => ("not_found", "path"),
            Self::MethodNotAllowed => ("method_not_allowed", "method"),
            Self::Fault(Fault::Malformed) => ("bad_request", "head-malformed"),
            Self::Fault(Fault::TooLate) => ("bad_request", "head-too-late"),
            Self::Fault(Fault::LengthRequired) => ("bad_request", "content-without-length"),
            Self::Fault(Fault::HeadTooLong) => ("bad_request", "head-too-long"),
        };
        to_slice(&Refusal { code, reason }, content)
    }
}

/// The content of the response to a valid token.
#[derive(Serialize)]
struct Identity<'t> {
    #[serde(serialize_with = "as_string")]
    subject: Text<'t>,
}

/// The content of every other response.
#[derive(Serialize)]
struct Refusal {
    code: &'static str,
    reason: &'static str,
}

/// Writes the unescaped text as a JSON string, without a copy in between.
fn as_string<S: Serializer>(text: &Text<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(text)
}
