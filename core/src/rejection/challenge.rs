//! The `WWW-Authenticate` header of an answer: RFC 6750 §3, RFC 9110 §11.6.1.

use core::fmt::{self, Write};

use super::Rejection;

/// The value of a `WWW-Authenticate` header, written by [`Display`](fmt::Display).
///
/// ```
/// use tollgate_core::{Challenge, Rejection};
///
/// let challenge: Challenge<'_, &str> = Rejection::AuthorizationMissing
///     .challenge(Some("orders"), &["read:orders"])
///     .with_resource_metadata("https://api.example.com/.well-known/oauth-protected-resource");
/// assert_eq!(
///     challenge.to_string(),
///     "Bearer realm=\"orders\", \
///      resource_metadata=\"https://api.example.com/.well-known/oauth-protected-resource\", \
///      scope=\"read:orders\"",
/// );
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Challenge<'a, S> {
    rejection: Rejection,
    realm: Option<&'a str>,
    scopes: &'a [S],
    resource_metadata: Option<&'a str>,
}

impl<'a, S> Challenge<'a, S> {
    pub(super) const fn new(rejection: Rejection, realm: Option<&'a str>, scopes: &'a [S]) -> Self {
        Self { rejection, realm, scopes, resource_metadata: None }
    }

    /// The same challenge, which also tells where the protected resource describes itself
    /// (RFC 9728 §5.1).
    #[must_use]
    pub const fn with_resource_metadata(self, url: &'a str) -> Self {
        Self { resource_metadata: Some(url), ..self }
    }
}

impl<S: AsRef<str>> fmt::Display for Challenge<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer")?;
        let mut parameters = Parameters { f, separator: " " };
        if let Some(realm) = self.realm {
            parameters.quoted("realm", realm)?;
        }
        if let Some(url) = self.resource_metadata {
            parameters.quoted("resource_metadata", url)?;
        }
        let error = match self.rejection {
            // A client with valid credentials must not be asked for others.
            Rejection::RequirementUnmet { .. } => return Ok(()),
            // A client without credentials is only told that it needs some (RFC 6750 §3).
            Rejection::AuthorizationMissing | Rejection::SchemeNotBearer => None,
            Rejection::AuthorizationRepeated
            | Rejection::AuthorizationMalformed
            | Rejection::TokenMalformed { .. } => Some("invalid_request"),
            Rejection::InsufficientScope => Some("insufficient_scope"),
            _ => Some("invalid_token"),
        };
        if let Some(error) = error {
            parameters.quoted("error", error)?;
            parameters.quoted("error_description", self.rejection)?;
        }
        if let Some((first, others)) = self.scopes.split_first() {
            parameters.begin("scope")?;
            write!(QuotedString(parameters.f), "{}", first.as_ref())?;
            for scope in others {
                write!(QuotedString(parameters.f), " {}", scope.as_ref())?;
            }
            parameters.f.write_char('"')?;
        }
        Ok(())
    }
}

struct Parameters<'f, 'w> {
    f: &'f mut fmt::Formatter<'w>,
    separator: &'static str,
}

impl Parameters<'_, '_> {
    fn begin(&mut self, name: &str) -> fmt::Result {
        write!(self.f, "{}{name}=\"", self.separator)?;
        self.separator = ", ";
        Ok(())
    }

    fn quoted(&mut self, name: &str, value: impl fmt::Display) -> fmt::Result {
        self.begin(name)?;
        write!(QuotedString(self.f), "{value}")?;
        self.f.write_char('"')
    }
}

/// Writes the content of a quoted-string (RFC 9110 §5.6.4). What no header can carry becomes `?`,
/// so that a realm taken from a configuration can never break out of its line.
struct QuotedString<'f, 'w>(&'f mut fmt::Formatter<'w>);

impl Write for QuotedString<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|character| match character {
            '"' | '\\' => write!(self.0, "\\{character}"),
            ' '..='~' => self.0.write_char(character),
            _ => self.0.write_char('?'),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    fn challenge(
        rejection: Rejection,
        realm: Option<&str>,
        scopes: &[&str],
    ) -> std::string::String {
        rejection.challenge(realm, scopes).to_string()
    }

    #[test]
    fn missing_credentials_and_another_scheme_get_a_challenge_without_error() {
        for rejection in [Rejection::AuthorizationMissing, Rejection::SchemeNotBearer] {
            assert_eq!(challenge(rejection, None, &[]), "Bearer");
            assert_eq!(challenge(rejection, None, &["a", "b"]), "Bearer scope=\"a b\"");
            assert_eq!(
                challenge(rejection, Some("api"), &["a"]),
                "Bearer realm=\"api\", scope=\"a\""
            );
        }
    }

    #[test]
    fn unmet_requirements_get_a_bare_challenge() {
        let unmet = Rejection::RequirementUnmet { index: 0 };
        assert_eq!(challenge(unmet, None, &["a"]), "Bearer");
        assert_eq!(challenge(unmet, Some("api"), &["a"]), "Bearer realm=\"api\"");
    }

    #[test]
    fn every_challenge_can_tell_where_the_resource_describes_itself() {
        let url = "https://api.example.com/.well-known/oauth-protected-resource";
        for (rejection, expected) in [
            (Rejection::AuthorizationMissing, "Bearer resource_metadata=\"URL\""),
            (
                Rejection::SignatureInvalid,
                "Bearer resource_metadata=\"URL\", error=\"invalid_token\", \
                 error_description=\"the signature does not verify\"",
            ),
        ] {
            let challenge = rejection.challenge::<&str>(None, &[]).with_resource_metadata(url);
            assert_eq!(challenge.to_string(), expected.replace("URL", url));
        }
    }

    #[test]
    fn a_malformed_header_is_an_invalid_request() {
        assert_eq!(
            challenge(Rejection::AuthorizationRepeated, None, &[]),
            "Bearer error=\"invalid_request\", \
             error_description=\"there is more than one Authorization header\"",
        );
    }

    #[test]
    fn insufficient_scope_names_the_scopes_needed() {
        assert_eq!(
            challenge(Rejection::InsufficientScope, Some("api"), &["read", "write"]),
            "Bearer realm=\"api\", error=\"insufficient_scope\", error_description=\"the token \
             lacks a scope that is required here\", scope=\"read write\"",
        );
    }

    #[test]
    fn a_realm_cannot_break_out_of_its_quotes() {
        assert_eq!(
            challenge(Rejection::AuthorizationMissing, Some("a\"b\\c\r\nü"), &[]),
            "Bearer realm=\"a\\\"b\\\\c???\"",
        );
    }

    #[test]
    fn a_scope_cannot_break_out_of_its_quotes() {
        let challenge = challenge(Rejection::InsufficientScope, None, &["a\"\r\nX: y"]);
        assert!(challenge.ends_with("scope=\"a\\\"??X: y\""), "{challenge}");
    }
}
