//! [`FileStore`]: sessions in a file.

#[cfg(test)]
mod tests;

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use redb::backends::FileBackend;
use redb::{
    Database, Durability, ReadableDatabase, ReadableTable, ReadableTableMetadata, StorageError,
    Table, TableDefinition, TableError, TableHandle, WriteTransaction,
};
use tokio::time::Instant;

use super::leases::Leases;
use super::{
    DEFAULT_MAX_SESSIONS, Lease, OwnerKey, Record, RecordKey, Rule, Saved, SessionStore,
    StoreError, StoreStatistics, Storing, Version,
};

/// The version of the tables below.
const FORMAT: u64 = 1;

/// The version, the end of the record's time in milliseconds since 1970, the owners one after another, the content.
type Columns = (u64, u64, &'static [u8], &'static [u8]);

/// The records by key.
const RECORDS: TableDefinition<'_, &[u8; 32], Columns> = TableDefinition::new("records");
/// The keys of records by the end of their time.
const ENDS: TableDefinition<'_, (u64, &[u8; 32]), ()> = TableDefinition::new("ends");
/// The keys of records by owner.
const OWNERS: TableDefinition<'_, (&[u8; 32], &[u8; 32]), ()> = TableDefinition::new("owners");
/// [`FORMAT`], and the last version of a record.
const NUMBERS: TableDefinition<'_, &str, u64> = TableDefinition::new("numbers");
const FORMAT_NUMBER: &str = "format";
const LAST_VERSION: &str = "last version";

/// The maximum number of expired records that one call removes, so that none takes long.
const SWEPT_AT_ONCE: usize = 64;

/// The same for each transaction at the start.
const SWEPT_AT_START: usize = 1000;

/// How much of the file is kept in memory, in bytes.
const CACHE_LEN: usize = 32 * 1024 * 1024;

/// The longest time for which a crash may undo touches.
const TOUCHES_DURABLE_EVERY: Duration = Duration::from_secs(60);

/// How long after a failure the file is opened again.
const REOPEN_AFTER: Duration = Duration::from_secs(1);

/// A store in a file: sessions survive a restart of the process, without a server. For one process at a time.
///
/// Creations, replacements and removals are on disk when their calls return. A crash may undo touches of the last
/// minute. All calls run on tokio's threads for blocking work, so they need its runtime.
///
/// Its size is bounded: a session beyond [`max_sessions`](Self::max_sessions) replaces the one whose time would be
/// over first. The file does not shrink, but its space is used again. It is created with mode 0600 on Unix. Until its
/// space is used again, a removed record may remain in the file, encrypted as before.
///
/// When writing fails, for example because the disk is full, calls fail until it works again. No session is lost.
///
/// ```
/// use std::sync::Arc;
/// use tollgate::sign_in::Sessions;
/// use tollgate::sign_in::store::{FileStore, FileStoreError};
///
/// let path = std::env::temp_dir().join(format!("sessions-{}.redb", std::process::id()));
/// let store = FileStore::open(&path)?.max_sessions(1_000);
/// assert!(matches!(FileStore::open(&path), Err(FileStoreError::InUse { .. })));
/// let sessions = Sessions::stored(Arc::new(store));
/// # drop(sessions);
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), FileStoreError>(())
/// ```
pub struct FileStore {
    shared: Arc<Shared>,
    max_sessions: u64,
}

/// Why a file cannot be used as a store of sessions.
///
/// See the example of [`FileStore`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileStoreError {
    /// The file cannot be opened or created.
    #[error("cannot open the session store {}: {error}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
    /// Another process, or another store of this one, has the file open.
    #[error(
        "the session store {} is in use by another process: stop it, or give each process its own file",
        path.display()
    )]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file holds something else, which is left as it is.
    #[error("{} is not a session store: choose another path, or move the file away", path.display())]
    NotAStore {
        /// The file.
        path: PathBuf,
    },
    /// Another version of Tollgate wrote the file.
    #[error(
        "the session store {} has the format of another version of Tollgate: use that version, or move the file \
         away, and users sign in again",
        path.display()
    )]
    OtherVersion {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error(
        "the session store {} is damaged ({reason}): restore a backup or move the file away, and users sign in again",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl FileStore {
    /// Opens a store, and creates the file if there is none. It reads the whole file to verify it, and blocks
    /// meanwhile: call it when the program starts.
    ///
    /// # Errors
    ///
    /// See [`FileStoreError`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, FileStoreError> {
        Self::open_with(path.as_ref(), open_database)
    }

    fn open_with(path: &Path, opener: Opener) -> Result<Self, FileStoreError> {
        let shared = Shared {
            path: path.to_owned(),
            opener,
            database: RwLock::new(Opened::Closed { retry: Instant::now() }),
            last_durable: Mutex::new(Instant::now()),
            leases: Mutex::default(),
            sessions: AtomicU64::new(0),
            evictions: AtomicU64::new(0),
        };
        let database = shared.open()?;
        *shared.database.write().unwrap_or_else(PoisonError::into_inner) = Opened::Open(database);
        let max_sessions = u64::try_from(DEFAULT_MAX_SESSIONS).unwrap_or(u64::MAX);
        Ok(Self { shared: Arc::new(shared), max_sessions })
    }

    /// Sets the maximum number of sessions, at least 1. One takes 2 to 4 KiB on disk with most providers.
    #[must_use]
    pub fn max_sessions(self, max_sessions: usize) -> Self {
        let max_sessions = u64::try_from(max_sessions).unwrap_or(u64::MAX).max(1);
        Self { max_sessions, ..self }
    }

    /// Returns the number of sessions, including expired ones that are not removed yet.
    #[must_use]
    pub fn sessions(&self) -> u64 {
        self.shared.sessions.load(Ordering::Relaxed)
    }

    /// Returns how many sessions had to make room for others before their time was over, since the store was
    /// opened.
    #[must_use]
    pub fn evictions(&self) -> u64 {
        self.shared.evictions.load(Ordering::Relaxed)
    }

    /// Runs a call on a thread for blocking work. It runs to its end even if nobody waits for it any more.
    async fn run<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Shared, &Database) -> Result<T, redb::Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let failed = |reason: &dyn fmt::Display| {
            StoreError(format!("{}: {reason}", self.shared.path.display()))
        };
        let runtime = tokio::runtime::Handle::try_current().map_err(|error| failed(&error))?;
        let shared = Arc::clone(&self.shared);
        runtime
            .spawn_blocking(move || shared.run(call))
            .await
            .unwrap_or_else(|error| Err(failed(&error)))
    }
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStore").field("path", &self.shared.path).finish_non_exhaustive()
    }
}

impl SessionStore for FileStore {
    fn load<'a>(&'a self, key: &'a RecordKey) -> Storing<'a, Option<Record>> {
        let key = *key;
        Box::pin(self.run(move |_, database| {
            let records = database.begin_read()?.open_table(RECORDS)?;
            let Some(record) = records.get(&key.0)? else { return Ok(None) };
            let (version, end, _, bytes) = record.value();
            Ok((now() < end).then(|| Record { bytes: bytes.to_vec(), version: Version(version) }))
        }))
    }

    fn save<'a>(
        &'a self,
        key: &'a RecordKey,
        bytes: Vec<u8>,
        rule: Rule,
        owners: &'a [OwnerKey],
        time: Duration,
    ) -> Storing<'a, Saved> {
        let (key, owners, max_sessions) = (*key, owners.to_vec(), self.max_sessions);
        Box::pin(self.run(move |shared, database| {
            shared.write(database, matches!(rule, Rule::Touch(_)), |tables| {
                tables.save(shared, key, &bytes, rule, &owners, time, max_sessions)
            })
        }))
    }

    fn remove<'a>(&'a self, key: &'a RecordKey) -> Storing<'a, bool> {
        let key = *key;
        Box::pin(self.run(move |shared, database| {
            shared.write(database, false, |tables| {
                let end = tables.forget(&key.0)?;
                Ok(Change::of(end.is_some_and(|end| now() < end), end.is_some()))
            })
        }))
    }

    fn remove_all<'a>(&'a self, owner: &'a OwnerKey) -> Storing<'a, usize> {
        let owner = *owner;
        Box::pin(self.run(move |shared, database| {
            shared.write(database, false, |tables| {
                let keys = tables.keys_of(&owner)?;
                let mut removed: usize = 0;
                for key in &keys {
                    if tables.forget(key)?.is_some_and(|end| now() < end) {
                        removed = removed.saturating_add(1);
                    }
                }
                Ok(Change::of(removed, !keys.is_empty()))
            })
        }))
    }

    fn count(&self) -> Storing<'_, Option<usize>> {
        Box::pin(async { Ok(usize::try_from(self.sessions()).ok()) })
    }

    fn statistics(&self) -> StoreStatistics {
        StoreStatistics { sessions: Some(self.sessions()), evictions: Some(self.evictions()) }
    }

    fn lease<'a>(&'a self, key: &'a RecordKey, time: Duration) -> Storing<'a, Option<Lease>> {
        Box::pin(async move { lock(&self.shared.leases).take(*key, time, Instant::now()) })
    }

    fn release<'a>(&'a self, key: &'a RecordKey, lease: Lease) -> Storing<'a, ()> {
        Box::pin(async move {
            lock(&self.shared.leases).release(*key, lease);
            Ok(())
        })
    }
}

type Opener = fn(&Path) -> Result<Database, FileStoreError>;

struct Shared {
    path: PathBuf,
    opener: Opener,
    database: RwLock<Opened>,
    /// When a commit was on disk last.
    last_durable: Mutex<Instant>,
    /// The file belongs to one process, so that leases need not be in it.
    leases: Mutex<Leases>,
    sessions: AtomicU64,
    evictions: AtomicU64,
}

/// After an error of the file, redb takes no more calls until the file is opened again.
enum Opened {
    Open(Database),
    Closed { retry: Instant },
}

impl Shared {
    fn open(&self) -> Result<Database, FileStoreError> {
        let database = (self.opener)(&self.path)?;
        let sessions = prepare(&self.path, &database)?;
        self.sessions.store(sessions, Ordering::Relaxed);
        *lock(&self.last_durable) = Instant::now();
        Ok(database)
    }

    fn run<T>(
        &self,
        call: impl FnOnce(&Self, &Database) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        let failed =
            |reason: &dyn fmt::Display| StoreError(format!("{}: {reason}", self.path.display()));
        self.reopen()?;
        let result = {
            let opened = self.database.read().unwrap_or_else(PoisonError::into_inner);
            let Opened::Open(database) = &*opened else {
                return Err(failed(&"the file cannot be opened again yet"));
            };
            call(self, database)
        };
        result.map_err(|error| {
            // Only errors of the file close it. The others leave the database as it was.
            if matches!(
                error,
                redb::Error::Io(_)
                    | redb::Error::PreviousIo
                    | redb::Error::Corrupted(_)
                    | redb::Error::LockPoisoned(_)
            ) {
                let mut opened = self.database.write().unwrap_or_else(PoisonError::into_inner);
                *opened = Opened::Closed { retry: Instant::now() };
            }
            failed(&error)
        })
    }

    /// Opens the file again if an error closed it, but not for each call.
    fn reopen(&self) -> Result<(), StoreError> {
        if matches!(*self.database.read().unwrap_or_else(PoisonError::into_inner), Opened::Open(_))
        {
            return Ok(());
        }
        let mut opened = self.database.write().unwrap_or_else(PoisonError::into_inner);
        if let Opened::Closed { retry } = *opened
            && retry <= Instant::now()
        {
            let later = Instant::now().checked_add(REOPEN_AFTER).unwrap_or(retry);
            *opened = Opened::Closed { retry: later };
            *opened = Opened::Open(self.open().map_err(|error| StoreError(error.to_string()))?);
        }
        Ok(())
    }

    /// Runs a write transaction, and commits it if it changed something.
    fn write<T>(
        &self,
        database: &Database,
        is_touch: bool,
        call: impl FnOnce(&mut Tables<'_>) -> Result<Change<T>, redb::Error>,
    ) -> Result<T, redb::Error> {
        let mut transaction = database.begin_write()?;
        let is_durable = !is_touch || lock(&self.last_durable).elapsed() >= TOUCHES_DURABLE_EVERY;
        if !is_durable {
            transaction.set_durability(Durability::None)?;
        }
        let (change, sessions) = {
            let mut tables = Tables::open(&transaction)?;
            let change = call(&mut tables)?;
            (change, tables.records.len()?)
        };
        match change {
            Change::None(result) => {
                transaction.abort()?;
                Ok(result)
            }
            Change::Some(result) => {
                transaction.commit()?;
                self.sessions.store(sessions, Ordering::Relaxed);
                if is_durable {
                    *lock(&self.last_durable) = Instant::now();
                }
                Ok(result)
            }
        }
    }
}

/// The result of a write transaction, and whether it changed something.
enum Change<T> {
    None(T),
    Some(T),
}

impl<T> Change<T> {
    fn of(result: T, changed: bool) -> Self {
        if changed { Self::Some(result) } else { Self::None(result) }
    }
}

/// The tables in a write transaction.
struct Tables<'t> {
    records: Table<'t, &'static [u8; 32], Columns>,
    ends: Table<'t, (u64, &'static [u8; 32]), ()>,
    owners: Table<'t, (&'static [u8; 32], &'static [u8; 32]), ()>,
    numbers: Table<'t, &'static str, u64>,
}

impl<'t> Tables<'t> {
    fn open(transaction: &'t WriteTransaction) -> Result<Self, TableError> {
        Ok(Self {
            records: transaction.open_table(RECORDS)?,
            ends: transaction.open_table(ENDS)?,
            owners: transaction.open_table(OWNERS)?,
            numbers: transaction.open_table(NUMBERS)?,
        })
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of the store's save, and two more"
    )]
    fn save(
        &mut self,
        shared: &Shared,
        RecordKey(key): RecordKey,
        bytes: &[u8],
        rule: Rule,
        owners: &[OwnerKey],
        time: Duration,
        max_sessions: u64,
    ) -> Result<Change<Saved>, redb::Error> {
        let now = now();
        let current = self.records.get(&key)?.and_then(|record| {
            let (version, end, ..) = record.value();
            (now < end).then_some(Version(version))
        });
        let Version(version) = match (rule, current) {
            (Rule::Create, None) => self.next_version()?,
            (Rule::Replace(expected), Some(version)) if version == expected => {
                self.next_version()?
            }
            (Rule::Touch(expected), Some(version)) if version == expected => version,
            _ => return Ok(Change::None(Saved::Conflict)),
        };
        self.forget(&key)?;
        if rule == Rule::Create {
            self.sweep(now, SWEPT_AT_ONCE)?;
            while self.records.len()? >= max_sessions {
                let Some(first) = self.first_end()? else { break };
                self.forget(&first.1)?;
                shared.evictions.fetch_add(1, Ordering::Relaxed);
            }
        }
        let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let end = now.saturating_add(time);
        let all_owners: Vec<u8> = owners.iter().flat_map(|owner| owner.0).collect();
        self.records.insert(&key, (version, end, &*all_owners, bytes))?;
        self.ends.insert((end, &key), ())?;
        for OwnerKey(owner) in owners {
            self.owners.insert((owner, &key), ())?;
        }
        Ok(Change::Some(Saved::Done(Version(version))))
    }

    /// Removes a record from all tables. Returns the end of its time.
    fn forget(&mut self, key: &[u8; 32]) -> Result<Option<u64>, StorageError> {
        let Some(record) = self.records.remove(key)? else { return Ok(None) };
        let (_, end, owners, _) = record.value();
        self.ends.remove((end, key))?;
        for owner in owners.as_chunks::<32>().0 {
            self.owners.remove((owner, key))?;
        }
        Ok(Some(end))
    }

    /// Removes records whose time is over, at most as many as `limit`. Returns whether none remain.
    fn sweep(&mut self, now: u64, limit: usize) -> Result<bool, StorageError> {
        for _ in 0..limit {
            match self.first_end()? {
                Some((end, key)) if end <= now => self.forget(&key)?,
                _ => return Ok(true),
            };
        }
        Ok(false)
    }

    /// The record whose time is over first.
    fn first_end(&self) -> Result<Option<(u64, [u8; 32])>, StorageError> {
        Ok(self.ends.first()?.map(|(entry, _)| {
            let (end, key) = entry.value();
            (end, *key)
        }))
    }

    fn keys_of(&self, OwnerKey(owner): &OwnerKey) -> Result<Vec<[u8; 32]>, StorageError> {
        let all = (owner, &[0; 32])..=(owner, &[u8::MAX; 32]);
        self.owners.range(all)?.map(|entry| Ok(*entry?.0.value().1)).collect()
    }

    /// A number that no record has had.
    fn next_version(&mut self) -> Result<Version, StorageError> {
        let last = self.numbers.get(LAST_VERSION)?.map_or(0, |last| last.value());
        let next = last.saturating_add(1);
        self.numbers.insert(LAST_VERSION, next)?;
        Ok(Version(next))
    }
}

fn open_database(path: &Path) -> Result<Database, FileStoreError> {
    let file =
        open_file(path).map_err(|error| FileStoreError::Open { path: path.to_owned(), error })?;
    let backend = FileBackend::new(file).map_err(|error| opening(path, error.into()))?;
    builder().create_with_backend(backend).map_err(|error| opening(path, error.into()))
}

fn builder() -> redb::Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_LEN).set_check_integrity_on_open(true);
    builder
}

/// Opens the file, readable by its owner only, and creates it if there is none.
fn open_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = match options.clone().create_new(true).open(path) {
        Ok(file) => {
            // A file whose folder is not on disk is lost in a crash.
            #[cfg(unix)]
            if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                File::open(folder)?.sync_all()?;
            }
            file
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => options.open(path)?,
        Err(error) => return Err(error),
    };
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    Ok(file)
}

/// Makes the tables of a new file, or checks the format of another one, and removes what has expired. Returns the
/// number of records.
fn prepare(path: &Path, database: &Database) -> Result<u64, FileStoreError> {
    let failed = |error| opening(path, error);
    let is_new = match contents(database).map_err(failed)? {
        Contents::Nothing => true,
        Contents::Format(FORMAT) => false,
        Contents::Format(_) => {
            return Err(FileStoreError::OtherVersion { path: path.to_owned() });
        }
        Contents::Foreign => return Err(FileStoreError::NotAStore { path: path.to_owned() }),
    };
    loop {
        let (sessions, is_swept) = open_tables(database, is_new).map_err(failed)?;
        if is_swept {
            return Ok(sessions);
        }
    }
}

enum Contents {
    Nothing,
    Format(u64),
    Foreign,
}

fn contents(database: &Database) -> Result<Contents, redb::Error> {
    let transaction = database.begin_read()?;
    let mut tables = transaction.list_tables()?.peekable();
    if tables.peek().is_none() && transaction.list_multimap_tables()?.next().is_none() {
        return Ok(Contents::Nothing);
    }
    if !tables.any(|table| table.name() == NUMBERS.name()) {
        return Ok(Contents::Foreign);
    }
    let format = transaction.open_table(NUMBERS)?.get(FORMAT_NUMBER)?;
    Ok(format.map_or(Contents::Foreign, |format| Contents::Format(format.value())))
}

/// Makes missing tables, and removes some records that have expired. Returns the number of records, and whether no
/// expired ones remain.
fn open_tables(database: &Database, is_new: bool) -> Result<(u64, bool), redb::Error> {
    let transaction = database.begin_write()?;
    let (sessions, is_swept) = {
        let mut tables = Tables::open(&transaction)?;
        if is_new {
            tables.numbers.insert(FORMAT_NUMBER, FORMAT)?;
        }
        let is_swept = tables.sweep(now(), SWEPT_AT_START)?;
        (tables.records.len()?, is_swept)
    };
    transaction.commit()?;
    Ok((sessions, is_swept))
}

fn opening(path: &Path, error: redb::Error) -> FileStoreError {
    let path = path.to_owned();
    match error {
        redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => {
            FileStoreError::InUse { path }
        }
        redb::Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
            FileStoreError::NotAStore { path }
        }
        redb::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            FileStoreError::Damaged { path, reason: "it is too short".to_owned() }
        }
        redb::Error::Io(error) => FileStoreError::Open { path, error },
        redb::Error::UpgradeRequired(_) => FileStoreError::OtherVersion { path },
        redb::Error::TableTypeMismatch { .. } | redb::Error::TypeDefinitionChanged { .. } => {
            FileStoreError::NotAStore { path }
        }
        error => FileStoreError::Damaged { path, reason: error.to_string() },
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The wall clock in milliseconds since 1970, which goes on while the process is down.
fn now() -> u64 {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
