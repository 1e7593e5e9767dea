//! [`DemandBuilder`] checks what a demand consists of.

use std::sync::Arc;

use http::HeaderValue;
use tollgate_core::policy::Requirement;

use super::{Checked, Demand, DemandError};

/// Builds a [`Demand`].
///
/// ```
/// use tollgate::gate::{Demand, DemandBuilder, DemandError};
///
/// let builder: DemandBuilder = Demand::builder().any_scope(["read:orders", "admin"]);
/// assert!(builder.clone().build().is_ok());
///
/// let error = builder.scope("read:orders write:orders").build().unwrap_err();
/// assert!(matches!(error, DemandError::Scope { setting: "scope", .. }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "call build() to get a demand"]
pub struct DemandBuilder {
    pub(super) scopes: Vec<String>,
    pub(super) any_scope: Vec<String>,
    pub(super) required_claims: Vec<Requirement<String>>,
    pub(super) issuers: Vec<String>,
    pub(super) audiences: Vec<String>,
    pub(super) max_age: Option<u32>,
    pub(super) acr_values: Vec<String>,
    pub(super) resource_metadata: Option<String>,
}

impl DemandBuilder {
    pub(super) const NEW: Self = Self {
        scopes: Vec::new(),
        any_scope: Vec::new(),
        required_claims: Vec::new(),
        issuers: Vec::new(),
        audiences: Vec::new(),
        max_age: None,
        acr_values: Vec::new(),
        resource_metadata: None,
    };

    /// Also demands this scope. If a token lacks it, the answer is 403 `insufficient_scope`.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scopes.push(scope.into());
        self
    }

    /// Also demands these scopes.
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// Demands one of these scopes. Put the one that clients should ask for first: the challenge names only this one.
    pub fn any_scope(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.any_scope.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// Also demands this of the claims. If a token does not meet it, the answer is 403 `access_denied`. After a group,
    /// add its parts.
    pub fn required_claims(
        mut self,
        requirements: impl IntoIterator<Item = Requirement<String>>,
    ) -> Self {
        self.required_claims.extend(requirements);
        self
    }

    /// Accepts only tokens of this issuer, or of several if called again. A token of another one is refused with
    /// 401 `issuer-mismatch`.
    ///
    /// The name is the `iss` of the tokens. For an issuer with tenants, the template stands for all of them. For a
    /// SPIFFE trust domain, it is the domain's id, as in `spiffe://example.org`, whatever the tokens' `iss`.
    pub fn issuer(mut self, name: impl Into<String>) -> Self {
        self.issuers.push(name.into());
        self
    }

    /// Demands that the token is meant for this audience, or for one of several if called again. A token for
    /// another one is refused with 401 `audience-mismatch`.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Demands that the user has authenticated at most this many seconds ago, by `auth_time` (RFC 9470). The
    /// issuer's leeway is added. A token that is too old, or has no `auth_time`, is refused with 401
    /// `insufficient_user_authentication`.
    pub fn max_age(self, secs: u32) -> Self {
        Self { max_age: Some(secs), ..self }
    }

    /// Demands that `acr` names this authentication context class, or one of several if called again, in order of
    /// preference (RFC 9470 §3). A token without it is refused with 401 `insufficient_user_authentication`.
    pub fn acr_value(mut self, acr: impl Into<String>) -> Self {
        self.acr_values.push(acr.into());
        self
    }

    /// Names this metadata of the resource in challenges (RFC 9728 §5.1), instead of the gate's.
    pub fn resource_metadata(self, url: impl Into<String>) -> Self {
        Self { resource_metadata: Some(url.into()), ..self }
    }

    /// Checks the demand.
    ///
    /// # Errors
    ///
    /// A value does not have the form that its standard requires.
    pub fn build(self) -> Result<Demand, DemandError> {
        let is_no_word = |word: &&String| !is_word(word);
        if let Some(scope) = self.scopes.iter().find(is_no_word) {
            return Err(DemandError::Scope { setting: "scope", scope: scope.clone() });
        }
        if let Some(scope) = self.any_scope.iter().find(is_no_word) {
            return Err(DemandError::Scope { setting: "any_scope", scope: scope.clone() });
        }
        if let Some(acr) = self.acr_values.iter().find(is_no_word) {
            return Err(DemandError::AcrValue(acr.clone()));
        }
        if let Some(url) = self.resource_metadata.as_ref()
            && HeaderValue::from_str(url).is_err()
        {
            return Err(DemandError::ResourceMetadata(url.clone()));
        }
        if self.required_claims.iter().any(Requirement::is_for_validity) {
            return Err(DemandError::Validity);
        }
        let checked = Checked::try_new(self, |settings| {
            let claims: Vec<_> =
                settings.required_claims.iter().map(Requirement::as_deref).collect();
            Requirement::check_list(&claims).map_err(DemandError::RequiredClaims)?;
            Ok::<_, DemandError>(claims)
        })?;
        let is_nothing = *checked.borrow_owner() == Self::NEW;
        Ok(Demand((!is_nothing).then(|| Arc::new(checked))))
    }
}

/// `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )` (RFC 6749 §3.3). Values of `acr` are words between spaces, too
/// (RFC 9470 §3), and these need no escapes in a challenge.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}
