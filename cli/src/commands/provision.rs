//! `tollgate provision`: computes what engines need of public keys, in advance.

mod ambiguity;
mod measure;
mod provisioned_key;
mod source;

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use clap::ValueEnum;
use tollgate::table_size::TableSize;
use tollgate_core::engines::{Blob, BlobKey};
use tollgate_core::{Algorithm, Jwk, KeyAlgorithms, KeyId, KeySet};

use crate::error::Error;
use crate::key_flags::{KeyFlags, PlaintextFlags};
use crate::keys;
use crate::outcome::Outcome;
use provisioned_key::{ProvisionedKey, PublicKey};

/// Compute tables for public keys, for devices that know their keys in advance
///
/// A table makes verification several times faster: the larger, the faster. RSA keys need no table, but
/// one constant. The command measures each size on this machine, and prints the result to standard
/// error.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  tollgate provision jwks.json -o keys.rs
      Rust source for include!(\"keys.rs\"), which builds the tables into the firmware
  tollgate provision https://auth.example.com/oidc -o keys.rs
      the same for the keys that the issuer publishes
  tollgate provision jwks.json --format bin --teeth 8 --blocks 2 -o keys.bin
      a blob for tollgate_core::engines::Blob, and for tollgate verify --provisioned

A table decides which signatures verify, just like its key: keep it where only its owner can write.
The tables of a blob are compared with their keys when they are loaded, and RSA keys prove their constants.")]
pub(crate) struct Arguments {
    /// The public keys: a file, the URL of an issuer, or - for standard input. A file has a JWK set
    /// (RFC 7517), a single JWK, or PEM with public keys and certificates, whose chain is not judged
    #[arg(
        value_name = "FILE|URL",
        required_unless_present = "jwks_uri",
        conflicts_with = "jwks_uri"
    )]
    jwks: Option<PathBuf>,

    #[command(flatten)]
    keys: KeyFlags,

    #[command(flatten)]
    plaintext: PlaintextFlags,

    /// Rust source, or a blob that the core loads without copying
    #[arg(long, value_enum, default_value_t = Format::Rust)]
    format: Format,

    /// Teeth of the table's comb
    #[arg(long, value_name = "N", default_value_t = 6)]
    teeth: u8,

    /// Blocks of the table's comb
    #[arg(long, value_name = "N", default_value_t = 2)]
    blocks: u8,

    /// Use RSA keys without alg for this algorithm alone [default: RS256, and others if the policy
    /// lists them]
    #[arg(long, value_name = "ALG", value_parser = parse_rsa_algorithm)]
    rsa_algorithm: Option<Algorithm>,

    /// Use only the key with this id; repeatable [default: all usable keys]
    #[arg(long)]
    kid: Vec<String>,

    /// Write to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Rust,
    Bin,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let (teeth, blocks) = (arguments.teeth, arguments.blocks);
    let size = TableSize::find(teeth, blocks).ok_or(Error::TableSize { teeth, blocks })?;
    let keys = read(arguments, size)?;
    let bytes = match arguments.format {
        Format::Rust => source::Source { keys: &keys, size }.to_string().into_bytes(),
        Format::Bin => blob(&keys, size)?,
    };
    write(arguments, &bytes)?;
    // The keys are written, so a failure to print the report is not an error.
    let _ = write!(anstream::stderr(), "{}", measure::Report { keys: &keys, chosen: size });
    Ok(Outcome::Positive)
}

fn read(arguments: &Arguments, size: TableSize) -> Result<Vec<ProvisionedKey>, Error> {
    let (path, text) = match (&arguments.jwks, &arguments.keys.jwks_uri) {
        (Some(path), _) => match path.to_str().filter(|path| path.contains("://")) {
            Some(issuer) => (path.clone(), fetch(issuer, arguments)?),
            None => (path.clone(), keys::read_or_stdin(path)?),
        },
        (None, uri) => {
            let uri = uri.as_deref().unwrap_or_default();
            (uri.into(), fetch(uri, arguments)?)
        }
    };
    let path = &path;
    let public = |jwk: &Jwk<'_>| PublicKey::from_jwk(jwk, arguments.rsa_algorithm);
    let set = KeySet::<PublicKey, 1024>::from_jwks_reporting(&text, public, keys::warn_of(path))
        .map_err(|error| Error::KeySet(path.clone(), error))?;
    let wanted = |id: Option<&KeyId>| {
        arguments.kid.is_empty()
            || id.is_some_and(|id| arguments.kid.iter().any(|kid| kid == id.as_str()))
    };
    if let Some(kid) = arguments
        .kid
        .iter()
        .find(|kid| !set.keys().iter().any(|key| key.id().is_some_and(|id| id.as_str() == *kid)))
    {
        return Err(Error::NoSuchKey(path.clone(), kid.clone()));
    }
    let keys = set.keys().iter().filter(|key| wanted(key.id()));
    let keys = keys.map(|key| (key.id().copied(), key.verifier().clone())).collect();
    let keys = ambiguity::without_repetitions(keys);
    for ambiguity in ambiguity::ambiguities(&keys) {
        keys::warn(path, &ambiguity);
    }
    let provisioned = keys.into_iter().filter_map(|(id, key)| ProvisionedKey::new(id, key, size));
    let provisioned: Vec<_> = provisioned.collect();
    if provisioned.is_empty() { Err(Error::NoUsableKey(path.clone())) } else { Ok(provisioned) }
}

fn fetch(issuer: &str, arguments: &Arguments) -> Result<Vec<u8>, Error> {
    keys::fetch(issuer, &arguments.keys, &arguments.plaintext)
}

fn blob(keys: &[ProvisionedKey], size: TableSize) -> Result<Vec<u8>, Error> {
    let keys: Vec<BlobKey<'_>> = keys.iter().filter_map(|key| key.in_blob(size)).collect();
    let mut bytes = vec![0; Blob::len_of(&keys)];
    Blob::write(&keys, &mut bytes).map_err(|error| Error::Blob("the output".into(), error))?;
    Ok(bytes)
}

fn write(arguments: &Arguments, bytes: &[u8]) -> Result<(), Error> {
    match &arguments.output {
        Some(path) => fs::write(path, bytes).map_err(|error| Error::Write(path.clone(), error)),
        None if arguments.format == Format::Bin && io::stdout().is_terminal() => {
            Err(Error::BinaryToTerminal)
        }
        None => {
            let mut stdout = io::stdout().lock();
            stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(Error::Output)
        }
    }
}

fn parse_rsa_algorithm(name: &str) -> Result<Algorithm, String> {
    let rsa = KeyAlgorithms::RSA.all();
    Algorithm::from_name(name).filter(|algorithm| rsa.contains(*algorithm)).ok_or_else(|| {
        let names: Vec<_> = rsa.iter().map(Algorithm::name).collect();
        format!("choose from {}", names.join(", "))
    })
}
