//! A policy's settings, owned; the policy itself is a view of them.

use tollgate_core::policy::{Audience, Expected, MissingExp, Policy, PolicyError, RequiredClaim};
use tollgate_core::{Algorithm, Leeway, TypRule};

/// What the options of a command, or of a case, say about acceptance. `None` means: not checked.
#[derive(Debug)]
pub(crate) struct PolicyConfig {
    pub(crate) issuers: Option<Vec<String>>,
    pub(crate) audiences: Option<Vec<Audience<String>>>,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) typ: Option<Vec<String>>,
    pub(crate) leeway: Leeway,
    pub(crate) max_token_age: Option<u32>,
    pub(crate) missing_exp: MissingExp,
    pub(crate) subject: Option<String>,
    pub(crate) required_claims: Vec<RequiredClaim<String>>,
    pub(crate) required_scopes: Vec<String>,
}

impl Default for PolicyConfig {
    /// Everything is accepted that is well-formed, signed and not expired.
    fn default() -> Self {
        Self {
            issuers: None,
            audiences: None,
            algorithms: Algorithm::ALL.to_vec(),
            typ: None,
            leeway: Leeway::ZERO,
            max_token_age: None,
            missing_exp: MissingExp::Refuse,
            subject: None,
            required_claims: Vec::new(),
            required_scopes: Vec::new(),
        }
    }
}

impl PolicyConfig {
    pub(crate) fn policy(&self) -> Result<Policy<'_, String>, PolicyError> {
        let mut builder = Policy::builder(expected(&self.issuers), expected(&self.audiences))
            .algorithms(&self.algorithms)
            .leeway(self.leeway)
            .missing_exp(self.missing_exp)
            .required_claims(&self.required_claims)
            .required_scopes(&self.required_scopes);
        if let Some(typ) = &self.typ {
            builder = builder.typ(TypRule::OneOf(typ));
        }
        if let Some(secs) = self.max_token_age {
            builder = builder.max_token_age(secs);
        }
        if let Some(subject) = &self.subject {
            builder = builder.subject(subject);
        }
        builder.build()
    }
}

fn expected<T>(values: &Option<Vec<T>>) -> Expected<'_, T> {
    values.as_deref().map_or(Expected::Any, Expected::OneOf)
}
