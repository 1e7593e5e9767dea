//! Why a command could not be carried out at all.

use std::fmt;
use std::io;
use std::path::PathBuf;

use tollgate_core::{KeySetError, policy::PolicyError};

/// What keeps a command from reaching a verdict.
#[derive(Debug)]
pub(crate) enum Error {
    /// A file cannot be read.
    File(PathBuf, io::Error),
    /// Standard input cannot be read.
    Input(io::Error),
    /// The input is not one line of text, or far too long for a token.
    NotOneLine,
    /// The file is no JWK set.
    KeySet(PathBuf, KeySetError),
    /// The options make no policy.
    Policy(PolicyError),
    /// Nobody can be told.
    Output(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            Self::Input(error) => write!(f, "cannot read standard input: {error}"),
            Self::NotOneLine => f.write_str("standard input is not one line of at most 1 MiB"),
            Self::KeySet(path, error) => write!(
                f,
                "{} is no JWK set: {error}. It should look like {{\"keys\":[{{\"kty\":\"EC\",…}}]}}",
                path.display()
            ),
            Self::Policy(error) => write!(f, "these options make no policy: {error}"),
            Self::Output(error) => write!(f, "cannot write to standard output: {error}"),
        }
    }
}

impl std::error::Error for Error {}
