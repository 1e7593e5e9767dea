//! One issuer of a gate: where it is, what is accepted of it, and its keys.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tollgate_core::policy::{Audience, MissingExp, RequiredClaim};
use tollgate_core::{
    AcceptedToken, Algorithm, BearerToken, Claim, CompactJws, Leeway, Now, Rejection, Scratch,
    UnixTime, Verifier,
};

use super::{Denied, Identity};
use crate::jwks::{FetchRules, KeyStore};
use crate::owned_policy::OwnedPolicy;
use crate::policy_config::PolicyConfig;

/// An issuer to be trusted, and what is accepted of it: unless something else is said, access tokens
/// by RFC 9068 (`typ: at+jwt`), with a clock tolerance of 60 seconds.
#[derive(Clone, Debug)]
pub struct Issuer {
    pub(super) url: String,
    pub(super) jwks_uri: Option<String>,
    pub(super) snapshot: Option<PathBuf>,
    pub(super) rules: FetchRules,
    pub(super) policy: PolicyConfig,
}

impl Issuer {
    /// The issuer at `url`, which is what its tokens say as `iss`, to the letter.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        let url = url.into();
        let policy = PolicyConfig::access_token(vec![url.clone()], Vec::new());
        Self { url, jwks_uri: None, snapshot: None, rules: FetchRules::DEFAULT, policy }
    }

    /// The issuer at `url` with a policy as it stands, whatever it says.
    #[must_use]
    pub fn with_policy(url: impl Into<String>, policy: PolicyConfig) -> Self {
        let url = url.into();
        Self { url, jwks_uri: None, snapshot: None, rules: FetchRules::DEFAULT, policy }
    }

    /// Accepts tokens for this audience, too: the API's resource indicator.
    #[must_use]
    pub fn audience(self, audience: impl Into<String>) -> Self {
        self.or_audience(Audience::Exact(audience.into()))
    }

    /// Accepts tokens for *every* audience that begins so and goes on, such as
    /// `urn:logto:organization:`. [`Identity::audience`] tells which one it is.
    #[must_use]
    pub fn audience_prefix(self, prefix: impl Into<String>) -> Self {
        self.or_audience(Audience::Prefix(prefix.into()))
    }

    fn or_audience(mut self, audience: Audience<String>) -> Self {
        self.policy.audiences.get_or_insert_default().push(audience);
        self
    }

    /// Requires this scope, too.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.policy.required_scopes.push(scope.into());
        self
    }

    /// Accepts tokens of this kind (`typ`) only. Another one than `at+jwt` leaves the profile of
    /// RFC 9068: the claims that it requires may be absent.
    #[must_use]
    pub fn typ(self, typ: impl Into<String>) -> Self {
        Self { policy: self.policy.with_typ(vec![typ.into()]), ..self }
    }

    /// Accepts tokens of any kind, ID tokens among them, and leaves the profile of RFC 9068.
    #[must_use]
    pub fn any_typ(self) -> Self {
        Self { policy: self.policy.with_typ(Vec::new()), ..self }
    }

    /// Tolerates clocks that are so far apart.
    #[must_use]
    pub fn leeway(mut self, leeway: Leeway) -> Self {
        self.policy.leeway = leeway;
        self
    }

    /// Allows these algorithms only.
    #[must_use]
    pub fn algorithms(mut self, algorithms: &[Algorithm]) -> Self {
        self.policy.algorithms = algorithms.to_vec();
        self
    }

    /// Refuses tokens that were issued more than so many seconds ago.
    #[must_use]
    pub fn max_token_age(mut self, secs: u32) -> Self {
        self.policy.max_token_age = Some(secs);
        self
    }

    /// What becomes of tokens without `exp`, which never expire.
    #[must_use]
    pub fn missing_exp(mut self, missing_exp: MissingExp) -> Self {
        self.policy.missing_exp = missing_exp;
        if missing_exp == MissingExp::Accept {
            self.policy.required.retain(|claim| *claim != Claim::Expiration);
        }
        self
    }

    /// Accepts this subject only.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.policy.subject = Some(subject.into());
        self
    }

    /// Requires a claim, or a claim of a certain value, too.
    #[must_use]
    pub fn required_claim(mut self, claim: RequiredClaim<String>) -> Self {
        self.policy.required_claims.push(claim);
        self
    }

    /// Takes the keys from this URL, instead of finding it by discovery.
    #[must_use]
    pub fn jwks_uri(mut self, jwks_uri: impl Into<String>) -> Self {
        self.jwks_uri = Some(jwks_uri.into());
        self
    }

    /// Keeps the keys in this file, and starts with those in it, if they are not too old.
    #[must_use]
    pub fn snapshot(mut self, file: impl Into<PathBuf>) -> Self {
        self.snapshot = Some(file.into());
        self
    }

    /// Fetches keys by these rules.
    #[must_use]
    pub fn fetch_rules(mut self, rules: FetchRules) -> Self {
        self.rules = rules;
        self
    }
}

/// How an issuer is doing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct IssuerStatus<'a> {
    /// Its URL.
    pub issuer: &'a str,
    /// How many keys there are of it that may be used.
    pub usable_keys: usize,
    /// When its keys were last fetched, or confirmed.
    pub fetched_at: Option<UnixTime>,
    /// How many attempts to fetch its keys ended how: `new`, `same`, or the
    /// [reason](crate::jwks::FetchError::reason) of a failure.
    pub fetches: BTreeMap<&'static str, u64>,
}

/// An issuer whose keys are being looked after.
pub(super) struct OpenIssuer {
    pub(super) url: String,
    pub(super) jwks_uri: Option<String>,
    pub(super) policy: OwnedPolicy,
    pub(super) store: Arc<KeyStore>,
}

impl OpenIssuer {
    pub(super) fn judge<S: AsRef<str>>(
        &self,
        token: BearerToken<'_>,
        scopes: &[S],
        now: Now,
        scratch: &mut [u8],
    ) -> Result<Identity, Denied> {
        let token = match self.verify(token, now, scratch) {
            Ok(token) => token,
            Err(rejection) => return Err(self.denied(rejection, scopes)),
        };
        let granted = token.claims().scope();
        let may = |scope: &S| granted.is_some_and(|granted| granted.has_word(scope.as_ref()));
        if scopes.iter().all(may) {
            Ok(Identity::new(&token))
        } else {
            Err(self.denied(Rejection::InsufficientScope, scopes))
        }
    }

    fn verify<'b>(
        &self,
        token: BearerToken<'_>,
        now: Now,
        scratch: &'b mut [u8],
    ) -> Result<AcceptedToken<'b>, Rejection> {
        let keys = self.store.keys();
        Verifier::new(&*keys, self.policy.view()).verify(token, now, scratch)
    }

    fn denied<S: AsRef<str>>(&self, rejection: Rejection, scopes: &[S]) -> Denied {
        match rejection {
            Rejection::NoUsableKey => {
                Denied::KeysUnavailable { retry_after: self.store.next_attempt_in() }
            }
            Rejection::InsufficientScope => {
                let own = self.policy.view().required_scopes().iter().copied();
                let mut needed: Vec<String> = Vec::new();
                for scope in own.chain(scopes.iter().map(AsRef::as_ref)) {
                    if !needed.iter().any(|other| other == scope) {
                        needed.push(scope.to_owned());
                    }
                }
                Denied::Rejected { rejection, scopes: needed }
            }
            rejection => rejection.into(),
        }
    }

    /// Whether newer keys might make a difference to a token.
    pub(super) fn lacks_key_for(&self, token: BearerToken<'_>) -> bool {
        let mut scratch = vec![0; Scratch::needed_for(token.as_str().len())];
        let selected = || {
            let rules = self.policy.view().header_rules();
            let candidate = CompactJws::split(token)?.decode_header(&rules, &mut scratch)?;
            self.store.keys().select(candidate).map(drop)
        };
        matches!({ selected }(), Err(Rejection::NoUsableKey | Rejection::UnknownKey))
    }

    /// How many attempts to fetch its keys have ended.
    pub(super) fn attempts(&self) -> u64 {
        self.store.attempts()
    }

    /// Whether there is any use in asking for newer keys now.
    pub(super) fn can_refresh(&self) -> bool {
        !self.store.is_quiet()
    }

    /// Asks for newer keys, and waits until an attempt to get them has ended, if it may.
    pub(super) async fn refreshed(&self, limit: Duration) {
        self.store.refreshed(limit).await;
    }

    pub(super) fn is_usable(&self) -> bool {
        self.store.is_usable()
    }

    pub(super) async fn ready(&self) {
        self.store.ready().await;
    }

    pub(super) fn status(&self) -> IssuerStatus<'_> {
        IssuerStatus {
            issuer: &self.url,
            usable_keys: self.store.keys().keys().len(),
            fetched_at: self.store.last().map(|snapshot| snapshot.fetched_at),
            fetches: self.store.outcomes(),
        }
    }
}
