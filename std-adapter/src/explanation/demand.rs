//! Why a token does not meet a [`Demand`].

use tollgate_core::{Claim, Rejection};

use super::token_parts::TokenParts;
use super::{Fact, list, required};
use crate::gate::{Demand, Denied};

pub(super) fn facts(denied: &Denied, demand: &Demand, parts: &TokenParts) -> Vec<Fact> {
    let claim = |name: &str, wanted: String| Fact::new(name, parts.claim(name), wanted);
    match denied {
        Denied::Rejected { rejection: Rejection::RequirementUnmet { index }, .. } => {
            required(demand.required_claims(), *index, parts, "required_claims of the rule")
        }
        Denied::Rejected { rejection: Rejection::IssuerMismatch, .. } => {
            vec![claim(Claim::Issuer.name(), list(demand.issuers())).setting("issuer of the rule")]
        }
        Denied::Rejected {
            rejection: Rejection::AudienceMismatch | Rejection::ClaimMissing(Claim::Audience),
            ..
        } => {
            let aud = claim(Claim::Audience.name(), list(demand.audiences()));
            vec![aud.setting("audience of the rule")]
        }
        Denied::InsufficientUserAuthentication { .. } => {
            let auth_time = demand.max_age().map(|secs| {
                let wanted = format!("at most {secs} s ago");
                claim(Claim::AuthTime.name(), wanted).setting("max_age of the rule")
            });
            let acr_values = Some(demand.acr_values()).filter(|values| !values.is_empty());
            let acr =
                acr_values.map(|values| claim("acr", list(values)).setting("acr of the rule"));
            auth_time.into_iter().chain(acr).collect()
        }
        _ => Vec::new(),
    }
}
