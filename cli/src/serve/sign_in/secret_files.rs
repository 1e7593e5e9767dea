//! The secrets that seal cookies, each in a file of its own.

use std::path::{Path, PathBuf};

use base64ct::{Base64UrlUnpadded, Encoding};

use crate::error::Error;
use crate::input;

/// The length of a secret in bytes.
const LEN: usize = 32;

/// Why a secret cannot be read. It repeats nothing of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretFileError {
    #[error("{0}")]
    File(Box<Error>),
    #[error(
        "{} does not hold a secret: 32 random bytes in base64url, which are 43 characters. Make one with: tollgate \
         secret -o {}", .0.display(), .0.display()
    )]
    Malformed(PathBuf),
}

/// Reads the secrets, in the order of the files.
pub(super) fn read(files: &[String]) -> Result<Vec<[u8; LEN]>, SecretFileError> {
    files.iter().map(|file| read_one(Path::new(file))).collect()
}

fn read_one(file: &Path) -> Result<[u8; LEN], SecretFileError> {
    let text = input::file(file).map_err(|error| SecretFileError::File(Box::new(error)))?;
    let malformed = || SecretFileError::Malformed(file.to_owned());
    let mut secret = [0; LEN];
    let text = text.trim_ascii();
    let decoded = Base64UrlUnpadded::decode(text, &mut secret).map_err(|_| malformed())?;
    if decoded.len() == LEN { Ok(secret) } else { Err(malformed()) }
}
