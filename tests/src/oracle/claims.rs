//! The claims and their types: RFC 7519 §4.1, OIDC Core §2, RFC 8693 §4.

use std::collections::BTreeMap;

use super::fault::{Faults, fault, none};
use super::header::Jose;
use super::json::{self, Bounds, Json};
use super::number::{self, Fraction};
use super::{base64url, limits, scope};

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The header.
    pub header: Json,
    /// The header's algorithm.
    pub alg: &'static str,
    /// All claims.
    pub claims: Json,
    /// The standard claims that are strings, by name.
    pub texts: BTreeMap<&'static str, String>,
    /// The standard claims that are times, by name.
    pub dates: BTreeMap<&'static str, Fraction>,
    /// `aud`, as a list.
    pub audiences: Option<Vec<String>>,
    /// The words `scope` grants.
    pub scopes: Vec<String>,
    /// What is wrong with the types of claims that count only where they are read, by name.
    pub ill_typed: BTreeMap<&'static str, String>,
    /// Whether there is a `cnf`.
    pub is_bound: bool,
    /// The audience that the policy matched, if it looked for one.
    pub matched: Option<String>,
}

const TEXTS: [&str; 7] = ["iss", "sub", "jti", "client_id", "azp", "nonce", "at_hash"];
const DATES: [&str; 4] = ["exp", "nbf", "iat", "auth_time"];
/// Those that tokens are refused for only if somebody reads them.
const OPTIONAL: [&str; 6] = ["jti", "scope", "azp", "nonce", "at_hash", "auth_time"];

pub(super) fn read(part: &str, jose: Jose) -> Result<Seen, Faults> {
    let bytes = base64url::decode(part).ok_or_else(|| fault("misencoded payload"))?;
    let bounds = Bounds { depth: limits::DEPTH, names: limits::NAMES, strict_down_to: usize::MAX };
    let claims = json::object(&bytes, bounds, "payload")?;
    let mut seen = Seen {
        header: jose.object,
        alg: jose.alg,
        texts: BTreeMap::new(),
        dates: BTreeMap::new(),
        audiences: None,
        scopes: Vec::new(),
        ill_typed: BTreeMap::new(),
        is_bound: claims.get("cnf").is_some(),
        matched: None,
        claims: Json::Null,
    };
    let mut faults = Faults::new();
    let mut wrong = |name: &'static str, words: &str, ill_typed: &mut BTreeMap<_, _>| {
        let words = format!("{words} {name}");
        if OPTIONAL.contains(&name) {
            ill_typed.insert(name, words);
        } else {
            faults.insert(words);
        }
    };
    for name in TEXTS {
        match claims.get(name).map(Json::text) {
            Some(Some(text)) => _ = seen.texts.insert(name, text),
            Some(None) => wrong(name, "claim-type", &mut seen.ill_typed),
            None => {}
        }
    }
    if let Some(scope) = claims.get("scope") {
        match scope::words(scope) {
            Some(words) => seen.scopes = words,
            None => wrong("scope", "claim-type", &mut seen.ill_typed),
        }
    }
    for name in DATES {
        match claims.get(name) {
            Some(Json::Number(number)) => match number::read(number) {
                Some(date) => _ = seen.dates.insert(name, date),
                None => wrong(name, "claim-out-of-range", &mut seen.ill_typed),
            },
            Some(_) => wrong(name, "claim-type", &mut seen.ill_typed),
            None => {}
        }
    }
    let audiences = match claims.get("aud") {
        None => None,
        Some(Json::Array(elements)) => Some(elements.iter().map(Json::text).collect()),
        Some(one) => Some(one.text().map(|one| vec![one])),
    };
    match audiences {
        Some(None) => _ = faults.insert("claim-type aud".into()),
        Some(audiences) => seen.audiences = audiences,
        None => {}
    }
    none(faults)?;
    Ok(Seen { claims, ..seen })
}
