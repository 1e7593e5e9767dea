//! `tollgate inspect`: what a token says, which is not what is true.

use base64ct::{Base64UrlUnpadded, Encoding};
use tollgate::clock;
use tollgate::policy_config::PolicyConfig;
use tollgate_core::{
    Algorithm, BearerToken, Claims, CompactJws, InvalidSignature, Key, KeyId, KeySet, Now,
    Rejection, SignatureVerifier, SignedClaims,
};

use super::{Outcome, verify};
use crate::error::Error;
use crate::show;

/// Show what a token says, without verifying it
///
/// Anyone can write such a token, so believe nothing of it. Names what a verifier would refuse
/// whatever its keys, with the default settings of `tollgate verify`. Exits with 2 if the token
/// cannot be read at all.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The token, with or without "Bearer" before it; standard input if it is not given
    token: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let input = match &arguments.token {
        Some(token) => token.clone().into_bytes(),
        None => verify::read_input()?,
    };
    let token = match BearerToken::from_header_value(&input) {
        Ok(token) => token.as_str().as_bytes(),
        Err(_) => input.trim_ascii(),
    };
    let now = clock::now();
    let (note, bad, reset) = (show::NOTE, show::BAD, show::RESET);
    show::print(format_args!("{note}NOT VERIFIED{reset}  anyone can have written this\n\n"))?;
    let mut parts = token.split(|byte| *byte == b'.');
    let header = parts.next().and_then(decode);
    for (title, json) in [("header", &header), ("claims", &parts.next().and_then(decode))] {
        let json = json.as_deref().unwrap_or("cannot be decoded");
        show::print(format_args!("  {title:<12}{}\n", show::Untrusted(json)))?;
    }

    let mut scratch = verify::FullScratch::new();
    let refusal = match look_inside(token, now, &mut scratch) {
        Ok((claims, refusal)) => {
            let list = show::ClaimList { claims: &claims, now: now.time() };
            show::print(format_args!("\n{list}"))?;
            refusal
        }
        Err(rejection) => Some(rejection),
    };
    match refusal {
        Some(rejection) => show::print(format_args!(
            "\n{bad}A verifier would refuse it{reset}  {}: {rejection}\n",
            rejection.reason()
        ))?,
        None => show::print(
            "\nNothing to refuse on sight: the signature, the issuer and the audience decide.\n",
        )?,
    }
    Ok(if header.is_some() { Outcome::Positive } else { Outcome::Unreadable })
}

fn decode(part: &[u8]) -> Option<String> {
    let json = Base64UrlUnpadded::decode_vec(str::from_utf8(part).ok()?).ok()?;
    Some(String::from_utf8_lossy(&json).into_owned())
}

/// Goes the verifier's own way, with an engine that takes every signature and a policy that asks
/// for nothing but what every policy asks for by default.
fn look_inside<'b>(
    token: &[u8],
    now: Now,
    scratch: &'b mut [u8],
) -> Result<(Claims<'b>, Option<Rejection>), Rejection> {
    let config = PolicyConfig { leeway: clock::DEFAULT_LEEWAY, ..PolicyConfig::default() };
    let policy = config.policy().map_err(|_| Rejection::CustomClaims)?;
    let jws = CompactJws::split(BearerToken::from_token68(token)?)?;
    let candidate = jws.decode_header(&policy.view().header_rules(), scratch)?;
    // The key for which this header asks, so that every header finds one.
    let id = candidate.header().key_id().map(|id| id.to_string());
    let id = id.and_then(|id| KeyId::new(&id));
    let mut keys = KeySet::<_, 1>::new();
    keys.insert(Key::new(Anything(candidate.header().algorithm())).with_id(id))
        .map_err(|_| Rejection::NoUsableKey)?;
    let signed = SignedClaims::parse(keys.select(candidate)?.verify()?)?;
    let claims = *signed.claims();
    Ok((claims, policy.view().accept(signed, now).err()))
}

/// An engine that takes every signature, for looking inside only.
struct Anything(Algorithm);

impl SignatureVerifier for Anything {
    fn algorithm(&self) -> Algorithm {
        self.0
    }

    fn verify(&self, _: &[u8], _: &[u8]) -> Result<(), InvalidSignature> {
        Ok(())
    }
}
