//! `tollgate verify`: judges one token.

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::value::RawValue;
use tollgate::clock;
use tollgate::duration::{HumanDuration, NotADuration};
use tollgate::gate::Issuer;
use tollgate::owned_policy::OwnedPolicy;
use tollgate_core::policy::{ClaimTest, MissingExp, Requirement};
use tollgate_core::{AcceptedToken, Algorithm, BearerToken, Now, Rejection, UnixTime, Verifier};

use crate::error::Error;
use crate::input::{self, TokenScratch};
use crate::key_flags::{KeyFlags, PlaintextFlags};
use crate::keys::{self, LoadedKeys};
use crate::outcome::Outcome;
use crate::policy_flags::{PolicyFlags, any_token};
use crate::show;

/// Judge one token: accept it and show its claims, or reject it and say why
///
/// Give the value of an Authorization header ("Bearer eyJ…") or its whole line, or a bare token with --token, as an
/// argument or on standard input.
#[derive(clap::Args)]
#[command(
    mut_arg("issuer", |flag| flag
        .required_unless_present("any_issuer")
        .help("Accept tokens from this issuer (iss), compared exactly; repeatable")),
    mut_arg("audience", |flag| flag.required_unless_present("any_audience")),
    mut_arg("jwks_uri", |flag| flag.conflicts_with_all(["jwks", "provisioned"])),
    mut_arg("typ", |flag| flag
        .help("Accept this kind of token (typ), such as at+jwt; repeatable [default: any]")),
    after_help = "\
Examples:
  tollgate verify --issuer https://auth.example.com/oidc --audience https://api.example.com \\
      --scope read:orders \"Bearer $TOKEN\"
      fetches the keys from the issuer
  tollgate verify --jwks jwks.json --issuer https://auth.example.com/oidc \\
      --audience https://api.example.com \"Bearer $TOKEN\"
      reads the keys from a file

Name an issuer and an audience, or accept any explicitly: even with a valid signature, a token for
another API is not meant for you."
)]
pub(crate) struct Arguments {
    /// The value of the Authorization header [default: standard input]
    authorization: Option<String>,

    /// The input is a bare token, without a scheme
    #[arg(long, value_name = "TOKEN", num_args = 0..=1, conflicts_with = "authorization")]
    token: Option<Option<String>>,

    /// The issuer's public keys: a JWK set (RFC 7517), a single JWK, or PEM with public keys and
    /// certificates, whose chain is not judged [default: fetched from the issuer]
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,

    /// Keys with tables: a blob written by `tollgate provision --format bin`
    #[arg(long, value_name = "FILE", conflicts_with = "jwks")]
    provisioned: Option<PathBuf>,

    #[command(flatten)]
    keys: KeyFlags,

    #[command(flatten)]
    plaintext: PlaintextFlags,

    #[command(flatten)]
    policy: PolicyFlags,

    /// Accept tokens from any issuer with a key in the set
    #[arg(long, conflicts_with = "issuer")]
    any_issuer: bool,

    /// Accept tokens for any audience
    #[arg(long, conflicts_with = "audience")]
    any_audience: bool,

    /// Accept only this algorithm; repeatable [default: all that the keys are for]
    #[arg(long, value_name = "ALG", value_parser = parse_algorithm)]
    algorithm: Vec<Algorithm>,

    /// Judge as of this time, in seconds since 1970 [default: the system clock]
    #[arg(long, value_name = "UNIX", allow_negative_numbers = true)]
    now: Option<i64>,

    /// Reject tokens issued longer ago than this: seconds, or a duration such as "5 minutes"
    #[arg(long, value_name = "AGE", value_parser = parse_age)]
    max_age: Option<u32>,

    /// Accept only this subject (sub)
    #[arg(long)]
    subject: Option<String>,

    /// Require this claim, with any value; repeatable
    #[arg(long, value_name = "CLAIM")]
    require: Vec<String>,

    /// Accept tokens without exp, which never expire
    #[arg(long)]
    allow_missing_exp: bool,

    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let bytes;
    let keys = match (&arguments.jwks, &arguments.provisioned) {
        (Some(jwks), _) => keys::from_jwk_set(&keys::read(jwks)?, jwks)?,
        (None, Some(blob)) => {
            bytes = input::file(blob)?;
            keys::from_blob(&bytes, blob)?
        }
        (None, None) => fetched(arguments)?,
    };
    let is_bare = arguments.token.is_some();
    let now = arguments.now.map_or_else(clock::now, |secs| Now::Exact(UnixTime(secs)));
    let json = arguments.json;
    let argument = arguments.authorization.clone().or(arguments.token.clone().flatten());
    let input = match argument {
        Some(input) => input.into_bytes(),
        None => input::token()?,
    };
    let input = if is_bare { &input } else { input::authorization_value(&input) };
    let issuer = issuer(arguments);
    let policy = OwnedPolicy::new(&issuer).map_err(Error::Policy)?;
    let policy = policy.view();

    let mut scratch = TokenScratch::new();
    let verifier = Verifier::new(&*keys, policy);
    let verdict = if is_bare {
        BearerToken::from_token68(input).and_then(|token| verifier.verify(token, now, &mut scratch))
    } else {
        verifier.verify_header(input, now, &mut scratch)
    };
    let outcome = if verdict.is_ok() { Outcome::Positive } else { Outcome::Negative };
    match verdict {
        _ if json => {
            let report = Report::new(&verdict, policy.required_scopes());
            let text = serde_json::to_string(&report).map_err(io::Error::from);
            show::print(format_args!("{}\n", text.map_err(Error::Output)?))?;
        }
        Ok(token) => show::print(show::Accepted { token: &token, now: now.time() })?,
        Err(rejection) => {
            show::print(show::Rejected { rejection, input, issuer: &issuer, keys: &keys })?;
        }
    }
    Ok(outcome)
}

fn fetched(arguments: &Arguments) -> Result<Box<LoadedKeys<'static>>, Error> {
    let (flags, policy) = (&arguments.keys, &arguments.policy);
    let issuer = match (policy.issuer.as_slice(), &flags.jwks_uri) {
        ([issuer], _) => issuer,
        (_, Some(jwks_uri)) => jwks_uri,
        _ => return Err(Error::NoKeys),
    };
    let jwks = keys::fetch(issuer, flags, &arguments.plaintext)?;
    let source = Path::new(flags.jwks_uri.as_ref().unwrap_or(issuer));
    let keys = keys::from_jwk_set(&jwks, source)?;
    if keys.keys().is_empty() { Err(Error::NoUsableKey(source.to_owned())) } else { Ok(keys) }
}

/// The settings that the flags describe. Unlike a gate, `verify` accepts any kind of token unless
/// `--typ` is given.
fn issuer(arguments: &Arguments) -> Issuer {
    let mut issuer = any_token();
    arguments.policy.apply_to(&mut issuer);
    issuer.any_issuer = arguments.any_issuer;
    issuer.any_audience = arguments.any_audience;
    if !arguments.algorithm.is_empty() {
        issuer.algorithms = Some(arguments.algorithm.clone());
    }
    issuer.max_token_age = arguments.max_age;
    issuer.subject.clone_from(&arguments.subject);
    let present = |name| Requirement::name(name, ClaimTest::Present).for_validity();
    issuer.required_claims = arguments.require.iter().cloned().map(present).collect();
    if arguments.allow_missing_exp {
        issuer.missing_exp = MissingExp::Accept;
    }
    issuer
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

/// The output of `--json`.
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
