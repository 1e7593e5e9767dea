//! The JWK set and the choice of a key: RFC 7517 §4, §5, RFC 7518 §6, RFC 8037 §2.

use std::fmt;
use std::sync::Arc;

use super::algorithm;
use super::base64url;
use super::curve::{self, Curve};
use super::edwards;
use super::fault::{Faults, fault};
use super::header::Jose;
use super::json::{self, Bounds, Json};
use super::limits::{self, CAPACITY};
use super::policy::Policy;
use super::rsa;

/// The keys of JWK sets.
#[derive(Clone, Debug, Default)]
pub struct KeySet {
    /// The usable keys, in the order in which they were given.
    pub keys: Vec<Key>,
    /// Indexes of the elements that are not usable keys.
    pub left_out: Vec<usize>,
}

/// A key that can verify.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its id.
    pub kid: Option<String>,
    /// The issuer that owns it, if it is known.
    pub issuer: Option<&'static str>,
    /// The algorithm that it is for.
    alg: &'static str,
    /// Others that it is for if the policy lists them.
    others: &'static [&'static str],
    /// What makes it this key: its type, curve and numbers, as they are written.
    parts: Vec<Option<String>>,
    pub(super) public: Public,
}

/// A public key of any type.
#[derive(Clone)]
pub(super) enum Public {
    Ec(Arc<curve::PublicKey>),
    Ed25519(Arc<edwards::PublicKey>),
    Rsa(Arc<rsa::PublicKey>),
}

impl Key {
    /// All algorithms that it can be for.
    pub fn algs(&self) -> Vec<&'static str> {
        std::iter::once(self.alg).chain(self.others.iter().copied()).collect()
    }

    fn is_same(&self, other: &Self) -> bool {
        (&self.kid, self.algs(), &self.parts) == (&other.kid, other.algs(), &other.parts)
    }

    /// RFC 8725 §3.1: one algorithm for a key, unless its user asks for another one that it leaves open.
    fn is_for(&self, alg: &str, policy: &Policy) -> bool {
        self.alg == alg || policy.algorithms.is_some() && self.others.contains(&alg)
    }
}

impl Public {
    /// Bytes of a signature: RFC 7518 §3.4, RFC 8017 §8.1.2 and §8.2.2, RFC 8032 §5.1.7.
    pub(super) fn signature_len(&self) -> usize {
        match self {
            Self::Ec(key) => 2 * key.curve().width,
            Self::Ed25519(_) => 64,
            Self::Rsa(key) => key.width(),
        }
    }

    pub(super) fn verifies(&self, alg: &str, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Ec(key) => key.verifies(message, signature),
            Self::Ed25519(key) => key.verifies(message, signature),
            Self::Rsa(key) => key.verifies(alg, message, signature),
        }
    }
}

impl fmt::Debug for Public {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ec(key) => fmt::Debug::fmt(key, f),
            Self::Ed25519(_) => f.write_str("Ed25519"),
            Self::Rsa(key) => write!(f, "RSA of {} bytes", key.width()),
        }
    }
}

impl KeySet {
    /// Reads a JWK set whose keys belong to this issuer, if it is known.
    ///
    /// # Errors
    ///
    /// What is wrong with the set as a whole. A key that cannot be used is left out.
    pub fn read(text: &[u8], issuer: Option<&'static str>) -> Result<Self, Faults> {
        let bounds = Bounds { depth: limits::DEPTH, names: limits::NAMES, strict_down_to: 1 };
        let set = json::object(text, bounds, "keys")?;
        let Some(Json::Array(_)) = set.get("keys") else {
            return Err(fault("key-set-without-keys"));
        };
        let array = json::member(std::str::from_utf8(text).unwrap(), "keys").unwrap();
        let mut set = Self::default();
        for (index, element) in json::elements(&array).iter().enumerate() {
            match key(element) {
                // One key that is listed twice is one key.
                Some(key) if set.keys.iter().any(|other| key.is_same(other)) => {}
                Some(key) => set.keys.push(Key { issuer, ..key }),
                None => set.left_out.push(index),
            }
        }
        Ok(set)
    }

    /// Reads several sets into one.
    pub(super) fn read_all(sets: &[(Vec<u8>, Option<&'static str>)]) -> Result<Self, Faults> {
        let mut all = Self::default();
        for (text, issuer) in sets {
            all.keys.extend(Self::read(text, *issuer)?.keys);
            if all.keys.len() > CAPACITY {
                return Err(fault("key-set-too-large"));
            }
        }
        Ok(all)
    }

    /// Selects the key that the header means.
    pub(super) fn choose(&self, header: &Jose, policy: &Policy) -> Result<&Key, Faults> {
        if self.keys.is_empty() {
            return Err(fault("no-usable-key"));
        }
        let meant: Vec<&Key> = match &header.kid {
            Some(kid) => self.keys.iter().filter(|key| key.kid.as_ref() == Some(kid)).collect(),
            None => self.keys.iter().collect(),
        };
        let fitting: Vec<&Key> =
            meant.iter().copied().filter(|key| key.is_for(header.alg, policy)).collect();
        match fitting[..] {
            [key] => Ok(key),
            [_, _, ..] => Err(fault("ambiguous-key")),
            [] if header.kid.is_none() || meant.is_empty() => Err(fault("unknown-key")),
            // Any of them may be named.
            [] => Err(meant
                .iter()
                .map(|other| format!("algorithm-mismatch {} {}", header.alg, other.alg))
                .collect()),
        }
    }
}

/// The key of a JWK that can be used to verify.
fn key(text: &str) -> Option<Key> {
    let bounds = Bounds { depth: limits::DEPTH, names: limits::NAMES, strict_down_to: usize::MAX };
    let jwk = json::object(text.as_bytes(), bounds, "key").ok()?;
    let text = |name| jwk.get(name).and_then(Json::text);
    let is_absent_or = |name, expected: &str| match jwk.get(name) {
        None => true,
        Some(value) => value.text().as_deref() == Some(expected),
    };
    if jwk.get("d").is_some_and(|d| *d != Json::Null)
        || !is_absent_or("use", "sig")
        || !verifies(&jwk)
    {
        return None;
    }
    let kid = match jwk.get("kid") {
        None => None,
        Some(kid) => Some(kid.text().filter(|kid| kid.len() <= limits::KEY_ID)?),
    };
    // RFC 7517 §4.4
    let alg = match jwk.get("alg") {
        None => None,
        Some(alg) => Some(algorithm::named(&alg.text()?)?),
    };
    let bytes = |name| base64url::decode(&text(name)?);
    let (of_type, others, public) = match text("kty")?.as_str() {
        "EC" => {
            let curve = Curve::named(&text("crv")?)?;
            let coordinate = |name| bytes(name).filter(|bytes| bytes.len() == curve.width);
            let public = curve::PublicKey::new(curve, &coordinate("x")?, &coordinate("y")?)?;
            (curve.alg, &[][..], Public::Ec(public))
        }
        "OKP" => {
            let is_known = text("crv")? == "Ed25519";
            let public = edwards::PublicKey::new(&bytes("x").filter(|_| is_known)?)?;
            ("EdDSA", &[][..], Public::Ed25519(public))
        }
        "RSA" => {
            // RFC 7518 §6.3.2
            let private = ["p", "q", "dp", "dq", "qi", "oth"];
            let is_there = |name: &&str| jwk.get(name).is_some_and(|value| *value != Json::Null);
            if private.iter().any(is_there) {
                return None;
            }
            let public = rsa::PublicKey::new(&bytes("n")?, &bytes("e")?)?;
            let (first, others) = algorithm::RSA.split_first().unwrap();
            (*first, others, Public::Rsa(Arc::new(public)))
        }
        _ => return None,
    };
    let (alg, others) = match alg {
        None => (of_type, others),
        Some(alg) if alg == of_type || others.contains(&alg) => (alg, &[][..]),
        Some(_) => return None,
    };
    let parts = ["kty", "crv", "x", "y", "n", "e", "issuer"].map(text).to_vec();
    Some(Key { kid, issuer: None, alg, others, parts, public })
}

/// RFC 7517 §4.3: strings without repetition, `verify` among them, or no such member; and not more
/// than the core takes.
fn verifies(jwk: &Json) -> bool {
    let Some(key_ops) = jwk.get("key_ops") else { return true };
    let Json::Array(operations) = key_ops else { return false };
    let names: Vec<Option<String>> = operations.iter().map(Json::text).collect();
    let is_unique = (0..names.len()).all(|index| !names[..index].contains(&names[index]));
    is_unique
        && names.len() <= limits::KEY_OPS
        && !names.contains(&None)
        && names.contains(&Some("verify".into()))
}
