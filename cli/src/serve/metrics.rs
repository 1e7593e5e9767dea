//! Metrics for Prometheus. Counting a verdict takes no lock.

mod process;
mod sign_in;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use prometheus::core::Collector;
use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};
use tollgate::clock;
use tollgate::gate::Gate;
use tollgate::sign_in::Statistics;
use tollgate::signature_memory::SignatureMemory;
use tollgate::table_memory::TableMemory;

use super::connections::Connections;
use super::limits::Limits;

/// Upper bounds in seconds. Most verdicts take about 20 µs; those that wait for keys, up to 2 s.
const BUCKETS: &[f64] = &[
    0.000_01, 0.000_02, 0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5,
    1.0, 2.5, 5.0,
];

/// The media type of [`Metrics::text`].
pub(crate) const CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

/// The server's metrics.
pub(crate) struct Metrics {
    registry: Registry,
    verdicts: IntCounterVec,
    /// A counter for each reason that has occurred.
    known: ArcSwap<BTreeMap<&'static str, IntCounter>>,
    duration: Histogram,
    connections: IntGauge,
    displaced: IntCounter,
    keys: IntGaugeVec,
    key_age: IntGaugeVec,
    table_memory: IntGauge,
    remembered: IntCounter,
    fetches: IntCounterVec,
    /// The fetches that the last read has counted.
    seen: Mutex<BTreeMap<(String, &'static str), u64>>,
}

impl Metrics {
    pub(crate) fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let verdicts = registered(
            &registry,
            IntCounterVec::new(
                Opts::new("tollgate_verdicts_total", "Verdicts on requests, by reason."),
                &["reason"],
            )?,
        )?;
        let duration = HistogramOpts::new(
            "tollgate_verdict_duration_seconds",
            "Time to reach a verdict, including the wait for keys.",
        );
        let duration =
            registered(&registry, Histogram::with_opts(duration.buckets(BUCKETS.to_vec()))?)?;
        let connections =
            registered(&registry, IntGauge::new("tollgate_connections", "Open connections.")?)?;
        let displaced = registered(
            &registry,
            IntCounter::new(
                "tollgate_connections_displaced_total",
                "Idle connections that were closed to make room for new ones.",
            )?,
        )?;
        let keys = registered(
            &registry,
            IntGaugeVec::new(Opts::new("tollgate_keys", "Usable keys of an issuer."), &["issuer"])?,
        )?;
        let key_age = registered(
            &registry,
            IntGaugeVec::new(
                Opts::new(
                    "tollgate_keys_age_seconds",
                    "Time since the keys of an issuer were last fetched or confirmed.",
                ),
                &["issuer"],
            )?,
        )?;
        let table_memory = registered(
            &registry,
            IntGauge::new(
                "tollgate_table_memory_bytes",
                "Memory that the tables of all keys take.",
            )?,
        )?;
        let remembered = registered(
            &registry,
            IntCounter::new(
                "tollgate_signatures_remembered_total",
                "Signatures that were not verified again, because they are remembered as valid.",
            )?,
        )?;
        let fetches = registered(
            &registry,
            IntCounterVec::new(
                Opts::new("tollgate_key_fetches_total", "Attempts to fetch keys, by result."),
                &["issuer", "result"],
            )?,
        )?;
        let build = IntGauge::with_opts(
            Opts::new("tollgate_build_info", "The version of this server; always 1.")
                .const_label("version", env!("CARGO_PKG_VERSION")),
        )?;
        registered(&registry, build)?.set(1);
        let known = ArcSwap::default();
        Ok(Self {
            registry,
            verdicts,
            known,
            duration,
            connections,
            displaced,
            keys,
            key_age,
            table_memory,
            remembered,
            fetches,
            seen: Mutex::default(),
        })
    }

    /// Connections that these metrics count.
    pub(crate) fn connections(&self, limits: Limits) -> Arc<Connections> {
        Connections::new(limits, self.connections.clone(), self.displaced.clone())
    }

    /// Counts a verdict.
    pub(crate) fn count(&self, reason: &'static str, took: Duration) {
        self.duration.observe(took.as_secs_f64());
        if let Some(counter) = self.known.load().get(reason) {
            counter.inc();
            return;
        }
        let counter = self.verdicts.with_label_values(&[reason]);
        counter.inc();
        self.known.rcu(|known| {
            let mut known = BTreeMap::clone(known);
            known.insert(reason, counter.clone());
            Arc::new(known)
        });
    }

    /// All metrics, in the text format of Prometheus.
    pub(crate) fn text(
        &self,
        gate: &Gate,
        statistics: Option<&Statistics>,
    ) -> Result<String, prometheus::Error> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        self.keys.reset();
        self.key_age.reset();
        let table_bytes = TableMemory::global().used();
        self.table_memory.set(i64::try_from(table_bytes).unwrap_or(i64::MAX));
        // Only here does it grow, so the difference is what came since the last read.
        self.remembered
            .inc_by(SignatureMemory::global().hits().saturating_sub(self.remembered.get()));
        let now = clock::now().time().0;
        let mut fetches = BTreeMap::<_, u64>::new();
        // An issuer can be configured twice, with two policies.
        for status in gate.issuers() {
            let keys = i64::try_from(status.usable_keys).unwrap_or(i64::MAX);
            self.keys.with_label_values(&[status.issuer]).add(keys);
            if let Some(fetched_at) = status.fetched_at {
                let age = self.key_age.with_label_values(&[status.issuer]);
                age.set(age.get().max(now.saturating_sub(fetched_at.0)));
            }
            for (result, count) in status.fetches {
                let sum = fetches.entry((status.issuer.to_owned(), result)).or_default();
                *sum = sum.saturating_add(count);
            }
        }
        for ((issuer, result), count) in &fetches {
            let seen = seen.get(&(issuer.clone(), *result)).copied().unwrap_or_default();
            // A reload may have reset the count.
            let more = count.checked_sub(seen).unwrap_or(*count);
            self.fetches.with_label_values(&[issuer.as_str(), *result]).inc_by(more);
        }
        *seen = fetches;
        drop(seen);
        let mut families = self.registry.gather();
        families.extend(process::families()?);
        if let Some(statistics) = statistics {
            families.extend(sign_in::families(statistics)?);
        }
        TextEncoder::new().encode_to_string(&families)
    }
}

fn registered<C: Collector + Clone + 'static>(
    registry: &Registry,
    collector: C,
) -> Result<C, prometheus::Error> {
    registry.register(Box::new(collector.clone()))?;
    Ok(collector)
}
