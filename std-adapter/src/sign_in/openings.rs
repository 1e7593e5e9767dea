//! [`Openings`]: the sign-ins that are being finished, so that a page which is loaded twice redeems its code once.

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
type Opening = Option<Result<String, SignInError>>;

/// The attempts that are being finished, or have been a moment ago, by their `state`.
#[derive(Default)]
pub(super) struct Openings(Mutex<HashMap<String, Remembered>>);

struct Remembered {
    since: Instant,
    opening: Arc<AsyncMutex<Opening>>,
}

impl Openings {
    /// Waits until nobody else finishes this attempt. If somebody has, the result is there.
    pub(super) async fn turn(&self, state: &str) -> OwnedMutexGuard<Opening> {
        self.opening(state).lock_owned().await
    }

    fn opening(&self, state: &str) -> Arc<AsyncMutex<Opening>> {
        let mut openings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(remembered) = openings.get(state) {
            return Arc::clone(&remembered.opening);
        }
        let now = Instant::now();
        // Before the map grows, or is full, those of long ago leave it.
        if openings.len() == openings.capacity().min(MAX_REMEMBERED) {
            openings.retain(|_, it| now.saturating_duration_since(it.since) < REMEMBERED);
        }
        let opening = Arc::default();
        if openings.len() < MAX_REMEMBERED {
            let remembered = Remembered { since: now, opening: Arc::clone(&opening) };
            openings.insert(state.to_owned(), remembered);
        }
        opening
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn sizes(openings: &Openings) -> (usize, usize) {
        let openings = openings.0.lock().unwrap();
        (openings.len(), openings.capacity())
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_is_remembered_for_a_minute_however_many_follow() {
        let openings = Openings::default();
        *openings.turn("first").await = Some(Ok(String::new()));
        for number in 0..1000 {
            drop(openings.turn(&number.to_string()).await);
            advance(Duration::from_millis(50)).await;
        }
        for number in 1000.. {
            let (length, capacity) = sizes(&openings);
            if length == capacity {
                break;
            }
            drop(openings.turn(&number.to_string()).await);
        }
        assert!(openings.turn("first").await.is_some());
        advance(Duration::from_secs(10)).await;
        drop(openings.turn("last").await);
        assert!(openings.turn("first").await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn beyond_ten_thousand_attempts_none_is_remembered_until_a_minute_is_over() {
        let openings = Openings::default();
        let is_remembered = async |state: &str| {
            *openings.turn(state).await = Some(Ok(String::new()));
            openings.turn(state).await.is_some()
        };
        for number in 0..MAX_REMEMBERED {
            assert!(is_remembered(&number.to_string()).await);
        }
        assert!(!is_remembered("another").await);
        assert_eq!(sizes(&openings).0, MAX_REMEMBERED);
        advance(REMEMBERED).await;
        assert!(is_remembered("another").await);
        assert_eq!(sizes(&openings).0, 1);
    }
}
