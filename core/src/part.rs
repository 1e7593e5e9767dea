//! The three parts of a compact token: RFC 7515 §7.1.

use core::fmt;

/// A part of a compact token.
///
/// See the example of [`Rejection`](crate::Rejection).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The first part: the JOSE header.
    Header,
    /// The second part: the claims.
    Payload,
    /// The third part.
    Signature,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        })
    }
}
