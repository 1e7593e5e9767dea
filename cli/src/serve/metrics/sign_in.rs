//! The metrics of sign-in, from what the library has counted.

use std::collections::BTreeMap;

use prometheus::proto::{Bucket, Histogram, Metric, MetricFamily, MetricType};
use prometheus::{Error, IntCounter, IntCounterVec, IntGauge, Opts, Registry};
use tollgate::sign_in::store::StoreStatistics;
use tollgate::sign_in::{Durations, Statistics};

/// Makes the metrics of what has happened since the start, and of the store as it is now.
pub(super) fn families(statistics: &Statistics) -> Result<Vec<MetricFamily>, Error> {
    let registry = Registry::new();
    let Statistics {
        sign_ins, refreshes, sign_outs, store_errors, sign_in_durations, store, ..
    } = statistics;
    add(&registry, "sign_ins", "Sign-ins that have ended, by outcome.", "outcome", sign_ins)?;
    add(&registry, "refreshes", "Answers to refreshes of sessions.", "outcome", refreshes)?;
    add(&registry, "sign_outs", "Sessions that were ended, by what did it.", "kind", sign_outs)?;
    let help = "Errors of the store of sessions.";
    add(&registry, "session_store_errors", help, "operation", store_errors)?;
    add_store(&registry, store)?;
    let mut families = registry.gather();
    families.push(histogram(
        "tollgate_sign_in_seconds",
        "Time from the provider's answer to the session, or to an error.",
        sign_in_durations,
    ));
    Ok(families)
}

/// Adds what the store knows about itself.
fn add_store(registry: &Registry, store: &StoreStatistics) -> Result<(), Error> {
    if let Some(sessions) = store.sessions {
        let gauge = IntGauge::new("tollgate_sessions", "Sessions in the store.")?;
        gauge.set(i64::try_from(sessions).unwrap_or(i64::MAX));
        registry.register(Box::new(gauge))?;
    }
    if let Some(evictions) = store.evictions {
        let counter = IntCounter::new(
            "tollgate_session_evictions_total",
            "Sessions that had to make room for others.",
        )?;
        counter.inc_by(evictions);
        registry.register(Box::new(counter))?;
    }
    Ok(())
}

/// A histogram that the library has counted.
fn histogram(name: &str, help: &str, durations: &Durations) -> MetricFamily {
    let buckets = Durations::BOUNDS.iter().zip(durations.within).map(|(bound, count)| {
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(bound.as_secs_f64());
        bucket.set_cumulative_count(count);
        bucket
    });
    let mut histogram = Histogram::default();
    histogram.set_bucket(buckets.collect());
    histogram.set_sample_count(durations.count);
    histogram.set_sample_sum(durations.sum.as_secs_f64());
    let mut metric = Metric::default();
    metric.set_histogram(histogram);
    let mut family = MetricFamily::default();
    family.set_name(name.to_owned());
    family.set_help(help.to_owned());
    family.set_field_type(MetricType::HISTOGRAM);
    family.set_metric(vec![metric]);
    family
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
