//! [`WatchedFile`]: keys in a file, which is read again when it changes.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::fetch_limit::FetchLimit;
use super::issuer_keys::IssuerKeys;
use super::schedule::Moment;
use super::snapshot::Snapshot;
use super::source::{NoKeys, provision};
use super::store::{KeyStore, State, moment};
use crate::clock;
use crate::key_file::{KeyFile, KeyFileError};
use crate::memory::Memory;

/// How often the file is read. A few KiB are read so quickly that the time of its last change, which not
/// every file system keeps exactly, need not be looked at.
const READ_EVERY: Duration = Duration::from_secs(5);

/// The keys of an issuer that are in a file. They do not expire, since the file is their issuer's word.
pub(crate) struct WatchedFile {
    place: Place,
    keys: Arc<IssuerKeys>,
    /// The key set that was read last, whether or not it could be used.
    seen: Arc<[u8]>,
    /// The reads that tokens may cause.
    fetch_limit: FetchLimit,
}

/// Where the file is, and what reading it takes.
#[derive(Clone)]
struct Place {
    issuer: String,
    path: PathBuf,
    memory: Memory,
}

/// A file that has changed.
struct Change {
    seen: Arc<[u8]>,
    keys: Result<IssuerKeys, KeyFileError>,
}

impl WatchedFile {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or has no usable key.
    pub(crate) fn open(
        issuer: String,
        path: PathBuf,
        cooldown: Duration,
        memory: Memory,
    ) -> Result<Self, KeyFileError> {
        let place = Place { issuer, path, memory };
        let Change { seen, keys } = place.change_of(&KeyFile::read(&place.path)?);
        Ok(Self { place, keys: Arc::new(keys?), seen, fetch_limit: FetchLimit::new(cooldown) })
    }

    /// Makes the store of the keys, and the task to spawn for it.
    pub(crate) fn start(
        self,
        predecessor: Option<&KeyStore>,
    ) -> (Arc<KeyStore>, impl Future<Output = ()> + Send + use<>) {
        let outcomes = predecessor.map(KeyStore::outcomes).unwrap_or_default();
        let store = Arc::new(KeyStore::new(outcomes));
        store.count("new");
        self.publish(&store);
        (Arc::clone(&store), self.watch(store))
    }

    async fn watch(mut self, store: Arc<KeyStore>) {
        let mut last_error = String::new();
        let mut next = Instant::now();
        loop {
            tokio::select! {
                () = sleep_until(next) => {}
                () = store.asked.notified() => {
                    if !store.is_wanted() || !self.fetch_limit.take(moment()) {
                        continue;
                    }
                }
            }
            let (place, seen) = (self.place.clone(), Arc::clone(&self.seen));
            let reading = tokio::task::spawn_blocking(move || place.read(&seen));
            let change = match reading.await {
                Ok(Ok(None)) => None,
                Ok(Ok(Some(Change { seen, keys }))) => {
                    self.seen = seen;
                    Some(keys)
                }
                Ok(Err(error)) => Some(Err(error)),
                // The program is shutting down.
                Err(_) => return,
            };
            match change {
                None => {}
                Some(Ok(keys)) => {
                    store.count("new");
                    self.keys = Arc::new(keys);
                    last_error.clear();
                }
                Some(Err(error)) => {
                    store.count("key-file");
                    let error = error.to_string();
                    if error != last_error {
                        let Place { issuer, path, .. } = &self.place;
                        let path = path.display();
                        tracing::error!(issuer, %path, error, "jwks_file cannot be used: kept the previous keys");
                        last_error = error;
                    }
                }
            }
            self.publish(&store);
            store.announce_end();
            next = Instant::now().checked_add(READ_EVERY).unwrap_or(next);
        }
    }

    /// Replaces what requests see.
    fn publish(&self, store: &KeyStore) {
        let now = moment();
        let snapshot = Snapshot {
            keys: Arc::clone(&self.keys),
            jwks: Arc::clone(&self.seen),
            fetched_at: clock::now().time(),
            age: Duration::ZERO,
            since: now,
            usable_until: Moment::MAX,
        };
        store.replace(State {
            snapshot: Some(Arc::new(snapshot)),
            attempts: store.attempts().wrapping_add(1),
            quiet_until: self.fetch_limit.filled_at(),
            next: now.saturating_add(READ_EVERY),
        });
    }
}

impl Place {
    /// Reads the file, unless it is the same as before.
    fn read(&self, seen: &[u8]) -> Result<Option<Change>, KeyFileError> {
        let file = KeyFile::read(&self.path)?;
        Ok((file.jwk_set() != seen).then(|| self.change_of(&file)))
    }

    fn change_of(&self, file: &KeyFile) -> Change {
        let Self { issuer, path, memory } = self;
        let path = path.display();
        for note in file.notes() {
            tracing::warn!(issuer, %path, "{note}");
        }
        let keys = provision(issuer, file.jwk_set(), memory).map_err(|error| match error {
            NoKeys::KeySet(error) => KeyFileError::KeySet(error),
            NoKeys::NoUsableKey => KeyFileError::NoUsableKey,
        });
        if let Ok(keys) = &keys {
            tracing::info!(issuer, %path, keys = keys.keys().len(), "keys read from the file");
        }
        Change { seen: file.jwk_set().into(), keys }
    }
}
