//! Checks claims against a policy, [`SignedClaims`] → [`AcceptedToken`].

use core::cell::Cell;

use super::requirement;
use super::{Audience, ClaimPath, Expected, MissingExp, Policy, ProofOfPossession, Unjudged};
use crate::accepted::AcceptedToken;
use crate::claim::Claim;
use crate::claims::{Claims, SignedClaims};
use crate::json::Text;
use crate::rejection::Rejection;
use crate::scopes::Scopes;
use crate::time::{Now, NumericDate, UnixTime};

// Inlined into the program's own code, where a constant policy is known: rules that it does not use, and the
// hashes that they need, are then not linked.
impl Policy<'_> {
    /// Checks signed claims at the time `now`.
    ///
    /// Scopes and requirements that are no matter of validity are checked last, so only an otherwise valid
    /// token is rejected for them.
    ///
    /// # Errors
    ///
    /// The first rule that the token breaks.
    #[inline]
    pub fn accept<'b>(
        &self,
        signed: SignedClaims<'_, 'b>,
        now: Now,
    ) -> Result<AcceptedToken<'b>, Rejection> {
        let SignedClaims { claims, header, key_issuer, scratch } = signed;
        // Checked again, because the header may have been decoded with the rules of another policy.
        self.header_rules().allow(&header)?;
        self.judge_issuer(&claims, key_issuer)?;
        let audience = self.judge_audience(&claims)?;
        self.judge_times(&claims, now)?;
        self.judge_subject(&claims)?;
        self.judge_presence(&claims)?;
        if !self.requirements.is_empty() {
            requirement::judge_types(self.requirements, &claims)?;
            requirement::judge(self.requirements, true, &claims)?;
        }
        if let Some(rules) = &self.id_token {
            let trusted = |audience: Text<'_>| {
                matching(self.audiences, audience) || audience == *rules.client_id
            };
            rules.judge(&claims, header.algorithm(), trusted)?;
            if let Some(max_age) = rules.max_authentication_age {
                self.judge_authentication(&claims, max_age, now)?;
            }
        }
        if claims.is_bound_to_key() && self.proof_of_possession == ProofOfPossession::Refuse {
            return Err(Rejection::ProofOfPossessionRequired);
        }
        match (self.scope_claims, self.required_scopes) {
            (_, []) => {}
            ([], scopes) => judge_scopes(&claims, scopes)?,
            (places, scopes) => judge_named_scopes(&claims, places, scopes)?,
        }
        if !self.requirements.is_empty() {
            requirement::judge(self.requirements, false, &claims)?;
        }
        Ok(AcceptedToken { claims, header, audience, scratch: Cell::new(scratch) })
    }

    #[inline]
    fn judge_issuer(&self, claims: &Claims<'_>, key_issuer: Option<&str>) -> Result<(), Rejection> {
        let issuer = || claims.issuer().ok_or(Rejection::ClaimMissing(Claim::Issuer));
        if let Expected::OneOf(accepted) = self.issuers {
            let issuer = issuer()?;
            if !accepted.iter().any(|other| issuer == **other) {
                return Err(Rejection::IssuerMismatch);
            }
        }
        if let Some(key_issuer) = key_issuer
            && issuer()? != *key_issuer
        {
            return Err(Rejection::IssuerNotOfKey);
        }
        Ok(())
    }

    /// Returns the audience that matched.
    #[inline]
    fn judge_audience<'b>(&self, claims: &Claims<'b>) -> Result<Option<Text<'b>>, Rejection> {
        if let Expected::Any = self.audiences {
            return Ok(None);
        }
        let audiences = claims.audiences().ok_or(Rejection::ClaimMissing(Claim::Audience))?;
        let matched = audiences.iter().find(|audience| matching(self.audiences, *audience));
        matched.map(Some).ok_or(Rejection::AudienceMismatch)
    }

    #[inline]
    fn judge_times(&self, claims: &Claims<'_>, now: Now) -> Result<(), Rejection> {
        let time = now.time();
        let leeway = self.leeway.as_secs();
        match claims.expiration().map(NumericDate::floor) {
            Some(exp) if time >= exp.plus(leeway) => {
                return Err(Rejection::Expired { exp, now: time });
            }
            None if self.missing_exp == MissingExp::Refuse => {
                return Err(Rejection::ClaimMissing(Claim::Expiration));
            }
            _ => {}
        }
        if let Some(nbf) = claims.not_before().map(NumericDate::ceil)
            && nbf > time.plus(leeway)
        {
            self.judge_beyond(now, Claim::NotBefore, Rejection::NotYetValid { nbf, now: time })?;
        }
        let iat = claims.issued_at().map(NumericDate::ceil);
        if let Some(iat) = iat
            && iat > time.plus(leeway)
        {
            self.judge_beyond(now, Claim::IssuedAt, Rejection::IssuedInFuture { iat, now: time })?;
        }
        if let Some(max_age) = self.max_token_age {
            let iat = iat.ok_or(Rejection::ClaimMissing(Claim::IssuedAt))?;
            self.judge_age(iat, max_age, now, Claim::IssuedAt, |now| Rejection::TooOld {
                iat,
                now,
            })?;
        }
        Ok(())
    }

    #[inline]
    fn judge_authentication(
        &self,
        claims: &Claims<'_>,
        max_age: u32,
        now: Now,
    ) -> Result<(), Rejection> {
        let auth_time = claims.auth_time()?.ok_or(Rejection::ClaimMissing(Claim::AuthTime))?.ceil();
        let time = now.time();
        if auth_time > time.plus(self.leeway.as_secs()) {
            let refused = Rejection::AuthenticationInFuture { auth_time, now: time };
            self.judge_beyond(now, Claim::AuthTime, refused)?;
        }
        self.judge_age(auth_time, max_age, now, Claim::AuthTime, |now| {
            Rejection::AuthenticationTooOld { auth_time, now }
        })
    }

    /// Rejects a time in the future. Without a clock, it may have passed already.
    #[inline]
    fn judge_beyond(&self, now: Now, claim: Claim, refused: Rejection) -> Result<(), Rejection> {
        match (now, self.unjudged) {
            (Now::Exact(_), _) => Err(refused),
            (Now::AtLeast(_), Unjudged::Refuse) => Err(Rejection::Unjudgeable(claim)),
            (Now::AtLeast(_), Unjudged::Accept) => Ok(()),
        }
    }

    /// Checks an age. Without a clock, it may be greater than it seems, but never smaller.
    #[inline]
    fn judge_age(
        &self,
        since: UnixTime,
        max_age: u32,
        now: Now,
        claim: Claim,
        too_old: impl FnOnce(UnixTime) -> Rejection,
    ) -> Result<(), Rejection> {
        let time = now.time();
        if time > since.plus(max_age).plus(self.leeway.as_secs()) {
            return Err(too_old(time));
        }
        match (now, self.unjudged) {
            (Now::AtLeast(_), Unjudged::Refuse) => Err(Rejection::Unjudgeable(claim)),
            _ => Ok(()),
        }
    }

    #[inline]
    fn judge_subject(&self, claims: &Claims<'_>) -> Result<(), Rejection> {
        let Some(expected) = self.subject else { return Ok(()) };
        let subject = claims.subject().ok_or(Rejection::ClaimMissing(Claim::Subject))?;
        if subject == *expected { Ok(()) } else { Err(Rejection::SubjectMismatch) }
    }

    #[inline]
    fn judge_presence(&self, claims: &Claims<'_>) -> Result<(), Rejection> {
        let mut required = self.profile_claims.iter().chain(self.required);
        required.try_for_each(|claim| {
            claims.check(*claim)?;
            if claims.has(*claim) { Ok(()) } else { Err(Rejection::ClaimMissing(*claim)) }
        })
    }
}

/// Only a policy that names claims with scopes links the search for them.
fn judge_named_scopes(
    claims: &Claims<'_>,
    places: &[ClaimPath<&str>],
    required: &[&str],
) -> Result<(), Rejection> {
    require(Scopes::read(claims, places)?, required)
}

fn judge_scopes(claims: &Claims<'_>, required: &[&str]) -> Result<(), Rejection> {
    require(claims.scopes()?, required)
}

#[inline]
fn require(granted: Scopes<'_, '_>, required: &[&str]) -> Result<(), Rejection> {
    if required.iter().all(|scope| granted.contains(scope)) {
        Ok(())
    } else {
        Err(Rejection::InsufficientScope)
    }
}

fn matching(expected: Expected<'_, Audience<&str>>, audience: Text<'_>) -> bool {
    let Expected::OneOf(accepted) = expected else { return true };
    accepted.iter().any(|other| match other {
        Audience::Exact(other) => audience == **other,
        Audience::Prefix(prefix) => audience.strip_prefix(prefix).is_some_and(|rest| rest != *""),
    })
}
