//! Tollgate and its peers, each behind a short adapter.
//!
//! An adapter passes on as many of a rule's options as the library's documented interface can express,
//! in the strictest way. Rules that a library has no interface for are skipped.

mod jsonwebtoken;
mod jwt_compact;
mod jwt_simple;
pub mod scripts;
mod tollgate;

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value;

use crate::rule::{Need, Rule};

/// A library under test.
pub struct Verifier {
    /// The name of the package.
    pub name: &'static str,
    /// Its version, and the versions of everything else that determines its answers.
    pub version: String,
    /// How the adapter asks it, in a few sentences.
    pub adapter: &'static str,
    /// The features that it has.
    pub offers: &'static [Need],
    /// The algorithms that it lacks, among Tollgate's.
    pub lacks: &'static [&'static str],
    answer: Box<dyn Fn(&Rule) -> Answer>,
}

/// The answer to a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Accepts the token.
    Accepted,
    /// Refuses the token, for this reason.
    Refused(String),
    /// Panics, or throws an exception that the library does not document.
    Crashed(String),
    /// Has no interface for the rule, for this reason.
    NotAsked(String),
    /// The rule is newer than the recorded answers.
    Unknown,
}

impl Answer {
    fn refused(error: impl std::fmt::Display) -> Self {
        Self::Refused(error.to_string())
    }

    fn not_asked(why: &str) -> Self {
        Self::NotAsked(why.to_owned())
    }
}

impl Verifier {
    /// Creates a verifier that answers by `answer`.
    pub fn new(
        name: &'static str,
        version: impl Into<String>,
        adapter: &'static str,
        offers: &'static [Need],
        lacks: &'static [&'static str],
        answer: impl Fn(&Rule) -> Answer + 'static,
    ) -> Self {
        Self { name, version: version.into(), adapter, offers, lacks, answer: Box::new(answer) }
    }

    /// Returns the answer to a rule.
    pub fn answer(&self, rule: &Rule) -> Answer {
        if let Some(need) = rule.needs.iter().find(|need| !self.offers.contains(need)) {
            return Answer::NotAsked(format!("has no interface for {need:?}"));
        }
        // Refusing a token because of an algorithm that the library lacks says nothing about the rule.
        if let Some(name) = rule.algorithm().filter(|name| self.lacks.contains(&name.as_str())) {
            return Answer::NotAsked(format!("has no {name}"));
        }
        catch_unwind(AssertUnwindSafe(|| (self.answer)(rule))).unwrap_or_else(|panic| {
            let message = panic.downcast_ref::<String>().map(String::as_str);
            let message = message.or_else(|| panic.downcast_ref::<&str>().copied());
            Answer::Crashed(format!("panics: {}", message.unwrap_or("without a message")))
        })
    }
}

/// Returns Tollgate and then the linked peers.
pub fn linked() -> Vec<Verifier> {
    vec![
        tollgate::verifier(),
        jsonwebtoken::verifier(),
        jwt_simple::verifier(),
        jwt_compact::verifier(),
    ]
}

/// Returns a package's version in Cargo.lock.
fn locked_version(name: &str) -> String {
    const LOCK: &str = include_str!("../../Cargo.lock");
    // The file is sorted by name and version: the last of a name is the newest, which is ours.
    let (_, package) = LOCK.rsplit_once(&format!("name = \"{name}\"\n")).expect("a package");
    package.split('"').nth(1).expect("a version").to_owned()
}

/// Returns the key for libraries that take a single one: the key that the token's `kid` names, or else
/// the only one for its algorithm.
fn key_for(rule: &Rule, kid: Option<&str>, algorithm: &str) -> Result<Value, Answer> {
    let keys = rule.jwks();
    let fitting: Vec<&Value> = match kid {
        Some(kid) => keys.iter().filter(|key| key["kid"] == kid).collect(),
        None if keys.len() == 1 => keys.iter().collect(),
        None => keys.iter().filter(|key| is_for(key, algorithm)).collect(),
    };
    match fitting[..] {
        [key] => Ok(key.clone()),
        [] => Err(Answer::not_asked("takes a key, and no key matches")),
        _ => Err(Answer::not_asked("takes a key, and more than one matches")),
    }
}

/// Whether a key's type is the one of an algorithm.
fn is_for(jwk: &Value, algorithm: &str) -> bool {
    match algorithm {
        "ES256" => jwk["crv"] == "P-256",
        "ES384" => jwk["crv"] == "P-384",
        "ES512" => jwk["crv"] == "P-521",
        "EdDSA" | "Ed25519" => jwk["crv"] == "Ed25519",
        _ => jwk["kty"] == "RSA",
    }
}

/// Returns the algorithm of a key: the one of its `alg` or of its curve. An RSA key without `alg` is
/// for RS256, unless the rule lists the token's algorithm.
fn algorithm_of(rule: &Rule, jwk: &Value, of_token: &str) -> Option<String> {
    if let Some(name) = jwk["alg"].as_str() {
        return Some(name.to_owned());
    }
    let of_curve = ["ES256", "ES384", "ES512", "EdDSA"].into_iter().find(|name| is_for(jwk, name));
    let of_rsa = || {
        let listed = rule.options().algorithms.is_some() && allows(rule, of_token);
        if listed { of_token } else { "RS256" }
    };
    let name = of_curve.or_else(|| (jwk["kty"] == "RSA").then(of_rsa))?;
    Some(name.to_owned())
}

/// Whether the options allow an algorithm.
fn allows(rule: &Rule, algorithm: &str) -> bool {
    let allowed = rule.options().algorithms.as_ref();
    let same = |name: &str| canonical(name) == canonical(algorithm);
    allowed.is_none_or(|names| names.iter().any(|name| same(name)))
}

/// `Ed25519` and `EdDSA` are two names of one algorithm (RFC 9864 §2.2).
fn canonical(algorithm: &str) -> &str {
    if algorithm == "Ed25519" { "EdDSA" } else { algorithm }
}
