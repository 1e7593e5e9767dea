//! [`Identity`]: who makes a request, according to an accepted token.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use tollgate_core::json::Text;
use tollgate_core::{Rejection, Scopes, UnixTime};

use super::ClaimsError;
use super::open_issuer::Accepted;

/// Who makes a request: the claims of an accepted token. Cheap to clone.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    subject: Option<String>,
    client_id: Option<String>,
    /// Read only if there is no `client_id`.
    authorized_party: Option<String>,
    issuer: Option<String>,
    audience: Option<String>,
    scope: Option<String>,
    expires: Option<UnixTime>,
    claims: String,
    /// The place in the gate of the issuer that accepted the token.
    #[cfg_attr(not(feature = "tower"), expect(dead_code, reason = "only layers ask for it"))]
    accepted_by: usize,
}

impl Identity {
    pub(super) fn new(accepted: &Accepted<'_, '_>, accepted_by: usize) -> Result<Self, Rejection> {
        let claims = accepted.token.claims();
        let client_id = claims.client_id();
        let authorized_party = match client_id {
            Some(_) => None,
            None => claims.authorized_party()?,
        };
        let text = |text: Option<Text<'_>>| text.map(|text| text.to_string());
        Ok(Self(Arc::new(Inner {
            subject: text(claims.subject()),
            client_id: text(client_id),
            authorized_party: text(authorized_party),
            issuer: text(claims.issuer()),
            audience: text(accepted.audience),
            scope: joined(accepted.granted),
            expires: claims.expiration().map(|expires| expires.floor()),
            claims: claims.object().as_str().to_owned(),
            accepted_by,
        })))
    }

    #[cfg(feature = "tower")]
    pub(super) fn accepted_by(&self) -> usize {
        self.0.accepted_by
    }

    /// `sub`: the user, or the client if it acts on its own behalf.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.0.subject.as_deref()
    }

    /// `client_id`: the client to which the token was issued.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.0.client_id.as_deref()
    }

    /// The client to which the token was issued: `client_id`, or else `azp`, which some issuers write instead
    /// (OIDC Core §2).
    #[must_use]
    pub fn client(&self) -> Option<&str> {
        self.0.client_id.as_deref().or(self.0.authorized_party.as_deref())
    }

    /// `iss`: the issuer of the token.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.0.issuer.as_deref()
    }

    /// The audience in `aud` that the policy matched, or the [demand](super::Demand) if it names any.
    /// After a match by prefix, this is the whole audience.
    #[must_use]
    pub fn audience(&self) -> Option<&str> {
        self.0.audience.as_deref()
    }

    /// The scopes that the token grants, separated by spaces; `None` without any. They stand in
    /// `scope`, or in the claims of [`Issuer::scope_claim`](super::Issuer::scope_claim).
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.0.scope.as_deref()
    }

    /// Returns whether the token has this scope.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        let granted = self.scope().unwrap_or_default();
        !scope.is_empty() && granted.split(' ').any(|word| word == scope)
    }

    /// `exp`: when the token expires, rounded down to a second.
    #[must_use]
    pub fn expires(&self) -> Option<UnixTime> {
        self.0.expires
    }

    /// Returns all claims as they were signed: a JSON object.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.0.claims
    }

    /// Reads the claims as a type of your own, which may borrow from the identity.
    ///
    /// ```
    /// use tollgate::gate::{ClaimsError, Identity};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Member<'a> {
    ///     organization_id: &'a str,
    /// }
    ///
    /// fn organization(identity: &Identity) -> Result<String, ClaimsError> {
    ///     let member: Member<'_> = identity.claims()?;
    ///     Ok(member.organization_id.to_owned())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// A claim is missing or has the wrong type. The error names it.
    pub fn claims<'a, C: Deserialize<'a>>(&'a self) -> Result<C, ClaimsError> {
        let mut json = serde_json::Deserializer::from_str(&self.0.claims);
        // The text was checked when the token was verified, so nothing follows the object.
        serde_path_to_error::deserialize(&mut json).map_err(ClaimsError::new)
    }
}

/// Joins scopes with spaces.
fn joined(granted: Scopes<'_, '_>) -> Option<String> {
    let mut joined = String::new();
    for scope in granted.iter() {
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.extend(scope.chars());
    }
    (!joined.is_empty()).then_some(joined)
}

/// Shows only the subject, since claims may be personal.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("subject", &self.subject()).finish_non_exhaustive()
    }
}
