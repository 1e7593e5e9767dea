//! `tollgate check-connector`: says what a connector asks of its provider, and what it requires.

mod report;

use std::io;
use std::path::{Path, PathBuf};

use tollgate::gate::Issuer;
use tollgate::sign_in::{CheckedConnector, ConnectorConfig, ConnectorError};
use tollgate::untrusted::Excerpt;

use crate::error::Error;
use crate::key_flags::PlaintextFlags;
use crate::keys::{self, LoadedKeys};
use crate::outcome::Outcome;
use crate::{input, show, style};
use report::Report;

/// Check the JSON of a connector, and say what it asks of its provider and requires of ID tokens
///
/// Reads a client in the JSON of Logto's OpenID Connect connector, as `tollgate serve --connector` does, and fetches
/// the provider's keys once.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  tollgate check-connector connector.json
      check the values, and fetch the keys
  tollgate check-connector connector.json --offline --json
      check the values alone, for a program

Exit codes:
  0  the connector can be used
  1  a value is refused, or the provider has no key for the accepted algorithms
  2  wrong usage, a file that cannot be read, or keys that cannot be fetched")]
pub(crate) struct Arguments {
    /// A file with the JSON; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Do not fetch the keys
    #[arg(long)]
    offline: bool,

    /// Also trust the certificate authorities in this file (PEM) when fetching keys
    #[arg(long, value_name = "FILE", conflicts_with = "offline")]
    ca_file: Option<PathBuf>,

    #[command(flatten)]
    plaintext: PlaintextFlags,

    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let json = input::file_or_stdin(&arguments.file)?;
    let allowed_http = arguments.plaintext.allowed_http().map_err(Error::KeySettings)?;
    let checked = ConnectorConfig::from_json(&json).and_then(|it| it.check(&allowed_http));
    let checked = match checked {
        Ok(checked) => checked,
        Err(error) => return refused(arguments, &error),
    };
    for warning in &checked.warnings {
        show::note(format_args!("{}warning:{} {warning}", style::NOTE, style::RESET));
    }
    let keys = match arguments.offline {
        true => None,
        false => Some(fetched(arguments, &checked)?),
    };
    print(&Report::of(&checked, keys.as_deref()), arguments.json)?;
    let lacks_key = keys.is_some_and(|keys| !has_key_for(&keys, &checked.id_tokens));
    if lacks_key {
        show::note(format_args!(
            "{}error:{} no key of the provider is for an algorithm in idTokenVerificationConfig.algorithms",
            style::BAD,
            style::RESET
        ));
    }
    Ok(if lacks_key { Outcome::Negative } else { Outcome::Positive })
}

fn refused(arguments: &Arguments, error: &ConnectorError) -> Result<Outcome, Error> {
    let (bad, reset, file) = (style::BAD, style::RESET, arguments.file.display());
    let message = error.to_string();
    let shown = show::Untrusted(message.as_str());
    show::note(format_args!("{bad}error:{reset} {file}: {shown}"));
    if arguments.json {
        print(&Report::refused(error), true)?;
    }
    Ok(Outcome::Negative)
}

/// Fetches the provider's keys.
fn fetched(
    arguments: &Arguments,
    checked: &CheckedConnector,
) -> Result<Box<LoadedKeys<'static>>, Error> {
    let mut issuer = checked.id_tokens.clone();
    issuer.ca_file.clone_from(&arguments.ca_file);
    let url = issuer.jwks_uri.clone().unwrap_or_default();
    show::note(format_args!("Fetching the keys at {}", Excerpt(&url)));
    let jwks = keys::fetch_of(&issuer, &arguments.plaintext)?;
    let keys = keys::from_jwk_set(&jwks, Path::new(&url))?;
    if keys.keys().is_empty() { Err(Error::NoUsableKey(url.into())) } else { Ok(keys) }
}

/// Whether a key is for an algorithm that is accepted.
fn has_key_for(keys: &LoadedKeys<'_>, issuer: &Issuer) -> bool {
    let Some(algorithms) = &issuer.algorithms else { return true };
    keys.keys().iter().any(|key| algorithms.iter().any(|it| key.algorithms().permit(*it, true)))
}

fn print(report: &Report, json: bool) -> Result<(), Error> {
    if !json {
        return show::print(report);
    }
    let text = serde_json::to_string(report).map_err(io::Error::from).map_err(Error::Output)?;
    show::print(format_args!("{}\n", show::compact_json(&text)))
}
