//! The adapter for jsonwebtoken.

use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};
use tollgate_tests::corpus::Jwks;
use tollgate_tests::mint::from_hex;

use super::{Answer, Verifier, algorithm_of, allows, locked_version};
use crate::rule::{Need, Rule};

pub(super) fn verifier() -> Verifier {
    Verifier {
        name: "jsonwebtoken",
        version: locked_version("jsonwebtoken"),
        adapter: "`decode::<Map<String, Value>>` on RustCrypto. The key comes from `JwkSet::find(kid)`; \
                  without a `kid`, it is the only key of the set, or the only one of the token's \
                  algorithm. `DecodingKey::from_jwk` reads it. The key's `alg` decides the \
                  algorithm, or else its curve; an RSA key without `alg` is for RS256, unless the \
                  rule lists another. Expected issuers and audiences go to `set_issuer`, \
                  `set_audience` and `required_spec_claims`; `validate_nbf` is on. The clock cannot \
                  be set, so `leeway` spans the time from the rule's clock to now. That is right for \
                  `exp`; rules about a future `nbf` are skipped. The library ignores `typ`, and \
                  cannot require claims other than `exp`, `nbf`, `aud`, `iss` and `sub`.",
        offers: &[Need::KeySet, Need::KeyChoice, Need::Parties],
        lacks: &["ES512", "Ed25519"],
        answer: Box::new(|rule| judge(rule).unwrap_or_else(|answer| answer)),
    }
}

fn judge(rule: &Rule) -> Result<Answer, Answer> {
    let set = key_set(&rule.case.keys).map_err(Answer::refused)?;
    let token = rule.token().expect("a token");
    let header = decode_header(&token).map_err(Answer::refused)?;
    let jwk = match &header.kid {
        Some(kid) => {
            set.find(kid).ok_or_else(|| Answer::refused("the set has no key with this kid"))?
        }
        None if rule.needs.contains(&Need::KeyChoice) => {
            return Err(Answer::not_asked("does not choose a key for tokens without a kid"));
        }
        None => only_key(rule, &set, header.alg)?,
    };
    let key = DecodingKey::from_jwk(jwk).map_err(Answer::refused)?;
    let algorithm = key_algorithm(rule, jwk, header.alg)?;
    let validation = validation(rule, algorithm)?;
    loop {
        let before = seconds_now();
        let mut validation = validation.clone();
        let time = rule.options().now - i64::from(rule.options().leeway);
        validation.leeway = before
            .checked_add_signed(-time)
            .filter(|_| rule.options().now >= 0)
            .ok_or_else(|| Answer::not_asked("cannot set its clock before 1970"))?;
        let result = decode::<Map<String, Value>>(&token, &key, &validation);
        if seconds_now() != before {
            continue;
        }
        let waits = rule.case.outcome.reason.as_deref() == Some("not-yet-valid");
        return match result {
            Ok(_) if waits => Err(Answer::not_asked("cannot set its clock, which this nbf needs")),
            Ok(_) => Ok(Answer::Accepted),
            Err(error) => Err(Answer::refused(error)),
        };
    }
}

fn key_set(keys: &Jwks) -> serde_json::Result<JwkSet> {
    match keys {
        Jwks::Value(value) => serde_json::from_str(&value.to_string()),
        Jwks::Text(text) => serde_json::from_str(text),
        Jwks::Hex(hex) => serde_json::from_slice(&from_hex(hex)),
    }
}

fn only_key<'a>(rule: &Rule, set: &'a JwkSet, algorithm: Algorithm) -> Result<&'a Jwk, Answer> {
    if let [key] = &set.keys[..] {
        return Ok(key);
    }
    let is_for = |key: &&Jwk| key_algorithm(rule, key, algorithm) == Ok(algorithm);
    let mut fitting = set.keys.iter().filter(is_for);
    match (fitting.next(), fitting.next()) {
        (Some(key), None) => Ok(key),
        _ => Err(Answer::not_asked("does not choose a key for tokens without a kid")),
    }
}

fn key_algorithm(rule: &Rule, jwk: &Jwk, of_token: Algorithm) -> Result<Algorithm, Answer> {
    let jwk = serde_json::to_value(jwk).map_err(Answer::refused)?;
    let name = algorithm_of(rule, &jwk, &format!("{of_token:?}"))
        .ok_or_else(|| Answer::refused("the key has neither an alg nor one of our types"))?;
    Algorithm::from_str(&name).map_err(Answer::refused)
}

fn validation(rule: &Rule, algorithm: Algorithm) -> Result<Validation, Answer> {
    let options = rule.options();
    let mut validation = Validation::new(algorithm);
    if !allows(rule, &format!("{algorithm:?}")) {
        validation.algorithms.clear();
    }
    validation.validate_nbf = true;
    validation.required_spec_claims.clear();
    for claim in &options.require {
        if !["exp", "nbf", "aud", "iss", "sub"].contains(&claim.as_str()) {
            return Err(Answer::not_asked("cannot require this claim"));
        }
        validation.required_spec_claims.insert(claim.clone());
    }
    if let Some(issuer) = &options.issuer {
        validation.set_issuer(&[issuer]);
        validation.required_spec_claims.insert("iss".to_owned());
    }
    match rule.audiences() {
        Some(audiences) => {
            validation.set_audience(&audiences);
            validation.required_spec_claims.insert("aud".to_owned());
        }
        None => validation.validate_aud = false,
    }
    Ok(validation)
}

fn seconds_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
