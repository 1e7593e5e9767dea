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
        if openings.len() == openings.capacity() {
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
