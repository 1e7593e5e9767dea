//! The background task that keeps an issuer's [`KeyStore`] current.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};
use tollgate_core::UnixTime;

use super::fetch::FetchError;
use super::issuer_keys::IssuerKeys;
use super::schedule::{Cause, FetchRules, Moment, Schedule, Step};
use super::snapshot::{self, Snapshot, SnapshotError, SnapshotFile};
use super::source::{Fetched, NoKeys, Source, provision};
use super::store::{KeyStore, ORIGIN, State, moment};
use crate::clock;
use crate::memory::Memory;

/// What the task of an issuer starts with.
pub(crate) struct Start {
    pub(crate) source: Source,
    pub(crate) rules: FetchRules,
    pub(crate) file: Option<SnapshotFile>,
    pub(crate) memory: Memory,
    /// The store before a reload of the configuration.
    pub(crate) predecessor: Option<Arc<KeyStore>>,
}

/// Makes the store of an issuer, and the task to spawn for it.
pub(crate) fn start(start: Start) -> (Arc<KeyStore>, impl Future<Output = ()> + Send + use<>) {
    let Start { source, rules, file, memory, predecessor } = start;
    let outcomes = predecessor.as_ref().map(|predecessor| predecessor.outcomes());
    let inherited = predecessor.and_then(|predecessor| predecessor.last());
    let store = KeyStore::new(outcomes.unwrap_or_default());
    let store = Arc::new(store.with_metadata(source.kept_metadata().cloned()));
    let seed = RandomState::new().hash_one(source.issuer());
    let schedule = Schedule::new(rules, seed);
    let mut task = Task {
        store: Arc::clone(&store),
        schedule,
        source,
        file,
        ahead: None,
        memory,
        writing: None,
    };
    task.resume(inherited.as_deref());
    (store, task.run())
}

struct Task {
    store: Arc<KeyStore>,
    schedule: Schedule,
    source: Source,
    file: Option<SnapshotFile>,
    /// The time of the keys in the file, if the clock has not reached it yet: many boards start in 1970.
    ahead: Option<UnixTime>,
    memory: Memory,
    writing: Option<JoinHandle<()>>,
}

/// How often to look whether the clock has reached the time of the snapshot.
const CLOCK_CHECK: Duration = Duration::from_secs(1);

/// The content of the snapshot file.
enum Loaded {
    NoFile,
    /// There are newer keys already.
    Older,
    Keys(Snapshot),
}

impl Task {
    async fn run(mut self) {
        loop {
            self.resume_late().await;
            match self.schedule.step(moment()) {
                Step::Fetch(cause) => self.fetch(cause).await,
                Step::Sleep(until) => {
                    let check = self.ahead.map(|_| moment().saturating_add(CLOCK_CHECK));
                    let until = check.map_or(until, |check| check.min(until));
                    let until = ORIGIN.checked_add(until).unwrap_or_else(far_future);
                    tokio::select! {
                        () = sleep_until(until) => {}
                        () = self.store.asked.notified() => self.asked(),
                    }
                }
                // Not reached: only this task fetches, and it waits for the end.
                Step::Busy => self.store.asked.notified().await,
            }
        }
    }

    /// A request asks for newer keys.
    fn asked(&mut self) {
        if self.store.is_wanted() {
            self.schedule.ask(moment());
        }
    }

    async fn fetch(&mut self, cause: Cause) {
        let state = self.store.state();
        // Requests that arrive now may wait for this attempt.
        let quiet_until = self.schedule.quiet_until();
        self.store.replace(State { quiet_until, ..state.clone() });

        let last = state.snapshot.as_deref();
        let have = last.map(|last| &*last.jwks);
        let fetched = self.source.attempt(moment(), have, cause, &self.memory).await;
        let issuer = self.source.issuer();
        let now = moment();
        let mut snapshot = state.snapshot.clone();
        match (fetched, last) {
            (Ok(Fetched::New { keys, jwks, fresh_for }), _) => {
                self.schedule.succeeded(now, fresh_for);
                self.store.count("new");
                let (keys_len, table_bytes) = (keys.keys().len(), self.memory.tables.used());
                tracing::info!(issuer, keys = keys_len, table_bytes, "keys fetched");
                snapshot = Some(self.snapshot(keys, jwks, now));
            }
            (Ok(Fetched::Same { fresh_for }), Some(last)) => {
                self.schedule.succeeded(now, fresh_for);
                self.store.count("same");
                tracing::debug!(issuer, "keys confirmed");
                snapshot = Some(self.snapshot(last.keys.clone(), last.jwks.clone(), now));
            }
            // Without earlier keys, the source never says this.
            (Ok(Fetched::Same { .. }), None) => self.failed(&FetchError::NoUsableKey),
            (Err(error), _) => self.failed(&error),
        }
        let is_new = matches!(
            (&snapshot, &state.snapshot), (Some(new), old) if old.as_ref().is_none_or(|old| !Arc::ptr_eq(new, old))
        );
        self.store.replace(State {
            snapshot: snapshot.clone(),
            attempts: state.attempts.wrapping_add(1),
            quiet_until: self.schedule.quiet_until(),
            next: self.schedule.next(),
        });
        self.store.announce_end();
        if let Some(snapshot) = snapshot.filter(|_| is_new) {
            // Older than these.
            self.ahead = None;
            self.write(snapshot);
        }
    }

    fn failed(&mut self, error: &FetchError) {
        self.schedule.failed(moment(), error.retry_after());
        self.store.count(error.reason());
        let issuer = self.source.issuer();
        let retry_in = self.schedule.next().saturating_sub(moment());
        let keys_usable = self.store.is_usable();
        tracing::warn!(issuer, %error, ?retry_in, keys_usable, "the keys could not be fetched");
    }

    /// The snapshot of keys that have just been fetched or confirmed.
    fn snapshot(&self, keys: Arc<IssuerKeys>, jwks: Arc<[u8]>, now: Moment) -> Arc<Snapshot> {
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

    /// Saves keys for the next start, without waiting for the disk, which may hang.
    fn write(&mut self, snapshot: Arc<Snapshot>) {
        let Some(file) = self.file.clone() else { return };
        let issuer = self.source.issuer().to_owned();
        if self.writing.as_ref().is_some_and(|writing| !writing.is_finished()) {
            let path = file.path().display();
            tracing::error!(issuer, %path, "the previous snapshot is still being written");
            return;
        }
        self.writing = Some(tokio::task::spawn_blocking(move || {
            let written = file.write(&issuer, snapshot.fetched_at, &snapshot.jwks);
            if let Err(error) = written {
                let path = file.path().display();
                tracing::error!(issuer, %path, %error, "the snapshot could not be written");
            }
        }));
    }

    /// Starts with the keys before a reload or with those in the file, whichever are newer.
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
        if let Some(file) = self.file.clone() {
            let loaded = self.load_from(&file)();
            self.resume_from(&file, loaded);
        }
    }

    /// Starts with the keys in the file, once the clock has reached their time.
    async fn resume_late(&mut self) {
        let Some(fetched_at) = self.ahead else { return };
        if snapshot::is_past(fetched_at, clock::now().time())
            && let Some(file) = self.file.clone()
        {
            self.ahead = None;
            // Each table takes milliseconds: not on a thread that serves requests.
            if let Ok(loaded) = tokio::task::spawn_blocking(self.load_from(&file)).await {
                self.resume_from(&file, loaded);
                // Those who wait look at the keys again.
                let state = self.store.state();
                let attempts = state.attempts.wrapping_add(1);
                self.store.replace(State { attempts, ..state });
                self.store.announce_end();
            }
        }
    }

    /// What reads the file.
    fn load_from(
        &self,
        file: &SnapshotFile,
    ) -> impl FnOnce() -> Result<Loaded, SnapshotError> + Send + use<> {
        let (file, memory) = (file.clone(), self.memory.clone());
        let issuer = self.source.issuer().to_owned();
        let newest = self.store.last().map(|last| last.fetched_at);
        move || load(&file, &issuer, newest, &memory)
    }

    fn resume_from(&mut self, file: &SnapshotFile, loaded: Result<Loaded, SnapshotError>) {
        let issuer = self.source.issuer().to_owned();
        let path = file.path().display();
        let error = match loaded {
            Ok(Loaded::NoFile) => return tracing::info!(issuer, %path, "there is no snapshot yet"),
            Ok(Loaded::Older) => return,
            Ok(Loaded::Keys(snapshot)) => {
                let (keys, age) = (snapshot.keys.keys().len(), snapshot.age);
                if self.begin_with(snapshot) {
                    return tracing::info!(issuer, %path, keys, "keys loaded from the snapshot");
                }
                SnapshotError::TooOld(age)
            }
            Err(error) => error,
        };
        if let SnapshotError::Future { fetched_at } = error {
            self.ahead = Some(fetched_at);
        }
        tracing::error!(issuer, %path, %error, "the snapshot cannot be used");
    }

    /// Starts with the keys of a snapshot, unless they are too old.
    fn begin_with(&mut self, snapshot: Snapshot) -> bool {
        let is_fresh = self.schedule.resume(snapshot.since, snapshot.age);
        if is_fresh {
            let snapshot = Arc::new(Snapshot { usable_until: self.usable_until(), ..snapshot });
            self.store.replace(State { snapshot: Some(snapshot), ..self.store.state() });
        }
        is_fresh
    }
}

/// Reads the keys of `issuer` in a file, if they are newer than `newest`.
fn load(
    file: &SnapshotFile,
    issuer: &str,
    newest: Option<UnixTime>,
    memory: &Memory,
) -> Result<Loaded, SnapshotError> {
    let Some(saved) = file.read(issuer, clock::now().time())? else { return Ok(Loaded::NoFile) };
    if newest.is_some_and(|newest| saved.fetched_at <= newest) {
        return Ok(Loaded::Older);
    }
    let keys = match provision(issuer, &saved.jwks, memory) {
        Ok(keys) => keys,
        Err(NoKeys::KeySet(error)) => return Err(error.into()),
        Err(NoKeys::NoUsableKey) => return Err(SnapshotError::NoUsableKey),
    };
    Ok(Loaded::Keys(Snapshot {
        keys: Arc::new(keys),
        jwks: saved.jwks.into(),
        fetched_at: saved.fetched_at,
        age: saved.age,
        since: moment(),
        usable_until: Moment::ZERO,
    }))
}

/// A moment for timers that should never fire.
fn far_future() -> Instant {
    let now = Instant::now();
    now.checked_add(Duration::from_secs(24 * 60 * 60)).unwrap_or(now)
}
