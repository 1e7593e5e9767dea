//! [`Snapshot`]: the keys of one moment, and [`SnapshotFile`], which keeps them for a start without
//! the issuer.

use std::fs::{self, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tollgate_core::{KeySetError, UnixTime};

use super::fetch::MAX_DOCUMENT_LEN;
use super::issuer_keys::IssuerKeys;
use super::schedule::Moment;
use crate::key_file::without_byte_order_mark;

/// The keys that verify requests. A snapshot never changes: newer keys are a new snapshot.
pub(crate) struct Snapshot {
    pub(crate) keys: Arc<IssuerKeys>,
    /// The key set as the issuer published it.
    pub(super) jwks: Arc<[u8]>,
    pub(crate) fetched_at: UnixTime,
    /// The age of the keys at the moment `since`. The clock of `fetched_at` may be changed later.
    pub(super) age: Duration,
    pub(super) since: Moment,
    pub(super) usable_until: Moment,
}

impl Snapshot {
    pub(crate) fn is_usable(&self, now: Moment) -> bool {
        now < self.usable_until
    }

    pub(super) fn age_at(&self, now: Moment) -> Duration {
        self.age.saturating_add(now.saturating_sub(self.since))
    }
}

/// How far the time in a file may be ahead of the clock, which may have been set back a little.
const TOLERANCE_SECS: i64 = 60;

/// Whether keys may have been fetched at this time, according to the clock.
pub(super) const fn is_past(fetched_at: UnixTime, now: UnixTime) -> bool {
    fetched_at.0 <= now.0.saturating_add(TOLERANCE_SECS)
}

/// A file with a snapshot: a JWK set (RFC 7517 §5) with two more members, `issuer` and `fetched_at`
/// in seconds since 1970.
#[derive(Clone, Debug)]
pub(crate) struct SnapshotFile {
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Content<'a> {
    #[serde(borrow)]
    issuer: std::borrow::Cow<'a, str>,
    fetched_at: i64,
    #[serde(borrow)]
    keys: &'a RawValue,
}

#[derive(Deserialize)]
struct JwkSet<'a> {
    #[serde(borrow)]
    keys: &'a RawValue,
}

/// Why a snapshot cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum SnapshotError {
    /// The file cannot be read or written.
    #[error("{0}")]
    File(#[from] io::Error),
    /// Its content is something else.
    #[error("the file is not a snapshot: {0}")]
    Content(#[from] serde_json::Error),
    /// Its keys belong to another issuer.
    #[error("the file has the keys of another issuer: choose a file for each issuer")]
    Issuer,
    /// Its time is in the future.
    #[error(
        "the file is from the future: check the clock. The file is read again once the clock has passed its time"
    )]
    Future {
        /// When the keys were fetched.
        fetched_at: UnixTime,
    },
    /// It is too old.
    #[error(
        "the keys were fetched {} hours ago, which is longer than max_stale allows",
        .0.as_secs() / 3600
    )]
    TooOld(Duration),
    /// Its keys cannot be read.
    #[error("{0}")]
    KeySet(#[from] KeySetError),
    /// It has no key that can verify tokens.
    #[error("the file has no usable key")]
    NoUsableKey,
}

/// The content of a file.
pub(super) struct Saved {
    pub(super) jwks: Vec<u8>,
    pub(super) fetched_at: UnixTime,
    pub(super) age: Duration,
}

impl SnapshotFile {
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the snapshot of `issuer`; `None` if there is no file yet.
    pub(super) fn read(&self, issuer: &str, now: UnixTime) -> Result<Option<Saved>, SnapshotError> {
        let file = match fs::File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let limit = MAX_DOCUMENT_LEN.saturating_mul(2);
        let mut jwks = Vec::new();
        file.take(u64::try_from(limit).unwrap_or(u64::MAX)).read_to_end(&mut jwks)?;
        let jwks = without_byte_order_mark(jwks);
        let content: Content<'_> = serde_json::from_slice(&jwks)?;
        if content.issuer != issuer {
            return Err(SnapshotError::Issuer);
        }
        let fetched_at = UnixTime(content.fetched_at);
        if !is_past(fetched_at, now) {
            return Err(SnapshotError::Future { fetched_at });
        }
        let age = u64::try_from(now.0.saturating_sub(fetched_at.0)).unwrap_or_default();
        Ok(Some(Saved { jwks, fetched_at, age: Duration::from_secs(age) }))
    }

    /// Replaces the file atomically: after a crash, either the old or the new one is there.
    pub(super) fn write(
        &self,
        issuer: &str,
        fetched_at: UnixTime,
        jwks: &[u8],
    ) -> Result<(), SnapshotError> {
        let keys = serde_json::from_slice::<JwkSet<'_>>(jwks)?.keys;
        let content = Content { issuer: issuer.into(), fetched_at: fetched_at.0, keys };
        let new = self.temporary_path();
        let mut file = OpenOptions::new().write(true).create_new(true).open(&new)?;
        let written = serde_json::to_writer(&mut file, &content)
            .map_err(io::Error::from)
            .and_then(|()| file.write_all(b"\n"))
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&new, &self.path));
        if written.is_err() {
            // The first error is the one to report, even if this fails, too.
            let _ = fs::remove_file(&new);
        }
        Ok(written?)
    }

    /// A path for a file that no other write uses: not of another gate around a reload, nor of another
    /// process that shares the folder. A process id is not enough, since in containers it is often 1, also
    /// that of a former run that left a file behind.
    fn temporary_path(&self) -> PathBuf {
        static RUN: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(process::id()));
        static WRITES: AtomicU64 = AtomicU64::new(0);
        let write = WRITES.fetch_add(1, Ordering::Relaxed);
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{:016x}-{write}.new", *RUN));
        name.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://auth.example.com/oidc";
    const JWKS: &[u8] = br#"{"x":1,"keys":[{"kty":"EC", "kid":"1"}]}"#;
    const NOW: UnixTime = UnixTime(1_795_287_000);

    fn file(name: &str) -> SnapshotFile {
        let folder = std::env::temp_dir().join(format!("tollgate-{}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        SnapshotFile::new(folder.join(name))
    }

    #[test]
    fn a_snapshot_is_a_jwk_set_with_its_issuer_and_its_time() {
        let file = file("round-trip.json");
        file.write(ISSUER, NOW, JWKS).unwrap();
        assert_eq!(
            fs::read_to_string(file.path()).unwrap(),
            format!(
                "{{\"issuer\":\"{ISSUER}\",\"fetched_at\":1795287000,\
                 \"keys\":[{{\"kty\":\"EC\", \"kid\":\"1\"}}]}}\n"
            )
        );
        let saved = file.read(ISSUER, UnixTime(NOW.0 + 100)).unwrap().unwrap();
        assert_eq!(saved.age, Duration::from_secs(100));
        assert_eq!(saved.fetched_at, NOW);
    }

    #[test]
    fn a_snapshot_replaces_the_one_before_it() {
        let file = file("replaced.json");
        file.write(ISSUER, NOW, JWKS).unwrap();
        file.write(ISSUER, UnixTime(NOW.0 + 1), JWKS).unwrap();
        assert_eq!(file.read(ISSUER, NOW).unwrap().unwrap().fetched_at.0, NOW.0 + 1);
    }

    #[test]
    fn the_snapshot_of_another_issuer_is_refused() {
        let file = file("issuer.json");
        file.write("https://evil.example", NOW, JWKS).unwrap();
        assert!(matches!(file.read(ISSUER, NOW), Err(SnapshotError::Issuer)));
    }

    #[test]
    fn a_snapshot_from_the_future_is_refused() {
        let file = file("future.json");
        file.write(ISSUER, NOW, JWKS).unwrap();
        assert!(file.read(ISSUER, UnixTime(NOW.0 - 60)).is_ok());
        let read = file.read(ISSUER, UnixTime(NOW.0 - 61));
        assert!(matches!(read, Err(SnapshotError::Future { fetched_at: NOW })));
    }

    /// In a container, the process id of a new run is that of the former one.
    #[test]
    fn what_a_former_run_left_behind_stops_no_write() {
        let file = file("leftover.json");
        for write in 0..1_000 {
            let name = format!("leftover.json.{}-{write}.new", process::id());
            fs::write(file.path().with_file_name(name), "").unwrap();
        }
        file.write(ISSUER, NOW, JWKS).unwrap();
        assert!(file.read(ISSUER, NOW).unwrap().is_some());
    }

    #[test]
    fn a_missing_file_is_not_an_error_and_a_damaged_one_is() {
        assert!(file("missing.json").read(ISSUER, NOW).unwrap().is_none());
        let file = file("damaged.json");
        for content in
            ["", "{", "[]", r#"{"keys":[]}"#, r#"{"issuer":"i","fetched_at":1.5,"keys":[]}"#]
        {
            fs::write(file.path(), content).unwrap();
            assert!(matches!(file.read(ISSUER, NOW), Err(SnapshotError::Content(_))), "{content}");
        }
    }
}
