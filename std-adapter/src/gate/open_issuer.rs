//! One issuer of a running gate: its checked policy and its current keys.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tollgate_core::{AcceptedToken, BearerToken, Now, Rejection, UnixTime, Verifier};

use crate::jwks::KeyStore;
use crate::owned_policy::OwnedPolicy;

/// The state of an issuer's keys, for health checks and metrics.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct IssuerStatus<'a> {
    /// The URL of the issuer.
    pub issuer: &'a str,
    /// The number of keys that may be used now.
    pub usable_keys: usize,
    /// When the keys were last fetched or confirmed.
    pub fetched_at: Option<UnixTime>,
    /// The number of fetches by their result: `new`, `same`, or the
    /// [reason](crate::jwks::FetchError::reason) of a failure.
    pub fetches: BTreeMap<&'static str, u64>,
}

/// An issuer whose keys are fetched in the background.
pub(super) struct OpenIssuer {
    pub(super) url: String,
    pub(super) jwks_uri: Option<String>,
    pub(super) policy: OwnedPolicy,
    pub(super) store: Arc<KeyStore>,
}

impl OpenIssuer {
    /// Verifies a token with the keys of this issuer, by its policy and by `scopes`.
    pub(super) fn verify<'b, S: AsRef<str>>(
        &self,
        token: BearerToken<'_>,
        scopes: &[S],
        now: Now,
        scratch: &'b mut [u8],
    ) -> Result<AcceptedToken<'b>, Rejection> {
        let keys = self.store.keys();
        let token = Verifier::new(&*keys, self.policy.view()).verify(token, now, scratch)?;
        let granted = token.claims().scope();
        let has = |scope: &S| granted.is_some_and(|granted| granted.has_word(scope.as_ref()));
        if scopes.iter().all(has) { Ok(token) } else { Err(Rejection::InsufficientScope) }
    }

    /// The scopes of the policy and `more`, each once.
    pub(super) fn required_scopes<S: AsRef<str>>(&self, more: &[S]) -> Vec<String> {
        let own = self.policy.view().required_scopes().iter().map(AsRef::as_ref);
        let mut required: Vec<String> = Vec::new();
        for scope in own.chain(more.iter().map(AsRef::as_ref)) {
            if !required.iter().any(|other| other == scope) {
                required.push(scope.to_owned());
            }
        }
        required
    }

    /// The number of key fetches that have ended.
    pub(super) fn attempts(&self) -> u64 {
        self.store.attempts()
    }

    /// How long it takes until the next fetch.
    pub(super) fn next_attempt_in(&self) -> Duration {
        self.store.next_attempt_in()
    }

    /// Whether a request for newer keys would have an effect now.
    pub(super) fn can_refresh(&self) -> bool {
        !self.store.is_quiet()
    }

    /// Asks for newer keys, and does not wait for them.
    pub(super) fn ask(&self) {
        self.store.ask();
    }

    /// Asks for newer keys, and waits until a fetch has ended, but not longer than `limit`.
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
