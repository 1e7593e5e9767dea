//! The task that looks after an issuer's keys, and what requests see of it.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::Deref;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

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
    state: ArcSwap<State>,
    /// Somebody asks for newer keys.
    asked: Notify,
    /// An attempt has ended.
    ended: watch::Sender<()>,
    waiting: Semaphore,
    /// How the attempts ended, counted; only the task and whoever reads statistics look here.
    outcomes: Mutex<BTreeMap<&'static str, u64>>,
}

/// All that requests are told, replaced as a whole.
#[derive(Clone)]
struct State {
    snapshot: Option<Arc<Snapshot>>,
    /// How many attempts have ended.
    attempts: u64,
    /// Until when there is no use in asking for newer keys.
    quiet_until: Moment,
    /// When the next attempt begins.
    next: Moment,
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
    writing: Option<JoinHandle<()>>,
}

impl KeyStore {
    /// The store, and the task that is to be spawned for it.
    pub(crate) fn new(start: Start) -> (Arc<Self>, impl Future<Output = ()> + Send + use<>) {
        let Start { source, rules, file, predecessor } = start;
        let outcomes = predecessor.as_ref().map(|predecessor| predecessor.outcomes());
        let inherited = predecessor.and_then(|predecessor| predecessor.last());
        let nothing =
            State { snapshot: None, attempts: 0, quiet_until: Moment::ZERO, next: Moment::ZERO };
        let store = Arc::new(Self {
            state: ArcSwap::from_pointee(nothing),
            asked: Notify::new(),
            ended: watch::Sender::new(()),
            waiting: Semaphore::new(MAX_WAITING),
            outcomes: Mutex::new(outcomes.unwrap_or_default()),
        });
        let seed = RandomState::new().hash_one(source.issuer().as_str());
        let schedule = Schedule::new(rules, seed);
        let mut task = Task { store: Arc::clone(&store), schedule, source, file, writing: None };
        task.resume(inherited.as_deref());
        (store, task.run())
    }

    /// The current keys; none if they may no longer be used.
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

    /// The last keys, whether they may still be used or not.
    pub(crate) fn last(&self) -> Option<Arc<Snapshot>> {
        self.state.load().snapshot.clone()
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
        moment() < self.state.load().quiet_until
    }

    /// How many attempts have ended.
    pub(crate) fn attempts(&self) -> u64 {
        self.state.load().attempts
    }

    /// How long it takes until the next attempt.
    pub(crate) fn next_attempt_in(&self) -> Duration {
        self.state.load().next.saturating_sub(moment())
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
    state: Guard<Arc<State>>,
    is_usable: bool,
}

/// For as long as there are none.
static NO_KEYS: Keys = Keys::new();

impl Deref for CurrentKeys {
    type Target = Keys;

    fn deref(&self) -> &Keys {
        let snapshot = self.state.snapshot.as_ref().filter(|_| self.is_usable);
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
        let state = State::clone(&self.store.state.load());
        // Whoever comes now may wait for this attempt.
        let quiet_until = self.schedule.quiet_until();
        self.store.state.store(Arc::new(State { quiet_until, ..state.clone() }));

        let last = state.snapshot.as_deref();
        let brought = self.source.attempt(moment(), last.map(|last| &*last.jwks)).await;
        let issuer = self.source.issuer().as_str();
        let now = moment();
        let mut snapshot = state.snapshot.clone();
        match (brought, last) {
            (Ok(Brought::New { keys, jwks, fresh_for }), _) => {
                self.schedule.succeeded(now, fresh_for);
                self.store.count("new");
                tracing::info!(issuer, keys = keys.keys().len(), "keys fetched");
                snapshot = Some(self.snapshot(keys, jwks, now));
            }
            (Ok(Brought::Same { fresh_for }), Some(last)) => {
                self.schedule.succeeded(now, fresh_for);
                self.store.count("same");
                tracing::debug!(issuer, "keys confirmed");
                snapshot = Some(self.snapshot(last.keys.clone(), last.jwks.clone(), now));
            }
            // Nothing can be the same as nothing.
            (Ok(Brought::Same { .. }), None) => self.failed(&FetchError::NoUsableKey),
            (Err(error), _) => self.failed(&error),
        }
        let is_new = matches!(
            (&snapshot, &state.snapshot), (Some(new), old) if old.as_ref().is_none_or(|old| !Arc::ptr_eq(new, old))
        );
        self.store.state.store(Arc::new(State {
            snapshot: snapshot.clone(),
            attempts: state.attempts.wrapping_add(1),
            quiet_until: self.schedule.quiet_until(),
            next: self.schedule.next(),
        }));
        self.store.ended.send_replace(());
        if let Some(snapshot) = snapshot.filter(|_| is_new) {
            self.write(snapshot);
        }
    }

    fn failed(&mut self, error: &FetchError) {
        self.schedule.failed(moment(), error.retry_after());
        self.store.count(error.reason());
        let issuer = self.source.issuer().as_str();
        let retry_in = self.schedule.next().saturating_sub(moment());
        let keys_usable = self.store.is_usable();
        tracing::warn!(issuer, %error, ?retry_in, keys_usable, "no keys fetched");
    }

    /// Keys that have been fetched, or confirmed, just now.
    fn snapshot(&self, keys: Arc<Keys>, jwks: Arc<[u8]>, now: Moment) -> Arc<Snapshot> {
        Arc::new(Snapshot {
            keys,
            jwks,
            fetched_at: clock::now().time(),
            age: Duration::ZERO,
            since: now,
            usable_until: self.usable_until(),
        })
    }

    fn usable_until(&self) -> Moment {
        self.schedule.usable_until().unwrap_or_default()
    }

    /// Keeps keys for the next start. Nobody waits for it: a disk may hang.
    fn write(&mut self, snapshot: Arc<Snapshot>) {
        let Some(file) = self.file.clone() else { return };
        let issuer = self.source.issuer().as_str().to_owned();
        if self.writing.as_ref().is_some_and(|writing| !writing.is_finished()) {
            let path = file.path().display();
            tracing::error!(issuer, %path, "the last snapshot is still being written");
            return;
        }
        self.writing = Some(tokio::task::spawn_blocking(move || {
            let written = file.write(&issuer, snapshot.fetched_at, &snapshot.jwks);
            if let Err(error) = written {
                let path = file.path().display();
                tracing::error!(issuer, %path, %error, "the snapshot cannot be written");
            }
        }));
    }

    /// Starts with the keys from before a reload, or with those in the file: the newer ones.
    fn resume(&mut self, inherited: Option<&Snapshot>) {
        if let Some(inherited) = inherited {
            let now = moment();
            let age = inherited.age_at(now);
            let Snapshot { keys, jwks, fetched_at, .. } = inherited;
            self.begin_with(Snapshot {
                keys: Arc::clone(keys),
                jwks: Arc::clone(jwks),
                fetched_at: *fetched_at,
                age,
                since: now,
                usable_until: Moment::ZERO,
            });
        }
        let Some(file) = self.file.clone() else { return };
        let issuer = self.source.issuer().as_str().to_owned();
        let path = file.path().display();
        match self.resume_from(&file) {
            Ok(Resumed::NoFile) => tracing::info!(issuer, %path, "no snapshot there yet"),
            Ok(Resumed::Older) => {}
            Ok(Resumed::Keys(keys)) => {
                tracing::info!(issuer, %path, keys, "keys taken from the snapshot");
            }
            Err(error) => tracing::error!(issuer, %path, %error, "the snapshot cannot be used"),
        }
    }

    fn resume_from(&mut self, file: &SnapshotFile) -> Result<Resumed, SnapshotError> {
        let issuer = self.source.issuer().as_str();
        let Some(saved) = file.read(issuer, clock::now().time())? else {
            return Ok(Resumed::NoFile);
        };
        if self.store.last().is_some_and(|last| saved.fetched_at <= last.fetched_at) {
            return Ok(Resumed::Older);
        }
        let keys = match provision(issuer, &saved.jwks) {
            Ok(keys) => keys,
            Err(FetchError::KeySet(error)) => return Err(error.into()),
            Err(_) => return Err(SnapshotError::NoUsableKey),
        };
        let count = keys.keys().len();
        let is_fresh = self.begin_with(Snapshot {
            keys: Arc::new(keys),
            jwks: saved.jwks.into(),
            fetched_at: saved.fetched_at,
            age: saved.age,
            since: moment(),
            usable_until: Moment::ZERO,
        });
        if is_fresh { Ok(Resumed::Keys(count)) } else { Err(SnapshotError::TooOld(saved.age)) }
    }

    /// Takes keys of a certain age, if they are not too old.
    fn begin_with(&mut self, snapshot: Snapshot) -> bool {
        let is_fresh = self.schedule.resume(snapshot.since, snapshot.age);
        if is_fresh {
            let snapshot = Arc::new(Snapshot { usable_until: self.usable_until(), ..snapshot });
            let state = State::clone(&self.store.state.load());
            self.store.state.store(Arc::new(State { snapshot: Some(snapshot), ..state }));
        }
        is_fresh
    }
}

/// What has become of a snapshot's file.
enum Resumed {
    NoFile,
    /// There are newer keys already.
    Older,
    /// Its keys are used: so many.
    Keys(usize),
}

/// Later than anybody waits.
fn far_future() -> Instant {
    let now = Instant::now();
    now.checked_add(Duration::from_secs(24 * 60 * 60)).unwrap_or(now)
}
