//! [`Activity`]: what a connection is doing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// The requests of a connection, which may have several in flight.
pub(super) struct Activity {
    started: Instant,
    in_flight: AtomicUsize,
    /// When the last request ended, in nanoseconds since the start.
    idle_since: AtomicU64,
}

/// A request in flight.
pub(super) struct InFlight(Arc<Activity>);

impl Activity {
    pub(super) fn new() -> Self {
        let (in_flight, idle_since) = (AtomicUsize::new(0), AtomicU64::new(0));
        Self { started: Instant::now(), in_flight, idle_since }
    }

    /// Counts a request, until the result is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(Arc::clone(self))
    }

    /// Since when the connection has been waiting for a request; `None` if one is in flight.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        // Acquires what `InFlight` releases.
        let is_idle = self.in_flight.load(Ordering::Acquire) == 0;
        let since = Duration::from_nanos(self.idle_since.load(Ordering::Relaxed));
        is_idle.then(|| self.started.checked_add(since).unwrap_or(self.started))
    }

    /// Waits until the connection has been waiting for a request for `time`, which counts from now.
    pub(super) async fn idle_for(&self, time: Duration) {
        let now = Instant::now();
        loop {
            let waited = self.idle_since().map(|since| since.max(now).elapsed());
            match time.checked_sub(waited.unwrap_or_default()) {
                None | Some(Duration::ZERO) => return,
                Some(rest) => sleep(rest).await,
            }
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let since = self.0.started.elapsed().as_nanos();
        self.0.idle_since.store(u64::try_from(since).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.0.in_flight.fetch_sub(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_from_the_end_of_its_last_request() {
        let activity = Arc::new(Activity::new());
        let begun = activity.idle_since().unwrap();
        sleep(Duration::from_secs(1)).await;
        let (first, second) = (activity.begin(), activity.begin());
        drop(first);
        assert_eq!(activity.idle_since(), None);
        sleep(Duration::from_secs(1)).await;
        drop(second);
        assert_eq!(activity.idle_since().unwrap() - begun, Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_begins_the_idle_time_anew() {
        let activity = Arc::new(Activity::new());
        let begun = Instant::now();
        let asking = async {
            sleep(Duration::from_secs(4)).await;
            let request = activity.begin();
            sleep(Duration::from_secs(20)).await;
            drop(request);
        };
        let ((), ()) = tokio::join!(asking, activity.idle_for(Duration::from_secs(7)));
        let took = begun.elapsed();
        assert!((31..32).contains(&took.as_secs()), "{took:?}");
    }
}
