//! [`Statistics`]: counts of events since the start, for metrics.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::SignIn;
use super::store::StoreStatistics;

/// Counts of events since the start, for metrics. A `SignIn` that [replaces](super::SignInBuilder::replaces) another
/// continues its counts.
///
/// ```
/// use tollgate::sign_in::{SignIn, Statistics};
///
/// /// How many sign-ins did not succeed since the start.
/// fn failed(sign_in: &SignIn) -> u64 {
///     let Statistics { sign_ins, .. } = sign_in.statistics();
///     sign_ins.iter().filter(|(outcome, _)| **outcome != "success").map(|(_, count)| count).sum()
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Sign-ins that have ended, by outcome: `success`, or the [code](super::SignInError::code) of an error.
    pub sign_ins: BTreeMap<&'static str, u64>,
    /// Answers to refreshes, by outcome: `success`, `ended` if the provider has ended the session, `refused` or
    /// `unavailable`.
    pub refreshes: BTreeMap<&'static str, u64>,
    /// Sessions that were ended, by who ended them: `browser`, `program` for [`end_all`](super::SignIn::end_all), or
    /// `provider` for a back-channel logout.
    pub sign_outs: BTreeMap<&'static str, u64>,
    /// Errors of the store, by operation, such as `load`.
    pub store_errors: BTreeMap<&'static str, u64>,
    /// How long sign-ins took from the provider's answer to the session, or to the error. Those that ended before a
    /// code was redeemed do not count.
    pub sign_in_durations: Durations,
    /// What the store says about itself. Sessions in cookies have none.
    pub store: StoreStatistics,
}

/// How often something took how long: a histogram.
///
/// ```
/// use tollgate::sign_in::Durations;
///
/// /// Returns how many took longer than a second.
/// fn slow(durations: &Durations) -> u64 {
///     let second = Durations::BOUNDS.iter().position(|bound| bound.as_secs() == 1).unwrap();
///     durations.count - durations.within[second]
/// }
/// assert_eq!(slow(&Durations::default()), 0);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Durations {
    /// For each of the [`BOUNDS`](Self::BOUNDS), how often it took that long at most.
    pub within: [u64; Self::BOUNDS.len()],
    /// How often it happened.
    pub count: u64,
    /// How long it took altogether.
    pub sum: Duration,
}

impl Durations {
    /// The upper bounds, in ascending order. The token endpoint may take 5 seconds, and as long the user info.
    pub const BOUNDS: [Duration; 8] = [
        Duration::from_millis(50),
        Duration::from_millis(100),
        Duration::from_millis(250),
        Duration::from_millis(500),
        Duration::from_secs(1),
        Duration::from_millis(2500),
        Duration::from_secs(5),
        Duration::from_secs(10),
    ];

    fn add(&mut self, took: Duration) {
        for (within, bound) in self.within.iter_mut().zip(Self::BOUNDS) {
            if took <= bound {
                *within = within.saturating_add(1);
            }
        }
        self.count = self.count.saturating_add(1);
        self.sum = self.sum.saturating_add(took);
    }
}

impl SignIn {
    /// Returns the counts of events since the start.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        let store = self.0.store().map(|store| store.statistics()).unwrap_or_default();
        Statistics { store, ..self.0.tally.all().clone() }
    }
}

/// Counts.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Statistics>);

impl Tally {
    pub(super) fn sign_in(&self, outcome: &'static str) {
        self.add(1, outcome, |all| &mut all.sign_ins);
    }

    pub(super) fn redeemed(&self, took: Duration) {
        self.all().sign_in_durations.add(took);
    }

    pub(super) fn refresh(&self, outcome: &'static str) {
        self.add(1, outcome, |all| &mut all.refreshes);
    }

    pub(super) fn sign_outs(&self, count: usize, kind: &'static str) {
        self.add(count, kind, |all| &mut all.sign_outs);
    }

    pub(super) fn store_error(&self, operation: &'static str) {
        self.add(1, operation, |all| &mut all.store_errors);
    }

    fn add(
        &self,
        count: usize,
        key: &'static str,
        of: impl FnOnce(&mut Statistics) -> &mut BTreeMap<&'static str, u64>,
    ) {
        let mut all = self.all();
        let value = of(&mut all).entry(key).or_default();
        *value = value.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }

    fn all(&self) -> MutexGuard<'_, Statistics> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
