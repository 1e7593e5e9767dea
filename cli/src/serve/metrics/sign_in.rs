//! The metrics of sign-in, from what the library has counted.

use std::collections::BTreeMap;

use prometheus::proto::MetricFamily;
use prometheus::{Error, IntCounterVec, Opts, Registry};
use tollgate::sign_in::Statistics;

/// Makes the metrics of what has happened since the start.
pub(super) fn families(statistics: &Statistics) -> Result<Vec<MetricFamily>, Error> {
    let registry = Registry::new();
    let Statistics { sign_ins, refreshes, sign_outs, store_errors, .. } = statistics;
    add(&registry, "sign_ins", "Sign-ins that have ended, by outcome.", "outcome", sign_ins)?;
    add(&registry, "refreshes", "Answers to refreshes of sessions.", "outcome", refreshes)?;
    add(&registry, "sign_outs", "Sessions that were ended, by what did it.", "kind", sign_outs)?;
    let help = "Errors of the store of sessions.";
    add(&registry, "session_store_errors", help, "operation", store_errors)?;
    Ok(registry.gather())
}

fn add(
    registry: &Registry,
    name: &str,
    help: &str,
    label: &str,
    counts: &BTreeMap<&'static str, u64>,
) -> Result<(), Error> {
    let counter = IntCounterVec::new(Opts::new(format!("tollgate_{name}_total"), help), &[label])?;
    for (value, count) in counts {
        counter.with_label_values(&[value]).inc_by(*count);
    }
    registry.register(Box::new(counter))
}
