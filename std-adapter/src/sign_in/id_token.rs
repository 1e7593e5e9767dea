//! [`IdTokens`]: which ID tokens are accepted (OpenID Connect Core §3.1.3.7, §12.2). The core verifies them.

use serde::Deserialize;
use tollgate_core::policy::{
    Audience, Expected, IdTokenRules, Policy, PolicyBuilder, PolicyError, Requirement,
};
use tollgate_core::{BearerToken, Claim, Rejection, TypRule};

use super::callback::visible;
use super::error::SignInError;
use super::settings::Settings;
use super::user_info;
use crate::gate::{Gate, Identity};
use crate::issuer::Issuer;

/// The rules for the ID tokens of one provider and client.
#[derive(Clone, Debug)]
pub(super) struct IdTokens {
    client_id: String,
    /// The rules of the provider or the connector.
    rules: Issuer,
    /// In seconds.
    max_age: Option<u32>,
    /// The authentication must be of one of these classes.
    acr: Vec<String>,
    /// What those who sign in must meet.
    permitted: Vec<Requirement<String>>,
}

/// What a sign-in or a refresh adds to the rules.
#[derive(Clone, Copy, Debug)]
pub(super) enum Occasion<'a> {
    /// The user was asked a moment ago, by a request with this nonce.
    SignIn { nonce: &'a str },
    /// Nobody was asked, so the user's authentication grows older (OpenID Connect Core §12.2).
    Refresh {
        /// The nonce of the sign-in. Providers need not repeat it.
        nonce: &'a str,
    },
}

/// An ID token that the core has accepted.
#[derive(Clone)]
pub(super) struct VerifiedIdToken {
    pub(super) text: String,
    pub(super) identity: Identity,
}

/// The claims that the session and the next refresh read.
#[derive(Deserialize)]
pub(super) struct SessionClaims {
    pub(super) iss: String,
    pub(super) sub: String,
    #[serde(default)]
    pub(super) sid: Option<String>,
    #[serde(default)]
    nonce: Option<String>,
    #[serde(default)]
    pub(super) auth_time: Option<serde_json::Number>,
    #[serde(default)]
    acr: Option<String>,
}

impl IdTokens {
    /// Takes the rules from the settings of a client, and `permitted`: what those who sign in must meet.
    ///
    /// # Errors
    ///
    /// A rule is invalid.
    pub(super) fn new(
        settings: &Settings,
        permitted: &[Requirement<String>],
    ) -> Result<Self, PolicyError> {
        let permitted = settings.with_verified_email(permitted);
        let checked: Vec<_> = permitted.iter().map(Requirement::as_deref).collect();
        Requirement::check_list(&checked)?;
        let tokens = Self {
            client_id: settings.client_id.clone(),
            rules: settings.provider.issuer.clone(),
            max_age: settings.max_age,
            acr: settings.require_acr.clone(),
            permitted,
        };
        let lists = Lists::of(&tokens, &[]);
        tokens.policy(&lists, Occasion::SignIn { nonce: "-" }, None)?;
        drop(lists);
        Ok(tokens)
    }

    /// Verifies an ID token, and what came with it: `access_token` is compared with `at_hash`, if that is there.
    pub(super) async fn verify(
        &self,
        gate: &Gate,
        id_token: &str,
        occasion: Occasion<'_>,
        access_token: &str,
    ) -> Result<VerifiedIdToken, SignInError> {
        let token =
            BearerToken::from_token68(id_token.as_bytes()).map_err(SignInError::IdTokenRefused)?;
        let issuers = match self.rules.issuer.as_slice() {
            [] => vec![self.issuer_of(gate, token).await?],
            issuers => issuers.to_vec(),
        };
        let lists = Lists::of(self, &issuers);
        let policy = self.policy(&lists, occasion, Some(access_token)).map_err(|_| {
            // Not reached: the rules were checked when they were made.
            SignInError::IdTokenRefused(Rejection::NoUsableKey)
        })?;
        let identity = gate.verify_by(token, &policy).await.map_err(refused)?;
        let claims: SessionClaims = read(&identity)?;
        if let Occasion::Refresh { nonce } = occasion
            && claims.nonce.is_some_and(|repeated| repeated != nonce)
        {
            return Err(SignInError::IdTokenRefused(Rejection::NonceMismatch));
        }
        let may_lack_acr = matches!(occasion, Occasion::Refresh { .. });
        let has_acr = claims.acr.as_ref().map_or(may_lack_acr, |acr| self.acr.contains(acr));
        if !self.acr.is_empty() && !has_acr {
            return Err(SignInError::AcrInsufficient(claims.acr.map(|acr| visible(&acr))));
        }
        Ok(VerifiedIdToken { text: id_token.to_owned(), identity })
    }

    /// Refuses a user whose claims do not meet what is required of those who sign in. `claims` are the session's.
    pub(super) fn permit(&self, claims: &str) -> Result<(), SignInError> {
        let permitted: Vec<_> = self.permitted.iter().map(Requirement::as_deref).collect();
        match Requirement::are_met_by(&permitted, claims) {
            Ok(true) => Ok(()),
            Ok(false) => Err(SignInError::NotPermitted),
            // The ID token was read as strictly before, so this is about the user info.
            Err(error) => Err(user_info::malformed(error)),
        }
    }

    /// The issuer of a token, where the keys are those of any issuer: as the verified token says.
    async fn issuer_of(&self, gate: &Gate, token: BearerToken<'_>) -> Result<String, SignInError> {
        let typ = self.rules.accepted_typ();
        let audiences = [Audience::Exact(self.client_id.as_str())];
        let policy = Policy::builder(Expected::Any, Expected::OneOf(&audiences));
        let policy = self.common(policy, typ.as_deref()).build();
        let policy = policy.map_err(|_| SignInError::IdTokenRefused(Rejection::NoUsableKey))?;
        let identity = gate.verify_by(token, &policy).await.map_err(refused)?;
        match identity.issuer() {
            Some(issuer) if issuer.starts_with("https://") => Ok(issuer.to_owned()),
            Some(_) => Err(SignInError::IdTokenRefused(Rejection::IssuerMismatch)),
            None => Err(SignInError::IdTokenRefused(Rejection::ClaimMissing(Claim::Issuer))),
        }
    }

    /// The rules that hold for each token.
    fn common<'p>(
        &'p self,
        policy: PolicyBuilder<'p>,
        typ: Option<&'p [&'p str]>,
    ) -> PolicyBuilder<'p> {
        let rules = &self.rules;
        let policy = policy.leeway(rules.leeway);
        let policy = match &rules.algorithms {
            Some(algorithms) => policy.algorithms(algorithms),
            None => policy,
        };
        let policy = match rules.max_token_age {
            Some(secs) => policy.max_token_age(secs),
            None => policy,
        };
        let policy = match &rules.subject {
            Some(subject) => policy.subject(subject),
            None => policy,
        };
        match typ {
            Some(typ) if rules.typ_absent => policy.typ(TypRule::AbsentOr(typ)),
            Some(typ) => policy.typ(TypRule::OneOf(typ)),
            None => policy,
        }
    }

    fn policy<'p>(
        &'p self,
        lists: &'p Lists<'p>,
        occasion: Occasion<'p>,
        access_token: Option<&'p str>,
    ) -> Result<Policy<'p>, PolicyError> {
        let mut rules = IdTokenRules { access_token, ..IdTokenRules::new(&self.client_id) };
        if let Occasion::SignIn { nonce } = occasion {
            rules.nonce = Some(nonce);
            rules.max_authentication_age = self.max_age;
        }
        let policy =
            Policy::id_token(&lists.issuers, &lists.audiences, rules).understood_crit(&lists.crit);
        let typ = self.rules.typ.is_some().then_some(lists.typ.as_slice());
        self.common(policy, typ).build()
    }
}

/// The lists of the rules, as the core takes them.
struct Lists<'p> {
    issuers: Vec<&'p str>,
    audiences: Vec<Audience<&'p str>>,
    crit: Vec<&'p str>,
    typ: Vec<&'p str>,
}

impl<'p> Lists<'p> {
    fn of(tokens: &'p IdTokens, issuers: &'p [String]) -> Self {
        let rules = &tokens.rules;
        let trusted = rules.audience.iter().map(String::as_str);
        Self {
            issuers: issuers.iter().map(String::as_str).collect(),
            audiences: [tokens.client_id.as_str()]
                .into_iter()
                .chain(trusted)
                .map(Audience::Exact)
                .collect(),
            crit: rules.crit.iter().map(String::as_str).collect(),
            typ: rules.typ.iter().flatten().map(String::as_str).collect(),
        }
    }
}

/// The claims of a session: those of an accepted ID token, and of the user info.
pub(super) fn joined(identity: &Identity, user_info: Option<&str>) -> Result<String, SignInError> {
    user_info::joined(identity.as_json(), user_info).map_err(user_info::malformed)
}

/// Reads the claims of an accepted ID token as a session needs them.
pub(super) fn read(identity: &Identity) -> Result<SessionClaims, SignInError> {
    // The core has checked the types of those that a standard requires.
    identity.claims().map_err(|_| SignInError::IdTokenRefused(Rejection::CustomClaims))
}

fn refused(rejection: Rejection) -> SignInError {
    match rejection {
        Rejection::NoUsableKey => {
            SignInError::ProviderUnavailable("its keys have not been fetched yet".to_owned())
        }
        rejection => SignInError::IdTokenRefused(rejection),
    }
}
