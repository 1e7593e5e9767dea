//! [`RedisStore`]: sessions in redis, which several processes share.
//!
//! | file | what it has |
//! |---|---|
//! | `script` | what redis runs as a whole: the scripts in `scripts/` |
//! | `link` | the connection, which many calls use |
//! | `server` | where redis is, and how to connect to it |
//!
//! | key | value | expires |
//! |---|---|---|
//! | `tollgate:1:record:HEX` | a hash of `version`, `content` and `owners`, the names of the owners' keys | with the record |
//! | `tollgate:1:owner:HEX` | a sorted set of the names of records' keys, by the end of their time | after the last of them |
//! | `tollgate:1:lease:HEX` | the number of the lease | with the lease |

mod link;
mod script;
mod server;

use std::fmt::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use redis::{ErrorKind, FromRedisValue, RedisError, ServerErrorKind};
use tokio::runtime::Handle;
use tokio::time::timeout;

use self::link::Link;
use self::script::{Call, RELEASE, REMOVE, REMOVE_ALL, SAVE};
use self::server::Server;
use super::{
    Lease, OwnerKey, Record, RecordKey, Rule, Saved, SessionStore, StoreError, Storing, Version,
};
use crate::sign_in::seal;
use crate::sign_in::secret::Secret;

/// How long a call may take, with the connection that it may need.
const CALL_TIMEOUT: Duration = Duration::from_secs(1);

/// Times beyond this, 10 years, mean the same. Lua can still write them in full.
const MAX_TIME: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// A store in redis 6 or later, or Valkey: any number of processes share it, and sessions survive their restarts.
///
/// Each call takes a second at most, then it fails. All calls share one connection. After an error, the next call makes
/// a new one, so calls succeed as soon as redis is back. Calls need tokio's runtime.
///
/// A replica refuses writes, and calls fail then, so a fail-over ends no session. Each failure closes the
/// connection, so the next call asks where the host's name leads by now.
///
/// Set `maxmemory-policy noeviction`, which is the default: if redis evicted the keys of an owner,
/// [`remove_all`](SessionStore::remove_all) would miss records. Redis Cluster and Sentinel are not supported.
///
/// `Debug` does not show the password.
///
/// ```
/// use tollgate::sign_in::Secret;
/// use tollgate::sign_in::store::{RedisStore, RedisStoreError};
///
/// let store = RedisStore::open(&Secret::new("redis://:PASSWORD@10.0.0.5:6379/0"))?;
/// let error = RedisStore::open(&Secret::new("10.0.0.5:6379")).unwrap_err();
/// assert_eq!(error, RedisStoreError::Url);
/// # Ok::<(), RedisStoreError>(())
/// ```
pub struct RedisStore {
    server: Server,
    link: Mutex<Option<Arc<Link>>>,
}

/// Why a URL of redis cannot be used. The error does not show the URL, since it may have a password.
///
/// See the example of [`RedisStore`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedisStoreError {
    /// The text is not a URL of redis.
    #[error(
        "the URL of redis is invalid: write redis://USER:PASSWORD@HOST:PORT/DATABASE, with %XX for special characters \
         of the password. All but redis://HOST may be left out. With TLS, it begins with rediss://"
    )]
    Url,
    /// The URL asks for TLS, but the certificate authorities of the system cannot be read.
    #[error(
        "the URL of redis asks for TLS, but the system's certificate authorities cannot be used: {0}. Install them, or \
         name a file with SSL_CERT_FILE"
    )]
    Tls(String),
}

impl RedisStore {
    /// Takes the URL of redis, such as `redis://:PASSWORD@10.0.0.5:6379/0` or `unix:///run/redis/redis.sock`. Does not
    /// connect yet: the first call does, so redis may be down until then.
    ///
    /// `rediss://` is TLS. It trusts the certificate authorities of the system, or those in the file that
    /// `SSL_CERT_FILE` names.
    ///
    /// # Errors
    ///
    /// The URL is invalid, or the certificate authorities for `rediss://` cannot be read.
    pub fn open(url: &Secret) -> Result<Self, RedisStoreError> {
        Ok(Self { server: Server::from_url(url.expose())?, link: Mutex::new(None) })
    }

    /// Makes a call. It fails if it takes too long.
    async fn run<T: FromRedisValue>(&self, call: Call) -> Result<T, StoreError> {
        let runtime = Handle::try_current().map_err(|error| self.failed(&error))?;
        let link = self.link(&runtime);
        let error = match timeout(CALL_TIMEOUT, link.ask(&call)).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) if !is_broken(&error) => return Err(self.failed(&error)),
            Ok(Err(error)) => self.failed(&reason(&error)),
            Err(_) => self.failed(&"no answer within a second"),
        };
        self.give_up(&link);
        Err(error)
    }

    /// The link, or a new one if there is none that works.
    fn link(&self, runtime: &Handle) -> Arc<Link> {
        let mut current = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        let works = current.take_if(|link| !link.is_over());
        let link = works.unwrap_or_else(|| Arc::new(Link::open(self.server.clone(), runtime)));
        Arc::clone(current.insert(link))
    }

    /// Lets the next call make another link, unless there is one already.
    fn give_up(&self, link: &Arc<Link>) {
        let mut current = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        current.take_if(|current| Arc::ptr_eq(current, link));
    }

    fn failed(&self, reason: &dyn fmt::Display) -> StoreError {
        StoreError(format!("redis at {}: {reason}", self.server))
    }

    /// A random number for a version or a lease. A counter could repeat itself when a fail-over loses its last steps.
    fn number(&self) -> Result<u64, StoreError> {
        let bytes = seal::random().map_err(|error| self.failed(&error))?;
        Ok(u64::from_le_bytes(bytes))
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("server", &self.server.to_string())
            .finish_non_exhaustive()
    }
}

impl SessionStore for RedisStore {
    fn load<'a>(&'a self, key: &'a RecordKey) -> Storing<'a, Option<Record>> {
        Box::pin(async move {
            let mut command = redis::cmd("HMGET");
            command.arg(record_name(key)).arg("version").arg("content");
            let (version, content): (Option<u64>, Option<Vec<u8>>) =
                self.run(Call::Command(command)).await?;
            let record = version.zip(content);
            Ok(record.map(|(version, bytes)| Record { bytes, version: Version(version) }))
        })
    }

    fn save<'a>(
        &'a self,
        key: &'a RecordKey,
        bytes: Vec<u8>,
        rule: Rule,
        owners: &'a [OwnerKey],
        time: Duration,
    ) -> Storing<'a, Saved> {
        Box::pin(async move {
            let (expected, version) = match rule {
                Rule::Create => (String::new(), self.number()?),
                Rule::Replace(Version(expected)) => (expected.to_string(), self.number()?),
                Rule::Touch(Version(expected)) => (expected.to_string(), expected),
            };
            let keys = [record_name(key)].into_iter().chain(owners.iter().map(owner_name));
            let arguments = [
                expected.into_bytes(),
                version.to_string().into_bytes(),
                bytes,
                millis(time).to_string().into_bytes(),
            ];
            match self.run(SAVE.call(keys, arguments)).await? {
                true => Ok(Saved::Done(Version(version))),
                false => Ok(Saved::Conflict),
            }
        })
    }

    fn remove<'a>(&'a self, key: &'a RecordKey) -> Storing<'a, bool> {
        Box::pin(self.run(REMOVE.call([record_name(key)], [])))
    }

    fn remove_all<'a>(&'a self, owner: &'a OwnerKey) -> Storing<'a, usize> {
        Box::pin(self.run(REMOVE_ALL.call([owner_name(owner)], [])))
    }

    fn count(&self) -> Storing<'_, Option<usize>> {
        Box::pin(async move {
            let (mut cursor, mut count) = (0_u64, 0_usize);
            loop {
                let mut command = redis::cmd("SCAN");
                command.arg(cursor).arg("MATCH").arg("tollgate:1:record:*").arg("COUNT").arg(1000);
                let (next, names): (u64, Vec<Vec<u8>>) = self.run(Call::Command(command)).await?;
                count = count.saturating_add(names.len());
                cursor = next;
                if cursor == 0 {
                    return Ok(Some(count));
                }
            }
        })
    }

    fn lease<'a>(&'a self, key: &'a RecordKey, time: Duration) -> Storing<'a, Option<Lease>> {
        Box::pin(async move {
            let number = self.number()?;
            let mut command = redis::cmd("SET");
            command.arg(lease_name(key)).arg(number).arg("NX").arg("PX").arg(millis(time));
            let taken: Option<String> = self.run(Call::Command(command)).await?;
            Ok(taken.map(|_| Lease(number)))
        })
    }

    fn release<'a>(&'a self, key: &'a RecordKey, Lease(number): Lease) -> Storing<'a, ()> {
        Box::pin(self.run(RELEASE.call([lease_name(key)], [number.to_string().into_bytes()])))
    }
}

/// Whether another connection may help: this one is lost, or leads to a server that does not take writes.
fn is_broken(error: &RedisError) -> bool {
    match error.kind() {
        ErrorKind::Server(kind) => matches!(
            kind,
            ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown | ServerErrorKind::BusyLoading
        ),
        _ => true,
    }
}

/// What is wrong, and what to do where that is known.
fn reason(error: &RedisError) -> String {
    match error.kind() {
        ErrorKind::AuthenticationFailed => {
            format!("{error}. Check the user and the password in its URL")
        }
        ErrorKind::Server(ServerErrorKind::ReadOnly) => {
            format!("{error}. It is a replica: the URL must lead to the primary")
        }
        _ => error.to_string(),
    }
}

fn record_name(RecordKey(key): &RecordKey) -> String {
    name("record", key)
}

fn owner_name(OwnerKey(key): &OwnerKey) -> String {
    name("owner", key)
}

fn lease_name(RecordKey(key): &RecordKey) -> String {
    name("lease", key)
}

/// The version of the tables above, then the kind, then the key in hexadecimal digits.
fn name(kind: &str, key: &[u8; 32]) -> String {
    format!("tollgate:1:{kind}:{}", hex(key))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        // Writing to a text does not fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// At least 1, since redis takes no shorter time.
fn millis(time: Duration) -> u64 {
    u64::try_from(time.min(MAX_TIME).as_millis()).unwrap_or(u64::MAX).max(1)
}
