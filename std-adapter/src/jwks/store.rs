//! The task that looks after an issuer's keys, and what requests see of it.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwapOption, Guard};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tollgate_core::UnixTime;

use super::fetch::FetchError;
use super::schedule::{FetchRules, Moment, Schedule, Step};
use super::snapshot::{Keys, Snapshot, SnapshotError, SnapshotFile};
use super::source::{Brought, Source, provision};
use crate::clock;

/// The most requests that wait for the keys of one issuer. A flood must not park every request.
const MAX_WAITING: usize = 1024;

static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The present by a clock that never goes back.
pub(crate) fn moment() -> Moment {
    Instant::now().saturating_duration_since(*ORIGIN)
}

/// The keys of one issuer as requests see them. Reading them takes no lock and allocates nothing.
pub(crate) struct KeyStore {
    snapshot: ArcSwapOption<Snapshot>,
    /// Until when there is no use in asking for newer keys, in milliseconds.
    quiet_until: AtomicU64,
    /// When the next attempt begins, in milliseconds.
    next: AtomicU64,
    /// How many attempts have ended.
    attempts: AtomicU64,
    /// Somebody asks for newer keys.
    asked: Notify,
    /// An attempt has ended.
    ended: watch::Sender<()>,
    waiting: Semaphore,
    /// How the attempts ended, counted; only the task and whoever reads statistics look here.
    outcomes: Mutex<BTreeMap<&'static str, u64>>,
}

/// What an issuer's task starts with.
pub(crate) struct Start {
    pub(crate) source: Source,
    pub(crate) rules: FetchRules,
    pub(crate) file: Option<SnapshotFile>,
    /// The store from before a reload of the configuration.
    pub(crate) predecessor: Option<Arc<KeyStore>>,
}

/// The part that the task has for itself.
struct Task {
    store: Arc<KeyStore>,
    schedule: Schedule,
    source: Source,
    file: Option<SnapshotFile>,
}

impl KeyStore {
    /// The store, and the task that is to be spawned for it.
    pub(crate) fn new(start: Start) -> (Arc<Self>, impl Future<Output = ()> + Send + use<>) {
        let store = Arc::new(Self {
            snapshot: ArcSwapOption::empty(),
            quiet_until: AtomicU64::new(0),
            next: AtomicU64::new(0),
            attempts: AtomicU64::new(0),
            asked: Notify::new(),
            ended: watch::Sender::new(()),
            waiting: Semaphore::new(MAX_WAITING),
            outcomes: Mutex::new(
                start.predecessor.as_ref().map(|old| old.outcomes()).unwrap_or_default(),
            ),
        });
        let Start { source, rules, file, predecessor } = start;
        let seed = RandomState::new().hash_one(source.issuer().as_str());
        let schedule = Schedule::new(rules, seed);
        let mut task = Task { store: Arc::clone(&store), schedule, source, file };
        match predecessor.and_then(|predecessor| predecessor.last()) {
            Some(inherited) => task.inherit(&inherited),
            None => task.resume(),
        }
        (store, task.run())
    }

    /// The current keys; none if they may no longer be used.
    pub(crate) fn keys(&self) -> CurrentKeys {
        let snapshot = self.snapshot.load();
        let is_usable = snapshot.as_ref().is_some_and(|snapshot| snapshot.is_usable(moment()));
        CurrentKeys { snapshot, is_usable }
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

    /// The last keys, whether they may still be used or not.
    pub(crate) fn last(&self) -> Option<Arc<Snapshot>> {
        self.snapshot.load_full()
    }

    /// Asks for newer keys, and waits until an attempt to get them has ended, unless too many wait
    /// already.
    pub(crate) async fn refreshed(&self, limit: Duration) {
        let Ok(_place) = self.waiting.try_acquire() else { return };
        let mut ended = self.ended.subscribe();
        // An attempt that ended before the subscription is never heard of.
        if !self.is_quiet() {
            self.asked.notify_one();
            // Whether it is in time or not, the caller looks at what there is then.
            let _ = timeout(limit, ended.changed()).await;
        }
    }

    /// Whether the last attempt is too short ago to ask for another.
    pub(crate) fn is_quiet(&self) -> bool {
        moment() < Duration::from_millis(self.quiet_until.load(Ordering::Acquire))
    }

    /// How many attempts have ended.
    pub(crate) fn attempts(&self) -> u64 {
        self.attempts.load(Ordering::Acquire)
    }

    /// How long it takes until the next attempt.
    pub(crate) fn next_attempt_in(&self) -> Duration {
        Duration::from_millis(self.next.load(Ordering::Acquire)).saturating_sub(moment())
    }

    /// How many attempts ended how.
    pub(crate) fn outcomes(&self) -> BTreeMap<&'static str, u64> {
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn count(&self, outcome: &'static str) {
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        let count = outcomes.entry(outcome).or_default();
        *count = count.saturating_add(1);
    }
}

/// The keys that a request is verified with, whatever becomes of the store meanwhile.
pub(crate) struct CurrentKeys {
    snapshot: Guard<Option<Arc<Snapshot>>>,
    is_usable: bool,
}

/// For as long as there are none.
static NO_KEYS: Keys = Keys::new();

impl Deref for CurrentKeys {
    type Target = Keys;

    fn deref(&self) -> &Keys {
        let snapshot = self.snapshot.as_ref().filter(|_| self.is_usable);
        snapshot.map_or(&NO_KEYS, |snapshot| &snapshot.keys)
    }
}

impl Task {
    async fn run(mut self) {
        loop {
            match self.schedule.step(moment()) {
                Step::Fetch => self.fetch().await,
                Step::Sleep(until) => {
                    let until = ORIGIN.checked_add(until).unwrap_or_else(far_future);
                    tokio::select! {
                        () = sleep_until(until) => {}
                        () = self.store.asked.notified() => {
                            self.schedule.ask(moment());
                        }
                    }
                }
                // Only this task fetches, and it has waited for the end.
                Step::Busy => self.store.asked.notified().await,
            }
        }
    }

    async fn fetch(&mut self) {
        // Whoever comes now may wait for this attempt.
        self.publish();
        let last = self.store.last();
        let have = last.as_ref().map(|snapshot| &*snapshot.jwks);
        let brought = self.source.attempt(moment(), have).await;
        let issuer = self.source.issuer().as_str();
        let now = moment();
        match (brought, last) {
            (Ok(Brought::New { keys, jwks, fresh_for }), _) => {
                self.schedule.succeeded(now, fresh_for);
                self.store.count("new");
                tracing::info!(issuer, keys = keys.keys().len(), "keys fetched");
                let (fetched_at, usable_until) = (clock::now().time(), self.usable_until());
                self.replace(Snapshot { keys, jwks, fetched_at, usable_until }).await;
            }
            (Ok(Brought::Same { fresh_for }), Some(last)) => {
                self.schedule.succeeded(now, fresh_for);
                self.store.count("same");
                tracing::debug!(issuer, "keys confirmed");
                let (keys, jwks) = (Arc::clone(&last.keys), Arc::clone(&last.jwks));
                let (fetched_at, usable_until) = (clock::now().time(), self.usable_until());
                self.replace(Snapshot { keys, jwks, fetched_at, usable_until }).await;
            }
            // Nothing can be the same as nothing.
            (Ok(Brought::Same { .. }), None) => self.failed(&FetchError::NoUsableKey),
            (Err(error), _) => self.failed(&error),
        }
        self.store.attempts.fetch_add(1, Ordering::Release);
        self.publish();
        self.store.ended.send_replace(());
    }

    fn failed(&mut self, error: &FetchError) {
        self.schedule.failed(moment(), error.retry_after());
        self.store.count(error.reason());
        let issuer = self.source.issuer().as_str();
        let retry_in = self.schedule.next().saturating_sub(moment()).as_secs();
        let is_usable = self.store.is_usable();
        tracing::warn!(issuer, %error, retry_in, keys_usable = is_usable, "no keys fetched");
    }

    fn usable_until(&self) -> Moment {
        self.schedule.usable_until().unwrap_or_default()
    }

    /// Shows new keys to requests first, and keeps them for the next start then.
    async fn replace(&self, snapshot: Snapshot) {
        let snapshot = Arc::new(snapshot);
        self.store.snapshot.store(Some(Arc::clone(&snapshot)));
        let Some(file) = self.file.clone() else { return };
        let issuer = self.source.issuer().as_str().to_owned();
        let written = tokio::task::spawn_blocking(move || {
            let written = file.write(&issuer, snapshot.fetched_at, &snapshot.jwks);
            if let Err(error) = written {
                let path = file.path().display();
                tracing::error!(issuer, %path, %error, "the snapshot cannot be written");
            }
        });
        // It can only fail while the program ends.
        let _ = written.await;
    }

    /// Tells requests when asking is of use.
    fn publish(&self) {
        let millis = |moment: Moment| u64::try_from(moment.as_millis()).unwrap_or(u64::MAX);
        self.store.next.store(millis(self.schedule.next()), Ordering::Release);
        self.store.quiet_until.store(millis(self.schedule.quiet_until()), Ordering::Release);
    }

    /// Goes on with the keys from before a reload.
    fn inherit(&mut self, inherited: &Snapshot) {
        let age = age_of(inherited.fetched_at);
        if self.schedule.resume(moment(), age) {
            self.store.snapshot.store(Some(Arc::new(Snapshot {
                keys: Arc::clone(&inherited.keys),
                jwks: Arc::clone(&inherited.jwks),
                fetched_at: inherited.fetched_at,
                usable_until: self.usable_until(),
            })));
        }
    }

    /// Starts with the keys in the file, if there are any.
    fn resume(&mut self) {
        let Some(file) = self.file.clone() else { return };
        let issuer = self.source.issuer().as_str().to_owned();
        let path = file.path().display();
        match self.resume_from(&file) {
            Ok(None) => {}
            Ok(Some(keys)) => tracing::info!(issuer, %path, keys, "keys taken from the snapshot"),
            Err(error) => tracing::error!(issuer, %path, %error, "the snapshot cannot be used"),
        }
    }

    fn resume_from(&mut self, file: &SnapshotFile) -> Result<Option<usize>, SnapshotError> {
        let issuer = self.source.issuer().as_str();
        let Some(saved) = file.read(issuer, clock::now().time())? else { return Ok(None) };
        let keys = match provision(issuer, &saved.jwks) {
            Ok(keys) => keys,
            Err(FetchError::KeySet(error)) => return Err(error.into()),
            Err(_) => return Err(SnapshotError::NoUsableKey),
        };
        if !self.schedule.resume(moment(), saved.age) {
            return Err(SnapshotError::TooOld(saved.age));
        }
        let count = keys.keys().len();
        self.store.snapshot.store(Some(Arc::new(Snapshot {
            keys: Arc::new(keys),
            jwks: saved.jwks.into(),
            fetched_at: saved.fetched_at,
            usable_until: self.usable_until(),
        })));
        Ok(Some(count))
    }
}

fn age_of(fetched_at: UnixTime) -> Duration {
    let age = clock::now().time().0.saturating_sub(fetched_at.0);
    Duration::from_secs(u64::try_from(age).unwrap_or_default())
}

/// Later than anybody waits.
fn far_future() -> Instant {
    let now = Instant::now();
    now.checked_add(Duration::from_secs(24 * 60 * 60)).unwrap_or(now)
}
