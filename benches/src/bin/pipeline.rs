//! Counts the instructions of each stage of a token, without the arithmetic of its signature: runs itself
//! under valgrind, with an engine that accepts every signature.

use std::env;
use std::error::Error;
use std::hint::black_box;
use std::io::ErrorKind;
use std::process::Command;

use tollgate_benches::fixtures::{EXPIRATION, Issuer, Specimen, access_token_claims};
use tollgate_benches::ours::ACCESS_TOKEN;
use tollgate_core::{
    Algorithm, BearerToken, CompactJws, InvalidSignature, Key, KeyAlgorithms, KeyId, KeySet, Now,
    Rejection, Scratch, SignatureVerifier, SignedClaims, UnixTime,
};

const STAGES: [&str; 7] = [
    "header value to token68",
    "split at the dots",
    "header: base64url, JSON, rules",
    "choice of the key",
    "signature and payload: base64url",
    "claims: JSON, types",
    "policy",
];

/// How many tokens make the difference between the two runs that count a stage.
const TOKENS: usize = 64;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match &arguments[..] {
        [] => report(),
        [stages, tokens] => {
            verify_all(stages.parse()?, tokens.parse()?);
            Ok(())
        }
        _ => Err("usage: pipeline".into()),
    }
}

/// Prints the instructions per token of each stage, and of all.
fn report() -> Result<(), Box<dyn Error>> {
    let mut before = 0;
    for (index, stage) in STAGES.into_iter().enumerate() {
        let stages = index + 1;
        let difference = count(stages, 2 * TOKENS)? - count(stages, TOKENS)?;
        let instructions = difference / TOKENS as u64;
        println!("{stage:34}{:>7}", instructions.saturating_sub(before));
        before = instructions;
    }
    println!("{:34}{before:>7}", "all");
    Ok(())
}

/// Counts the instructions of a run of this program for the first `stages` of `tokens`.
fn count(stages: usize, tokens: usize) -> Result<u64, Box<dyn Error>> {
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .args([stages.to_string(), tokens.to_string()])
        .output()
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                "there is no valgrind; to install it: apt-get install valgrind".into()
            }
            _ => error.to_string(),
        })?;
    let messages = String::from_utf8(run.stderr)?;
    let collected = messages.lines().find_map(|line| line.split_once("Collected : "));
    match collected {
        Some((_, instructions)) if run.status.success() => Ok(instructions.trim().parse()?),
        _ => Err(messages.into()),
    }
}

fn verify_all(stages: usize, tokens: usize) {
    let issuer = Issuer::new(Algorithm::Es256, "issuer");
    let mut keys = KeySet::<_, 1>::new();
    let id = KeyId::new(issuer.kid()).unwrap();
    keys.insert(Key::new(Credulous).with_id(id)).unwrap();
    let mut scratch = Scratch::<{ Scratch::needed_for(1024) }>::new();
    let token = issuer.mint(&issuer.header(), &access_token_claims(0, EXPIRATION));
    for _ in 0..tokens {
        verify(black_box(stages), black_box(&token), &keys, &mut scratch).unwrap();
    }
}

/// Does what [`tollgate_core::Verifier`] does, up to a stage.
fn verify(
    stages: usize,
    token: &Specimen,
    keys: &KeySet<Credulous, 1>,
    scratch: &mut [u8],
) -> Result<(), Rejection> {
    let now = Now::Exact(UnixTime(EXPIRATION as i64 - 60));
    let policy = black_box(ACCESS_TOKEN);
    let token = BearerToken::from_header_value(token.header_value().as_bytes())?;
    if stages == 1 {
        black_box(token);
        return Ok(());
    }
    let jws = CompactJws::split(token)?;
    if stages == 2 {
        black_box(jws);
        return Ok(());
    }
    let candidate = jws.decode_header(&policy.header_rules(), scratch)?;
    if stages == 3 {
        black_box(candidate);
        return Ok(());
    }
    let selected = keys.select(candidate)?;
    if stages == 4 {
        black_box(selected);
        return Ok(());
    }
    let verified = selected.verify()?;
    if stages == 5 {
        black_box(verified);
        return Ok(());
    }
    let claims = SignedClaims::parse(verified)?;
    if stages == 6 {
        black_box(claims);
        return Ok(());
    }
    black_box(policy.accept(claims, now)?);
    Ok(())
}

/// An engine that accepts every signature.
struct Credulous;

impl SignatureVerifier for Credulous {
    fn algorithms(&self) -> KeyAlgorithms {
        KeyAlgorithms::only(Algorithm::Es256)
    }

    fn signature_len(&self) -> usize {
        64
    }

    fn verify(
        &self,
        _: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        black_box((message, signature));
        Ok(())
    }
}
