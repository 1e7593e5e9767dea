//! The adapter for jwt-simple.

use jwt_simple::prelude::*;
use serde_json::{Map, Value};

use super::{Answer, Verifier, algorithm_of, allows, key_for, locked_version};
use crate::rule::{Need, Rule};

pub(super) fn verifier() -> Verifier {
    Verifier {
        name: "jwt-simple",
        version: locked_version("jwt-simple"),
        adapter: "The key's type, such as `ES256PublicKey`, by its `alg`, its curve, or RS256; \
                  `from_jwk`, then `verify_token::<Map<String, Value>>`. The adapter chooses the key: the one that \
                  the token's `kid` names, or else the only one of the algorithm. It sets \
                  `allowed_issuers`, `allowed_audiences`, `time_tolerance`, `artificial_time`, and \
                  `required_signature_type` where exactly one `typ` is expected. The library cannot \
                  require claims.",
        offers: &[Need::Parties, Need::Typ],
        lacks: &["ES512"],
        answer: Box::new(|rule| judge(rule).unwrap_or_else(|answer| answer)),
    }
}

fn judge(rule: &Rule) -> Result<Answer, Answer> {
    let token = String::from_utf8(rule.token().expect("a token"))
        .map_err(|_| Answer::not_asked("takes text"))?;
    let options = options(rule)?;
    let metadata = Token::decode_metadata(&token).map_err(Answer::refused)?;
    let jwk = key_for(rule, metadata.key_id(), metadata.algorithm())?;
    let algorithm = algorithm_of(rule, &jwk, metadata.algorithm())
        .ok_or_else(|| Answer::refused("the key is for none of the library's algorithms"))?;
    // Algorithms are types here: a caller who does not allow one has no key of that type.
    if !allows(rule, &algorithm) {
        return Err(Answer::refused("has no key of an allowed algorithm"));
    }
    macro_rules! verify {
        ($key:ty) => {
            <$key>::from_jwk(&jwk.to_string())
                .and_then(|key| key.verify_token::<Map<String, Value>>(&token, Some(options)))
        };
    }
    let result = match algorithm.as_str() {
        "ES256" => verify!(ES256PublicKey),
        "ES384" => verify!(ES384PublicKey),
        "RS256" => verify!(RS256PublicKey),
        "RS384" => verify!(RS384PublicKey),
        "RS512" => verify!(RS512PublicKey),
        "PS256" => verify!(PS256PublicKey),
        "PS384" => verify!(PS384PublicKey),
        "PS512" => verify!(PS512PublicKey),
        "EdDSA" | "Ed25519" => verify!(Ed25519PublicKey),
        other => return Err(Answer::Refused(format!("has no key type for {other}"))),
    };
    result.map(|_| Answer::Accepted).map_err(Answer::refused)
}

fn options(rule: &Rule) -> Result<VerificationOptions, Answer> {
    let options = rule.options();
    if !options.require.is_empty() {
        return Err(Answer::not_asked("cannot require claims"));
    }
    let now = u64::try_from(options.now)
        .map_err(|_| Answer::not_asked("cannot set its clock before 1970"))?;
    let typ = match options.typ.as_ref().map(|typ| typ.as_slice()) {
        None => None,
        Some([typ]) => Some(typ.clone()),
        Some(_) => return Err(Answer::not_asked("expects one typ")),
    };
    Ok(VerificationOptions {
        allowed_issuers: options.issuer.as_ref().map(|issuer| [issuer.clone()].into()),
        allowed_audiences: rule.audiences().map(|audiences| audiences.into_iter().collect()),
        time_tolerance: Some(Duration::from_secs(options.leeway.into())),
        artificial_time: Some(UnixTimeStamp::from_secs(now)),
        required_signature_type: typ,
        ..VerificationOptions::default()
    })
}
