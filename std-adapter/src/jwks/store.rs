//! [`KeyStore`]: the current keys of an issuer, as requests see them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::{Instant, timeout};
use tollgate_core::{Candidate, Key, Rejection, SelectedKey};

use super::kept_metadata::KeptMetadata;
use super::schedule::Moment;
use super::snapshot::Snapshot;
use crate::keys::SharedVerifier;

/// The maximum number of requests that wait for the keys of one issuer, so that a flood cannot park
/// every request.
const MAX_WAITING: usize = 1024;

pub(super) static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The current time of a clock that never goes back.
pub(super) fn moment() -> Moment {
    Instant::now().saturating_duration_since(*ORIGIN)
}

/// The keys of one issuer. Reading them takes no lock and allocates nothing.
pub(crate) struct KeyStore {
    state: ArcSwap<State>,
    /// Wakes the task: a request asks for newer keys.
    pub(super) asked: Notify,
    /// The number of attempts that must have ended before all who asked have what they asked for.
    wanted: AtomicU64,
    /// Wakes those who wait: an attempt has ended.
    ended: watch::Sender<()>,
    waiting: Semaphore,
    /// The number of attempts by outcome. Only the task and readers of statistics take this lock.
    outcomes: Mutex<BTreeMap<&'static str, u64>>,
    /// Only if the gate asked for it.
    metadata: Option<Arc<KeptMetadata>>,
}

/// What requests see, replaced as a whole.
#[derive(Clone, Default)]
pub(super) struct State {
    pub(super) snapshot: Option<Arc<Snapshot>>,
    /// The number of attempts that have ended.
    pub(super) attempts: u64,
    /// Requests for newer keys are ignored until this moment.
    pub(super) quiet_until: Moment,
    /// When the next attempt begins.
    pub(super) next: Moment,
}

impl KeyStore {
    /// Makes a store without keys; `outcomes` are those of a store that it replaces.
    pub(super) fn new(outcomes: BTreeMap<&'static str, u64>) -> Self {
        Self {
            state: ArcSwap::default(),
            asked: Notify::new(),
            wanted: AtomicU64::new(0),
            ended: watch::Sender::new(()),
            waiting: Semaphore::new(MAX_WAITING),
            outcomes: Mutex::new(outcomes),
            metadata: None,
        }
    }

    /// Also hands out the metadata of the issuer.
    pub(super) fn with_metadata(self, metadata: Option<Arc<KeptMetadata>>) -> Self {
        Self { metadata, ..self }
    }

    /// Returns the metadata of the issuer, if the gate asked to keep it.
    pub(crate) fn metadata(&self) -> Option<&Arc<KeptMetadata>> {
        self.metadata.as_ref()
    }

    /// Returns the current keys: none if they have expired.
    pub(crate) fn keys(&self) -> CurrentKeys {
        let state = self.state.load();
        let is_usable = state.snapshot.as_ref().is_some_and(|it| it.is_usable(moment()));
        CurrentKeys { state, is_usable }
    }

    /// Whether there are keys that may be used.
    pub(crate) fn is_usable(&self) -> bool {
        self.keys().is_usable
    }

    /// Waits until there are keys that may be used.
    pub(crate) async fn ready(&self) {
        let mut ended = self.ended.subscribe();
        while !self.is_usable() {
            // The sender lives as long as this store.
            let _ = ended.changed().await;
        }
    }

    /// Returns the last keys, even if they have expired.
    pub(crate) fn last(&self) -> Option<Arc<Snapshot>> {
        self.state.load().snapshot.clone()
    }

    /// Asks for newer keys than those after `attempts`, and does not wait for them.
    pub(crate) fn ask(&self, attempts: u64) {
        if !self.is_quiet() {
            self.wanted.fetch_max(attempts.saturating_add(1), Ordering::Relaxed);
            self.asked.notify_one();
        }
    }

    /// Asks for newer keys than those after `attempts`, and waits until an attempt to fetch them has
    /// ended, unless too many requests already wait.
    pub(crate) async fn refreshed(&self, attempts: u64, limit: Duration) {
        let Ok(_place) = self.waiting.try_acquire() else { return };
        let mut ended = self.ended.subscribe();
        // The subscription misses an attempt that ended before it, but then it has been counted.
        if self.attempts() == attempts && !self.is_quiet() {
            self.ask(attempts);
            // In time or not, the caller then looks at the current keys.
            let _ = timeout(limit, ended.changed()).await;
        }
    }

    /// Whether somebody wants newer keys than the current ones. Others may have asked while the current
    /// ones were on their way.
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed) > self.attempts()
    }

    /// Whether requests for newer keys are ignored, because tokens have caused too many fetches.
    pub(crate) fn is_quiet(&self) -> bool {
        moment() < self.state.load().quiet_until
    }

    /// Returns the number of attempts that have ended.
    pub(crate) fn attempts(&self) -> u64 {
        self.state.load().attempts
    }

    /// Returns how long it takes until the next attempt.
    pub(crate) fn next_attempt_in(&self) -> Duration {
        self.state.load().next.saturating_sub(moment())
    }

    /// Returns the number of attempts by outcome.
    pub(crate) fn outcomes(&self) -> BTreeMap<&'static str, u64> {
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn count(&self, outcome: &'static str) {
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        let count = outcomes.entry(outcome).or_default();
        *count = count.saturating_add(1);
    }

    pub(super) fn state(&self) -> State {
        State::clone(&self.state.load())
    }

    /// Only the task replaces the state.
    pub(super) fn replace(&self, state: State) {
        self.state.store(Arc::new(state));
    }

    /// Wakes those who wait for the end of an attempt.
    pub(super) fn announce_end(&self) {
        self.ended.send_replace(());
    }
}

/// The keys that verify one request, whatever happens to the store in the meantime.
pub(crate) struct CurrentKeys {
    state: Guard<Arc<State>>,
    is_usable: bool,
}

impl CurrentKeys {
    /// Returns the keys.
    pub(crate) fn keys(&self) -> &[Key<SharedVerifier>] {
        self.snapshot().map_or(&[], |snapshot| snapshot.keys.keys())
    }

    /// Selects the key for a token.
    pub(crate) fn select<'k, 't, 'b>(
        &'k self,
        candidate: Candidate<'t, 'b>,
    ) -> Result<SelectedKey<'k, 't, 'b>, Rejection> {
        self.snapshot().ok_or(Rejection::NoUsableKey)?.keys.select(candidate)
    }

    fn snapshot(&self) -> Option<&Arc<Snapshot>> {
        self.state.snapshot.as_ref().filter(|_| self.is_usable)
    }
}
