//! [`Gate::verify_by`]: verifies a token with a gate's keys by another policy than the gate's.

use tollgate_core::policy::Policy;
use tollgate_core::{BearerToken, CompactJws, Rejection, SelectedKey, SignedClaims};

use super::open_issuer::{Accepted, OpenIssuer};
use super::refusals::Refusal;
use super::scratch::with_scratch;
use super::{Gate, Identity};

impl Gate {
    /// Verifies a token with the keys of the gate's first issuer, by `policy`. Waits for newer keys if they may
    /// help, as [`authorize`](Self::authorize) does.
    ///
    /// # Errors
    ///
    /// The token is rejected; [`Rejection::NoUsableKey`] if there are no keys.
    pub(crate) async fn verify_by(
        &self,
        token: BearerToken<'_>,
        policy: &Policy<'_>,
    ) -> Result<Identity, Rejection> {
        let issuer = self.0.issuers.first().ok_or(Rejection::NoUsableKey)?;
        let attempts = issuer.attempts();
        let refusal = match self.verify_by_now(issuer, token, policy) {
            Ok(identity) => return Ok(identity),
            Err(refusal) => refusal,
        };
        if refusal.lacks_key() && issuer.can_refresh() {
            issuer.refreshed(attempts, self.0.wait_limit).await;
        } else if issuer.attempts() == attempts {
            return Err(refusal.rejection());
        }
        self.verify_by_now(issuer, token, policy).map_err(|refusal| refusal.rejection())
    }

    fn verify_by_now(
        &self,
        issuer: &OpenIssuer,
        token: BearerToken<'_>,
        policy: &Policy<'_>,
    ) -> Result<Identity, Refusal> {
        let (now, keys) = ((self.0.clock)(), issuer.store.keys());
        with_scratch(token, |scratch| {
            let candidate =
                CompactJws::split(token)?.decode_header(&policy.header_rules(), scratch)?;
            let names_key = Some(candidate.header().key_id().is_some());
            let verified = keys.select(candidate).and_then(SelectedKey::verify);
            let payload =
                verified.map_err(|rejection| Refusal { cause: rejection.into(), names_key })?;
            let signed = SignedClaims::parse(payload)?;
            let granted = policy.scopes(signed.claims())?;
            let token = policy.accept(signed, now)?;
            let audience = token.audience();
            Ok(Identity::new(&Accepted { token, granted, audience }, 0)?)
        })
    }
}
