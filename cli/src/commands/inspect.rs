//! `tollgate inspect`: shows a token without verifying it.

use std::collections::BTreeMap;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::de::IgnoredAny;
use tollgate::clock;
use tollgate::explanation::Explanation;
use tollgate::owned_policy::OwnedPolicy;
use tollgate_core::{
    Algorithm, BearerToken, Claims, CompactJws, InvalidSignature, Key, KeyAlgorithms, KeyId,
    KeySet, Now, Rejection, SignatureVerifier, SignedClaims,
};

use crate::error::Error;
use crate::input::{self, TokenScratch};
use crate::outcome::Outcome;
use crate::policy_flags::any_token;
use crate::{show, style};

/// Show the content of a token without verifying it
///
/// Anyone can write such a token, so do not trust its content. Also shows why a verifier with the
/// default settings of `tollgate verify` would reject it, whatever the keys. Exits with 2 if it
/// is not a JWT.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The token, alone, after "Bearer", or in a whole header line [default: standard input]
    token: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let input = match &arguments.token {
        Some(token) => token.clone().into_bytes(),
        None => input::token()?,
    };
    let input = input::authorization_value(&input);
    let token = match BearerToken::from_header_value(input) {
        Ok(token) => token.as_str().as_bytes(),
        Err(_) => input.trim_ascii(),
    };
    if token.is_empty() {
        return Err(Error::NoToken);
    }
    let now = clock::now();
    let (note, bad, reset) = (style::NOTE, style::BAD, style::RESET);
    let mut parts = token.split(|byte| *byte == b'.');
    let header = parts.next().and_then(decode).filter(|header| is_json_object(header));
    let Some(header) = header else {
        show::print("no JWT: an opaque access token? Only its issuer can tell what it says.\n")?;
        return Ok(Outcome::Unreadable);
    };
    show::print(format_args!("{note}NOT VERIFIED{reset}  anyone can have written this\n\n"))?;
    for (title, json) in [("header", &Some(header)), ("claims", &parts.next().and_then(decode))] {
        let json = json.as_deref().unwrap_or("cannot be decoded");
        show::print(format_args!("  {title:<12}{}\n", show::Untrusted(json)))?;
    }

    let mut scratch = TokenScratch::new();
    let refusal = match read_unverified(token, now, &mut scratch) {
        Ok((claims, refusal)) => {
            let list = show::ClaimList { claims: &claims, now: now.time() };
            show::print(format_args!("\n{list}"))?;
            refusal
        }
        Err(rejection) => Some(rejection),
    };
    match refusal {
        Some(rejection) => {
            let token = String::from_utf8_lossy(token);
            let explanation = Explanation::new(rejection, &token, &any_token()).unverified();
            show::print(format_args!(
                "\n{bad}A verifier would reject it{reset}  {}: {rejection}\n{}",
                rejection.reason(),
                show::Facts(&explanation)
            ))?;
        }
        None => {
            show::print(
                "\nNo error so far. The signature, issuer and audience were not checked.\n",
            )?;
        }
    }
    Ok(Outcome::Positive)
}

fn is_json_object(text: &str) -> bool {
    serde_json::from_str::<BTreeMap<String, IgnoredAny>>(text).is_ok()
}

fn decode(part: &[u8]) -> Option<String> {
    let json = Base64UrlUnpadded::decode_vec(str::from_utf8(part).ok()?).ok()?;
    Some(String::from_utf8_lossy(&json).into_owned())
}

/// Runs the verifier with an engine that accepts every signature, and with a policy that checks only
/// what every policy checks by default.
fn read_unverified<'b>(
    token: &[u8],
    now: Now,
    scratch: &'b mut [u8],
) -> Result<(Claims<'b>, Option<Rejection>), Rejection> {
    let policy = OwnedPolicy::new(&any_token()).map_err(|_| Rejection::CustomClaims)?;
    let policy = policy.view();
    let jws = CompactJws::split(BearerToken::from_token68(token)?)?;
    let candidate = jws.decode_header(&policy.header_rules(), scratch)?;
    // A key with the id in the header, so that every header finds its key, for signatures of any length.
    let signature = token.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    let engine = AnySignature {
        algorithm: candidate.header().algorithm(),
        signature_len: signature.len().saturating_mul(3) / 4,
    };
    let id = candidate.header().key_id().map(|id| id.to_string());
    let id = id.and_then(|id| KeyId::new(&id));
    let mut keys = KeySet::<_, 1>::new();
    keys.insert(Key::new(engine).with_id(id)).map_err(|_| Rejection::NoUsableKey)?;
    let signed = SignedClaims::parse(keys.select(candidate)?.verify()?)?;
    let claims = *signed.claims();
    Ok((claims, policy.accept(signed, now).err()))
}

/// An engine that accepts every signature, for inspecting only.
struct AnySignature {
    algorithm: Algorithm,
    signature_len: usize,
}

impl SignatureVerifier for AnySignature {
    fn algorithms(&self) -> KeyAlgorithms {
        KeyAlgorithms::only(self.algorithm)
    }

    fn signature_len(&self) -> usize {
        self.signature_len
    }

    fn verify(&self, _: Algorithm, _: &[u8], _: &[u8]) -> Result<(), InvalidSignature> {
        Ok(())
    }
}
