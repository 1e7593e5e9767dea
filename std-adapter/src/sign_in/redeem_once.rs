//! [`Redemptions`]: the sign-ins that are being finished, so that a page which is loaded twice redeems its code once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};
use tokio::time::Instant;

use super::error::SignInError;

/// How long the session of an attempt is remembered: longer than a browser waits before it loads a page again.
const REMEMBERED: Duration = Duration::from_secs(60);

/// The maximum number of attempts that are remembered. Beyond that, a page that is loaded twice gets an error.
const MAX_REMEMBERED: usize = 10_000;

/// What became of an attempt: nothing yet, or the value of its session's cookie.
type Redemption = Option<Result<String, SignInError>>;

/// The attempts that are being finished, or have been a moment ago, by their `state`.
#[derive(Default)]
pub(super) struct Redemptions(Mutex<HashMap<String, Remembered>>);

struct Remembered {
    since: Instant,
    redemption: Arc<AsyncMutex<Redemption>>,
}

impl Redemptions {
    /// Waits until nobody else finishes this attempt. If somebody has, the result is there.
    pub(super) async fn turn(&self, state: &str) -> OwnedMutexGuard<Redemption> {
        self.redemption(state).lock_owned().await
    }

    fn redemption(&self, state: &str) -> Arc<AsyncMutex<Redemption>> {
        let mut redemptions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(remembered) = redemptions.get(state) {
            return Arc::clone(&remembered.redemption);
        }
        let now = Instant::now();
        // Before the map grows, or is full, those of long ago leave it.
        if redemptions.len() == redemptions.capacity().min(MAX_REMEMBERED) {
            redemptions.retain(|_, it| now.saturating_duration_since(it.since) < REMEMBERED);
        }
        let redemption = Arc::default();
        if redemptions.len() < MAX_REMEMBERED {
            let remembered = Remembered { since: now, redemption: Arc::clone(&redemption) };
            redemptions.insert(state.to_owned(), remembered);
        }
        redemption
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn sizes(redemptions: &Redemptions) -> (usize, usize) {
        let redemptions = redemptions.0.lock().unwrap();
        (redemptions.len(), redemptions.capacity())
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_is_remembered_for_a_minute_however_many_follow() {
        let redemptions = Redemptions::default();
        *redemptions.turn("first").await = Some(Ok(String::new()));
        for number in 0..1000 {
            drop(redemptions.turn(&number.to_string()).await);
            advance(Duration::from_millis(50)).await;
        }
        for number in 1000.. {
            let (length, capacity) = sizes(&redemptions);
            if length == capacity {
                break;
            }
            drop(redemptions.turn(&number.to_string()).await);
        }
        assert!(redemptions.turn("first").await.is_some());
        advance(Duration::from_secs(10)).await;
        drop(redemptions.turn("last").await);
        assert!(redemptions.turn("first").await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn beyond_ten_thousand_attempts_none_is_remembered_until_a_minute_is_over() {
        let redemptions = Redemptions::default();
        let is_remembered = async |state: &str| {
            *redemptions.turn(state).await = Some(Ok(String::new()));
            redemptions.turn(state).await.is_some()
        };
        for number in 0..MAX_REMEMBERED {
            assert!(is_remembered(&number.to_string()).await);
        }
        assert!(!is_remembered("another").await);
        assert_eq!(sizes(&redemptions).0, MAX_REMEMBERED);
        advance(REMEMBERED).await;
        assert!(is_remembered("another").await);
        assert_eq!(sizes(&redemptions).0, 1);
    }
}
