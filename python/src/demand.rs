//! [`Demand`]: what a part of an API demands of a token.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde::{Deserialize, Deserializer, de};
use tollgate::duration::HumanDuration;
use tollgate::gate::{self, Issuer};
use tollgate::tollgate_core::policy::Requirement;
use tollgate::{one_or_many, required_claims};

use crate::settings::parse;

/// What a part of an API demands of a token, checked.
#[pyclass(frozen, module = "tollgate_jwt")]
pub(crate) struct Demand(pub(crate) gate::Demand);

/// A demand as the package passes it on, with the names of a `[[rule]]` table of `tollgate serve`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemandSettings {
    #[serde(default, deserialize_with = "one_or_many::deserialize")]
    scope: Vec<String>,
    #[serde(default, deserialize_with = "one_of")]
    any_scope: Vec<String>,
    #[serde(default, deserialize_with = "required_claims::deserialize")]
    required_claims: Vec<Requirement<String>>,
    #[serde(default, deserialize_with = "one_of")]
    issuer: Vec<String>,
    #[serde(default, deserialize_with = "one_of")]
    audience: Vec<String>,
    max_age: Option<HumanDuration>,
    #[serde(default, deserialize_with = "one_of")]
    acr: Vec<String>,
}

/// Reads a list of alternatives. An empty one would let nothing pass, or everything.
fn one_of<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let list = one_or_many::deserialize(from)?;
    if list.is_empty() {
        return Err(de::Error::custom("the list is empty: name at least one, or leave it out"));
    }
    Ok(list)
}

impl Demand {
    /// Reads a demand in JSON, and checks that tokens of these issuers can meet it.
    pub(crate) fn parse(json: &str, issuers: &[Issuer]) -> PyResult<Self> {
        let settings: DemandSettings = parse(json)?;
        let mut builder = gate::Demand::builder()
            .scopes(settings.scope)
            .any_scope(settings.any_scope)
            .required_claims(settings.required_claims);
        for issuer in settings.issuer {
            builder = builder.issuer(issuer);
        }
        for audience in settings.audience {
            builder = builder.audience(audience);
        }
        for acr in settings.acr {
            builder = builder.acr_value(acr);
        }
        if let Some(max_age) = settings.max_age {
            let secs = max_age.as_secs();
            builder = builder.max_age(secs.ok_or_else(|| {
                PyValueError::new_err(format!("max_age: give at most {} seconds", u32::MAX))
            })?);
        }
        let demand = builder.build();
        let demand = demand.and_then(|demand| demand.check_issuers(issuers).map(|()| demand));
        demand.map(Self).map_err(|error| PyValueError::new_err(error.to_string()))
    }
}

/// The demand, or none.
pub(crate) fn or_nothing(demand: Option<&Bound<'_, Demand>>) -> gate::Demand {
    demand.map_or(gate::Demand::NOTHING, |demand| demand.get().0.clone())
}
