//! The answers. None has a `Date`, since the board has no clock (RFC 9110 §6.6.1).

use core::fmt::{self, Write};

use heapless::String;
use tollgate_core::Rejection;
use tollgate_core::json::Text;

use crate::access::POLICY;
use crate::request::Fault;

/// Bytes of an answer, and of a connection's send buffer.
pub const MAX_LEN: usize = 1024;
/// Bytes of content: the subject of a token, of which OIDC Core §2 allows 255, with every character
/// escaped once.
const MAX_CONTENT_LEN: usize = 544;

/// The methods of the one resource.
pub const METHODS: &str = "GET, HEAD";

/// What becomes of a request.
pub enum Answer<'t> {
    /// The token is good, and this is whom it is about.
    Accepted(Text<'t>),
    Refused(Rejection),
    /// The token is good, but nothing here is for somebody with so long a name.
    SubjectTooLong,
    NotFound,
    MethodNotAllowed,
    Fault(Fault),
}

/// How the answer is sent.
pub struct Manner {
    /// Whether the connection ends with it.
    pub closes: bool,
    /// Whether its content is wanted, not only the length.
    pub with_content: bool,
}

impl Answer<'_> {
    /// Writes the answer to the end of `answer`.
    pub fn write(&self, manner: &Manner, answer: &mut String<MAX_LEN>) -> fmt::Result {
        let mut content = String::<MAX_CONTENT_LEN>::new();
        if self.write_content(&mut content).is_err() {
            return Answer::SubjectTooLong.write(manner, answer);
        }
        let (status, phrase) = self.status();
        write!(answer, "HTTP/1.1 {status} {phrase}\r\n")?;
        match self {
            Self::Refused(rejection) => {
                let challenge = rejection.challenge(None, POLICY.required_scopes());
                write!(answer, "WWW-Authenticate: {challenge}\r\n")?;
            }
            Self::MethodNotAllowed => write!(answer, "Allow: {METHODS}\r\n")?,
            _ => {}
        }
        if manner.closes {
            answer.write_str("Connection: close\r\n")?;
        }
        let len = content.len();
        answer.write_str("Cache-Control: no-store\r\nContent-Type: application/json\r\n")?;
        write!(answer, "Content-Length: {len}\r\n\r\n")?;
        answer.write_str(if manner.with_content { &content } else { "" })
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

    fn write_content(&self, content: &mut impl Write) -> fmt::Result {
        let (code, reason) = match self {
            Self::Accepted(subject) => {
                content.write_str("{\"subject\":\"")?;
                write_escaped(content, *subject)?;
                return content.write_str("\"}\n");
            }
            Self::Refused(rejection) => (rejection.code(), rejection.reason()),
            Self::SubjectTooLong => ("access_denied", "subject-too-long"),
            Self::NotFound => ("not_found", "path"),
            Self::MethodNotAllowed => ("method_not_allowed", "method"),
            Self::Fault(Fault::Malformed) => ("bad_request", "head-malformed"),
            Self::Fault(Fault::TooLate) => ("bad_request", "head-too-late"),
            Self::Fault(Fault::LengthRequired) => ("bad_request", "content-without-length"),
            Self::Fault(Fault::HeadTooLong) => ("bad_request", "head-too-long"),
        };
        writeln!(content, "{{\"code\":\"{code}\",\"reason\":\"{reason}\"}}")
    }
}

/// The content of a JSON string (RFC 8259 §7).
fn write_escaped(to: &mut impl Write, text: Text<'_>) -> fmt::Result {
    text.chars().try_for_each(|character| match character {
        '"' | '\\' => write!(to, "\\{character}"),
        '\0'..' ' => write!(to, "\\u{:04x}", u32::from(character)),
        _ => to.write_char(character),
    })
}
