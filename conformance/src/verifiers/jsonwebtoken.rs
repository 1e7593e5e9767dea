//! The adapter for jsonwebtoken.

use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};
use tollgate_tests::corpus::Jwks;
use tollgate_tests::mint::from_hex;

use super::{Answer, Verifier, allows, locked_version};
use crate::rule::{Need, Rule};

pub(super) fn verifier() -> Verifier {
    Verifier {
        name: "jsonwebtoken",
        version: locked_version("jsonwebtoken"),
        adapter: "`decode::<Map<String, Value>>` on RustCrypto. The key comes from `JwkSet::find(kid)`; \
                  without a `kid`, it is the only key of the set, or the only one of the algorithm's \
                  curve. `DecodingKey::from_jwk` reads it. The key's `alg` decides the algorithm, \
                  or else its curve. Expected issuers and audiences go to `set_issuer`, \
                  `set_audience` and `required_spec_claims`; `validate_nbf` is on. The clock cannot \
                  be set, so `leeway` spans the time from the rule's clock to now. That is right for \
                  `exp`; rules about a future `nbf` are skipped. The library ignores `typ`, and \
                  cannot require claims other than `exp`, `nbf`, `aud`, `iss` and `sub`.",
        offers: &[Need::KeySet, Need::KeyChoice, Need::Parties],
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
        None => only_key(&set, header.alg)?,
    };
    let key = DecodingKey::from_jwk(jwk).map_err(Answer::refused)?;
    let algorithm = algorithm_of(jwk)?;
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

fn only_key(set: &JwkSet, algorithm: Algorithm) -> Result<&Jwk, Answer> {
    if let [key] = &set.keys[..] {
        return Ok(key);
    }
    let mut fitting = set.keys.iter().filter(|key| algorithm_of(key) == Ok(algorithm));
    match (fitting.next(), fitting.next()) {
        (Some(key), None) => Ok(key),
        _ => Err(Answer::not_asked("does not choose a key for tokens without a kid")),
    }
}

fn algorithm_of(jwk: &Jwk) -> Result<Algorithm, Answer> {
    if let Some(name) = jwk.common.key_algorithm {
        return Algorithm::from_str(&name.to_string()).map_err(Answer::refused);
    }
    match &jwk.algorithm {
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            Ok(Algorithm::ES256)
        }
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P384 => {
            Ok(Algorithm::ES384)
        }
        _ => Err(Answer::refused("the key has neither an alg nor one of our curves")),
    }
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
