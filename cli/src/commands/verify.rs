//! `tollgate verify`: one token, one verdict.

use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::value::RawValue;
use tollgate::clock;
use tollgate::duration::{HumanDuration, NotADuration};
use tollgate_core::policy::{Audience, MissingExp, RequiredClaim};
use tollgate_core::{
    AcceptedToken, Algorithm, BearerToken, Leeway, Now, Rejection, Scratch, UnixTime, Verifier,
    limits,
};

use super::Outcome;
use crate::error::Error;
use crate::keys::{self, EngineName, Keys};
use crate::show;
use tollgate::policy_config::PolicyConfig;

/// Judge one token: accepted with these claims, or rejected for this reason
///
/// Give the value of an Authorization header ("Bearer eyJ…"), or a bare token with --token, as an
/// argument or on standard input.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  tollgate verify --issuer https://auth.example.com/oidc --audience https://api.example.com \\
      --scope read:orders \"Bearer $TOKEN\"
      with keys that are fetched from the issuer
  tollgate verify --jwks jwks.json --issuer https://auth.example.com/oidc \\
      --audience https://api.example.com \"Bearer $TOKEN\"
      with keys in a file

An issuer and an audience must be named, or left open explicitly: a token for somebody else is
none for you, even if its signature holds.")]
pub(crate) struct Arguments {
    /// The header's value; standard input if it is not given
    authorization: Option<String>,

    /// Take the input for a bare token, without a scheme
    #[arg(long, value_name = "TOKEN", num_args = 0..=1, conflicts_with = "authorization")]
    token: Option<Option<String>>,

    /// The issuer's public keys: a JWK set (RFC 7517) [default: fetched from the issuer]
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,

    /// Keys with tables instead: a blob that `tollgate provision --format bin` wrote
    #[arg(long, value_name = "FILE", conflicts_with = "jwks")]
    provisioned: Option<PathBuf>,

    /// Accept tokens of this issuer (iss), compared exactly; repeatable
    #[arg(long, required_unless_present = "any_issuer", conflicts_with = "any_issuer")]
    issuer: Vec<String>,

    /// Fetch keys over http:// if the issuer is on this machine
    #[arg(long)]
    allow_insecure_loopback: bool,

    /// Accept tokens of any issuer that has a key in the set
    #[arg(long)]
    any_issuer: bool,

    /// Accept tokens for this audience (aud), compared exactly; repeatable
    #[arg(long, required_unless_present = "any_audience", conflicts_with = "any_audience")]
    audience: Vec<String>,

    /// Accept tokens whoever they are meant for
    #[arg(long)]
    any_audience: bool,

    /// Allow this algorithm only; repeatable [default: both]
    #[arg(long, value_name = "ALG", value_parser = parse_algorithm)]
    algorithm: Vec<Algorithm>,

    /// Judge as of this time, in seconds since 1970 [default: the system's clock]
    #[arg(long, value_name = "UNIX", allow_negative_numbers = true)]
    now: Option<i64>,

    /// Tolerate clocks that are this many seconds apart, at most 3600
    #[arg(long, value_name = "SECS", default_value = "60", value_parser = parse_leeway)]
    leeway: Leeway,

    /// Require this scope; repeatable
    #[arg(long)]
    scope: Vec<String>,

    /// Accept this kind of token (typ), such as at+jwt; repeatable [default: any]
    #[arg(long)]
    typ: Vec<String>,

    /// Refuse tokens issued longer ago: in seconds, or as in "5 minutes"
    #[arg(long, value_name = "AGE", value_parser = parse_age)]
    max_age: Option<u32>,

    /// Accept this subject (sub) only
    #[arg(long)]
    subject: Option<String>,

    /// Require this claim, whatever its value; repeatable
    #[arg(long, value_name = "CLAIM")]
    require: Vec<String>,

    /// Accept tokens that never expire
    #[arg(long)]
    allow_missing_exp: bool,

    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: Arguments) -> Result<Outcome, Error> {
    let bytes;
    let keys = match (&arguments.jwks, &arguments.provisioned) {
        (Some(jwks), _) => from_jwks(&keys::read(jwks)?, jwks)?,
        (None, Some(blob)) => {
            bytes = keys::read(blob)?;
            keys::from_blob(&bytes, blob)?
        }
        (None, None) => match arguments.issuer.as_slice() {
            [issuer] => {
                let jwks = keys::fetch(issuer, arguments.allow_insecure_loopback)?;
                let keys = from_jwks(&jwks, Path::new(issuer))?;
                if keys.keys().is_empty() {
                    return Err(Error::NoUsableKey(issuer.into()));
                }
                keys
            }
            _ => return Err(Error::NoKeys),
        },
    };
    let is_bare = arguments.token.is_some();
    let now = arguments.now.map_or_else(clock::now, |secs| Now::Exact(UnixTime(secs)));
    let json = arguments.json;
    let argument = arguments.authorization.clone().or(arguments.token.clone().flatten());
    let input = match argument {
        Some(input) => input.into_bytes(),
        None => read_input()?,
    };
    let config = policy_config(arguments);
    let policy = config.policy().map_err(Error::Policy)?;

    let mut scratch = FullScratch::new();
    let verifier = Verifier::new(&*keys, policy.view());
    let verdict = if is_bare {
        BearerToken::from_token68(&input)
            .and_then(|token| verifier.verify(token, now, &mut scratch))
    } else {
        verifier.verify_header(&input, now, &mut scratch)
    };
    let outcome = if verdict.is_ok() { Outcome::Positive } else { Outcome::Negative };
    match verdict {
        _ if json => {
            let report = Report::new(&verdict, policy.view().required_scopes());
            let text = serde_json::to_string(&report).map_err(io::Error::from);
            show::print(format_args!("{}\n", text.map_err(Error::Output)?))?;
        }
        Ok(token) => show::print(show::Accepted { token: &token, now: now.time() })?,
        Err(rejection) => {
            show::print(show::Rejected { rejection, input: &input, config: &config, keys: &keys })?;
        }
    }
    Ok(outcome)
}

fn from_jwks(jwks: &[u8], whence: &Path) -> Result<Box<Keys<'static>>, Error> {
    let keys = EngineName::DEFAULT.keys(jwks, keys::warn_of(whence));
    keys.map_err(|error| Error::KeySet(whence.to_owned(), error))
}

fn policy_config(arguments: Arguments) -> PolicyConfig {
    let defaults = PolicyConfig::default();
    PolicyConfig {
        issuers: (!arguments.any_issuer).then_some(arguments.issuer),
        audiences: (!arguments.any_audience)
            .then(|| arguments.audience.into_iter().map(Audience::Exact).collect()),
        algorithms: Some(arguments.algorithm)
            .filter(|algorithms| !algorithms.is_empty())
            .unwrap_or(defaults.algorithms),
        typ: Some(arguments.typ).filter(|typ| !typ.is_empty()),
        leeway: arguments.leeway,
        max_token_age: arguments.max_age,
        missing_exp: match arguments.allow_missing_exp {
            true => MissingExp::Accept,
            false => MissingExp::Refuse,
        },
        subject: arguments.subject,
        required_claims: arguments.require.into_iter().map(RequiredClaim::name).collect(),
        required_scopes: arguments.scope,
        ..defaults
    }
}

/// Room for every token within the limits.
pub(crate) type FullScratch = Scratch<{ Scratch::needed_for(limits::MAX_TOKEN_LEN) }>;

/// Standard input, without the end of its last line.
pub(crate) fn read_input() -> Result<Vec<u8>, Error> {
    // Far beyond any token, which is then refused by the verifier itself.
    const LIMIT: u64 = 64 << 20;
    let stdin = io::stdin();
    if stdin.is_terminal() {
        anstream::eprintln!("Paste the input, then press Enter and Ctrl-D:");
    }
    let mut input = Vec::new();
    stdin.lock().take(LIMIT).read_to_end(&mut input).map_err(Error::Input)?;
    if input.ends_with(b"\n") {
        input.pop();
        if input.ends_with(b"\r") {
            input.pop();
        }
    }
    Ok(input)
}

fn parse_leeway(secs: &str) -> Result<Leeway, String> {
    let leeway = secs.parse().ok().and_then(Leeway::from_secs);
    leeway.ok_or_else(|| format!("give at most {} seconds", limits::MAX_LEEWAY_SECS))
}

fn parse_algorithm(name: &str) -> Result<Algorithm, String> {
    Algorithm::from_name(name).ok_or_else(|| {
        let names: Vec<_> = Algorithm::ALL.iter().map(|algorithm| algorithm.name()).collect();
        format!("choose one of {}", names.join(", "))
    })
}

fn parse_age(age: &str) -> Result<u32, NotADuration> {
    age.parse::<HumanDuration>()?.as_secs().ok_or(NotADuration)
}

/// What `--json` prints.
#[derive(Serialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
enum Report<'a> {
    Accept { claims: Option<Box<RawValue>>, header: Option<Box<RawValue>> },
    Reject { code: &'a str, reason: &'a str, message: String, status: u16, challenge: String },
}

impl<'a> Report<'a> {
    fn new(verdict: &'a Result<AcceptedToken<'_>, Rejection>, scopes: &[&str]) -> Self {
        let raw = |json: &str| RawValue::from_string(show::compact_json(json)).ok();
        match verdict {
            Ok(token) => Self::Accept {
                claims: raw(token.claims().object().as_str()),
                header: raw(token.header().object().as_str()),
            },
            Err(rejection) => Self::Reject {
                code: rejection.code(),
                reason: rejection.reason(),
                message: rejection.to_string(),
                status: rejection.http_status(),
                challenge: rejection.challenge(None, scopes).to_string(),
            },
        }
    }
}
