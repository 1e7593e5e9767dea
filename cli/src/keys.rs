//! Reads and fetches keys, and makes their engines.

use std::fmt::Display;
use std::path::Path;

use clap::ValueEnum;
use tollgate::gate::Issuer;
use tollgate::jwks::{HttpFetcher, KeySetUnavailable, MAX_KEYS, fetch_key_set};
use tollgate::key_file::{KeyFile, KeyFileError};
use tollgate::keys::{self, BoxedVerifier, FirstKeys};
use tollgate::table_size::TableSize;
use tollgate_core::engines::Blob;
use tollgate_core::engines::rustcrypto::{RsaKey, RustCryptoKey};
use tollgate_core::{Jwk, Key, KeySet, KeySetError, KeyType, KeyUse, UnusableKey};

use crate::error::Error;
use crate::input;
use crate::key_flags::{KeyFlags, PlaintextFlags};
use crate::{show, style};

/// The keys of a file or an issuer. There is room for as many as a gate accepts from an issuer.
pub(crate) type LoadedKeys<'a> = KeySet<BoxedVerifier<'a>, MAX_KEYS>;

/// The engine that verifies signatures. They differ in speed, and RustCrypto's lack two algorithms.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum EngineKind {
    /// RustCrypto's engines, which have neither ES512 nor EdDSA
    Reference,
    /// Tollgate's own engines, without tables for the keys
    Untabled,
    /// Tollgate's own engines, with a table of 64 to 144 KiB for each key that can have one
    Provisioned,
}

impl EngineKind {
    /// For keys that verify a single token.
    pub(crate) const DEFAULT: Self = Self::Untabled;

    fn engine(self, key: &Jwk<'_>) -> Result<BoxedVerifier<'static>, UnusableKey> {
        match self {
            Self::Reference if key.key_type() == KeyType::Rsa => {
                Ok(Box::new(RsaKey::try_from(key)?))
            }
            Self::Reference => Ok(Box::new(RustCryptoKey::try_from(key)?)),
            Self::Untabled => keys::without_table(key),
            Self::Provisioned => keys::with_table(key),
        }
    }

    /// Reads a JWK set, and calls `skipped` for each key that cannot be used.
    pub(crate) fn keys(
        self,
        jwks: &[u8],
        skipped: impl FnMut(usize, UnusableKey),
    ) -> Result<Box<LoadedKeys<'static>>, KeySetError> {
        LoadedKeys::from_jwks_reporting(jwks, |key| self.engine(key), skipped).map(Box::new)
    }
}

/// Fetches the key set of an issuer.
pub(crate) fn fetch(
    issuer: &str,
    flags: &KeyFlags,
    plaintext: &PlaintextFlags,
) -> Result<Vec<u8>, Error> {
    let mut settings = Issuer::new(issuer);
    flags.apply_to(&mut settings);
    fetch_of(&settings, plaintext)
}

/// Fetches the key set of an issuer with these settings.
pub(crate) fn fetch_of(settings: &Issuer, plaintext: &PlaintextFlags) -> Result<Vec<u8>, Error> {
    let allowed_http = plaintext.allowed_http().map_err(Error::KeySettings)?;
    let fetcher = match &settings.ca_file {
        Some(file) => HttpFetcher::with_ca_file(file).map_err(Error::KeySettings)?,
        None => HttpFetcher::new().map_err(Error::NoHttpClient)?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let fetching = fetch_key_set(fetcher, settings, &allowed_http);
    runtime.map_err(Error::Runtime)?.block_on(fetching).map_err(|error| match error {
        KeySetUnavailable::Settings(error) => Error::KeySettings(error),
        error => {
            let url = settings.jwks_uri.as_ref().or(settings.issuer.first());
            Error::Fetch(url.cloned().unwrap_or_default(), error)
        }
    })
}

/// Reads a file with keys, and returns them as a JWK set. Warns of what the user should know.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    jwk_set(path, KeyFile::read(path))
}

/// Reads a file with keys as [`read`] does, or standard input if the path is `-`.
pub(crate) fn read_or_stdin(path: &Path) -> Result<Vec<u8>, Error> {
    if path != Path::new("-") {
        return read(path);
    }
    jwk_set(path, KeyFile::parse(input::file_or_stdin(path)?))
}

fn jwk_set(path: &Path, file: Result<KeyFile, KeyFileError>) -> Result<Vec<u8>, Error> {
    let file = file.map_err(|error| match error {
        KeyFileError::File(error) => Error::File(path.to_owned(), error),
        error => Error::KeyFile(path.to_owned(), error),
    })?;
    file.notes().iter().for_each(|note| warn(path, note));
    Ok(file.jwk_set().to_vec())
}

/// Reads the keys of a JWK set, as many as a gate accepts from an issuer. Warns of those that are left out.
pub(crate) fn from_jwk_set(jwks: &[u8], source: &Path) -> Result<Box<LoadedKeys<'static>>, Error> {
    let engine = |jwk: &Jwk<'_>| EngineKind::DEFAULT.engine(jwk);
    let error = |error| Error::KeySet(source.to_owned(), error);
    let first = FirstKeys::read(jwks, KeyUse::Signature, MAX_KEYS, engine, warn_of(source))
        .map_err(error)?;
    let (mut keys, surplus) = (Box::new(LoadedKeys::new()), first.surplus);
    first.keys.into_iter().try_for_each(|key| keys.insert(key)).map_err(error)?;
    if surplus > 0 {
        let limit = keys.keys().len();
        warn(source, &format_args!("used the first {limit} keys, and left out {surplus} more"));
    }
    Ok(keys)
}

/// Warns of something in a file.
pub(crate) fn warn(path: &Path, warning: &dyn Display) {
    let (note, reset, path) = (style::NOTE, style::RESET, path.display());
    show::note(format_args!("{note}warning:{reset} {path}: {warning}"));
}

/// Warns about each key in a file that cannot be used.
pub(crate) fn warn_of(path: &Path) -> impl FnMut(usize, UnusableKey) {
    move |index, reason| {
        let (note, reset, path) = (style::NOTE, style::RESET, path.display());
        show::note(format_args!("{note}warning:{reset} skipped key {index} of {path}: {reason}"));
    }
}

/// Loads the keys of a blob, and checks each one's table or constant. Warns if there are unknown keys.
pub(crate) fn from_blob<'a>(bytes: &'a [u8], path: &Path) -> Result<Box<LoadedKeys<'a>>, Error> {
    let unusable = |error| Error::Blob(path.to_owned(), error);
    let blob = Blob::parse(bytes).map_err(unusable)?;
    if blob.skipped() > 0 {
        let (note, reset, skipped) = (style::NOTE, style::RESET, blob.skipped());
        show::note(format_args!(
            "{note}warning:{reset} skipped {skipped} of the keys of {}, because this version of tollgate does not \
             know their kind or algorithm",
            path.display()
        ));
    }
    let mut keys = Box::new(LoadedKeys::new());
    for key in blob.keys() {
        let engine = TableSize::load(&key).map_err(unusable)?;
        let inserted = keys.insert(Key::new(engine).with_id(key.id().copied()));
        inserted.map_err(|error| Error::KeySet(path.to_owned(), error))?;
    }
    Ok(keys)
}
