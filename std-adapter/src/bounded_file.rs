//! Reads files up to a limit, since what a path names may be endless.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Reads a file of at most `limit` bytes.
///
/// # Errors
///
/// The file cannot be read, or is longer.
pub(crate) fn read(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        let message = format!("the file is longer than {} KiB", limit.div_ceil(1024));
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_beyond_the_limit_is_an_error_that_names_it() {
        let path = std::env::temp_dir().join(format!("tollgate-bounded-{}", std::process::id()));
        std::fs::write(&path, [0; 2048]).unwrap();
        assert_eq!(read(&path, 2048).unwrap().len(), 2048);
        let error = read(&path, 2047).unwrap_err().to_string();
        assert!(error.contains("2 KiB"), "{error}");
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    #[cfg(unix)]
    fn an_endless_file_is_not_read_to_its_end() {
        assert!(read(Path::new("/dev/zero"), 1024).is_err());
    }
}
