//! `tollgate init`: writes a configuration for an issuer, from its keys and a sample token.

mod document;
mod key_source;
mod requirements;
mod sample;
mod settings;

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;

use serde::Deserialize;
use tollgate::clock;
use tollgate::explanation::Explanation;
use tollgate::gate::Issuer;
use tollgate::owned_policy::OwnedPolicy;
use tollgate::untrusted::Excerpt;
use tollgate_core::{BearerToken, Now, Rejection, UnixTime, Verifier};

use crate::error::Error;
use crate::input::{self, TokenScratch};
use crate::keys::LoadedKeys;
use crate::outcome::Outcome;
use crate::policy_flags::any_token;
use crate::{show, style};
use key_source::KeySource;
use sample::Sample;

/// Write a configuration for `tollgate serve` that accepts tokens like a sample
///
/// Fetches the keys of the issuer, or reads them from a file. Then verifies the signature of the sample, and writes the
/// settings that accept it, each with its reason. Settings that the sample cannot decide are commented out, and the
/// comment says what to do. Without a sample, the audience is one of them.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  tollgate init https://auth.example.com/oidc --token access_token.txt -o tollgate.toml
      write the settings for tokens like this one
  tollgate init https://auth.example.com/oidc
      print what can be said without a token
  tollgate init my-service --jwks-file my-service.pem --token access_token.txt
      the same for an issuer whose keys are in a file

Exit codes:
  0  the settings accept the sample, or there is no sample
  1  they do not accept it (expired, an ID token, …), its signature does not verify, or its iss differs
  2  wrong usage, keys that cannot be fetched, or a file that cannot be written")]
pub(crate) struct Arguments {
    /// The issuer, as its tokens spell it (iss)
    #[arg(value_name = "ISSUER")]
    issuer: String,

    /// A file with a sample token, alone, after "Bearer", or in a whole header line; - for standard input
    #[arg(long, value_name = "FILE")]
    token: Option<PathBuf>,

    /// Write to this file, which must not exist, instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Overwrite the file
    #[arg(long, requires = "output")]
    force: bool,

    #[command(flatten)]
    keys: KeySource,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    if let Some(path) = &arguments.output
        && !arguments.force
        && fs::symlink_metadata(path).is_ok()
    {
        return Err(Error::Exists(path.clone()));
    }
    let issuer = arguments.issuer.as_str();
    let input = arguments.token.as_deref().map(input::token_file).transpose()?;
    let keys = arguments.keys.keys(issuer)?;
    let now = clock::now();

    let token = input.as_deref().map(bearer_token);
    let sample = match token.map(|token| token.and_then(|token| Sample::verify(token, &keys))) {
        None => None,
        Some(Ok(sample)) if sample.text("iss").as_deref() == Some(issuer) => Some(sample),
        Some(Ok(sample)) => {
            refused(Rejection::IssuerMismatch);
            let other = sample.text("iss").unwrap_or_default();
            show::note(format_args!(
                "A key of {} signed the token, but its iss is {}. Nothing was written: name the issuer as the token \
                 spells it.",
                Excerpt(issuer),
                Excerpt(&other)
            ));
            return Ok(Outcome::Negative);
        }
        Some(Err(rejection)) => {
            refused(rejection);
            let text = String::from_utf8_lossy(input.as_deref().unwrap_or_default());
            let explanation = Explanation::new(rejection, &text, &any_token());
            if !explanation.facts().is_empty() {
                show::note(show::Facts(&explanation));
            }
            if matches!(rejection, Rejection::PartCount { .. }) {
                show::note(
                    "An opaque or encrypted access token? Ask the issuer for a JWT for your API.",
                );
            }
            show::note("Nothing was derived from this token, and nothing was written.");
            return Ok(Outcome::Negative);
        }
    };
    let document = settings::derive(issuer, &arguments.keys, &keys, sample.as_ref(), now.time());
    for remark in document.remarks() {
        show::note(format_args!("{}note:{} {remark}", style::NOTE, style::RESET));
    }
    let text = document.to_string();
    let outcome = match (token, &sample) {
        (Some(Ok(token)), Some(sample)) => judge(&text, token, sample, &keys, now)?,
        _ => Outcome::Positive,
    };
    write(arguments, &text)?;
    Ok(outcome)
}

fn bearer_token(input: &[u8]) -> Result<BearerToken<'_>, Rejection> {
    BearerToken::from_token68(input)
}

fn refused(rejection: Rejection) {
    let (bad, reset) = (style::BAD, style::RESET);
    show::note(format_args!("{bad}REJECTED{reset}  {}: {rejection}", rejection.reason()));
}

/// The issuers of the file that was written.
#[derive(Deserialize)]
struct Written {
    issuer: Vec<Issuer>,
}

/// Judges the sample by the settings, as a gate reads them.
fn judge(
    text: &str,
    token: BearerToken<'_>,
    sample: &Sample,
    keys: &LoadedKeys<'_>,
    now: Now,
) -> Result<Outcome, Error> {
    let written: Written = toml::from_str(text).map_err(|error| Error::Toml(error.to_string()))?;
    for issuer in &written.issuer {
        if issuer.audience.is_empty() && !issuer.any_audience {
            show::note("The configuration is not complete: read what it says about the audience.");
            return Ok(Outcome::Negative);
        }
        let policy = match OwnedPolicy::new(issuer) {
            Ok(policy) => policy,
            Err(error) => {
                let value = Excerpt(&error.value);
                show::note(format_args!(
                    "The sample leads to an invalid setting, {} = {value}: {}",
                    error.setting, error.error
                ));
                return Ok(Outcome::Negative);
            }
        };
        // An expired sample is judged by the last second of its life: the rest of the settings must still fit.
        let expired = sample.expiration.filter(|exp| *exp <= now.time());
        let at = expired.map_or(now, |exp| Now::Exact(UnixTime(exp.0.saturating_sub(1))));
        let mut scratch = TokenScratch::new();
        if let Err(rejection) = Verifier::new(keys, policy.view()).verify(token, at, &mut scratch) {
            refused(rejection);
            show::note(show::Facts(&Explanation::new(rejection, token.as_str(), issuer)));
            show::note("The configuration would refuse the sample.");
            return Ok(Outcome::Negative);
        }
        if expired.is_some() {
            return Ok(Outcome::Negative);
        }
    }
    Ok(Outcome::Positive)
}

fn write(arguments: &Arguments, text: &str) -> Result<(), Error> {
    let Some(path) = &arguments.output else { return show::print(text) };
    let file = match arguments.force {
        true => File::create(path),
        false => File::create_new(path),
    };
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| Error::Write(path.clone(), error))?;
    show::note(format_args!("Wrote {}", path.display()));
    Ok(())
}
