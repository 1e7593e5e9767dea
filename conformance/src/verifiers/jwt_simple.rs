//! The adapter for jwt-simple.

use jwt_simple::prelude::{
    Duration, ECDSAP256PublicKeyLike, ECDSAP384PublicKeyLike, ES256PublicKey, ES384PublicKey,
    Token, UnixTimeStamp, VerificationOptions,
};
use serde_json::{Map, Value};

use super::{Answer, Verifier, allows, key_for, locked_version};
use crate::rule::{Need, Rule};

pub(super) fn verifier() -> Verifier {
    Verifier {
        name: "jwt-simple",
        version: locked_version("jwt-simple"),
        adapter: "`ES256PublicKey` or `ES384PublicKey`, by the key's `crv`; `from_jwk`, then \
                  `verify_token::<Map<String, Value>>`. The adapter chooses the key: the one that \
                  the token's `kid` names, or else the only one of the algorithm. It sets \
                  `allowed_issuers`, `allowed_audiences`, `time_tolerance`, `artificial_time`, and \
                  `required_signature_type` where exactly one `typ` is expected. The library cannot \
                  require claims.",
        offers: &[Need::Parties, Need::Typ],
        answer: Box::new(|rule| judge(rule).unwrap_or_else(|answer| answer)),
    }
}

fn judge(rule: &Rule) -> Result<Answer, Answer> {
    let token = String::from_utf8(rule.token().expect("a token"))
        .map_err(|_| Answer::not_asked("takes text"))?;
    let options = options(rule)?;
    let metadata = Token::decode_metadata(&token).map_err(Answer::refused)?;
    let jwk = key_for(rule, metadata.key_id(), metadata.algorithm())?;
    let (text, options) = (jwk.to_string(), Some(options));
    let result = if jwk["crv"] == "P-384" {
        let key = ES384PublicKey::from_jwk(&text).map_err(Answer::refused)?;
        must_allow(rule, "ES384")?;
        key.verify_token::<Map<String, Value>>(&token, options)
    } else {
        let key = ES256PublicKey::from_jwk(&text).map_err(Answer::refused)?;
        must_allow(rule, "ES256")?;
        key.verify_token::<Map<String, Value>>(&token, options)
    };
    result.map(|_| Answer::Accepted).map_err(Answer::refused)
}

/// Algorithms are types here: a caller who does not allow one has no key of that type.
fn must_allow(rule: &Rule, algorithm: &str) -> Result<(), Answer> {
    let refused = || Answer::refused("has no key of an allowed algorithm");
    allows(rule, algorithm).then_some(()).ok_or_else(refused)
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
