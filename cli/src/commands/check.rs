//! `tollgate check`: judges a corpus of cases.

mod case;

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;
use tollgate::clock;
use tollgate::owned_policy::{InvalidPolicy, OwnedPolicy};
use tollgate_core::{
    Algorithm, BearerToken, CompactJws, HeaderRules, InvalidSignature, KeySetError, Rejection,
    SignatureVerifier, SignedClaims, VerifiedPayload,
};

use crate::error::Error;
use crate::input::{self, TokenScratch};
use crate::keys::{EngineKind, LoadedKeys};
use crate::outcome::Outcome;
use crate::policy_flags::any_token;
use crate::{show, style};
use case::{Case, Expectation, Input, LeewayTooLarge, Options, RawSignature, Subject};

/// Judge a corpus of cases, and compare the verdicts with the expected ones
///
/// Reads JSON lines with one case each. Prints one JSON object per case, in the same order, and a
/// summary on standard error.
#[derive(clap::Args)]
#[command(after_help = "\
Fields of a case (unknown ones are ignored):
  id                         any value; it is repeated in the output
  jwks | jwks_text | jwks_hex
                             the keys: as JSON, as text, as bytes
  token | token_hex | authorization_header (null: absent) | authorization_header_hex |
  authorization_headers      the input; the last is a list of field lines
  options                    issuer, audience, algorithms, now, leeway (default: 0), require, typ,
                             required_scopes; an option that is missing or null is not checked
  expect                     accept, reject or either
  jws_expect                 the same for structure, header, key and signature only
Fields of a case with a signature only:
  alg, jwk, msg_hex, sig_hex (R and S side by side), valid (true or false)

Exit codes: 0 every verdict is as expected, 1 a verdict is not, 2 a line is not a case.")]
pub(crate) struct Arguments {
    /// Files of JSON lines; - for standard input
    #[arg(required = true, value_name = "CASES.jsonl")]
    files: Vec<PathBuf>,

    /// The engine that verifies signatures
    #[arg(long, value_enum, default_value_t = EngineKind::DEFAULT)]
    engine: EngineKind,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let mut tally = Tally::default();
    let mut output = BufWriter::new(io::stdout().lock());
    for path in &arguments.files {
        let text = input::file_or_stdin(path)?;
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            if line.trim_ascii().is_empty() {
                continue;
            }
            let place = || format!("{}:{}", path.display(), index.saturating_add(1));
            match judge_line(line, arguments.engine) {
                Ok((verdict, mismatches)) => {
                    tally.count(&verdict);
                    let json = serde_json::to_string(&verdict).map_err(io::Error::from);
                    json.and_then(|json| writeln!(output, "{}", show::compact_json(&json)))
                        .map_err(Error::Output)?;
                    for mismatch in mismatches {
                        tally.mismatches = tally.mismatches.saturating_add(1);
                        let id = verdict.id.to_string();
                        let id = show::Untrusted(id.as_str());
                        show::note(format_args!("{}: {id}: {mismatch}", place()));
                    }
                }
                Err(error) => {
                    tally.unreadable = tally.unreadable.saturating_add(1);
                    let (bad, reset) = (style::BAD, style::RESET);
                    let error = show::Untrusted(error.as_str());
                    show::note(format_args!("{bad}error:{reset} {}: not a case: {error}", place()));
                }
            }
        }
    }
    output.flush().map_err(Error::Output)?;
    show::note(&tally);
    Ok(tally.outcome())
}

#[derive(Default)]
struct Tally {
    accepted: usize,
    rejected: usize,
    mismatches: usize,
    unreadable: usize,
}

impl Tally {
    fn count(&mut self, verdict: &CaseReport) {
        let counter = match verdict.verdict {
            AcceptOrReject::Accept => &mut self.accepted,
            AcceptOrReject::Reject => &mut self.rejected,
        };
        *counter = counter.saturating_add(1);
    }

    const fn outcome(&self) -> Outcome {
        match self {
            Self { unreadable: 1.., .. } => Outcome::Unreadable,
            Self { mismatches: 1.., .. } => Outcome::Negative,
            _ => Outcome::Positive,
        }
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { accepted, rejected, mismatches, unreadable } = self;
        let cases = accepted.saturating_add(*rejected);
        write!(f, "{cases} cases: {accepted} accepted, {rejected} rejected; ")?;
        write!(f, "{mismatches} not as expected, {unreadable} lines unreadable")
    }
}

/// The output for a case.
#[derive(Serialize)]
struct CaseReport {
    id: Value,
    verdict: AcceptOrReject,
    code: Option<&'static str>,
    reason: Option<&'static str>,
    status: Option<u16>,
    challenge: Option<String>,
    jws: AcceptOrReject,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum AcceptOrReject {
    Accept,
    Reject,
}

impl AcceptOrReject {
    fn of<T, E>(result: &Result<T, E>) -> Self {
        if result.is_ok() { Self::Accept } else { Self::Reject }
    }

    const fn differs(self, expected: Option<Expectation>) -> bool {
        matches!(
            (self, expected),
            (Self::Accept, Some(Expectation::Reject)) | (Self::Reject, Some(Expectation::Accept))
        )
    }
}

/// Why a case is rejected.
enum Refusal {
    /// The token is at fault.
    Token(Rejection),
    /// The keys or the options are at fault, so that no token could be accepted. A client gets the
    /// same response as for a token without a key.
    Setup { reason: &'static str },
}

impl Refusal {
    const fn reason(&self) -> &'static str {
        match self {
            Self::Token(rejection) => rejection.reason(),
            Self::Setup { reason } => reason,
        }
    }

    const fn rejection(&self) -> Rejection {
        match self {
            Self::Token(rejection) => *rejection,
            Self::Setup { .. } => Rejection::NoUsableKey,
        }
    }

    fn challenge(&self, scopes: &[String]) -> String {
        match self {
            Self::Token(rejection) => rejection.challenge(None, scopes).to_string(),
            Self::Setup { .. } => "Bearer error=\"invalid_token\"".to_owned(),
        }
    }
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::Token(rejection)
    }
}

impl From<InvalidPolicy> for Refusal {
    fn from(invalid: InvalidPolicy) -> Self {
        Self::Setup { reason: invalid.error.reason() }
    }
}

impl From<LeewayTooLarge> for Refusal {
    fn from(_: LeewayTooLarge) -> Self {
        Self::Setup { reason: "policy-leeway" }
    }
}

impl From<KeySetError> for Refusal {
    fn from(error: KeySetError) -> Self {
        Self::Setup { reason: error.reason() }
    }
}

fn judge_line(line: &[u8], engine: EngineKind) -> Result<(CaseReport, Vec<&'static str>), String> {
    let line = str::from_utf8(line).map_err(|error| error.to_string())?;
    let case = Case::parse(line)?;
    let keys = engine.keys(&case.jwks()?, |_, _| ());
    let (result, jws) = match case.subject()? {
        Subject::Signature(signature) => {
            let result = judge_signature(&signature, &keys);
            let jws = AcceptOrReject::of(&result);
            (result, jws)
        }
        Subject::Token(input) => judge_token(&input, &keys, case.options()),
    };
    let scopes = case.options().required_scopes();
    let refusal = result.as_ref().err();
    let verdict = CaseReport {
        verdict: AcceptOrReject::of(&result),
        code: refusal.map(|refusal| refusal.rejection().code()),
        reason: refusal.map(Refusal::reason),
        status: refusal.map(|refusal| refusal.rejection().http_status()),
        challenge: refusal.map(|refusal| refusal.challenge(scopes)),
        jws,
        id: case.id.clone(),
    };
    let mut mismatches = Vec::new();
    if verdict.verdict.differs(case.expectation()) {
        mismatches.push(match verdict.verdict {
            AcceptOrReject::Accept => "accepted, but expected to be rejected",
            AcceptOrReject::Reject => "rejected, but expected to be accepted",
        });
    }
    if jws.differs(case.jws_expect) {
        mismatches.push(match jws {
            AcceptOrReject::Accept => "the signature was accepted, but expected to be rejected",
            AcceptOrReject::Reject => "the signature was rejected, but expected to be accepted",
        });
    }
    Ok((verdict, mismatches))
}

fn judge_signature(
    case: &RawSignature,
    keys: &Result<Box<LoadedKeys<'_>>, KeySetError>,
) -> Result<(), Refusal> {
    let algorithm = Algorithm::from_name(&case.algorithm).ok_or(Rejection::AlgorithmUnsupported)?;
    let keys = keys.as_ref().map_err(|error| *error)?;
    let key = keys.keys().first().ok_or(Rejection::NoUsableKey)?;
    // A case names its algorithm, as a policy that lists it.
    if !key.algorithms().permit(algorithm, true) {
        let key = key.algorithms().usual().unwrap_or(algorithm);
        return Err(Rejection::AlgorithmMismatch { header: algorithm, key }.into());
    }
    let (expected, found) = (key.verifier().signature_len(), case.signature.len());
    if found != expected {
        return Err(Rejection::SignatureLength { expected, found }.into());
    }
    let verified = key.verifier().verify(algorithm, &case.message, &case.signature);
    verified.map_err(|InvalidSignature| Rejection::SignatureInvalid.into())
}

/// The verdict, and that of the signature layer alone: structure, header, key, signature. That
/// layer ignores `typ`.
fn judge_token(
    input: &Input,
    keys: &Result<Box<LoadedKeys<'_>>, KeySetError>,
    options: &Options,
) -> (Result<(), Refusal>, AcceptOrReject) {
    let now = options.now().unwrap_or_else(clock::now);
    let mut signature = AcceptOrReject::Reject;
    let mut judge = || -> Result<(), Refusal> {
        let policy = OwnedPolicy::new(&options.issuer()?)?;
        let mut scratch = TokenScratch::new();
        let rules = policy.view().header_rules();
        let verified = verify_signature(input, rules, keys, &mut scratch)?;
        signature = AcceptOrReject::Accept;
        policy.view().accept(SignedClaims::parse(verified)?, now)?;
        Ok(())
    };
    let result = judge();
    if signature == AcceptOrReject::Reject {
        signature = AcceptOrReject::of(&verify_any_type(input, options, keys));
    }
    (result, signature)
}

/// Verifies the signature without the rest of the policy.
fn verify_any_type(
    input: &Input,
    options: &Options,
    keys: &Result<Box<LoadedKeys<'_>>, KeySetError>,
) -> Result<(), Refusal> {
    let mut issuer = any_token();
    issuer.algorithms = options.algorithms();
    let policy = OwnedPolicy::new(&issuer)?;
    let mut scratch = TokenScratch::new();
    verify_signature(input, policy.view().header_rules(), keys, &mut scratch).map(drop)
}

fn verify_signature<'k, 'b>(
    input: &Input,
    rules: HeaderRules<'_>,
    keys: &'k Result<Box<LoadedKeys<'_>>, KeySetError>,
    scratch: &'b mut [u8],
) -> Result<VerifiedPayload<'k, 'b>, Refusal> {
    let token = match input {
        Input::Token(token) => BearerToken::from_token68(token)?,
        Input::FieldLines(lines) => BearerToken::from_field_lines(lines.iter().map(Vec::as_slice))?,
    };
    let candidate = CompactJws::split(token)?.decode_header(&rules, scratch)?;
    let keys = keys.as_ref().map_err(|error| *error)?;
    Ok(keys.select(candidate)?.verify()?)
}
