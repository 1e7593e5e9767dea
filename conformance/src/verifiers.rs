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
        answer: impl Fn(&Rule) -> Answer + 'static,
    ) -> Self {
        Self { name, version: version.into(), adapter, offers, answer: Box::new(answer) }
    }

    /// Returns the answer to a rule.
    pub fn answer(&self, rule: &Rule) -> Answer {
        if let Some(need) = rule.needs.iter().find(|need| !self.offers.contains(need)) {
            return Answer::NotAsked(format!("has no interface for {need:?}"));
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
        None => keys.iter().filter(|key| curve_of(algorithm) == key["crv"].as_str()).collect(),
    };
    match fitting[..] {
        [key] => Ok(key.clone()),
        [] => Err(Answer::not_asked("takes a key, and no key matches")),
        _ => Err(Answer::not_asked("takes a key, and more than one matches")),
    }
}

fn curve_of(algorithm: &str) -> Option<&'static str> {
    match algorithm {
        "ES256" => Some("P-256"),
        "ES384" => Some("P-384"),
        _ => None,
    }
}

/// Whether the options allow an algorithm.
fn allows(rule: &Rule, algorithm: &str) -> bool {
    let allowed = rule.options().algorithms.as_ref();
    allowed.is_none_or(|names| names.iter().any(|name| name == algorithm))
}
