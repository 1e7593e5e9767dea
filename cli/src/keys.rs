//! Reads and fetches keys, and makes their engines.

use std::path::Path;

use clap::ValueEnum;
use tollgate::issuer_url::IssuerUrl;
use tollgate::jwks::{HttpFetcher, fetch_key_set};
use tollgate::keys::{self, BoxedVerifier};
use tollgate::table_size::TableSize;
use tollgate_core::provisioned::Blob;
use tollgate_core::rustcrypto::RustCryptoKey;
use tollgate_core::{EcPublicKey, Key, KeySet, KeySetError, UnusableKey};

use crate::error::Error;
use crate::policy_flags::plaintext;
use crate::style;

/// The keys of a file or an issuer. There is room for as many as a gate accepts from an issuer.
pub(crate) type LoadedKeys<'a> = KeySet<BoxedVerifier<'a>, 1024>;

/// The engine that verifies signatures. They differ only in speed.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum EngineKind {
    /// RustCrypto's curves
    Reference,
    /// Tollgate's own curves, without tables for the keys
    Untabled,
    /// Tollgate's own curves, with the tables of a server
    Provisioned,
}

impl EngineKind {
    /// For keys that verify a single token.
    pub(crate) const DEFAULT: Self = Self::Untabled;

    fn engine(self, key: &EcPublicKey) -> Result<BoxedVerifier<'static>, UnusableKey> {
        match self {
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

/// Reads the public keys of a JWK set without making engines. Skips points that are not on the curve.
pub(crate) fn public_keys(
    jwks: &[u8],
    skipped: impl FnMut(usize, UnusableKey),
) -> Result<KeySet<EcPublicKey, 1024>, KeySetError> {
    let on_curve = |key: &EcPublicKey| keys::without_table(key).map(|_| *key);
    KeySet::from_jwks_reporting(jwks, on_curve, skipped)
}

/// Discovers and fetches the key set of the issuer at `url`.
pub(crate) fn fetch(url: &str, allow_insecure_loopback: bool) -> Result<Vec<u8>, Error> {
    let plaintext = plaintext(allow_insecure_loopback);
    let issuer = IssuerUrl::parse(url, plaintext)
        .map_err(|error| Error::IssuerUrl(url.to_owned(), error))?;
    let fetcher = HttpFetcher::new().map_err(Error::NoHttpClient)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let fetched =
        runtime.map_err(Error::Runtime)?.block_on(fetch_key_set(fetcher, issuer, plaintext));
    fetched.map_err(|error| Error::Fetch(url.to_owned(), error))
}

/// Warns about each key in a file that cannot be used.
pub(crate) fn warn_of(path: &Path) -> impl FnMut(usize, UnusableKey) {
    move |index, reason| {
        let (note, reset, path) = (style::NOTE, style::RESET, path.display());
        anstream::eprintln!("{note}warning:{reset} skipped key {index} of {path}: {reason}");
    }
}

/// Loads the keys of a blob, and compares each with its table.
pub(crate) fn from_blob<'a>(bytes: &'a [u8], path: &Path) -> Result<Box<LoadedKeys<'a>>, Error> {
    let unusable = |error| Error::Blob(path.to_owned(), error);
    let blob = Blob::parse(bytes).map_err(unusable)?;
    let mut keys = Box::new(LoadedKeys::new());
    for key in blob.keys() {
        let engine = TableSize::load(&key).map_err(unusable)?;
        let inserted = keys.insert(Key::new(engine).with_id(key.id().copied()));
        inserted.map_err(|error| Error::KeySet(path.to_owned(), error))?;
    }
    Ok(keys)
}
