//! Errors that end a command.

use std::fmt;
use std::io;
use std::path::PathBuf;

use tollgate::gate::GateError;
use tollgate::issuer_url::UrlError;
use tollgate::jwks::{KeySetUnavailable, NoHttpClient};
use tollgate::key_file::KeyFileError;
use tollgate::owned_policy::InvalidPolicy;
use tollgate::sign_in::{NoRandomness, SignInError};
use tollgate::table_size::TableSize;
use tollgate_core::engines::BlobError;
use tollgate_core::{Algorithm, KeySetError};

use crate::serve::ServeError;

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Error {
    /// A file cannot be read.
    File(PathBuf, io::Error),
    /// This source has more bytes than this limit.
    TooLarge(String, u64),
    /// The input is empty.
    NoToken,
    /// A file cannot be written.
    Write(PathBuf, io::Error),
    /// The file exists, and may not be overwritten.
    Exists(PathBuf),
    /// The settings that were written cannot be read back.
    Toml(String),
    /// Standard input cannot be read.
    Input(io::Error),
    /// No option names keys.
    NoKeys,
    /// The file has no keys.
    KeyFile(PathBuf, KeyFileError),
    /// What was fetched is not a JWK set.
    KeySet(PathBuf, KeySetError),
    /// An option that says where to fetch keys from is invalid.
    KeySettings(GateError),
    /// The HTTP client cannot be built.
    NoHttpClient(NoHttpClient),
    /// The keys of this issuer cannot be fetched.
    Fetch(String, KeySetUnavailable),
    /// The issuers' keys are not available.
    KeysUnavailable,
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
    /// A secret cannot be made.
    NoRandomness(NoRandomness),
    /// The sessions cannot be reached, for this reason.
    Sessions(&'static str),
    /// The store of sessions does not work.
    SignIn(SignInError),
    /// No address on which the server listens says where to connect to.
    NoAddressToAsk,
    /// The options contradict a standard.
    Policy(InvalidPolicy),
    /// The server could not start, or failed.
    Serve(ServeError),
    /// The runtime cannot start.
    Runtime(io::Error),
    /// Standard output cannot be written.
    Output(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            Self::TooLarge(source, limit) => {
                write!(f, "{source} has more than {limit} bytes, which is the limit. Is it the right input?")
            }
            Self::NoToken => f.write_str(
                "there is no token: give one as an argument or on standard input",
            ),
            Self::Write(path, error) => write!(f, "cannot write {}: {error}", path.display()),
            Self::Exists(path) => write!(
                f,
                "{} exists already: name another file, or overwrite it with --force",
                path.display()
            ),
            Self::Toml(error) => write!(f, "the configuration is not valid TOML: {error}"),
            Self::Input(error) => write!(f, "cannot read standard input: {error}"),
            Self::NoKeys => f.write_str(
                "no keys: give --jwks FILE, --provisioned FILE, or --jwks-uri URL or a single --issuer to fetch \
                 them from",
            ),
            Self::KeyFile(path, error) => write!(f, "cannot use {}: {error}", path.display()),
            Self::KeySet(path, error) => write!(
                f,
                "{} is not a JWK set: {error}. It should look like {{\"keys\":[{{\"kty\":\"EC\",…}}]}}",
                path.display()
            ),
            Self::KeySettings(error @ GateError::Url { error: UrlError::NotHttps, .. }) => write!(
                f,
                "{error}: set --allow-insecure-loopback or --allow-http-host HOST:PORT"
            ),
            Self::KeySettings(error) => error.fmt(f),
            Self::NoHttpClient(error) => error.fmt(f),
            Self::Fetch(url, error) => write!(f, "cannot fetch the keys of {url}: {error}"),
            Self::KeysUnavailable => f.write_str(
                "the issuer's keys cannot be fetched, so the token cannot be judged. `tollgate serve` logs the \
                 reason",
            ),
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
                        if let Some(bytes) = size.bytes(*algorithm) {
                            write!(f, "  {algorithm}: {bytes} bytes")?;
                        }
                    }
                }
                Ok(())
            }
            Self::Blob(path, error) => write!(f, "cannot load {}: {error}", path.display()),
            Self::BinaryToTerminal => {
                f.write_str("a blob is binary: name a file with --output, or redirect the output")
            }
            Self::NoRandomness(error) => error.fmt(f),
            Self::Sessions(reason) => write!(f, "the sessions cannot be reached: {reason}"),
            Self::SignIn(error) => error.fmt(f),
            Self::NoAddressToAsk => f.write_str(
                "the addresses on which the server listens do not say where to connect to: name one, as in \
                 --listen 127.0.0.1:4180",
            ),
            Self::Policy(error) => write!(f, "invalid options: {error}"),
            Self::Serve(error) => error.fmt(f),
            Self::Runtime(error) => write!(f, "cannot start the runtime: {error}"),
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
