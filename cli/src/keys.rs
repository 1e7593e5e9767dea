//! Keys from files, and the engines that verify with them.

use std::fs;
use std::path::Path;

use clap::ValueEnum;
use tollgate::issuer_url::{IssuerUrl, Plaintext};
use tollgate::jwks::{HttpFetcher, fetch_key_set};
use tollgate::keys::{self, BoxedVerifier};
use tollgate::table_size::TableSize;
use tollgate_core::provisioned::Blob;
use tollgate_core::rustcrypto::RustCryptoKey;
use tollgate_core::{EcPublicKey, Key, KeySet, KeySetError, UnusableKey};

use crate::error::Error;
use crate::show;

/// As many keys as any issuer publishes; whoever has more should say so.
pub(crate) type Keys<'a> = KeySet<BoxedVerifier<'a>, 1024>;

/// Which engine verifies signatures. They differ in speed only.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum EngineName {
    /// The curves of RustCrypto
    Reference,
    /// Our own curves, without tables for the keys
    Untabled,
    /// Our own curves, with the tables of a server
    Provisioned,
}

impl EngineName {
    /// For keys that are met once.
    pub(crate) const DEFAULT: Self = Self::Untabled;

    fn engine(self, point: &EcPublicKey) -> Result<BoxedVerifier<'static>, UnusableKey> {
        match self {
            Self::Reference => Ok(Box::new(RustCryptoKey::try_from(point)?)),
            Self::Untabled => keys::without_table(point),
            Self::Provisioned => keys::with_table(point),
        }
    }

    /// The keys of a JWK set.
    pub(crate) fn keys(
        self,
        jwks: &[u8],
        left_out: impl FnMut(usize, UnusableKey),
    ) -> Result<Box<Keys<'static>>, KeySetError> {
        Keys::from_jwks_reporting(jwks, |point| self.engine(point), left_out).map(Box::new)
    }
}

/// The points of a JWK set, each on its curve.
pub(crate) fn points(
    jwks: &[u8],
    left_out: impl FnMut(usize, UnusableKey),
) -> Result<KeySet<EcPublicKey, 1024>, KeySetError> {
    let on_curve = |point: &EcPublicKey| keys::without_table(point).map(|_| *point);
    KeySet::from_jwks_reporting(jwks, on_curve, left_out)
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|error| Error::File(path.to_owned(), error))
}

/// The key set of the issuer at `url`, by discovery.
pub(crate) fn fetch(url: &str, allow_insecure_loopback: bool) -> Result<Vec<u8>, Error> {
    let plaintext = match allow_insecure_loopback {
        true => Plaintext::Loopback,
        false => Plaintext::Refuse,
    };
    let issuer = IssuerUrl::parse(url, plaintext)
        .map_err(|error| Error::IssuerUrl(url.to_owned(), error))?;
    let fetcher = HttpFetcher::new().map_err(Error::NoHttpClient)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let fetched =
        runtime.map_err(Error::Runtime)?.block_on(fetch_key_set(fetcher, issuer, plaintext));
    fetched.map_err(|error| Error::Fetch(url.to_owned(), error))
}

/// Tells of keys in a file that cannot be used.
pub(crate) fn warn_of(path: &Path) -> impl FnMut(usize, UnusableKey) {
    move |index, reason| {
        let (note, reset, path) = (show::NOTE, show::RESET, path.display());
        anstream::eprintln!("{note}warning:{reset} key {index} of {path} is left out: {reason}");
    }
}

/// The keys of a blob, each compared with its table.
pub(crate) fn from_blob<'a>(bytes: &'a [u8], path: &Path) -> Result<Box<Keys<'a>>, Error> {
    let unusable = |error| Error::Blob(path.to_owned(), error);
    let blob = Blob::parse(bytes).map_err(unusable)?;
    let mut keys = Box::new(Keys::new());
    for key in blob.keys() {
        let engine = TableSize::load(&key).map_err(unusable)?;
        let inserted = keys.insert(Key::new(engine).with_id(key.id().copied()));
        inserted.map_err(|error| Error::KeySet(path.to_owned(), error))?;
    }
    Ok(keys)
}
