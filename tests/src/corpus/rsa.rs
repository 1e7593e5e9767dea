//! RSA: its keys, and signatures by them.

mod keys;
mod signatures;

use serde_json::{Value, json};
use tollgate_core::Algorithm;

use super::case::Case;
use super::rule::{Rule, rule};
use crate::mint::{SigningKey, Token, jwk, jwks, key_for};

const ALGORITHMS: [Algorithm; 6] = [
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Ps256,
    Algorithm::Ps384,
    Algorithm::Ps512,
];

pub(super) fn rules() -> Vec<Case> {
    [keys::rules(), signatures::rules()].concat()
}

/// A token by this key, whose id is `r`.
fn by(key: SigningKey) -> Token {
    let alg = key.algorithm().name();
    Token::good().member("alg", json!(alg)).member("kid", json!("r")).signed_by(key)
}

fn rs256() -> SigningKey {
    key_for(Algorithm::Rs256)
}

/// About a token by the RS256 key, with this JWK of it.
fn with_jwk(id: &str, reference: &str, jwk: Value) -> Rule {
    rule(id, reference, by(rs256())).keys(jwks([jwk]))
}

fn good() -> Value {
    jwk(&rs256(), "r")
}
