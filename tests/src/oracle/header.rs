//! The JOSE header: RFC 7515 §4.

use super::fault::{Faults, fault, none};
use super::json::{self, Bounds, Json};
use super::policy::{Policy, Typ};
use super::{algorithm, base64url, limits};

/// A header that passed.
#[derive(Clone, Debug)]
pub(super) struct Jose {
    pub(super) object: Json,
    pub(super) alg: &'static str,
    pub(super) kid: Option<String>,
}

/// RFC 7515 §4.1, RFC 7516 §4.1, RFC 7518 §4, RFC 7797 §3.
const REGISTERED: &[&str] = &[
    "alg", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit", "enc",
    "zip", "epk", "apu", "apv", "iv", "tag", "p2s", "p2c", "b64",
];

pub(super) fn read(part: &str, policy: &Policy) -> Result<Jose, Faults> {
    let room = base64url::room(part.len());
    if room > limits::HEADER {
        return Err(fault(format!("header-too-long {room}")));
    }
    let bytes = base64url::decode(part).ok_or_else(|| fault("misencoded header"))?;
    let bounds = Bounds {
        depth: limits::HEADER_DEPTH,
        names: limits::HEADER_NAMES,
        strict_down_to: usize::MAX,
    };
    let object = json::object(&bytes, bounds, "header")?;

    let mut faults = Faults::new();
    for name in ["alg", "kid", "typ", "cty"] {
        if object.get(name).is_some_and(|value| value.text().is_none()) {
            faults.insert(format!("header-member-type {name}"));
        }
    }
    let text = |name| object.get(name).and_then(Json::text);
    let alg = text("alg").and_then(|name| algorithm::named(&name));
    match object.get("alg") {
        None => _ = faults.insert("algorithm-missing".into()),
        Some(name) if alg.is_none() && name.text().is_some() => {
            faults.insert("algorithm-unsupported".into());
        }
        Some(_) => {}
    }
    if let Some(alg) = alg
        && let Some(listed) = &policy.algorithms
        && !listed.iter().any(|name| algorithm::named(name) == Some(alg))
    {
        faults.insert(format!("algorithm-not-allowed {alg}"));
    }
    if text("kid").is_some_and(|kid| kid.len() > limits::KEY_ID) {
        faults.insert("kid-too-long".into());
    }
    if text("cty").is_some_and(|cty| media_type(&cty) == media_type("JWT")) {
        faults.insert("nested".into());
    }
    if object.get("zip").is_some() {
        faults.insert("compressed".into());
    }
    if object.get("enc").is_some() {
        faults.insert("encrypted".into());
    }
    // RFC 7797 §3: absent means true.
    if object.get("b64").is_some_and(|b64| *b64 != Json::Bool(true)) {
        faults.insert("payload-not-encoded".into());
    }
    typ(text("typ"), &policy.typ, &mut faults);
    if let Some(crit) = object.get("crit") {
        critical(crit, &object, policy, &mut faults);
    }
    none(faults)?;
    let kid = text("kid");
    Ok(Jose { alg: alg.unwrap(), kid, object })
}

fn typ(found: Option<String>, rule: &Typ, faults: &mut Faults) {
    let (accepted, absent) = match rule {
        Typ::Any => return,
        Typ::OneOf(accepted) => (accepted, false),
        Typ::AbsentOr(accepted) => (accepted, true),
    };
    match found {
        None if absent => {}
        None => {
            faults.insert("typ-missing".into());
        }
        Some(found) => {
            if !accepted.iter().any(|other| media_type(other) == media_type(&found)) {
                faults.insert("typ-mismatch".into());
            }
        }
    }
}

/// RFC 7515 §4.1.9: names of media types have no case, and `application/` may be left out of those
/// without another slash.
fn media_type(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    if name.contains('/') { name } else { format!("application/{name}") }
}

/// RFC 7515 §4.1.11: each name is understood, is a member, is not a standard one, and occurs once.
fn critical(crit: &Json, header: &Json, policy: &Policy, faults: &mut Faults) {
    let Json::Array(elements) = crit else {
        faults.insert("header-member-type crit".into());
        return;
    };
    if elements.is_empty() {
        faults.insert("crit-malformed".into());
    }
    for (index, element) in elements.iter().enumerate() {
        let Some(name) = element.text() else {
            faults.insert("header-member-type crit".into());
            continue;
        };
        let repeated = elements[..index].contains(element);
        if repeated || header.get(&name).is_none() || REGISTERED.contains(&name.as_str()) {
            faults.insert("crit-malformed".into());
        }
        if !policy.understood_crit.contains(&name) {
            faults.insert("crit-not-understood".into());
        }
        // RFC 7797 §7: never in a JWT.
        if name == "b64" {
            faults.insert("payload-not-encoded".into());
        }
    }
}
