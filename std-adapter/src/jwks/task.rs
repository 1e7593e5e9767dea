//! The background task that keeps an issuer's [`KeyStore`] current.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::fetch::FetchError;
use super::schedule::{FetchRules, Moment, Schedule, Step};
use super::snapshot::{IssuerKeys, Snapshot, SnapshotError, SnapshotFile};
use super::source::{Fetched, Source, provision};
use super::store::{KeyStore, ORIGIN, State, moment};
use crate::clock;

/// What the task of an issuer starts with.
pub(crate) struct Start {
    pub(crate) source: Source,
    pub(crate) rules: FetchRules,
    pub(crate) file: Option<SnapshotFile>,
    /// The store before a reload of the configuration.
    pub(crate) predecessor: Option<Arc<KeyStore>>,
}

/// Makes the store of an issuer, and the task to spawn for it.
pub(crate) fn start(start: Start) -> (Arc<KeyStore>, impl Future<Output = ()> + Send + use<>) {
    let Start { source, rules, file, predecessor } = start;
    let outcomes = predecessor.as_ref().map(|predecessor| predecessor.outcomes());
    let inherited = predecessor.and_then(|predecessor| predecessor.last());
    let store = Arc::new(KeyStore::new(outcomes.unwrap_or_default()));
    let seed = RandomState::new().hash_one(source.issuer().as_str());
    let schedule = Schedule::new(rules, seed);
    let mut task = Task { store: Arc::clone(&store), schedule, source, file, writing: None };
    task.resume(inherited.as_deref());
    (store, task.run())
}

struct Task {
    store: Arc<KeyStore>,
    schedule: Schedule,
    source: Source,
    file: Option<SnapshotFile>,
    writing: Option<JoinHandle<()>>,
}

/// How a start with the keys of a snapshot ended.
enum Resumed {
    NoFile,
    /// There are newer keys already.
    Older,
    /// This many keys of the file are in use.
    Keys(usize),
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
                // Not reached: only this task fetches, and it waits for the end.
                Step::Busy => self.store.asked.notified().await,
            }
        }
    }

    async fn fetch(&mut self) {
        let state = self.store.state();
        // Requests that arrive now may wait for this attempt.
        let quiet_until = self.schedule.quiet_until();
        self.store.replace(State { quiet_until, ..state.clone() });

        let last = state.snapshot.as_deref();
        let fetched = self.source.attempt(moment(), last.map(|last| &*last.jwks)).await;
        let issuer = self.source.issuer().as_str();
        let now = moment();
        let mut snapshot = state.snapshot.clone();
        match (fetched, last) {
            (Ok(Fetched::New { keys, jwks, fresh_for }), _) => {
                self.schedule.succeeded(now, fresh_for);
                self.store.count("new");
                tracing::info!(issuer, keys = keys.keys().len(), "keys fetched");
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
            self.write(snapshot);
        }
    }

    fn failed(&mut self, error: &FetchError) {
        self.schedule.failed(moment(), error.retry_after());
        self.store.count(error.reason());
        let issuer = self.source.issuer().as_str();
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
        let issuer = self.source.issuer().as_str().to_owned();
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
        let Some(file) = self.file.clone() else { return };
        let issuer = self.source.issuer().as_str().to_owned();
        let path = file.path().display();
        match self.resume_from(&file) {
            Ok(Resumed::NoFile) => tracing::info!(issuer, %path, "there is no snapshot yet"),
            Ok(Resumed::Older) => {}
            Ok(Resumed::Keys(keys)) => {
                tracing::info!(issuer, %path, keys, "keys loaded from the snapshot");
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

/// A moment for timers that should never fire.
fn far_future() -> Instant {
    let now = Instant::now();
    now.checked_add(Duration::from_secs(24 * 60 * 60)).unwrap_or(now)
}
