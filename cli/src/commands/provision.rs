//! `tollgate provision`: computes tables for public keys.

mod measure;
mod provisioned_key;
mod source;

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use clap::ValueEnum;
use tollgate::table_size::TableSize;
use tollgate_core::KeyId;
use tollgate_core::provisioned::{Blob, BlobKey};

use crate::error::Error;
use crate::input;
use crate::keys;
use crate::outcome::Outcome;
use provisioned_key::ProvisionedKey;

/// Compute tables for public keys, for devices that know their keys in advance
///
/// A table makes verification several times faster: the larger, the faster. The command measures
/// each size on this machine, and prints the result to standard error.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  tollgate provision jwks.json -o keys.rs
      Rust source for include!(\"keys.rs\"), which builds the tables into the firmware
  tollgate provision https://auth.example.com/oidc -o keys.rs
      the same for the keys that the issuer publishes
  tollgate provision jwks.json --format bin --teeth 8 --blocks 2 -o keys.bin
      a blob for tollgate_core::provisioned::Blob, and for tollgate verify --provisioned

A table decides which signatures verify, just like its key: keep it where only its owner can write.
The tables of a blob are compared with their keys when they are loaded.")]
pub(crate) struct Arguments {
    /// The public keys: a file with a JWK set (RFC 7517), the URL of an issuer, or - for standard
    /// input
    #[arg(value_name = "FILE|URL")]
    jwks: PathBuf,

    /// Allow http:// for an issuer on this machine
    #[arg(long)]
    allow_insecure_loopback: bool,

    /// Rust source, or a blob that the core loads without copying
    #[arg(long, value_enum, default_value_t = Format::Rust)]
    format: Format,

    /// Teeth of the table's comb
    #[arg(long, value_name = "N", default_value_t = 6)]
    teeth: u8,

    /// Blocks of the table's comb
    #[arg(long, value_name = "N", default_value_t = 2)]
    blocks: u8,

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
    let path = &arguments.jwks;
    let text = match path.to_str().filter(|path| path.contains("://")) {
        Some(url) => keys::fetch(url, arguments.allow_insecure_loopback)?,
        None => input::file_or_stdin(path)?,
    };
    let set = keys::public_keys(&text, keys::warn_of(path))
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
    let provisioned = set.keys().iter().filter(|key| wanted(key.id())).filter_map(|key| {
        let point = *key.verifier();
        // Points that are not on the curve were skipped when the set was read.
        let table = size.build(&point).ok()?;
        Some(ProvisionedKey { id: key.id().copied(), point, table })
    });
    let provisioned: Vec<_> = provisioned.collect();
    if provisioned.is_empty() { Err(Error::NoUsableKey(path.clone())) } else { Ok(provisioned) }
}

fn blob(keys: &[ProvisionedKey], size: TableSize) -> Result<Vec<u8>, Error> {
    let keys: Vec<BlobKey<'_>> = keys
        .iter()
        .map(|key| BlobKey::new(key.id, &key.point, (size.teeth(), size.blocks()), &key.table))
        .collect();
    let mut bytes = vec![0; Blob::len_of(&keys)];
    Blob::write(&keys, &mut bytes).map_err(|error| Error::Blob("the output".into(), error))?;
    Ok(bytes)
}

fn write(arguments: &Arguments, bytes: &[u8]) -> Result<(), Error> {
    match &arguments.output {
        Some(path) => fs::write(path, bytes).map_err(|error| Error::File(path.clone(), error)),
        None if arguments.format == Format::Bin && io::stdout().is_terminal() => {
            Err(Error::BinaryToTerminal)
        }
        None => io::stdout().lock().write_all(bytes).map_err(Error::Output),
    }
}
