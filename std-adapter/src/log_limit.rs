//! [`LogLimit`]: limits how many refusals are logged, so that clients cannot flood the log.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How many refusals for the same reason are logged in an [`INTERVAL`](LogLimit::INTERVAL). So frequent reasons do not
/// hide rare ones, and the number of reasons limits the whole.
const LINES: u64 = 10;

/// Limits how many refusals are logged: ten for the same reason in ten seconds.
///
/// ```
/// use tollgate::log_limit::LogLimit;
///
/// let limit = LogLimit::new();
/// let admitted = (0..100).filter(|_| limit.admits("token-expired")).count();
/// assert_eq!(admitted, 10);
/// ```
#[derive(Debug)]
pub struct LogLimit(Mutex<Interval>);

/// The refusals of the present interval.
#[derive(Debug)]
struct Interval {
    began: Instant,
    counts: BTreeMap<&'static str, u64>,
}

impl LogLimit {
    /// How long an interval lasts.
    pub const INTERVAL: Duration = Duration::from_secs(10);

    /// Begins the first interval.
    #[must_use]
    pub fn new() -> Self {
        Self(Mutex::new(Interval { began: Instant::now(), counts: BTreeMap::new() }))
    }

    /// Counts a refusal. Returns whether to log it. Ends an interval that is over.
    pub fn admits(&self, reason: &'static str) -> bool {
        if self.interval().began.elapsed() >= Self::INTERVAL {
            self.end_interval();
        }
        let mut interval = self.interval();
        let count = interval.counts.entry(reason).or_default();
        *count = count.saturating_add(1);
        *count <= LINES
    }

    /// Logs how many refusals were left out, and begins a new interval. A program that calls this after each
    /// [`INTERVAL`](Self::INTERVAL) learns it in time, even if no more refusals follow.
    pub fn end_interval(&self) {
        for (reason, left_out) in self.left_out() {
            tracing::info!(reason, left_out, "more refusals");
        }
    }

    fn left_out(&self) -> impl Iterator<Item = (&'static str, u64)> + use<> {
        let next = Interval { began: Instant::now(), counts: BTreeMap::new() };
        let counts = mem::replace(&mut *self.interval(), next).counts;
        let left_out = |(reason, count): (_, u64)| Some((reason, count.checked_sub(LINES)?));
        counts.into_iter().filter_map(left_out).filter(|(_, left_out)| *left_out > 0)
    }

    fn interval(&self) -> MutexGuard<'_, Interval> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for LogLimit {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(limit: &LogLimit, reason: &'static str, times: usize) -> usize {
        (0..times).filter(|_| limit.admits(reason)).count()
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_refusals_is_a_few_lines_and_a_count() {
        let limit = LogLimit::new();
        assert_eq!(admitted(&limit, "expired", 1000), 10);
        assert_eq!(admitted(&limit, "bad-signature", 10), 10, "another reason");
        assert_eq!(limit.left_out().collect::<Vec<_>>(), [("expired", 990)]);
        assert_eq!(admitted(&limit, "expired", 11), 10, "in the next interval");
        assert_eq!(limit.left_out().collect::<Vec<_>>(), [("expired", 1)]);
        assert_eq!(limit.left_out().count(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn an_interval_ends_by_itself() {
        let limit = LogLimit::new();
        assert_eq!(admitted(&limit, "expired", 20), 10);
        tokio::time::advance(LogLimit::INTERVAL).await;
        assert_eq!(admitted(&limit, "expired", 20), 10);
        assert_eq!(limit.left_out().collect::<Vec<_>>(), [("expired", 10)]);
    }
}
