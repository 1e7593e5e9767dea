//! [`Statistics`]: counts of events since the start, for metrics.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::SignIn;

/// Counts of events since the start, for metrics. A `SignIn` that [replaces](super::SignInBuilder::replaces) another
/// continues its counts.
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
}

impl SignIn {
    /// Returns the counts of events since the start.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.0.tally.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Counts.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Statistics>);

impl Tally {
    pub(super) fn sign_in(&self, outcome: &'static str) {
        self.add(1, outcome, |all| &mut all.sign_ins);
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
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let value = of(&mut all).entry(key).or_default();
        *value = value.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }
}
