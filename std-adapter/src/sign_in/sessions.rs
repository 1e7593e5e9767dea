//! [`Sessions`]: where sessions are kept, and how long they live.

#[cfg(feature = "file")]
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::builder::SignInBuildError;
use super::cookie_secret::CookieSecret;
use super::keeping::Keeping;
#[cfg(feature = "file")]
use super::key_file;
use super::sealed_session::KeptClaims;
#[cfg(feature = "redis")]
use super::secret::Secret;
#[cfg(feature = "file")]
use super::store::FileStore;
#[cfg(feature = "redis")]
use super::store::RedisStore;
use super::store::{Counted, DEFAULT_MAX_SESSIONS, MemoryStore, SessionStore};
use super::tally::Tally;

const HOUR: Duration = Duration::from_secs(60 * 60);
const TWELVE_HOURS: Duration = Duration::from_secs(12 * 60 * 60);

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
    max_age: Option<Duration>,
    idle_timeout: Option<Duration>,
    pub(super) outage_grace: Duration,
    claims: Vec<String>,
}

/// The place of sessions, ready for use.
pub(super) struct OpenSessions {
    pub(super) keeping: Keeping,
    /// The key for attempts, which a file has beside it.
    pub(super) attempt_key: Option<CookieSecret>,
}

#[derive(Clone)]
enum Place {
    Memory,
    #[cfg(feature = "file")]
    File(PathBuf),
    #[cfg(feature = "redis")]
    Redis(Secret),
    Stored(Arc<dyn SessionStore>),
    Cookie,
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

    /// Keeps sessions in redis, which any number of processes share. They need the same
    /// [`secrets`](super::SignInBuilder::secrets), which are required. The URL is as
    /// [`RedisStore::open`](super::store::RedisStore::open) takes it; it is a secret, since it may have a password.
    ///
    /// ```no_run
    /// use tollgate::sign_in::{CookieSecret, Secret, Sessions};
    /// # use tollgate::sign_in::SignInBuilder;
    ///
    /// # fn example(settings: SignInBuilder) -> Result<SignInBuilder, Box<dyn std::error::Error>> {
    /// let settings = settings
    ///     .sessions(Sessions::redis(Secret::read("redis.url")?))
    ///     .secrets([CookieSecret::read("cookie.key")?]);
    /// # Ok(settings)
    /// # }
    /// ```
    #[cfg(feature = "redis")]
    pub fn redis(url: Secret) -> Self {
        Self::new(Place::Redis(url))
    }

    /// Keeps sessions in a store of your own.
    pub fn stored(store: Arc<dyn SessionStore>) -> Self {
        Self::new(Place::Stored(store))
    }

    /// Keeps each session in its cookie, sealed by the [`secrets`](super::SignInBuilder::secrets), which are required.
    /// Any number of processes with the same secrets can serve it without a store.
    ///
    /// The cookie has no tokens, and only the [`claims`](Self::claims) that you name. So there is neither an access token
    /// nor user info, and nothing is refreshed. The session ends after an hour, or [`max_age`](Self::max_age); neither an
    /// idle user nor a sign-out at the provider ends it earlier. **A copy of the cookie counts until then**, even after
    /// a sign-out here: nothing is stored that could end it.
    ///
    /// ```no_run
    /// use tollgate::sign_in::{CookieSecret, Sessions};
    /// # use tollgate::sign_in::SignInBuilder;
    ///
    /// # fn example(settings: SignInBuilder) -> Result<SignInBuilder, Box<dyn std::error::Error>> {
    /// let settings = settings
    ///     .sessions(Sessions::in_cookie().claims(["email", "name"]))
    ///     .secrets([CookieSecret::read("cookie.key")?]);
    /// # Ok(settings)
    /// # }
    /// ```
    pub fn in_cookie() -> Self {
        Self::new(Place::Cookie)
    }

    fn new(place: Place) -> Self {
        Self {
            place,
            max_sessions: DEFAULT_MAX_SESSIONS,
            max_age: None,
            idle_timeout: None,
            outage_grace: Duration::from_secs(5 * 60),
            claims: Vec::new(),
        }
    }

    /// Sets how long a session lives after sign-in, whatever happens: 12 hours by default, or an hour in a cookie.
    pub fn max_age(self, max_age: Duration) -> Self {
        Self { max_age: Some(max_age), ..self }
    }

    /// Sets how long a session lives without a request: an hour by default. Uses are recorded once a minute, so
    /// it may end up to a minute earlier. A session in a cookie has no such time.
    pub fn idle_timeout(self, idle_timeout: Duration) -> Self {
        Self { idle_timeout: Some(idle_timeout), ..self }
    }

    /// Sets which claims a session in a cookie keeps, besides `iss`, `sub`, `auth_time` and `acr`. With
    /// `email`, it keeps `email_verified`, too. Name those that your handlers and rules read, and no more: the cookie
    /// has room for less than 3,000 bytes of claims. Elsewhere, sessions have all claims.
    pub fn claims(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { claims: names.into_iter().map(Into::into).collect(), ..self }
    }

    /// Sets how long a session outlives its access token while the provider cannot be reached: 5 minutes by default.
    pub fn outage_grace(self, outage_grace: Duration) -> Self {
        Self { outage_grace, ..self }
    }

    /// Sets how many sessions are kept in memory or in a file: 100,000 by default. If there are more, those leave
    /// first that have not been used for the longest time. Redis and a store of your own have their own limits.
    pub fn max_sessions(self, max_sessions: usize) -> Self {
        Self { max_sessions, ..self }
    }

    /// Whether they are in cookies.
    pub(super) const fn are_in_cookies(&self) -> bool {
        matches!(self.place, Place::Cookie)
    }

    /// How long a session lives after sign-in.
    pub(super) fn max_age_or_default(&self) -> Duration {
        let default = if self.are_in_cookies() { HOUR } else { TWELVE_HOURS };
        self.max_age.unwrap_or(default)
    }

    /// How long a session in a store lives without a request.
    pub(super) fn idle_timeout_or_default(&self) -> Duration {
        self.idle_timeout.unwrap_or(HOUR)
    }

    /// Refuses settings that the place of the sessions cannot keep, and a lack of secrets where it needs some.
    pub(super) fn check(&self, has_secrets: bool) -> Result<(), SignInBuildError> {
        match self.place {
            Place::Cookie if !has_secrets => return Err(SignInBuildError::NoSecrets),
            #[cfg(feature = "redis")]
            Place::Redis(_) if !has_secrets => return Err(SignInBuildError::NoSharedSecrets),
            _ => {}
        }
        match self.are_in_cookies() {
            true if self.idle_timeout.is_some() => Err(SignInBuildError::IdleTimeoutOfCookies),
            false if !self.claims.is_empty() => Err(SignInBuildError::ClaimsOfStore),
            _ => Ok(()),
        }
    }

    /// Takes over the place of sessions that are there already. Which claims new ones keep may differ.
    pub(super) fn reopen(&self, keeping: &Keeping) -> OpenSessions {
        let keeping = match keeping {
            Keeping::Sealed(_) if self.are_in_cookies() => self.sealed(),
            keeping => keeping.clone(),
        };
        OpenSessions { keeping, attempt_key: None }
    }

    fn sealed(&self) -> Keeping {
        Keeping::Sealed(KeptClaims::new(&self.claims))
    }

    /// Opens the store. `tally` counts its errors.
    pub(super) fn open(&self, tally: &Arc<Tally>) -> Result<OpenSessions, SignInBuildError> {
        let (store, attempt_key): (Arc<dyn SessionStore>, _) = match &self.place {
            Place::Memory => (Arc::new(MemoryStore::new().max_sessions(self.max_sessions)), None),
            #[cfg(feature = "file")]
            Place::File(path) => {
                let store = FileStore::open(path)?.max_sessions(self.max_sessions);
                (Arc::new(store), Some(key_file::read_or_create(path)?.into()))
            }
            #[cfg(feature = "redis")]
            Place::Redis(url) => (Arc::new(RedisStore::open(url)?), None),
            Place::Stored(store) => (Arc::clone(store), None),
            Place::Cookie => {
                return Ok(OpenSessions { keeping: self.sealed(), attempt_key: None });
            }
        };
        let store = Arc::new(Counted { store, tally: Arc::clone(tally) });
        Ok(OpenSessions { keeping: Keeping::Stored(store), attempt_key })
    }
}
