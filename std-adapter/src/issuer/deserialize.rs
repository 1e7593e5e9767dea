//! The values of an issuer's settings as configuration files write them.

use std::collections::BTreeMap;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use tollgate_core::policy::RequiredClaim;
use tollgate_core::{Algorithm, Leeway, limits};

use crate::duration::HumanDuration;
use crate::jwks::FetchRules;
use crate::one_or_many;

/// Names of algorithms. An empty list allows all of them.
pub(super) fn algorithms<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Algorithm>, D::Error> {
    let names = one_or_many::deserialize(from)?;
    if names.is_empty() {
        return Ok(Algorithm::ALL.to_vec());
    }
    let known = |name: &String| {
        Algorithm::from_name(name)
            .ok_or_else(|| D::Error::custom(format!("choose from ES256 and ES384, not {name:?}")))
    };
    names.iter().map(known).collect()
}

/// Kinds of token. An empty list counts as absent.
pub(super) fn typ<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<String>>, D::Error> {
    let typ = one_or_many::deserialize(from)?;
    Ok(Some(typ).filter(|typ| !typ.is_empty()))
}

pub(super) fn leeway<'de, D: Deserializer<'de>>(from: D) -> Result<Leeway, D::Error> {
    let leeway = HumanDuration::deserialize(from)?.as_secs().and_then(Leeway::from_secs);
    leeway.ok_or_else(|| {
        D::Error::custom(format!("give at most {} seconds", limits::MAX_LEEWAY_SECS))
    })
}

pub(super) fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    let seconds = HumanDuration::deserialize(from)?.as_secs();
    seconds.map(Some).ok_or_else(|| D::Error::custom(format!("give at most {} seconds", u32::MAX)))
}

/// `max_stale`, the only rule for fetching keys that a file can set.
pub(super) fn max_stale<'de, D: Deserializer<'de>>(from: D) -> Result<FetchRules, D::Error> {
    let max_stale = HumanDuration::deserialize(from)?.0;
    Ok(FetchRules { max_stale, ..FetchRules::DEFAULT })
}

/// `{ name = true }` for a claim that must be present, `{ name = "value" }` for one that must have
/// this value.
pub(super) fn required_claims<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Vec<RequiredClaim<String>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "give true, or the text that the claim must equal")]
    enum Rule {
        Present(bool),
        Equal(String),
    }
    let rules: BTreeMap<String, Rule> = BTreeMap::deserialize(from)?;
    let required = rules.into_iter().map(|(name, rule)| match rule {
        Rule::Present(true) => Ok(RequiredClaim::name(name)),
        Rule::Equal(value) => Ok(RequiredClaim::name_equal_to(name, value)),
        Rule::Present(false) => Err(D::Error::custom(format!(
            "a claim that is not required cannot be listed: remove {name:?}"
        ))),
    });
    required.collect()
}
