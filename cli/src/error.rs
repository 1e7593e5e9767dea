//! Errors that end a command.

use std::fmt;
use std::io;
use std::path::PathBuf;

use tollgate::issuer_url::UrlError;
use tollgate::jwks::{FetchError, NoHttpClient};
use tollgate::owned_policy::InvalidPolicy;
use tollgate::table_size::TableSize;
use tollgate_core::provisioned::BlobError;
use tollgate_core::{Algorithm, KeySetError};

use crate::serve::ServeError;

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Error {
    /// A file cannot be read.
    File(PathBuf, io::Error),
    /// Standard input cannot be read.
    Input(io::Error),
    /// No option names keys.
    NoKeys,
    /// The file is not a JWK set.
    KeySet(PathBuf, KeySetError),
    /// The URL is not the URL of an issuer.
    IssuerUrl(String, UrlError),
    /// The HTTP client cannot be built.
    NoHttpClient(NoHttpClient),
    /// The keys of this issuer cannot be fetched.
    Fetch(String, FetchError),
    /// The set has no usable key with this id.
    NoSuchKey(PathBuf, String),
    /// The set has no usable key.
    NoUsableKey(PathBuf),
    /// Tables of this size do not exist.
    TableSize {
        /// Teeth.
        teeth: u8,
        /// Blocks.
        blocks: u8,
    },
    /// The file is not a blob of provisioned keys.
    Blob(PathBuf, BlobError),
    /// Binary output would go to a terminal.
    BinaryToTerminal,
    /// The options contradict a standard.
    Policy(InvalidPolicy),
    /// The server could not start, or failed.
    Serve(ServeError),
    /// The runtime cannot start.
    Runtime(io::Error),
    /// There is no such log level.
    LogLevel(String),
    /// Standard output cannot be written.
    Output(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            Self::Input(error) => write!(f, "cannot read standard input: {error}"),
            Self::NoKeys => f.write_str(
                "no keys: give --jwks FILE, --provisioned FILE, or a single --issuer to fetch them from",
            ),
            Self::KeySet(path, error) => write!(
                f,
                "{} is not a JWK set: {error}. It should look like {{\"keys\":[{{\"kty\":\"EC\",…}}]}}",
                path.display()
            ),
            Self::IssuerUrl(url, error @ UrlError::NotHttps) => write!(
                f,
                "the issuer {url:?} {error}: set --allow-insecure-loopback"
            ),
            Self::IssuerUrl(url, error) => write!(f, "the issuer {url:?} {error}"),
            Self::NoHttpClient(error) => error.fmt(f),
            Self::Fetch(url, error) => write!(f, "cannot fetch the keys of {url}: {error}"),
            Self::NoSuchKey(path, kid) => {
                write!(f, "{} has no usable key with the kid {kid:?}", path.display())
            }
            Self::NoUsableKey(path) => write!(f, "{} has no usable key", path.display()),
            Self::TableSize { teeth, blocks } => {
                write!(
                    f,
                    "tables of {teeth} teeth and {blocks} blocks do not exist. Choose from:"
                )?;
                for size in TableSize::ALL {
                    let (teeth, blocks) = (size.teeth(), size.blocks());
                    write!(f, "\n  --teeth {teeth} --blocks {blocks}")?;
                    for algorithm in Algorithm::ALL {
                        write!(f, "  {algorithm}: {} bytes", size.bytes(*algorithm))?;
                    }
                }
                Ok(())
            }
            Self::Blob(path, error) => write!(f, "cannot load {}: {error}", path.display()),
            Self::BinaryToTerminal => {
                f.write_str("a blob is binary: name a file with --output, or redirect the output")
            }
            Self::Policy(error) => write!(f, "invalid options: {error}"),
            Self::Serve(error) => error.fmt(f),
            Self::Runtime(error) => write!(f, "cannot start the runtime: {error}"),
            Self::LogLevel(level) => write!(
                f,
                "TOLLGATE_LOG is {level:?}: choose off, error, warn, info, debug or trace"
            ),
            Self::Output(error) => write!(f, "cannot write to standard output: {error}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<ServeError> for Error {
    fn from(error: ServeError) -> Self {
        Self::Serve(error)
    }
}
