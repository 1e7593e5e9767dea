//! [`Sessions`]: where sessions are kept, and how long they live.

#[cfg(feature = "file")]
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::builder::SignInBuildError;
use super::cookie_secret::CookieSecret;
#[cfg(feature = "file")]
use super::key_file;
#[cfg(feature = "file")]
use super::store::FileStore;
use super::store::{DEFAULT_MAX_SESSIONS, MemoryStore, SessionStore};

/// Where sessions are kept, and how long they live.
///
/// ```
/// use std::time::Duration;
/// use tollgate::sign_in::Sessions;
///
/// let sessions = Sessions::memory().max_age(Duration::from_secs(8 * 60 * 60));
/// ```
#[derive(Clone)]
#[must_use]
pub struct Sessions {
    place: Place,
    pub(super) max_sessions: usize,
    pub(super) max_age: Duration,
    pub(super) idle_timeout: Duration,
    pub(super) outage_grace: Duration,
}

/// An open store.
pub(super) struct OpenSessions {
    pub(super) store: Arc<dyn SessionStore>,
    /// The key for attempts, which a file has beside it.
    pub(super) attempt_key: Option<CookieSecret>,
}

#[derive(Clone)]
enum Place {
    Memory,
    #[cfg(feature = "file")]
    File(PathBuf),
    Stored(Arc<dyn SessionStore>),
}

impl Sessions {
    /// Keeps sessions in memory. After a restart, users sign in again, which the provider may do without asking
    /// them.
    pub fn memory() -> Self {
        Self::new(Place::Memory)
    }

    /// Keeps sessions in a file, so that they survive a restart. One process at a time can use it. A file beside it
    /// has the key that seals sign-ins which are under way.
    #[cfg(feature = "file")]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::new(Place::File(path.into()))
    }

    /// Keeps sessions in a store of your own.
    pub fn stored(store: Arc<dyn SessionStore>) -> Self {
        Self::new(Place::Stored(store))
    }

    fn new(place: Place) -> Self {
        Self {
            place,
            max_sessions: DEFAULT_MAX_SESSIONS,
            max_age: Duration::from_secs(12 * 60 * 60),
            idle_timeout: Duration::from_secs(60 * 60),
            outage_grace: Duration::from_secs(5 * 60),
        }
    }

    /// Sets how long a session lives after sign-in, whatever happens: 12 hours by default.
    pub fn max_age(self, max_age: Duration) -> Self {
        Self { max_age, ..self }
    }

    /// Sets how long a session lives without a request: an hour by default. Uses are recorded once a minute, so
    /// it may end up to a minute earlier.
    pub fn idle_timeout(self, idle_timeout: Duration) -> Self {
        Self { idle_timeout, ..self }
    }

    /// Sets how long a session outlives its access token while the provider cannot be reached: 5 minutes by default.
    pub fn outage_grace(self, outage_grace: Duration) -> Self {
        Self { outage_grace, ..self }
    }

    /// Sets how many sessions are kept in memory or in a file: 100,000 by default. If there are more, those leave
    /// first that have not been used for the longest time. A store of your own has its own limit.
    pub fn max_sessions(self, max_sessions: usize) -> Self {
        Self { max_sessions, ..self }
    }

    /// Opens the store.
    pub(super) fn open(&self) -> Result<OpenSessions, SignInBuildError> {
        let (store, attempt_key): (Arc<dyn SessionStore>, _) = match &self.place {
            Place::Memory => (Arc::new(MemoryStore::new().max_sessions(self.max_sessions)), None),
            #[cfg(feature = "file")]
            Place::File(path) => {
                let store = FileStore::open(path)?.max_sessions(self.max_sessions);
                (Arc::new(store), Some(key_file::read_or_create(path)?.into()))
            }
            Place::Stored(store) => (Arc::clone(store), None),
        };
        Ok(OpenSessions { store, attempt_key })
    }
}
