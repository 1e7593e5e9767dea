//! [`OwnedPolicy`]: a policy that a long-lived struct can keep.

use std::fmt;

use self_cell::self_cell;
use tollgate_core::policy::{Audience, ClaimPath, Expected, Policy, PolicyError, Requirement};
use tollgate_core::{Claim, TypRule};

use crate::issuer::Issuer;
use crate::required_claims::{claim_path, described};

/// A policy that owns its texts.
///
/// It is checked once, when it is made. [`view`](Self::view) then costs nothing.
///
/// ```
/// use tollgate::gate::Issuer;
/// use tollgate::owned_policy::OwnedPolicy;
///
/// struct Api {
///     policy: OwnedPolicy,
/// }
///
/// let audience = String::from("https://api.example.com"); // read from the environment, say
/// let issuer = Issuer::new("https://auth.example.com/oidc").audience(audience).scope("read:orders");
/// let api = Api { policy: OwnedPolicy::new(&issuer)? };
/// assert_eq!(api.policy.view().required_scopes(), ["read:orders"]);
/// # Ok::<(), tollgate::owned_policy::InvalidPolicy>(())
/// ```
pub struct OwnedPolicy(Checked);

// A policy borrows lists, which borrow texts: one cell for each step.
self_cell!(
    struct Texts {
        owner: Owned,
        #[covariant]
        dependent: Lists,
    }
);

self_cell!(
    struct Checked {
        owner: Texts,
        #[covariant]
        dependent: Policy,
    }
);

/// The settings, and what follows from them.
struct Owned {
    issuer: Issuer,
    profile_claims: Vec<Claim>,
    requirements: Vec<Requirement<String>>,
}

/// The settings as the core takes them.
struct Lists<'a> {
    issuers: Vec<&'a str>,
    audiences: Vec<Audience<&'a str>>,
    typ: Option<Vec<&'a str>>,
    crit: Vec<&'a str>,
    scopes: Vec<&'a str>,
    scope_claims: Vec<ClaimPath<&'a str>>,
    requirements: Vec<Requirement<&'a str>>,
}

/// Why an issuer's settings make no policy.
///
/// ```
/// use tollgate::gate::Issuer;
/// use tollgate::owned_policy::{InvalidPolicy, OwnedPolicy};
///
/// let issuer = Issuer::new("https://auth.example.com/oidc").any_audience().scope("read write");
/// let error: InvalidPolicy = OwnedPolicy::new(&issuer).unwrap_err();
/// assert_eq!((error.setting, error.value.as_str()), ("scope", "read write"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting} {value:?}: {error}")]
pub struct InvalidPolicy {
    /// The setting in question, a field of [`Issuer`].
    pub setting: &'static str,
    /// Its value.
    pub value: String,
    /// What is wrong with it.
    pub error: PolicyError,
}

impl OwnedPolicy {
    /// Makes a policy of the settings.
    ///
    /// # Errors
    ///
    /// A setting contradicts a standard.
    pub fn new(issuer: &Issuer) -> Result<Self, InvalidPolicy> {
        let owned = Owned {
            issuer: issuer.clone(),
            profile_claims: issuer.profile_claims(),
            requirements: issuer.requirements(),
        };
        let texts = Texts::new(owned, |owned| Lists::of(owned));
        let checked =
            Checked::try_new(texts, |texts| policy(texts.borrow_owner(), texts.borrow_dependent()));
        checked.map(Self).map_err(|error| InvalidPolicy::new(issuer, error))
    }

    /// Returns the policy, as [`Verifier`](tollgate_core::Verifier) takes it.
    #[must_use]
    pub fn view(&self) -> Policy<'_> {
        *self.0.borrow_dependent()
    }
}

impl fmt::Debug for OwnedPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}

impl<'a> Lists<'a> {
    fn of(owned: &'a Owned) -> Self {
        let issuer = &owned.issuer;
        let exact = texts(&issuer.audience).map(Audience::Exact);
        let prefixes = texts(&issuer.audience_prefix).map(Audience::Prefix);
        Self {
            issuers: texts(&issuer.issuer).collect(),
            audiences: exact.chain(prefixes).collect(),
            typ: issuer.accepted_typ(),
            crit: texts(&issuer.crit).collect(),
            scopes: texts(&issuer.scope).collect(),
            scope_claims: texts(&issuer.scope_claim).map(claim_path).collect(),
            requirements: owned.requirements.iter().map(Requirement::as_deref).collect(),
        }
    }
}

fn texts(list: &[String]) -> impl Iterator<Item = &str> {
    list.iter().map(String::as_str)
}

fn policy<'a>(owned: &'a Owned, lists: &'a Lists<'a>) -> Result<Policy<'a>, PolicyError> {
    let Owned { issuer, profile_claims, .. } = owned;
    // In a trust domain, `sub` says whose the token is.
    let any_issuer = issuer.any_issuer || issuer.trust_domain.is_some() && issuer.issuer.is_empty();
    let issuers = if any_issuer { Expected::Any } else { Expected::OneOf(&lists.issuers) };
    let audiences =
        if issuer.any_audience { Expected::Any } else { Expected::OneOf(&lists.audiences) };
    let mut builder = Policy::builder(issuers, audiences)
        .understood_crit(&lists.crit)
        .leeway(issuer.leeway)
        .missing_exp(issuer.missing_exp)
        .proof_of_possession(issuer.proof_of_possession)
        .required(profile_claims)
        .required_scopes(&lists.scopes)
        .scope_claims(&lists.scope_claims)
        .requirements(&lists.requirements);
    if let Some(algorithms) = &issuer.algorithms {
        builder = builder.algorithms(algorithms);
    }
    if let Some(typ) = &lists.typ {
        let absent_or = issuer.typ_may_be_absent();
        builder = builder.typ(if absent_or { TypRule::AbsentOr(typ) } else { TypRule::OneOf(typ) });
    }
    if let Some(secs) = issuer.max_token_age {
        builder = builder.max_token_age(secs);
    }
    if let Some(subject) = &issuer.subject {
        builder = builder.subject(subject);
    }
    builder.build()
}

impl InvalidPolicy {
    fn new(issuer: &Issuer, error: PolicyError) -> Self {
        let required = |index| {
            let text = described(&issuer.requirements(), index);
            Self { setting: "required_claims", value: text, error }
        };
        let (setting, value) = match error {
            PolicyError::Empty { claim: Claim::Issuer, .. } => ("issuer", None),
            PolicyError::Empty { index, .. } if index < issuer.audience.len() => ("audience", None),
            PolicyError::Empty { .. } => ("audience_prefix", None),
            PolicyError::Scope { index } => ("scope", issuer.scope.get(index)),
            PolicyError::Crit { index } => ("crit", issuer.crit.get(index)),
            PolicyError::ScopeClaim { index } => ("scope_claim", issuer.scope_claim.get(index)),
            PolicyError::Pointer { index }
            | PolicyError::Number { index }
            | PolicyError::Boundary { index }
            | PolicyError::Group { index } => return required(index),
            _ => ("settings", None),
        };
        Self { setting, value: value.cloned().unwrap_or_default(), error }
    }
}
