//! The settings of a policy: [`PolicyConfig`].

use tollgate_core::policy::{
    ACCESS_TOKEN_CLAIMS, Audience, MissingExp, PolicyError, RequiredClaim,
};
use tollgate_core::{Algorithm, Claim, Leeway};

use crate::clock;
use crate::owned_policy::OwnedPolicy;

/// What is said about acceptance. `None` means: not checked.
#[derive(Clone, Debug)]
pub struct PolicyConfig {
    /// `iss` is one of these.
    pub issuers: Option<Vec<String>>,
    /// `aud` names one of these.
    pub audiences: Option<Vec<Audience<String>>>,
    /// `alg` is one of these.
    pub algorithms: Vec<Algorithm>,
    /// `typ` is one of these.
    pub typ: Option<Vec<String>>,
    /// Names in `crit` that are understood and acted upon.
    pub crit: Vec<String>,
    /// Clock tolerance.
    pub leeway: Leeway,
    /// The greatest age from `iat` on, in seconds.
    pub max_token_age: Option<u32>,
    /// What becomes of a token without `exp`.
    pub missing_exp: MissingExp,
    /// `sub` is this.
    pub subject: Option<String>,
    /// Standard claims that must be there.
    pub required: Vec<Claim>,
    /// Claims that must be there, or have a certain value.
    pub required_claims: Vec<RequiredClaim<String>>,
    /// Scopes that the token must all have.
    pub required_scopes: Vec<String>,
}

impl Default for PolicyConfig {
    /// Everything is accepted that is well-formed, signed and not expired.
    fn default() -> Self {
        Self {
            issuers: None,
            audiences: None,
            algorithms: Algorithm::ALL.to_vec(),
            typ: None,
            crit: Vec::new(),
            leeway: Leeway::ZERO,
            max_token_age: None,
            missing_exp: MissingExp::Refuse,
            subject: None,
            required: Vec::new(),
            required_claims: Vec::new(),
            required_scopes: Vec::new(),
        }
    }
}

impl PolicyConfig {
    /// Access tokens as RFC 9068 profiles them, from these issuers and for these audiences, with the
    /// adapter's clock tolerance.
    #[must_use]
    pub fn access_token(issuers: Vec<String>, audiences: Vec<Audience<String>>) -> Self {
        Self {
            issuers: Some(issuers),
            audiences: Some(audiences),
            typ: Some(vec!["at+jwt".to_owned()]),
            leeway: clock::DEFAULT_LEEWAY,
            required: ACCESS_TOKEN_CLAIMS.to_vec(),
            ..Self::default()
        }
    }

    /// The same settings for these kinds of token (`typ`), or for any if there are none. Whoever
    /// names another kind than `at+jwt` leaves the profile of RFC 9068, so that the claims that it
    /// requires may be absent.
    #[must_use]
    pub fn with_typ(mut self, typ: Vec<String>) -> Self {
        let profile = ["at+jwt", "application/at+jwt"];
        let is_profile = |typ: &String| profile.iter().any(|it| it.eq_ignore_ascii_case(typ));
        if typ.is_empty() || !typ.iter().all(is_profile) {
            self.required.clear();
        }
        self.typ = Some(typ).filter(|typ| !typ.is_empty());
        self
    }

    /// Checks the settings, and keeps them with the policy that they make.
    ///
    /// # Errors
    ///
    /// The settings contradict a standard; see [`PolicyError`].
    pub fn policy(&self) -> Result<OwnedPolicy, PolicyError> {
        OwnedPolicy::new(self.clone())
    }
}
