//! Checks an accepted token against a demand.

use tollgate_core::json::{Text, Value};
use tollgate_core::{AcceptedToken, Claim, Claims, Now, Rejection, Scopes};

use super::{Checked, Demand};
use crate::gate::refusals::Cause;
use crate::issuer::Issuer;

impl Demand {
    /// Judges what makes a token invalid here, and returns the audience that matched. `issuer` is the one whose
    /// keys and policy have accepted the token.
    pub(in crate::gate) fn judge_validity<'b>(
        &self,
        claims: &Claims<'b>,
        issuer: &Issuer,
        now: Now,
    ) -> Result<Option<Text<'b>>, Cause> {
        if self.is_nothing() {
            return Ok(None);
        }
        let names = self.issuers();
        if !names.is_empty() && !issuer.is_one_of(names, claims) {
            return Err(Rejection::IssuerMismatch.into());
        }
        let audience = self.judge_audience(claims)?;
        // A user is asked to sign in again only for a token that is valid otherwise.
        self.judge_authentication(claims, issuer.leeway.as_secs(), now)?;
        Ok(audience)
    }

    /// Judges whether a valid token grants access.
    pub(in crate::gate) fn judge_access(
        &self,
        token: &AcceptedToken<'_>,
        granted: Scopes<'_, '_>,
    ) -> Result<(), Rejection> {
        let requirements = self.0.as_deref().map(Checked::borrow_dependent);
        let met = requirements.map_or(Ok(()), |requirements| token.require(requirements));
        // A claim of the wrong type makes a token invalid, whatever its scopes.
        if let Err(invalid) = met
            && invalid.http_status() != 403
        {
            return Err(invalid);
        }
        let grants = |scope: &String| granted.contains(scope);
        let any = self.any_scope();
        if !self.scopes().iter().all(grants) || !any.is_empty() && !any.iter().any(grants) {
            return Err(Rejection::InsufficientScope);
        }
        met
    }

    fn judge_audience<'b>(&self, claims: &Claims<'b>) -> Result<Option<Text<'b>>, Rejection> {
        let wanted = self.audiences();
        if wanted.is_empty() {
            return Ok(None);
        }
        let audiences = claims.audiences().ok_or(Rejection::ClaimMissing(Claim::Audience))?;
        let is_wanted = |audience: &Text<'_>| wanted.iter().any(|wanted| *audience == **wanted);
        audiences.iter().find(is_wanted).map(Some).ok_or(Rejection::AudienceMismatch)
    }

    /// RFC 9470 §3. A client can help where a claim is absent, too: it asks the issuer for a token that has it
    /// (RFC 9470 §4).
    fn judge_authentication(
        &self,
        claims: &Claims<'_>,
        leeway: u32,
        now: Now,
    ) -> Result<(), Cause> {
        if let Some(max_age) = self.max_age() {
            let time = now.time();
            let auth_time = claims.auth_time()?.ok_or(Cause::UserAuthentication)?.ceil();
            if time > auth_time.plus(max_age).plus(leeway) {
                return Err(Cause::UserAuthentication);
            }
            match now {
                Now::Exact(now) if auth_time > now.plus(leeway) => {
                    return Err(Rejection::AuthenticationInFuture { auth_time, now }.into());
                }
                Now::Exact(_) => {}
                // It may be later, so the age may be greater.
                Now::AtLeast(_) => return Err(Rejection::Unjudgeable(Claim::AuthTime).into()),
            }
        }
        let wanted = self.acr_values();
        let is_wanted = |acr: Text<'_>| wanted.iter().any(|wanted| acr == **wanted);
        let acr = || claims.get("acr").and_then(Value::as_text);
        match wanted.is_empty() || acr().is_some_and(is_wanted) {
            true => Ok(()),
            false => Err(Cause::UserAuthentication),
        }
    }
}
