//! [`BearerToken`] → [`CompactJws`]: RFC 7515 §3.1, §7.1.

use core::fmt;

use crate::bearer::BearerToken;
use crate::part::Part;
use crate::rejection::Rejection;
use crate::scan;

/// Stage 2: a token of exactly three non-empty parts.
///
/// `BASE64URL(header) "." BASE64URL(payload) "." BASE64URL(signature)`
///
/// ```
/// use tollgate_core::{BearerToken, CompactJws, Rejection};
///
/// let jws = CompactJws::split(BearerToken::from_token68(b"aa.bbb.c")?)?;
/// assert_eq!((jws.header(), jws.payload(), jws.signature()), ("aa", "bbb", "c"));
/// assert_eq!(jws.signing_input(), "aa.bbb");
/// // An encrypted token has five parts.
/// let encrypted = CompactJws::split(BearerToken::from_token68(b"a.b.c.d.e")?);
/// assert_eq!(encrypted, Err(Rejection::PartCount { found: 5 }));
/// # Ok::<(), Rejection>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CompactJws<'t> {
    signing_input: &'t str,
    header: &'t str,
    payload: &'t str,
    signature: &'t str,
}

impl<'t> CompactJws<'t> {
    /// Splits a token at its two dots. Nothing is decoded.
    ///
    /// # Errors
    ///
    /// [`PartCount`](Rejection::PartCount) or [`PartEmpty`](Rejection::PartEmpty).
    pub fn split(token: BearerToken<'t>) -> Result<Self, Rejection> {
        let token = token.as_str();
        let Some(parts) = Self::split_in_three(token) else {
            let dots = token.bytes().filter(|byte| *byte == b'.').count();
            return Err(Rejection::PartCount { found: dots.saturating_add(1) });
        };
        for (text, part) in [
            (parts.header, Part::Header),
            (parts.payload, Part::Payload),
            (parts.signature, Part::Signature),
        ] {
            if text.is_empty() {
                return Err(Rejection::PartEmpty(part));
            }
        }
        Ok(parts)
    }

    fn split_in_three(token: &'t str) -> Option<Self> {
        let (header, rest) = split_at_dot(token)?;
        let (payload, signature) = split_at_dot(rest)?;
        let signing_input =
            token.get(..token.len().checked_sub(signature.len())?.checked_sub(1)?)?;
        let parts = Self { signing_input, header, payload, signature };
        split_at_dot(signature).is_none().then_some(parts)
    }

    /// Returns the header, encoded.
    #[must_use]
    pub const fn header(&self) -> &'t str {
        self.header
    }

    /// Returns the payload, encoded.
    #[must_use]
    pub const fn payload(&self) -> &'t str {
        self.payload
    }

    /// Returns the signature, encoded.
    #[must_use]
    pub const fn signature(&self) -> &'t str {
        self.signature
    }

    /// Returns the signed text: the first two parts and the dot between them, as received
    /// (RFC 7515 §5.2).
    #[must_use]
    pub const fn signing_input(&self) -> &'t str {
        self.signing_input
    }
}

/// Splits a text at its first dot, which neither half includes.
fn split_at_dot(text: &str) -> Option<(&str, &str)> {
    // The method of `str` contains panics that the linker would keep.
    let (before, rest) = text.split_at_checked(scan::find(text.as_bytes(), b'.')?)?;
    Some((before, rest.get(1..)?))
}

/// Hides the token, because it is a credential.
impl fmt::Debug for CompactJws<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CompactJws(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(token: &str) -> Result<CompactJws<'_>, Rejection> {
        CompactJws::split(BearerToken::from_token68(token.as_bytes()).unwrap())
    }

    #[test]
    fn three_parts_and_the_signing_input() {
        let jws = split("aa.bbb.c").unwrap();
        assert_eq!((jws.header(), jws.payload(), jws.signature()), ("aa", "bbb", "c"));
        assert_eq!(jws.signing_input(), "aa.bbb");
    }

    #[test]
    fn any_other_number_of_parts_is_rejected() {
        for (token, found) in
            [("a", 1), ("a.b", 2), ("a.b.c.d", 4), ("a.b.c.d.e", 5), ("....", 5), (".", 2)]
        {
            assert_eq!(split(token), Err(Rejection::PartCount { found }), "{token}");
        }
    }

    #[test]
    fn empty_parts_are_rejected() {
        for (token, part) in
            [(".b.c", Part::Header), ("a..c", Part::Payload), ("a.b.", Part::Signature)]
        {
            assert_eq!(split(token), Err(Rejection::PartEmpty(part)), "{token}");
        }
    }
}
