//! A policy that owns its settings: [`OwnedPolicy`].

use self_cell::self_cell;
use tollgate_core::TypRule;
use tollgate_core::policy::{Audience, Expected, Policy, PolicyError, RequiredClaim};

use crate::policy_config::PolicyConfig;

/// A checked policy and the settings that it was made from, to be kept in a long-lived struct.
///
/// The settings are checked once. [`view`](Self::view) then costs nothing.
#[derive(Debug)]
pub struct OwnedPolicy(Checked);

/// The lists of texts that a policy borrows, as views of the settings' own.
#[derive(Debug)]
struct Lists<'s> {
    issuers: Option<Vec<&'s str>>,
    audiences: Option<Vec<Audience<&'s str>>>,
    typ: Option<Vec<&'s str>>,
    crit: Vec<&'s str>,
    required_claims: Vec<RequiredClaim<&'s str>>,
    required_scopes: Vec<&'s str>,
}

self_cell!(
    struct Settings {
        owner: PolicyConfig,
        #[covariant]
        dependent: Lists,
    }

    impl {Debug}
);

self_cell!(
    struct Checked {
        owner: Settings,
        #[covariant]
        dependent: Policy,
    }

    impl {Debug}
);

impl OwnedPolicy {
    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// The settings contradict a standard; see [`PolicyError`].
    pub fn new(config: PolicyConfig) -> Result<Self, PolicyError> {
        let settings = Settings::new(config, lists);
        Checked::try_new(settings, |settings| {
            policy(settings.borrow_owner(), settings.borrow_dependent())
        })
        .map(Self)
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &PolicyConfig {
        self.0.borrow_owner().borrow_owner()
    }

    /// The policy, as [`Verifier`](tollgate_core::Verifier) takes it.
    #[must_use]
    pub fn view(&self) -> Policy<'_> {
        *self.0.borrow_dependent()
    }
}

fn lists(config: &PolicyConfig) -> Lists<'_> {
    Lists {
        issuers: config.issuers.as_deref().map(texts),
        audiences: config
            .audiences
            .as_deref()
            .map(|audiences| audiences.iter().map(Audience::as_deref).collect()),
        typ: config.typ.as_deref().map(texts),
        crit: texts(&config.crit),
        required_claims: config.required_claims.iter().map(RequiredClaim::as_deref).collect(),
        required_scopes: texts(&config.required_scopes),
    }
}

fn texts(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

fn policy<'s>(config: &'s PolicyConfig, lists: &'s Lists<'s>) -> Result<Policy<'s>, PolicyError> {
    let mut builder = Policy::builder(expected(&lists.issuers), expected(&lists.audiences))
        .algorithms(&config.algorithms)
        .understood_crit(&lists.crit)
        .leeway(config.leeway)
        .missing_exp(config.missing_exp)
        .required(&config.required)
        .required_claims(&lists.required_claims)
        .required_scopes(&lists.required_scopes);
    if let Some(typ) = &lists.typ {
        builder = builder.typ(TypRule::OneOf(typ));
    }
    if let Some(secs) = config.max_token_age {
        builder = builder.max_token_age(secs);
    }
    if let Some(subject) = &config.subject {
        builder = builder.subject(subject);
    }
    builder.build()
}

fn expected<T>(values: &Option<Vec<T>>) -> Expected<'_, T> {
    values.as_deref().map_or(Expected::Any, Expected::OneOf)
}
