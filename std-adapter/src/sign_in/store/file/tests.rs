use std::ops::Bound;
use std::sync::atomic::AtomicBool;

use futures_util::FutureExt;
use redb::{BackendError, StorageBackend};

use super::*;
use crate::sign_in::store::contract;

const HOUR: Duration = Duration::from_secs(3600);
const OWNER: OwnerKey = OwnerKey([9; 32]);

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tollgate-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("sessions.redb")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn key(number: usize) -> RecordKey {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&number.to_le_bytes());
    RecordKey(key)
}

async fn save(
    store: &FileStore,
    number: usize,
    content: &[u8],
    rule: Rule,
    time: Duration,
) -> Version {
    let saved = store.save(&key(number), content.to_vec(), rule, &[OWNER], time).await.unwrap();
    let Saved::Done(version) = saved else { panic!("{rule:?}") };
    version
}

async fn content(store: &FileStore, number: usize) -> Option<Vec<u8>> {
    store.load(&key(number)).await.unwrap().map(|record| record.bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_keeps_the_contract() {
    let folder = Folder::new("contract");
    let store = FileStore::open(folder.file()).unwrap();
    contract::check(&store).await.unwrap();
}

#[tokio::test]
async fn sessions_survive_a_restart() {
    let folder = Folder::new("restart");
    let store = FileStore::open(folder.file()).unwrap();
    save(&store, 0, b"kept", Rule::Create, HOUR).await;
    save(&store, 1, b"brief", Rule::Create, Duration::from_millis(1)).await;
    let version = save(&store, 2, b"a", Rule::Create, HOUR).await;
    let version = save(&store, 2, b"b", Rule::Replace(version), HOUR).await;
    save(&store, 2, b"c", Rule::Touch(version), HOUR).await;
    save(&store, 3, b"removed", Rule::Create, HOUR).await;
    store.remove(&key(3)).await.unwrap();
    drop(store);
    tokio::time::sleep(Duration::from_millis(10)).await;

    let store = FileStore::open(folder.file()).unwrap();
    assert_eq!(store.sessions(), 2, "expired ones are removed at the start");
    for (number, expected) in [(0, Some(&b"kept"[..])), (1, None), (2, Some(b"c")), (3, None)] {
        assert_eq!(content(&store, number).await.as_deref(), expected, "{number}");
    }
    assert_eq!(store.load(&key(2)).await.unwrap().unwrap().version, version);
    let next = save(&store, 4, b"new", Rule::Create, HOUR).await;
    assert!(next.0 > version.0, "no version comes back");
    assert_eq!(store.remove_all(&OWNER).await.unwrap(), 3);
}

/// A copy of the open file is what a crash leaves.
#[tokio::test]
async fn a_crash_undoes_nothing_but_touches() {
    let folder = Folder::new("crash");
    let store = FileStore::open(folder.file()).unwrap();
    let version = save(&store, 0, b"before", Rule::Create, HOUR).await;
    let version = save(&store, 0, b"refreshed", Rule::Replace(version), HOUR).await;
    save(&store, 1, b"signed out", Rule::Create, HOUR).await;
    store.remove(&key(1)).await.unwrap();
    for _ in 0..100 {
        save(&store, 0, b"touched", Rule::Touch(version), HOUR).await;
    }
    let crashed = folder.0.join("crashed.redb");
    std::fs::copy(folder.file(), &crashed).unwrap();
    {
        let crashed = FileStore::open(&crashed).unwrap();
        let record = crashed.load(&key(0)).await.unwrap().unwrap();
        assert_eq!((record.bytes, record.version), (b"refreshed".to_vec(), version));
        assert_eq!(content(&crashed, 1).await, None);
    }
    // A change that is on disk brings the touches with it.
    save(&store, 2, b"new", Rule::Create, HOUR).await;
    std::fs::copy(folder.file(), &crashed).unwrap();
    let crashed = FileStore::open(&crashed).unwrap();
    assert_eq!(content(&crashed, 0).await.unwrap(), b"touched");
    assert_eq!(content(&crashed, 2).await.unwrap(), b"new");
}

#[tokio::test(start_paused = true)]
async fn a_crash_undoes_touches_of_a_minute_at_most() {
    let folder = Folder::new("touches");
    let store = FileStore::open(folder.file()).unwrap();
    let version = save(&store, 0, b"before", Rule::Create, HOUR).await;
    tokio::time::advance(TOUCHES_DURABLE_EVERY).await;
    save(&store, 0, b"touched", Rule::Touch(version), HOUR).await;
    let crashed = folder.0.join("crashed.redb");
    std::fs::copy(folder.file(), &crashed).unwrap();
    assert_eq!(content(&FileStore::open(&crashed).unwrap(), 0).await.unwrap(), b"touched");
}

#[tokio::test]
async fn a_file_in_use_is_an_error_that_says_what_to_do() {
    let folder = Folder::new("in-use");
    let store = FileStore::open(folder.file()).unwrap();
    let error = FileStore::open(folder.file()).unwrap_err();
    assert!(matches!(error, FileStoreError::InUse { .. }), "{error:?}");
    let error = error.to_string();
    assert!(error.contains("sessions.redb") && error.contains("another process"), "{error}");
    save(&store, 0, b"works", Rule::Create, HOUR).await;
    drop(store);
    FileStore::open(folder.file()).unwrap();
}

#[test]
#[cfg(unix)]
fn only_the_owner_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("mode");
    drop(FileStore::open(folder.file()).unwrap());
    assert_eq!(std::fs::metadata(folder.file()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_file_of_something_else_is_left_alone() {
    let folder = Folder::new("foreign");
    let letter = b"Dear Alice, this is no database.\n".repeat(200);
    for content in [&letter[..10], &letter] {
        std::fs::write(folder.file(), content).unwrap();
        let error = FileStore::open(folder.file()).unwrap_err();
        assert!(matches!(error, FileStoreError::NotAStore { .. }), "{error:?}");
        assert_eq!(std::fs::read(folder.file()).unwrap(), content);
    }
    std::fs::remove_file(folder.file()).unwrap();

    const OTHER: TableDefinition<'_, &str, u64> = TableDefinition::new("other");
    let other = Database::create(folder.file()).unwrap();
    let transaction = other.begin_write().unwrap();
    transaction.open_table(OTHER).unwrap().insert("a", 1).unwrap();
    transaction.commit().unwrap();
    drop(other);
    let error = FileStore::open(folder.file()).unwrap_err();
    assert!(matches!(error, FileStoreError::NotAStore { .. }), "{error:?}");
    let other = Database::create(folder.file()).unwrap();
    assert_eq!(other.begin_read().unwrap().list_tables().unwrap().count(), 1);

    for (path, expected) in
        [(folder.0.clone(), "cannot open"), (folder.0.join("no/such.redb"), "cannot open")]
    {
        let error = FileStore::open(&path).unwrap_err();
        assert!(matches!(error, FileStoreError::Open { .. }), "{error:?}");
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}

#[test]
fn another_format_is_an_error() {
    let folder = Folder::new("format");
    drop(FileStore::open(folder.file()).unwrap());
    let database = Database::create(folder.file()).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(NUMBERS).unwrap().insert(FORMAT_NUMBER, FORMAT + 1).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = FileStore::open(folder.file()).unwrap_err();
    assert!(matches!(error, FileStoreError::OtherVersion { .. }), "{error:?}");
}

#[tokio::test]
async fn a_damaged_file_is_an_error_or_has_the_right_content() {
    let folder = Folder::new("damaged");
    let store = FileStore::open(folder.file()).unwrap();
    for number in 0..50 {
        save(&store, number, &[7; 1000], Rule::Create, HOUR).await;
    }
    drop(store);
    let intact = std::fs::read(folder.file()).unwrap();
    let (mut damaged, mut open) = (0, 0);
    for number in 0..60 {
        let mut content = intact.clone();
        // Each byte of the first ones, where the file describes itself; then here and there.
        let place = if number < 30 { number * 10 } else { number * 7919 % content.len() };
        content[place] ^= 0x10;
        std::fs::write(folder.file(), content).unwrap();
        match FileStore::open(folder.file()) {
            Ok(store) => {
                open += 1;
                for number in 0..50 {
                    if let Ok(Some(record)) = store.load(&key(number)).await {
                        assert_eq!(record.bytes, [7; 1000]);
                    }
                }
            }
            Err(error) => {
                damaged += 1;
                assert!(error.to_string().contains("sessions.redb"), "{error}");
            }
        }
    }
    for length in [1, 100, 4096, intact.len() / 2, intact.len() - 1] {
        std::fs::write(folder.file(), &intact[..length]).unwrap();
        let error = FileStore::open(folder.file()).unwrap_err();
        let is_damaged = matches!(error, FileStoreError::Damaged { .. });
        assert!(is_damaged || length == 1, "{length}: {error:?}");
        assert!(error.to_string().contains("sessions.redb"), "{error}");
    }
    assert!(damaged > 10 && open > 10, "{damaged} {open}");
}

#[tokio::test]
async fn a_full_store_replaces_the_session_that_would_end_first() {
    let folder = Folder::new("bounded");
    let store = FileStore::open(folder.file()).unwrap().max_sessions(3);
    for (number, hours) in [(0, 3), (1, 1), (2, 2), (3, 4)] {
        save(&store, number, b"a", Rule::Create, hours * HOUR).await;
    }
    assert_eq!((store.sessions(), store.evictions()), (3, 1));
    for (number, expected) in [(0, true), (1, false), (2, true), (3, true)] {
        assert_eq!(content(&store, number).await.is_some(), expected, "{number}");
    }
    assert_eq!(store.remove_all(&OWNER).await.unwrap(), 3);
    assert_eq!(store.sessions(), 0);
}

#[tokio::test]
async fn expired_sessions_are_removed_when_others_come() {
    let folder = Folder::new("sweep");
    let store = FileStore::open(folder.file()).unwrap();
    for number in 0..100 {
        save(&store, number, b"a", Rule::Create, Duration::ZERO).await;
    }
    assert_eq!(store.sessions(), 1, "each removes the one before");
    save(&store, 100, b"a", Rule::Create, HOUR).await;
    assert_eq!((store.sessions(), store.evictions()), (1, 0));
    assert_eq!(store.remove_all(&OWNER).await.unwrap(), 1);
}

#[test]
fn without_a_runtime_calls_fail() {
    let folder = Folder::new("no-runtime");
    let store = FileStore::open(folder.file()).unwrap();
    assert!(store.load(&key(0)).now_or_never().unwrap().is_err());
}

static DISK_IS_FULL: AtomicBool = AtomicBool::new(false);

/// A file on a disk that may be full.
#[derive(Debug)]
struct FullDisk(FileBackend);

impl FullDisk {
    fn open(path: &Path) -> Result<Database, FileStoreError> {
        let backend = FileBackend::new(open_file(path).unwrap()).unwrap();
        builder().create_with_backend(Self(backend)).map_err(|error| opening(path, error.into()))
    }

    fn check() -> io::Result<()> {
        if DISK_IS_FULL.load(Ordering::Relaxed) {
            Err(io::ErrorKind::StorageFull.into())
        } else {
            Ok(())
        }
    }
}

impl StorageBackend for FullDisk {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        Self::check()?;
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        Self::check()?;
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        Self::check()?;
        self.0.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.0.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.try_lock_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.query_lock_range(start, end)
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_loses_no_session() {
    let folder = Folder::new("full");
    let store = FileStore::open_with(&folder.file(), FullDisk::open).unwrap();
    let version = save(&store, 0, b"kept", Rule::Create, HOUR).await;
    DISK_IS_FULL.store(true, Ordering::Relaxed);
    let failed = store.save(&key(1), vec![0; 32_768], Rule::Create, &[], HOUR).await.unwrap_err();
    assert!(failed.to_string().contains("sessions.redb"), "{failed}");
    let failed = store.save(&key(0), vec![0], Rule::Replace(version), &[], HOUR).await;
    assert!(failed.is_err());
    DISK_IS_FULL.store(false, Ordering::Relaxed);
    tokio::time::advance(REOPEN_AFTER).await;
    let record = store.load(&key(0)).await.unwrap().unwrap();
    assert_eq!((record.bytes, record.version), (b"kept".to_vec(), version));
    assert_eq!(store.sessions(), 1);
    save(&store, 1, b"works again", Rule::Create, HOUR).await;
    drop(store);
    let store = FileStore::open(folder.file()).unwrap();
    assert_eq!(content(&store, 0).await.unwrap(), b"kept");
    assert_eq!(content(&store, 1).await.unwrap(), b"works again");
}
