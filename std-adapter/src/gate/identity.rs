//! Who makes a request, as an accepted token says.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use tollgate_core::{AcceptedToken, UnixTime};

/// Who makes a request: the claims of a token that has been accepted. Cheap to clone.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    subject: Option<String>,
    client_id: Option<String>,
    issuer: Option<String>,
    audience: Option<String>,
    scope: Option<String>,
    expires: Option<UnixTime>,
    claims: String,
}

impl Identity {
    pub(super) fn new(token: &AcceptedToken<'_>) -> Self {
        let claims = token.claims();
        let text = |text: Option<tollgate_core::json::Text<'_>>| text.map(|text| text.to_string());
        Self(Arc::new(Inner {
            subject: text(claims.subject()),
            client_id: text(claims.client_id()),
            issuer: text(claims.issuer()),
            audience: text(token.audience()),
            scope: text(claims.scope()),
            expires: claims.expiration().map(|expires| expires.floor()),
            claims: claims.object().as_str().to_owned(),
        }))
    }

    /// `sub`: the user, or the client itself.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.0.subject.as_deref()
    }

    /// `client_id`: the client to which the token was issued.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.0.client_id.as_deref()
    }

    /// `iss`: who issued the token.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.0.issuer.as_deref()
    }

    /// The audience in `aud` that the policy matched: *which* one, after a match by prefix.
    #[must_use]
    pub fn audience(&self) -> Option<&str> {
        self.0.audience.as_deref()
    }

    /// `scope`: what the token permits, separated by spaces.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.0.scope.as_deref()
    }

    /// Whether the token has this scope.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scope().is_some_and(|scopes| scopes.split(' ').any(|word| word == scope))
    }

    /// `exp`: from when on the token is not accepted any more, rounded down.
    #[must_use]
    pub fn expires(&self) -> Option<UnixTime> {
        self.0.expires
    }

    /// All claims, as they were signed: a JSON object.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.0.claims
    }

    /// All claims as a type of the caller's, which may borrow from them.
    ///
    /// # Errors
    ///
    /// The claims are not of that shape.
    pub fn claims<'a, C: Deserialize<'a>>(&'a self) -> Result<C, serde_json::Error> {
        serde_json::from_str(&self.0.claims)
    }
}

/// Claims may be personal, so only the subject is shown.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("subject", &self.subject()).finish_non_exhaustive()
    }
}
