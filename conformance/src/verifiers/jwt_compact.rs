//! The adapter for jwt-compact.

use chrono::{DateTime, TimeDelta};
use jwt_compact::alg::Es256;
use jwt_compact::jwk::JsonWebKey;
use jwt_compact::{Algorithm, AlgorithmExt, TimeOptions, UntrustedToken};
use serde_json::{Map, Value};

use super::{Answer, Verifier, allows, key_for, locked_version};
use crate::rule::Rule;

pub(super) fn verifier() -> Verifier {
    Verifier {
        name: "jwt-compact",
        version: locked_version("jwt-compact"),
        adapter: "`Es256.validator(&key).validate(&token)`, with `Map<String, Value>` for the custom \
                  claims; then `validate_expiration` if the token has an `exp` or must have one, and \
                  `validate_maturity` if it has an `nbf`. The adapter chooses the key: the one that \
                  the token's `kid` names, or else the only one of the algorithm. `JsonWebKey` reads \
                  it. The library has no ES384 and ES512, and the adapter asks it for ES256 only. It \
                  leaves issuer, audience and `typ` to its caller, and cannot require claims other \
                  than `exp`.",
        offers: &[],
        lacks: &[
            "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA",
            "Ed25519",
        ],
        answer: Box::new(|rule| judge(rule).unwrap_or_else(|answer| answer)),
    }
}

fn judge(rule: &Rule) -> Result<Answer, Answer> {
    let options = rule.options();
    if options.require.iter().any(|claim| claim != "exp") {
        return Err(Answer::not_asked("cannot require this claim"));
    }
    let text = String::from_utf8(rule.token().expect("a token"))
        .map_err(|_| Answer::not_asked("takes text"))?;
    let token = UntrustedToken::new(&text).map_err(Answer::refused)?;
    let kid = token.header().key_id.as_deref();
    let jwk = key_for(rule, kid, token.algorithm())?;
    if jwk["crv"] == "P-384" {
        return Err(Answer::not_asked("has no ES384"));
    }
    let jwk: JsonWebKey<'_> = serde_json::from_value(jwk).map_err(Answer::refused)?;
    let key = <Es256 as Algorithm>::VerifyingKey::try_from(&jwk).map_err(Answer::refused)?;
    if !allows(rule, "ES256") {
        return Err(Answer::refused("has no key of an allowed algorithm"));
    }
    let validator = Es256.validator::<Map<String, Value>>(&key);
    let token = validator.validate(&token).map_err(Answer::refused)?;
    let claims = token.claims();
    let now = DateTime::from_timestamp(options.now, 0).expect("a time");
    let times = TimeOptions::new(TimeDelta::seconds(options.leeway.into()), move || now);
    if claims.expiration.is_some() || !options.require.is_empty() {
        claims.validate_expiration(&times).map_err(Answer::refused)?;
    }
    if claims.not_before.is_some() {
        claims.validate_maturity(&times).map_err(Answer::refused)?;
    }
    Ok(Answer::Accepted)
}
