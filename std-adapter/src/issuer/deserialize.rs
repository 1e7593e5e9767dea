//! The values of an issuer's settings as configuration files write them.

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use tollgate_core::policy::ProofOfPossession;
use tollgate_core::{Algorithm, Leeway, limits};

use crate::duration::HumanDuration;
use crate::one_or_many;

/// Names of algorithms. An empty list counts as absent.
pub(super) fn algorithms<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Vec<Algorithm>>, D::Error> {
    let names = one_or_many::deserialize(from)?;
    if names.is_empty() {
        return Ok(None);
    }
    let known = |name: &String| {
        Algorithm::from_name(name).ok_or_else(|| {
            let all: Vec<_> = Algorithm::ALL.iter().map(|algorithm| algorithm.name()).collect();
            D::Error::custom(format!("choose from {}, not {name:?}", all.join(", ")))
        })
    };
    names.iter().map(known).collect::<Result<_, _>>().map(Some)
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

pub(super) fn proof_of_possession<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<ProofOfPossession, D::Error> {
    match String::deserialize(from)?.as_str() {
        "refuse" => Ok(ProofOfPossession::Refuse),
        "checked-by-gateway" => Ok(ProofOfPossession::CheckedByCaller),
        other => Err(D::Error::custom(format!(
            "choose \"refuse\" or \"checked-by-gateway\", not {other:?}"
        ))),
    }
}
