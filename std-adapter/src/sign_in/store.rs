//! [`SessionStore`]: where sessions are kept.
//!
//! | file | what it has |
//! |---|---|
//! | `memory` | a store in memory, which forgets with the process |
//! | `file` | a store in a file, which survives a restart |
//! | `redis` | a store in redis, which several processes share |
//! | `counted` | counts the errors of another store |
//! | `leases` | who may refresh a session, within one process |
//! | `contract` | a test of stores of one's own |

pub mod contract;
mod counted;
#[cfg(feature = "file")]
mod file;
mod leases;
mod memory;
#[cfg(feature = "redis")]
mod redis;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

#[cfg(feature = "redis")]
pub use self::redis::{RedisStore, RedisStoreError};
#[cfg(feature = "file")]
pub use file::{FileStore, FileStoreError};
pub use memory::MemoryStore;

pub(super) use counted::Counted;

/// The number of sessions that [`MemoryStore`] and `FileStore` keep, unless another one is set.
pub const DEFAULT_MAX_SESSIONS: usize = 100_000;

/// The future of an answer of a store.
pub type Storing<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps records, each under a key and for a time. A record is opaque to the store: it is encrypted, and only the
/// browser's cookie has the key.
///
/// Each call is atomic: of two concurrent ones, one comes first. A record whose time is over is the same as no
/// record, for all calls. [`contract::check`] tests these rules; run it on a store of your own.
/// `examples/own_session_store.rs` in the repository is such a store.
///
/// ```
/// use std::time::Duration;
/// use tollgate::sign_in::store::{
///     Lease, MemoryStore, OwnerKey, Record, RecordKey, Rule, Saved, SessionStore, StoreError,
/// };
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), StoreError> {
/// let store = MemoryStore::new();
/// let (key, user, hour) = (RecordKey([7; 32]), OwnerKey([1; 32]), Duration::from_secs(3600));
/// let saved = store.save(&key, b"sealed".to_vec(), Rule::Create, &[user], hour).await?;
/// let Saved::Done(version) = saved else { panic!("nothing was under the key") };
/// let record = store.load(&key).await?;
/// assert_eq!(record, Some(Record { bytes: b"sealed".to_vec(), version }));
///
/// // Who has the lease may refresh the session.
/// let lease: Option<Lease> = store.lease(&key, hour).await?;
/// assert_eq!(store.lease(&key, hour).await?, None);
///
/// // After a sign-out, a late refresh does not bring the session back.
/// assert_eq!(store.remove_all(&user).await?, 1);
/// let late = store.save(&key, b"late".to_vec(), Rule::Replace(version), &[user], hour).await?;
/// assert_eq!(late, Saved::Conflict);
/// # Ok(())
/// # }
/// ```
pub trait SessionStore: Send + Sync + 'static {
    /// Reads a record. `None` if there is none.
    fn load<'a>(&'a self, key: &'a RecordKey) -> Storing<'a, Option<Record>>;

    /// Writes a record if `rule` allows it, and keeps it for `time` from now. It belongs to `owners` from now on,
    /// and to no other owner. When a durable store returns [`Saved::Done`], the record is on disk.
    ///
    /// A record has at most 32 KiB.
    fn save<'a>(
        &'a self,
        key: &'a RecordKey,
        bytes: Vec<u8>,
        rule: Rule,
        owners: &'a [OwnerKey],
        time: Duration,
    ) -> Storing<'a, Saved>;

    /// Removes a record. Returns whether there was one.
    fn remove<'a>(&'a self, key: &'a RecordKey) -> Storing<'a, bool>;

    /// Removes all records of an owner. Returns how many there were.
    fn remove_all<'a>(&'a self, owner: &'a OwnerKey) -> Storing<'a, usize>;

    /// Counts the records, with the marks of logouts among them. It may take long, and miss what changes meanwhile.
    /// `None`, as by default, if the store cannot count.
    fn count(&self) -> Storing<'_, Option<usize>> {
        Box::pin(async { Ok(None) })
    }

    /// Says what the store knows about itself without asking anybody, for metrics. Nothing, as by default.
    fn statistics(&self) -> StoreStatistics {
        StoreStatistics::default()
    }

    /// Takes the right to refresh a session, for `time`. `None` while somebody else has it. It does not depend on
    /// a record under the key.
    fn lease<'a>(&'a self, key: &'a RecordKey, time: Duration) -> Storing<'a, Option<Lease>>;

    /// Returns a lease before its time is over. Does nothing if its time is over, even if somebody else has the
    /// right by now.
    fn release<'a>(&'a self, key: &'a RecordKey, lease: Lease) -> Storing<'a, ()>;
}

/// What a store knows about itself.
///
/// ```
/// use tollgate::sign_in::store::{MemoryStore, SessionStore, StoreStatistics};
///
/// let StoreStatistics { sessions, evictions, .. } = MemoryStore::new().statistics();
/// assert_eq!((sessions, evictions), (Some(0), Some(0)));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreStatistics {
    /// The number of records, with the marks of logouts among them. Expired ones that have not been removed yet may
    /// count.
    pub sessions: Option<u64>,
    /// How many records had to make room for others before their time was over, since the store was opened.
    pub evictions: Option<u64>,
}

/// The key of a record: a hash of the session's identifier, which does not reveal it.
///
/// See the example of [`SessionStore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordKey(pub [u8; 32]);

/// The owner of records: a hash of a user, or of a user's session at the provider.
///
/// See the example of [`SessionStore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OwnerKey(pub [u8; 32]);

/// A record.
///
/// See the example of [`SessionStore`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The content, opaque to the store.
    pub bytes: Vec<u8>,
    /// The version, another one after each change.
    pub version: Version,
}

/// The version of a record: a number without meaning, which the store chooses.
///
/// ```
/// use tollgate::sign_in::store::{Rule, Version};
///
/// /// The version after a write, or `None` if the rule does not allow it.
/// fn judge(rule: Rule, current: Option<Version>, next: Version) -> Option<Version> {
///     match (rule, current) {
///         (Rule::Create, None) => Some(next),
///         (Rule::Replace(expected), Some(version)) if version == expected => Some(next),
///         (Rule::Touch(expected), Some(version)) if version == expected => Some(version),
///         _ => None,
///     }
/// }
///
/// assert_eq!(judge(Rule::Create, None, Version(1)), Some(Version(1)));
/// assert_eq!(judge(Rule::Replace(Version(1)), None, Version(2)), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(pub u64);

/// The right to refresh a session: a number by which the store recognises it.
///
/// See the example of [`SessionStore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease(pub u64);

/// When a record may be written.
///
/// See the example of [`SessionStore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// If there is none under the key.
    Create,
    /// If there is one of this version. It never creates one, so that what was removed stays so.
    Replace(Version),
    /// As [`Replace`](Self::Replace), but the version stays the same: the content means the same. A store may
    /// lose such a change in a crash.
    Touch(Version),
}

/// Whether [`SessionStore::save`] wrote the record.
///
/// See the example of [`SessionStore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Saved {
    /// Yes. The record has this version.
    Done(Version),
    /// No, the rule does not allow it.
    Conflict,
}

/// A store failed, for example because it is unreachable or its disk is full. Whether a call that failed had an
/// effect is unknown.
///
/// See the example of [`SessionStore`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session store failed: {0}")]
pub struct StoreError(pub String);
