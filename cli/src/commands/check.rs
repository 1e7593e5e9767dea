//! `tollgate check`: verdicts for a corpus of cases.

mod case;

use std::fs;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;
use tollgate::clock;
use tollgate_core::policy::PolicyError;
use tollgate_core::{
    Algorithm, BearerToken, CompactJws, HeaderRules, InvalidSignature, KeySetError, Rejection,
    SignatureVerifier, SignedClaims, VerifiedPayload,
};

use super::Outcome;
use super::verify::FullScratch;
use crate::error::Error;
use crate::keys::{EngineName, Keys};
use crate::show;
use case::{Case, Expectation, Input, LeewayTooLarge, Options, RawSignature, Subject};
use tollgate::policy_config::PolicyConfig;

/// Judge a corpus: cases in, one verdict a line out
///
/// Reads JSON lines, one case each. Prints one JSON object a case in the same order, and a summary
/// on standard error.
#[derive(clap::Args)]
#[command(after_help = "\
Fields of a case (unknown ones are ignored):
  id                         anything; it comes back
  jwks | jwks_text | jwks_hex
                             the keys: as JSON, as text, as bytes
  token | token_hex | authorization_header (null: absent) | authorization_header_hex |
  authorization_headers      the input; the last is a list of field lines
  options                    issuer, audience, algorithms, now, leeway, require, typ,
                             required_scopes; what is missing or null is not checked
  expect                     accept, reject or either
  jws_expect                 the same for structure, header, key and signature alone
A signature alone: alg, jwk, msg_hex, sig_hex (R and S side by side), valid (true or false).

Exit codes: 0 nothing differs from what is expected, 1 something does, 2 a line is no case.")]
pub(crate) struct Arguments {
    /// Files of JSON lines; - is standard input
    #[arg(required = true, value_name = "CASES.jsonl")]
    files: Vec<PathBuf>,

    /// What verifies the signatures
    #[arg(long, value_enum, default_value_t = EngineName::DEFAULT)]
    engine: EngineName,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let mut tally = Tally::default();
    let mut output = BufWriter::new(io::stdout().lock());
    for path in &arguments.files {
        let text = read(path)?;
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            if line.trim_ascii().is_empty() {
                continue;
            }
            let place = || format!("{}:{}", path.display(), index.saturating_add(1));
            match judge_line(line, arguments.engine) {
                Ok((verdict, mismatches)) => {
                    tally.count(&verdict);
                    let json = serde_json::to_string(&verdict).map_err(io::Error::from);
                    json.and_then(|json| writeln!(output, "{json}")).map_err(Error::Output)?;
                    for mismatch in mismatches {
                        tally.mismatches = tally.mismatches.saturating_add(1);
                        let id = verdict.id.to_string();
                        let id = show::Untrusted(id.as_str());
                        anstream::eprintln!("{}: {id}: {mismatch}", place());
                    }
                }
                Err(error) => {
                    tally.unreadable = tally.unreadable.saturating_add(1);
                    let (bad, reset) = (show::BAD, show::RESET);
                    let error = show::Untrusted(error.as_str());
                    anstream::eprintln!("{bad}error:{reset} {}: no case: {error}", place());
                }
            }
        }
    }
    output.flush().map_err(Error::Output)?;
    anstream::eprintln!("{tally}");
    Ok(tally.outcome())
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    if path == Path::new("-") {
        let mut text = Vec::new();
        io::stdin().lock().read_to_end(&mut text).map_err(Error::Input)?;
        return Ok(text);
    }
    fs::read(path).map_err(|error| Error::File(path.to_owned(), error))
}

#[derive(Default)]
struct Tally {
    accepted: usize,
    rejected: usize,
    mismatches: usize,
    unreadable: usize,
}

impl Tally {
    fn count(&mut self, verdict: &Verdict) {
        let counter = match verdict.verdict {
            Word::Accept => &mut self.accepted,
            Word::Reject => &mut self.rejected,
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

/// What is printed for a case.
#[derive(Serialize)]
struct Verdict {
    id: Value,
    verdict: Word,
    code: Option<&'static str>,
    reason: Option<&'static str>,
    status: Option<u16>,
    challenge: Option<String>,
    jws: Word,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Accept,
    Reject,
}

impl Word {
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

/// Why a case is not accepted.
enum Refusal {
    /// The token's own fault.
    Token(Rejection),
    /// That of keys or options with which no token could be accepted. It is answered as a token
    /// without a key is, since there is no other answer to a client.
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

impl From<PolicyError> for Refusal {
    fn from(error: PolicyError) -> Self {
        Self::Setup { reason: error.reason() }
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

fn judge_line(line: &[u8], engine: EngineName) -> Result<(Verdict, Vec<&'static str>), String> {
    let line = str::from_utf8(line).map_err(|error| error.to_string())?;
    let case = Case::parse(line)?;
    let keys = engine.keys(&case.jwks()?, |_, _| ());
    let (result, jws) = match case.subject()? {
        Subject::Signature(signature) => {
            let result = judge_signature(&signature, &keys);
            let jws = Word::of(&result);
            (result, jws)
        }
        Subject::Token(input) => judge_token(&input, &keys, case.options()),
    };
    let scopes = case.options().required_scopes();
    let refusal = result.as_ref().err();
    let verdict = Verdict {
        verdict: Word::of(&result),
        code: refusal.map(|refusal| refusal.rejection().code()),
        reason: refusal.map(Refusal::reason),
        status: refusal.map(|refusal| refusal.rejection().http_status()),
        challenge: refusal.map(|refusal| refusal.challenge(&scopes)),
        jws,
        id: case.id.clone(),
    };
    let mut mismatches = Vec::new();
    if verdict.verdict.differs(case.expectation()) {
        mismatches.push(match verdict.verdict {
            Word::Accept => "accepted, but to be rejected",
            Word::Reject => "rejected, but to be accepted",
        });
    }
    if jws.differs(case.jws_expect) {
        mismatches.push(match jws {
            Word::Accept => "its signature was accepted, but is to be rejected",
            Word::Reject => "its signature was rejected, but is to be accepted",
        });
    }
    Ok((verdict, mismatches))
}

fn judge_signature(
    case: &RawSignature,
    keys: &Result<Box<Keys<'_>>, KeySetError>,
) -> Result<(), Refusal> {
    let algorithm = Algorithm::from_name(&case.algorithm).ok_or(Rejection::AlgorithmUnsupported)?;
    let keys = keys.as_ref().map_err(|error| *error)?;
    let key = keys.keys().first().ok_or(Rejection::NoUsableKey)?;
    if key.algorithm() != algorithm {
        let key = key.algorithm();
        return Err(Rejection::AlgorithmMismatch { header: algorithm, key }.into());
    }
    let (expected, found) = (algorithm.signature_len(), case.signature.len());
    if found != expected {
        return Err(Rejection::SignatureLength { expected, found }.into());
    }
    let verified = key.verifier().verify(&case.message, &case.signature);
    verified.map_err(|InvalidSignature| Rejection::SignatureInvalid.into())
}

/// The verdict, and that of the signature's layer alone: structure, header, key, signature. What
/// kind of token it is (`typ`) is no question for that layer.
fn judge_token(
    input: &Input,
    keys: &Result<Box<Keys<'_>>, KeySetError>,
    options: &Options,
) -> (Result<(), Refusal>, Word) {
    let now = options.now().unwrap_or_else(clock::now);
    let config = options.config();
    let mut signed = Word::Reject;
    let result = config.as_ref().map_err(|error| (*error).into()).and_then(|config| {
        let policy = config.policy()?;
        let mut scratch = FullScratch::new();
        let verified = verify_signature(input, policy.view().header_rules(), keys, &mut scratch)?;
        signed = Word::Accept;
        policy.view().accept(SignedClaims::parse(verified)?, now)?;
        Ok(())
    });
    if signed == Word::Reject {
        let algorithms = options.algorithms();
        let lax = PolicyConfig { algorithms, ..PolicyConfig::default() };
        let verified = lax.policy().map_err(Refusal::from).and_then(|policy| {
            let mut scratch = FullScratch::new();
            verify_signature(input, policy.view().header_rules(), keys, &mut scratch).map(drop)
        });
        signed = Word::of(&verified);
    }
    (result, signed)
}

fn verify_signature<'k, 'b>(
    input: &Input,
    rules: HeaderRules<'_>,
    keys: &'k Result<Box<Keys<'_>>, KeySetError>,
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
