//! [`Demand`]: what a part of an API demands of a token, in addition to the policy of its issuer.

mod as_demand;
mod builder;
mod error;
mod judge;

pub use as_demand::AsDemand;
pub(crate) use as_demand::Wanted;
pub(super) use as_demand::sealed;
pub use builder::DemandBuilder;
pub use error::DemandError;

use std::fmt;
use std::sync::Arc;

use self_cell::self_cell;
use tollgate_core::policy::Requirement;

use crate::issuer::Issuer;

/// What a part of an API, such as a path, demands of a token, in addition to the policy of its issuer. Cheap to clone.
///
/// ```
/// use tollgate::gate::Demand;
///
/// let demand = Demand::builder()
///     .scope("write:payments")
///     // For clients that have to sign the user in again (RFC 9470).
///     .max_age(300)
///     .acr_value("urn:example:mfa")
///     .build()?;
/// assert_eq!(demand.scopes(), ["write:payments"]);
/// # Ok::<(), tollgate::gate::DemandError>(())
/// ```
///
/// What makes a token invalid is judged first: issuer, audience, then the user's authentication. The answer to each is
/// 401. Scopes and claims follow, with 403.
#[derive(Clone, Default)]
pub struct Demand(Option<Arc<Checked>>);

self_cell!(
    /// The settings, and their requirements as the core takes them, so that no request has to make them.
    struct Checked {
        owner: DemandBuilder,
        #[covariant]
        dependent: Requirements,
    }
);

type Requirements<'a> = Vec<Requirement<&'a str>>;

/// The settings of a demand for nothing.
static NO_SETTINGS: DemandBuilder = DemandBuilder::NEW;

impl Demand {
    /// Demands nothing.
    pub const NOTHING: Self = Self(None);

    /// Starts building a demand.
    pub const fn builder() -> DemandBuilder {
        DemandBuilder::NEW
    }

    fn settings(&self) -> &DemandBuilder {
        self.0.as_deref().map_or(&NO_SETTINGS, Checked::borrow_owner)
    }

    /// Returns the scopes that a token needs, all of them.
    #[must_use]
    pub fn scopes(&self) -> &[String] {
        &self.settings().scopes
    }

    /// Returns the scopes of which a token needs at least one. If the list is empty, it needs no scope.
    #[must_use]
    pub fn any_scope(&self) -> &[String] {
        &self.settings().any_scope
    }

    /// Returns the requirements on claims.
    #[must_use]
    pub fn required_claims(&self) -> &[Requirement<String>] {
        &self.settings().required_claims
    }

    /// Returns the issuers whose tokens are accepted. If the list is empty, those of every issuer of the gate are.
    #[must_use]
    pub fn issuers(&self) -> &[String] {
        &self.settings().issuers
    }

    /// Returns the audiences of which a token must name one. If the list is empty, the issuer's policy decides alone.
    #[must_use]
    pub fn audiences(&self) -> &[String] {
        &self.settings().audiences
    }

    /// Returns the maximum age of the user's authentication, in seconds.
    #[must_use]
    pub fn max_age(&self) -> Option<u32> {
        self.settings().max_age
    }

    /// Returns the authentication context classes of which `acr` must name one. If the list is empty, any will do.
    #[must_use]
    pub fn acr_values(&self) -> &[String] {
        &self.settings().acr_values
    }

    /// Returns the URL of the resource's metadata, which challenges name instead of the gate's.
    #[must_use]
    pub fn resource_metadata(&self) -> Option<&str> {
        self.settings().resource_metadata.as_deref()
    }

    /// Returns whether every token that the gate accepts meets this demand.
    #[must_use]
    pub const fn is_nothing(&self) -> bool {
        self.0.is_none()
    }

    /// Checks that tokens of these issuers can meet the demand at all.
    ///
    /// # Errors
    ///
    /// The demand names an unknown issuer, or an audience that none of its issuers accepts.
    pub fn check_issuers(&self, issuers: &[Issuer]) -> Result<(), DemandError> {
        let is_unknown = |name: &&String| !issuers.iter().any(|issuer| issuer.may_be(name));
        if let Some(name) = self.issuers().iter().find(is_unknown) {
            return Err(DemandError::UnknownIssuer(name.clone()));
        }
        let may_accept = |issuer: &&Issuer| {
            let names = self.issuers();
            names.is_empty() || names.iter().any(|name| issuer.may_be(name))
        };
        let is_foreign = |audience: &&String| {
            !issuers.iter().filter(may_accept).any(|issuer| issuer.accepts_audience(audience))
        };
        match self.audiences().iter().find(is_foreign) {
            Some(audience) => Err(DemandError::UnknownAudience(audience.clone())),
            None => Ok(()),
        }
    }

    /// The scopes that a client should ask for: all that are needed, and the first of those of which one is enough.
    pub(super) fn scopes_to_ask_for(&self) -> impl Iterator<Item = &str> {
        self.scopes().iter().chain(self.any_scope().first()).map(String::as_str)
    }
}

impl PartialEq for Demand {
    fn eq(&self, other: &Self) -> bool {
        self.settings() == other.settings()
    }
}

impl Eq for Demand {}

impl fmt::Debug for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings().fmt(f)
    }
}
