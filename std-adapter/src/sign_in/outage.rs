//! [`Outage`]: how long a provider that does not work is left alone.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The wait after the first failure. It doubles with each further one.
const FIRST: Duration = Duration::from_secs(1);

/// The maximum wait.
const LONGEST: Duration = Duration::from_secs(60);

/// The failures of a provider in a row.
#[derive(Debug, Default)]
pub(super) struct Outage(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    until: Option<Instant>,
}

impl Outage {
    /// Whether the provider is to be left alone now.
    pub(super) fn is_quiet(&self) -> bool {
        self.state().until.is_some_and(|until| Instant::now() < until)
    }

    /// Records a failure. Several at once count as one.
    pub(super) fn failed(&self) {
        let mut state = self.state();
        if state.until.is_some_and(|until| Instant::now() < until) {
            return;
        }
        let factor = 1_u32.checked_shl(state.failures).unwrap_or(u32::MAX);
        let wait = FIRST.saturating_mul(factor).min(LONGEST);
        state.failures = state.failures.saturating_add(1);
        state.until = Instant::now().checked_add(wait);
    }

    pub(super) fn succeeded(&self) {
        *self.state() = State::default();
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn waits_double_up_to_a_minute() {
        let outage = Outage::default();
        for secs in [1, 2, 4, 8, 16, 32, 60, 60] {
            assert!(!outage.is_quiet());
            outage.failed();
            outage.failed();
            tokio::time::advance(Duration::from_millis(secs * 1000 - 1)).await;
            assert!(outage.is_quiet(), "{secs}");
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        outage.failed();
        outage.succeeded();
        assert!(!outage.is_quiet());
    }
}
