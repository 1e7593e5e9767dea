//! [`SessionClock`]: a clock that no session outlives, even if the system's is set back.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tollgate_core::Now;

/// The time by which sessions end: the wall clock's, or the latest that was ever seen, advanced by the
/// monotonic clock, whichever is later.
pub(super) struct SessionClock {
    wall: Box<dyn Fn() -> Now + Send + Sync>,
    /// The latest time that was seen, and when.
    latest: Mutex<(i64, Instant)>,
}

impl SessionClock {
    pub(super) fn new(wall: impl Fn() -> Now + Send + Sync + 'static) -> Self {
        let now = wall().time().0;
        Self { wall: Box::new(wall), latest: Mutex::new((now, Instant::now())) }
    }

    /// Returns the current time, which is not before `seen`, a time that a session has recorded. The wall clock is read,
    /// too: it may have been set ahead.
    pub(super) fn now_after(&self, seen: i64) -> i64 {
        self.at_least((self.wall)().time().0.max(seen))
    }

    /// Returns the current time, in seconds since 1970.
    pub(super) fn now(&self) -> i64 {
        self.at_least((self.wall)().time().0)
    }

    /// Returns the current time, which is not before `seen`.
    fn at_least(&self, seen: i64) -> i64 {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let (time, at) = *latest;
        let elapsed = at.elapsed();
        let advanced = time.saturating_add(whole_seconds(elapsed));
        if seen > advanced {
            *latest = (seen, Instant::now());
        }
        advanced.max(seen)
    }
}

/// A duration in whole seconds, rounded down.
pub(super) fn whole_seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;
    use tollgate_core::UnixTime;

    fn clock(wall: &Arc<AtomicI64>) -> SessionClock {
        let wall = Arc::clone(wall);
        SessionClock::new(move || Now::Exact(UnixTime(wall.load(Ordering::Relaxed))))
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_set_back_prolongs_nothing() {
        let wall = Arc::new(AtomicI64::new(1_000));
        let clock = clock(&wall);
        wall.store(5_000, Ordering::Relaxed);
        assert_eq!(clock.now(), 5_000);
        wall.store(100, Ordering::Relaxed);
        tokio::time::advance(Duration::from_secs(7)).await;
        assert_eq!(clock.now(), 5_007);
    }

    #[tokio::test(start_paused = true)]
    async fn parts_of_a_second_add_up() {
        let wall = Arc::new(AtomicI64::new(1_000));
        let clock = clock(&wall);
        for _ in 0..10 {
            tokio::time::advance(Duration::from_millis(900)).await;
            clock.now();
        }
        assert_eq!(clock.now(), 1_009);
    }

    #[tokio::test(start_paused = true)]
    async fn a_time_in_a_record_is_seen() {
        let wall = Arc::new(AtomicI64::new(1_000));
        let clock = clock(&wall);
        assert_eq!(clock.at_least(9_000), 9_000);
        assert_eq!(clock.now(), 9_000);
        assert_eq!(clock.at_least(10), 9_000);
    }
}
