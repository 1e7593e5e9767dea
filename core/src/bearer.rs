//! `Authorization` header value → [`BearerToken`]: RFC 6750 §2.1, RFC 9110 §11.

use core::fmt;

use crate::base64url;
use crate::limits;
use crate::rejection::Rejection;

/// Stage 1: a token that is within the size limit and has the syntax of a token68.
///
/// `token68 = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="` (RFC 9110 §11.2)
///
/// See the example of [`from_header_value`](Self::from_header_value).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BearerToken<'t>(&'t str);

impl<'t> BearerToken<'t> {
    /// Extracts the token from the value of an `Authorization` header.
    ///
    /// The scheme is case-insensitive. One or more spaces separate it from the token, and nothing may
    /// follow the token.
    ///
    /// ```
    /// use tollgate_core::{BearerToken, Rejection};
    ///
    /// let token = BearerToken::from_header_value(b"bearer abc.def.ghi")?;
    /// assert_eq!(token.as_str(), "abc.def.ghi");
    /// let basic = BearerToken::from_header_value(b"Basic dXNlcjpwYXNz");
    /// assert_eq!(basic, Err(Rejection::SchemeNotBearer));
    /// # Ok::<(), Rejection>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AuthorizationMissing`](Rejection::AuthorizationMissing) for an empty value,
    /// [`AuthorizationMalformed`](Rejection::AuthorizationMalformed) if there is no second word,
    /// [`SchemeNotBearer`](Rejection::SchemeNotBearer) for another scheme, and the errors of
    /// [`from_token68`](Self::from_token68).
    pub fn from_header_value(value: &'t [u8]) -> Result<Self, Rejection> {
        // White space around a value does not belong to it (RFC 9110 §5.6.3), so the value is empty.
        if value.iter().all(|byte| matches!(byte, b' ' | b'\t')) {
            return Err(Rejection::AuthorizationMissing);
        }
        let mut words = value.splitn(2, |byte| *byte == b' ');
        let scheme = words.next().unwrap_or_default();
        let mut token = words.next().unwrap_or_default();
        while let [b' ', rest @ ..] = token {
            token = rest;
        }
        if scheme.is_empty() || token.is_empty() {
            return Err(Rejection::AuthorizationMalformed);
        }
        if !scheme.eq_ignore_ascii_case(b"Bearer") {
            return Err(Rejection::SchemeNotBearer);
        }
        Self::from_token68(token)
    }

    /// Extracts the token from all `Authorization` lines of a request, which must be exactly one.
    ///
    /// # Errors
    ///
    /// [`AuthorizationMissing`](Rejection::AuthorizationMissing) if there is no line,
    /// [`AuthorizationRepeated`](Rejection::AuthorizationRepeated) if there are several, and the errors
    /// of [`from_header_value`](Self::from_header_value).
    pub fn from_field_lines(lines: impl IntoIterator<Item = &'t [u8]>) -> Result<Self, Rejection> {
        let mut lines = lines.into_iter();
        match (lines.next(), lines.next()) {
            (None, _) => Err(Rejection::AuthorizationMissing),
            (Some(value), None) => Self::from_header_value(value),
            (Some(_), Some(_)) => Err(Rejection::AuthorizationRepeated),
        }
    }

    /// Takes a token that came without a header, for instance over CoAP or MQTT.
    ///
    /// # Errors
    ///
    /// [`TokenTooLong`](Rejection::TokenTooLong), or [`TokenMalformed`](Rejection::TokenMalformed)
    /// if it is empty or contains a character that a token68 cannot contain.
    pub fn from_token68(token: &'t [u8]) -> Result<Self, Rejection> {
        if token.len() > limits::MAX_TOKEN_LEN {
            return Err(Rejection::TokenTooLong { len: token.len() });
        }
        let unpadded = base64url::token68_len(token);
        let (_, padding) = token.split_at_checked(unpadded).unwrap_or_default();
        let padded = padding.iter().position(|byte| *byte != b'=').unwrap_or(padding.len());
        if unpadded == 0 {
            return Err(Rejection::TokenMalformed { offset: 0 });
        }
        if padded < padding.len() {
            return Err(Rejection::TokenMalformed { offset: unpadded.saturating_add(padded) });
        }
        match core::str::from_utf8(token) {
            Ok(token) => Ok(Self(token)),
            Err(error) => Err(Rejection::TokenMalformed { offset: error.valid_up_to() }),
        }
    }

    /// Returns the token as it was received. It is a credential: keep it out of logs.
    #[must_use]
    pub const fn as_str(self) -> &'t str {
        self.0
    }
}

/// Hides the token, because it is a credential.
impl fmt::Debug for BearerToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    fn token(value: &str) -> Result<&str, Rejection> {
        BearerToken::from_header_value(value.as_bytes()).map(BearerToken::as_str)
    }

    #[test]
    fn scheme_is_compared_without_case() {
        for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
            assert_eq!(token(&format!("{scheme} a.b.c")), Ok("a.b.c"));
        }
    }

    #[test]
    fn one_or_more_spaces_separate_the_scheme_from_the_token() {
        assert_eq!(token("Bearer    a.b.c"), Ok("a.b.c"));
    }

    #[test]
    fn empty_header_is_missing() {
        for value in ["", " ", "  \t "] {
            assert_eq!(token(value), Err(Rejection::AuthorizationMissing), "{value:?}");
        }
        assert_eq!(BearerToken::from_field_lines([]), Err(Rejection::AuthorizationMissing));
    }

    #[test]
    fn only_spaces_and_tabs_are_white_space() {
        for value in ["\x0c", "\x0b", "\r\n", " \x0c ", "\u{a0}"] {
            assert_eq!(token(value), Err(Rejection::AuthorizationMalformed), "{value:?}");
        }
    }

    #[test]
    fn header_without_a_second_word_is_malformed() {
        for value in ["Bearer", "Bearer ", "Bearer   ", "a.b.c", "Basic", "Bearer\ta.b.c"] {
            assert_eq!(token(value), Err(Rejection::AuthorizationMalformed), "{value:?}");
        }
        assert_eq!(token(" Bearer a.b.c"), Err(Rejection::AuthorizationMalformed));
    }

    #[test]
    fn another_scheme_is_not_supported() {
        for value in ["Basic dTpw", "DPoP a.b.c", "Bearer: a.b.c", "Bearerx a.b.c", "Basic a b"] {
            assert_eq!(token(value), Err(Rejection::SchemeNotBearer), "{value:?}");
        }
    }

    #[test]
    fn anything_after_the_token_is_malformed() {
        for (value, offset) in [
            ("Bearer a.b.c ", 5),
            ("Bearer a.b.c d.e.f", 5),
            ("Bearer a.b.c,Bearer d.e.f", 5),
            ("Bearer a.b.c\t", 5),
            ("Bearer a.b.c\r\n", 5),
            ("Bearer \ta.b.c", 0),
            ("Bearer a=b", 2),
            ("Bearer =", 0),
            ("Bearer a\0b", 1),
            ("Bearer \u{fc}", 0),
            ("Bearer token=\"a.b.c\"", 6),
        ] {
            assert_eq!(token(value), Err(Rejection::TokenMalformed { offset }), "{value:?}");
        }
    }

    #[test]
    fn two_authorization_headers_are_refused() {
        let line: &[u8] = b"Bearer a.b.c";
        assert_eq!(
            BearerToken::from_field_lines([line, line]),
            Err(Rejection::AuthorizationRepeated)
        );
        assert!(BearerToken::from_field_lines([line]).is_ok());
    }

    #[test]
    fn token_length_is_bounded() {
        let longest = [b'a'; limits::MAX_TOKEN_LEN];
        assert!(BearerToken::from_token68(&longest).is_ok());
        let too_long = [b' '; limits::MAX_TOKEN_LEN + 1];
        let len = too_long.len();
        assert_eq!(BearerToken::from_token68(&too_long), Err(Rejection::TokenTooLong { len }));
    }

    #[test]
    fn tokens_are_not_shown_by_debug() {
        let token = BearerToken::from_token68(b"secret").unwrap();
        assert!(!format!("{token:?}").contains("secret"));
    }
}
