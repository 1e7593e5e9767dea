//! One issuer of a running gate: its checked policy and its current keys.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tollgate_core::json::Text;
use tollgate_core::{
    AcceptedToken, BearerToken, Claim, Claims, CompactJws, Now, Rejection, Scopes, SelectedKey,
    SignedClaims, UnixTime,
};

use super::demand::Wanted;
use super::refusals::Refusal;
use crate::issuer::Issuer;
use crate::issuer_template::{IssuerTemplate, Tenants};
use crate::issuer_url::{AllowedHttp, IssuerUrl};
use crate::jwks::{KeyStore, Location};
use crate::owned_policy::OwnedPolicy;

/// The state of an issuer's keys, for health checks and metrics.
///
/// See the example of [`Fetch`](crate::jwks::Fetch).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct IssuerStatus<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// The number of keys that may be used now.
    pub usable_keys: usize,
    /// When the keys were last fetched or confirmed.
    pub fetched_at: Option<UnixTime>,
    /// The number of fetches by their result: `new`, `same`, or the
    /// [reason](crate::jwks::FetchError::reason) of a failure.
    pub fetches: BTreeMap<&'static str, u64>,
}

/// A token that an issuer has accepted.
pub(super) struct Accepted<'p, 'b> {
    pub(super) token: AcceptedToken<'b>,
    /// The scopes that it grants.
    pub(super) granted: Scopes<'p, 'b>,
    /// The audience that matched: that of the demand, or else that of the policy.
    pub(super) audience: Option<Text<'b>>,
}

/// An issuer whose keys are fetched in the background.
pub(super) struct OpenIssuer {
    pub(super) name: String,
    pub(super) location: Location,
    pub(super) policy: OwnedPolicy,
    /// Judges `iss`, if the issuer is a template.
    pub(super) template: Option<(IssuerTemplate, Tenants)>,
    /// Where the issuer may be, if it is not named. Then nothing else judges `iss`.
    pub(super) any_url: Option<AllowedHttp>,
    /// What the policy is made of.
    pub(super) settings: Issuer,
    pub(super) store: Arc<KeyStore>,
}

impl OpenIssuer {
    /// Verifies a token with the keys of this issuer, by its policy and by what the caller wants.
    pub(super) fn verify<'b, S: AsRef<str>>(
        &self,
        token: BearerToken<'_>,
        wanted: Wanted<'_, S>,
        now: Now,
        scratch: &'b mut [u8],
    ) -> Result<Accepted<'_, 'b>, Refusal> {
        let (keys, policy) = (self.store.keys(), self.policy.view());
        // The stages of `Verifier::verify`, since newer keys may help a token that names none.
        let candidate = CompactJws::split(token)?.decode_header(&policy.header_rules(), scratch)?;
        let names_key = Some(candidate.header().key_id().is_some());
        let verified = keys.select(candidate).and_then(SelectedKey::verify);
        let payload =
            verified.map_err(|rejection| Refusal { cause: rejection.into(), names_key })?;
        let signed = SignedClaims::parse(payload)?;
        if let Some((template, tenants)) = &self.template {
            template.judge(tenants, signed.claims())?;
        }
        if let Some(allowed_http) = &self.any_url {
            judge_url(signed.claims(), allowed_http)?;
        }
        let claims = *signed.claims();
        let judged = policy.accept(signed, now);
        if let Err(invalid) = judged
            && invalid.http_status() != 403
        {
            return Err(invalid.into());
        }
        // What makes a token invalid comes first, and every identity has these claims.
        let granted = policy.scopes(&claims)?;
        if claims.client_id().is_none() {
            claims.authorized_party()?;
        }
        let audience = wanted.demand.judge_validity(&claims, &self.settings, now)?;
        let token = judged?;
        wanted.demand.judge_access(&token, granted)?;
        if !wanted.scopes.iter().all(|scope| granted.contains(scope.as_ref())) {
            return Err(Rejection::InsufficientScope.into());
        }
        let audience = audience.or(token.audience());
        Ok(Accepted { token, granted, audience })
    }

    /// The scopes that the policy requires.
    pub(super) fn required_scopes(&self) -> &[String] {
        &self.settings.scope
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

    /// Asks for newer keys than those after `attempts`, and does not wait for them.
    pub(super) fn ask(&self, attempts: u64) {
        self.store.ask(attempts);
    }

    /// Asks for newer keys than those after `attempts`, and waits until a fetch has ended, but not longer
    /// than `limit`.
    pub(super) async fn refreshed(&self, attempts: u64, limit: Duration) {
        self.store.refreshed(attempts, limit).await;
    }

    /// The ids of the keys that may be used now.
    pub(super) fn key_ids(&self) -> Vec<String> {
        let keys = self.store.keys();
        let ids = keys.keys().iter().filter_map(|key| key.id());
        ids.map(|id| id.as_str().to_owned()).collect()
    }

    pub(super) fn is_usable(&self) -> bool {
        self.store.is_usable()
    }

    pub(super) async fn ready(&self) {
        self.store.ready().await;
    }

    pub(super) fn status(&self) -> IssuerStatus<'_> {
        IssuerStatus {
            issuer: &self.name,
            usable_keys: self.store.keys().keys().len(),
            fetched_at: self.store.last().map(|snapshot| snapshot.fetched_at),
            fetches: self.store.outcomes(),
        }
    }
}

/// Checks that `iss` is a URL that an issuer may have.
fn judge_url(claims: &Claims<'_>, allowed_http: &AllowedHttp) -> Result<(), Rejection> {
    let issuer = claims.issuer().ok_or(Rejection::ClaimMissing(Claim::Issuer))?.to_string();
    match IssuerUrl::parse(&issuer, allowed_http) {
        Ok(_) => Ok(()),
        Err(_) => Err(Rejection::IssuerMismatch),
    }
}
