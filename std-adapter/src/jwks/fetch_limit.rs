//! [`FetchLimit`]: how many fetches tokens may cause.

use std::time::Duration;

use super::schedule::Moment;

/// A bucket of two fetches that tokens may cause, refilled with one for each cooldown.
///
/// One of them follows a rotation at once. The second one is for a rotation right after the first
/// fetch, or for the fetch that a forged token has wasted. Whatever tokens say, they cause at most two
/// fetches at once, and then one per cooldown.
#[derive(Debug)]
pub(super) struct FetchLimit {
    cooldown: Duration,
    /// From this moment, the bucket has a fetch.
    filled_at: Moment,
    /// From this moment, it has two.
    full_at: Moment,
}

impl FetchLimit {
    /// Makes a full bucket.
    pub(super) const fn new(cooldown: Duration) -> Self {
        Self { cooldown, filled_at: Moment::ZERO, full_at: Moment::ZERO }
    }

    /// Takes a fetch out of the bucket, or returns `false` if it is empty.
    pub(super) fn take(&mut self, now: Moment) -> bool {
        if now < self.filled_at {
            return false;
        }
        if now < self.full_at {
            self.filled_at = self.full_at;
        }
        self.full_at = self.full_at.max(now).saturating_add(self.cooldown);
        true
    }

    /// Returns the moment from which the bucket has a fetch.
    pub(super) const fn filled_at(&self) -> Moment {
        self.filled_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COOLDOWN: Duration = Duration::from_secs(30);

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    /// How many fetches tokens cause if they try at each of these seconds.
    fn taken(bucket: &mut FetchLimit, seconds: impl IntoIterator<Item = u64>) -> Vec<u64> {
        seconds.into_iter().filter(|at| bucket.take(secs(*at))).collect()
    }

    #[test]
    fn a_new_bucket_has_two_fetches() {
        let mut bucket = FetchLimit::new(COOLDOWN);
        assert_eq!(taken(&mut bucket, [0, 0, 0]), [0, 0]);
    }

    #[test]
    fn a_fetch_comes_back_for_each_cooldown() {
        let mut bucket = FetchLimit::new(COOLDOWN);
        assert_eq!(taken(&mut bucket, 0..=120), [0, 1, 30, 60, 90, 120]);
    }

    #[test]
    fn a_bucket_never_has_more_than_two_fetches() {
        let mut bucket = FetchLimit::new(COOLDOWN);
        assert_eq!(taken(&mut bucket, [1_000_000; 9]).len(), 2);
    }

    #[test]
    fn an_empty_bucket_knows_when_it_has_a_fetch_again() {
        let mut bucket = FetchLimit::new(COOLDOWN);
        assert_eq!(bucket.filled_at(), Moment::ZERO);
        assert_eq!(taken(&mut bucket, [100, 110]).len(), 2);
        assert_eq!(bucket.filled_at(), secs(130));
        assert!(!bucket.take(secs(130) - Duration::from_nanos(1)));
        assert!(bucket.take(secs(130)));
        assert_eq!(bucket.filled_at(), secs(160));
    }

    #[test]
    fn without_a_cooldown_the_bucket_is_never_empty() {
        let mut bucket = FetchLimit::new(Duration::ZERO);
        assert_eq!(taken(&mut bucket, [5; 100]).len(), 100);
    }

    #[test]
    fn nothing_overflows() {
        let mut bucket = FetchLimit::new(Duration::MAX);
        assert_eq!(taken(&mut bucket, [1, 1, 2, 1_000_000]), [1, 1]);
        assert!(FetchLimit::new(COOLDOWN).take(Duration::MAX));
    }
}
