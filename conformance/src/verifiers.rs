//! Tollgate and its peers, each behind a short adapter.
//!
//! Each is told all that its documented interface can express of a rule's options, as strictly as it
//! can. What it has no interface for is not asked.

mod jsonwebtoken;
mod jwt_compact;
mod jwt_simple;
pub mod scripts;
mod tollgate;

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value;

use crate::rule::{Need, Rule};

/// What is asked.
pub struct Verifier {
    /// The name of the package.
    pub name: &'static str,
    /// Its version, and whatever else its answers depend on.
    pub version: String,
    /// How it is asked, in a few sentences.
    pub adapter: &'static str,
    /// What it offers of what not all do.
    pub offers: &'static [Need],
    answer: Box<dyn Fn(&Rule) -> Answer>,
}

/// What it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The token is accepted.
    Accepted,
    /// It is refused, for this reason.
    Refused(String),
    /// It is refused by a panic, or by an exception that the library does not document.
    Crashed(String),
    /// There is no interface for the question, for this reason.
    NotAsked(String),
    /// The rule is newer than the record of the answers.
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
    /// A verifier that answers in this way.
    pub fn new(
        name: &'static str,
        version: impl Into<String>,
        adapter: &'static str,
        offers: &'static [Need],
        answer: impl Fn(&Rule) -> Answer + 'static,
    ) -> Self {
        Self { name, version: version.into(), adapter, offers, answer: Box::new(answer) }
    }

    /// What it says to a rule.
    pub fn answer(&self, rule: &Rule) -> Answer {
        if let Some(need) = rule.needs.iter().find(|need| !self.offers.contains(need)) {
            return Answer::NotAsked(format!("offers nothing for this: {need:?}"));
        }
        catch_unwind(AssertUnwindSafe(|| (self.answer)(rule))).unwrap_or_else(|panic| {
            let message = panic.downcast_ref::<String>().map(String::as_str);
            let message = message.or_else(|| panic.downcast_ref::<&str>().copied());
            Answer::Crashed(format!("panics: {}", message.unwrap_or("without a message")))
        })
    }
}

/// Tollgate, then the peers that are linked.
pub fn linked() -> Vec<Verifier> {
    vec![
        tollgate::verifier(),
        jsonwebtoken::verifier(),
        jwt_simple::verifier(),
        jwt_compact::verifier(),
    ]
}

/// The version of a package, as Cargo has locked it.
fn locked_version(name: &str) -> String {
    const LOCK: &str = include_str!("../../Cargo.lock");
    // Sorted by name and version: the last of a name is the newest, which is ours.
    let (_, package) = LOCK.rsplit_once(&format!("name = \"{name}\"\n")).expect("a package");
    package.split('"').nth(1).expect("a version").to_owned()
}

/// The key for a token, for libraries that are given one: the one of its `kid`, or else the only one
/// for its algorithm.
fn key_for(rule: &Rule, kid: Option<&str>, algorithm: &str) -> Result<Value, Answer> {
    let keys = rule.jwks();
    let fitting: Vec<&Value> = match kid {
        Some(kid) => keys.iter().filter(|key| key["kid"] == kid).collect(),
        None if keys.len() == 1 => keys.iter().collect(),
        None => keys.iter().filter(|key| curve_of(algorithm) == key["crv"].as_str()).collect(),
    };
    match fitting[..] {
        [key] => Ok(key.clone()),
        [] => Err(Answer::not_asked("is given a key, and there is none to give")),
        _ => Err(Answer::not_asked("is given a key, and more than one would do")),
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
