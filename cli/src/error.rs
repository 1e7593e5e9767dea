//! Why a command could not be carried out at all.

use std::fmt;
use std::io;
use std::path::PathBuf;

use tollgate::issuer_url::UrlError;
use tollgate::jwks::{FetchError, NoHttpClient};
use tollgate::table_size::TableSize;
use tollgate_core::policy::PolicyError;
use tollgate_core::provisioned::BlobError;
use tollgate_core::{Algorithm, KeySetError};

use crate::serve::ServeError;

/// What keeps a command from reaching a verdict.
#[derive(Debug)]
pub(crate) enum Error {
    /// A file cannot be read.
    File(PathBuf, io::Error),
    /// Standard input cannot be read.
    Input(io::Error),
    /// No keys are named.
    NoKeys,
    /// The file is no JWK set.
    KeySet(PathBuf, KeySetError),
    /// Keys cannot be fetched from this URL.
    IssuerUrl(String, UrlError),
    /// There is no HTTP client.
    NoHttpClient(NoHttpClient),
    /// The keys of this issuer cannot be fetched.
    Fetch(String, FetchError),
    /// The set has no key of this id that is usable.
    NoSuchKey(PathBuf, String),
    /// The set has no usable key at all.
    NoUsableKey(PathBuf),
    /// There is no table of this size.
    TableSize {
        /// Teeth.
        teeth: u8,
        /// Blocks.
        blocks: u8,
    },
    /// The file is no blob of provisioned keys.
    Blob(PathBuf, BlobError),
    /// A blob would go to a terminal.
    BinaryToTerminal,
    /// The options make no policy.
    Policy(PolicyError),
    /// The server could not start, or has failed.
    Serve(ServeError),
    /// There is no runtime for tasks.
    Runtime(io::Error),
    /// There is no such level of logs.
    LogLevel(String),
    /// Nobody can be told.
    Output(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            Self::Input(error) => write!(f, "cannot read standard input: {error}"),
            Self::NoKeys => f.write_str(
                "name the keys: --jwks FILE, --provisioned FILE, or one --issuer to fetch them from",
            ),
            Self::KeySet(path, error) => write!(
                f,
                "{} is no JWK set: {error}. It should look like {{\"keys\":[{{\"kty\":\"EC\",…}}]}}",
                path.display()
            ),
            Self::IssuerUrl(url, error @ UrlError::NotHttps) => write!(
                f,
                "the issuer {url:?} {error}: by --allow-insecure-loopback"
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
                    "there are no tables of {teeth} teeth and {blocks} blocks. Choose from:"
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
                f.write_str("a blob is no text: name a file with --output, or redirect the output")
            }
            Self::Policy(error) => write!(f, "these options make no policy: {error}"),
            Self::Serve(error) => error.fmt(f),
            Self::Runtime(error) => write!(f, "cannot start: {error}"),
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
