//! [`SessionStore`]: where sessions are kept.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// The future of an answer of a store.
pub type Storing<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps records, each under a key and for a time. What is in a record, only the session knows: it is sealed by
/// a key that is in the browser's cookie alone.
///
/// Each call is atomic: of two that meet, one comes first.
/// [`contract::check`] tries out whether a store keeps these rules.
pub trait SessionStore: Send + Sync + 'static {
    /// Reads a record. `None` if there is none, or its time is over.
    fn load<'a>(&'a self, key: &'a RecordKey) -> Storing<'a, Option<Record>>;

    /// Writes a record as `rule` says, to be kept for `time` from now. It belongs to `owners` from now on, and to
    /// nobody else. After [`Saved::Done`], a durable store has it on disk.
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

    /// Takes the right to refresh a session for `time`, which only one may have at once. `None` if somebody else
    /// has it. There may be no record under the key.
    fn lease<'a>(&'a self, key: &'a RecordKey, time: Duration) -> Storing<'a, Option<Lease>>;

    /// Gives a lease back before its time is over. Somebody else's stays.
    fn release<'a>(&'a self, key: &'a RecordKey, lease: Lease) -> Storing<'a, ()>;
}

/// The key of a record: a hash of the session's identifier, which does not reveal it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordKey(pub [u8; 32]);

/// The owner of records: a hash of a user, or of a user's session at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OwnerKey(pub [u8; 32]);

/// A record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The content, opaque to the store.
    pub bytes: Vec<u8>,
    /// The version, another one after each change.
    pub version: Version,
}

/// The version of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(pub u64);

/// The right to refresh a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease(pub u64);

/// When a record may be written.
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

/// What became of a record that was to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Saved {
    /// It is written, in this version.
    Done(Version),
    /// It is not written: the rule does not allow it.
    Conflict,
}

/// A store does not work: it is down, or full.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store of sessions does not work: {0}")]
pub struct StoreError(pub String);
