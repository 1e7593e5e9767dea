//! [`RefusalLog`]: limits how many refusals are logged, so that clients cannot flood the log.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::interval;

/// How many refusals for the same reason are logged in an [`INTERVAL`]. So frequent reasons do not hide rare ones,
/// and the number of reasons limits the whole.
const LINES: u64 = 10;

/// How often the log says how many refusals it has left out.
const INTERVAL: Duration = Duration::from_secs(10);

/// The refusals of the present interval.
#[derive(Default)]
pub(super) struct RefusalLog {
    counts: Mutex<BTreeMap<&'static str, u64>>,
}

impl RefusalLog {
    /// Counts a refusal. Returns whether it is to be logged.
    pub(super) fn admits(&self, reason: &'static str) -> bool {
        if !tracing::enabled!(tracing::Level::INFO) {
            return false;
        }
        let mut counts = self.counts();
        let count = counts.entry(reason).or_default();
        *count = count.saturating_add(1);
        *count <= LINES
    }

    /// Says after each interval what the log has left out.
    pub(super) async fn report(&self) -> Infallible {
        let mut ticks = interval(INTERVAL);
        loop {
            ticks.tick().await;
            self.end_interval();
        }
    }

    /// Says what the log has left out, and begins a new interval.
    pub(super) fn end_interval(&self) {
        for (reason, left_out) in self.left_out() {
            tracing::info!(reason, left_out, "more refusals");
        }
    }

    fn left_out(&self) -> impl Iterator<Item = (&'static str, u64)> + use<> {
        let counts = mem::take(&mut *self.counts());
        let left_out = |(reason, count): (_, u64)| Some((reason, count.checked_sub(LINES)?));
        counts.into_iter().filter_map(left_out).filter(|(_, left_out)| *left_out > 0)
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<&'static str, u64>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tracing::level_filters::LevelFilter;

    use super::*;

    fn with_level<T>(level: LevelFilter, run: impl FnOnce() -> T) -> T {
        let subscriber = tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::sink);
        tracing::subscriber::with_default(subscriber.finish(), run)
    }

    fn admitted(log: &RefusalLog, reason: &'static str, times: usize) -> usize {
        let admits = || (0..times).filter(|_| log.admits(reason)).count();
        with_level(LevelFilter::INFO, admits)
    }

    #[test]
    fn a_flood_of_refusals_is_a_few_lines_and_a_count() {
        let log = RefusalLog::default();
        assert_eq!(admitted(&log, "expired", 1000), 10);
        assert_eq!(admitted(&log, "bad-signature", 10), 10, "another reason");
        assert_eq!(log.left_out().collect::<Vec<_>>(), [("expired", 990)]);
        assert_eq!(admitted(&log, "expired", 11), 10, "in the next interval");
        assert_eq!(log.left_out().collect::<Vec<_>>(), [("expired", 1)]);
        assert_eq!(log.left_out().count(), 0);
    }

    #[test]
    fn a_log_without_refusals_leaves_none_out() {
        let log = RefusalLog::default();
        assert!(!with_level(LevelFilter::WARN, || log.admits("expired")));
        assert_eq!(log.left_out().count(), 0);
    }
}
