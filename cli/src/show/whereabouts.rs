//! Shows where in the input a token breaks a rule.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use tollgate_core::{Part, Rejection};

/// Shows the part that a rejection is about, with a pointer to the byte if the rejection names one.
pub(crate) struct Whereabouts<'a> {
    pub(crate) rejection: Rejection,
    pub(crate) input: &'a [u8],
}

impl Whereabouts<'_> {
    /// The token: what follows the scheme, if there is one.
    pub(super) fn token(&self) -> &[u8] {
        match self.input.split_at_checked("Bearer ".len()) {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case(b"Bearer ") => {
                let spaces = token.iter().take_while(|byte| **byte == b' ').count();
                token.get(spaces..).unwrap_or_default()
            }
            _ => self.input,
        }
    }

    fn encoded(&self, part: Part) -> &[u8] {
        let index = match part {
            Part::Header => 0,
            Part::Payload => 1,
            Part::Signature => 2,
        };
        self.token().split(|byte| *byte == b'.').nth(index).unwrap_or_default()
    }

    fn decoded(&self, part: Part) -> Option<Vec<u8>> {
        Base64UrlUnpadded::decode_vec(str::from_utf8(self.encoded(part)).ok()?).ok()
    }

    fn place(&self) -> &'static str {
        use Rejection as R;
        match self.rejection {
            R::AuthorizationMissing
            | R::AuthorizationRepeated
            | R::AuthorizationMalformed
            | R::SchemeNotBearer => "the Authorization header",
            R::TokenMalformed { .. } | R::TokenTooLong { .. } | R::PartCount { .. } => {
                "the token as a whole"
            }
            R::PartEmpty(part) | R::Misencoded { part, .. } | R::Json { part, .. } => match part {
                Part::Header => "the first part: the header",
                Part::Payload => "the second part: the claims",
                Part::Signature => "the third part: the signature",
            },
            R::SignatureLength { .. } | R::SignatureInvalid => "the third part: the signature",
            R::NoUsableKey | R::AmbiguousKey => "the key set",
            R::HeaderTooLong { .. }
            | R::HeaderMemberType(_)
            | R::AlgorithmMissing
            | R::AlgorithmUnsupported
            | R::AlgorithmNotAllowed(_)
            | R::TypMissing
            | R::TypMismatch
            | R::CriticalMalformed
            | R::CriticalNotUnderstood
            | R::PayloadNotEncoded
            | R::Compressed
            | R::Encrypted
            | R::Nested
            | R::KeyIdTooLong
            | R::UnknownKey
            | R::AlgorithmMismatch { .. } => "the first part: the header",
            _ => "the second part: the claims",
        }
    }

    /// The text to show, and the offset of the byte to point at.
    fn pointer(&self) -> Option<(Vec<u8>, usize)> {
        match self.rejection {
            Rejection::TokenMalformed { offset } => Some((self.token().to_vec(), offset)),
            Rejection::Misencoded { part, offset } => Some((self.encoded(part).to_vec(), offset)),
            Rejection::Json { part, error } => Some((self.decoded(part)?, error.offset)),
            _ => None,
        }
    }
}

impl fmt::Display for Whereabouts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  where       {}", self.place())?;
        let Some((text, offset)) = self.pointer() else { return Ok(()) };
        const AROUND: usize = 24;
        let begin = offset.saturating_sub(AROUND).min(text.len());
        let end = offset.saturating_add(AROUND).min(text.len());
        let window = text.get(begin..end).unwrap_or_default();
        // One column per byte, so that the pointer is below the right one.
        let visible =
            |byte: &u8| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '·' };
        let window: String = window.iter().map(visible).collect();
        let before = if begin > 0 { "…" } else { "" };
        let after = if end < text.len() { "…" } else { "" };
        let indent = offset.saturating_sub(begin).saturating_add(before.chars().count());
        writeln!(f, "              {before}{window}{after}")?;
        writeln!(f, "              {:indent$}^", "")
    }
}
