//! The key for attempts, in a file beside the sessions', so that sign-ins which are under way survive a restart.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::builder::SignInBuildError;
use super::seal::random;

/// Reads the key beside a file, or makes a new one.
pub(super) fn read_or_create(beside: &Path) -> Result<[u8; 32], SignInBuildError> {
    let mut name = beside.as_os_str().to_owned();
    name.push(".key");
    let path = PathBuf::from(name);
    let error = |error: String| SignInBuildError::KeyFile { path: path.clone(), error };
    match fs::read(&path) {
        Ok(bytes) => {
            let length = bytes.len();
            let key = bytes.try_into();
            key.map_err(|_| {
                error(format!("it has {length} bytes, not 32: delete it to get a new one"))
            })
        }
        Err(cause) if cause.kind() == ErrorKind::NotFound => {
            let key = random::<32>().map_err(|_| SignInBuildError::NoRandomness)?;
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let written = options.open(&path).and_then(|mut file| {
                file.write_all(&key)?;
                file.sync_all()
            });
            written.map(|()| key).map_err(|cause| error(cause.to_string()))
        }
        Err(cause) => Err(error(cause.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_stays_the_same_and_is_for_its_owner_alone() {
        let folder = std::env::temp_dir().join(format!("tollgate-key-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let sessions = folder.join("sessions.redb");
        let key = read_or_create(&sessions).unwrap();
        assert_eq!(read_or_create(&sessions).unwrap(), key);
        let path = folder.join("sessions.redb.key");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::write(&path, "short").unwrap();
        let error = read_or_create(&sessions).unwrap_err().to_string();
        assert!(error.contains("it has 5 bytes, not 32"), "{error}");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        let error = read_or_create(&sessions).unwrap_err().to_string();
        assert!(error.contains("directory"), "{error}");
        fs::remove_dir_all(folder).unwrap();
    }
}
