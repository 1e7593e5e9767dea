//! The JWK set and the choice of a key: RFC 7517 §4, §5, RFC 7518 §6.2.1.

use std::sync::Arc;

use super::base64url;
use super::curve::{Curve, PublicKey};
use super::fault::{Faults, fault};
use super::header::Jose;
use super::json::{self, Bounds, Json};
use super::limits::{self, CAPACITY};

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
    pub(super) public: Arc<PublicKey>,
}

impl Key {
    /// The one algorithm that it is for: its curve's.
    pub fn alg(&self) -> &'static str {
        self.public.curve().alg
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
    pub(super) fn choose(&self, header: &Jose) -> Result<&Key, Faults> {
        if self.keys.is_empty() {
            return Err(fault("no-usable-key"));
        }
        let meant: Vec<&Key> = match &header.kid {
            Some(kid) => self.keys.iter().filter(|key| key.kid.as_ref() == Some(kid)).collect(),
            None => self.keys.iter().collect(),
        };
        let fitting: Vec<&Key> =
            meant.iter().copied().filter(|key| key.alg() == header.alg).collect();
        match fitting[..] {
            [key] => Ok(key),
            [_, _, ..] => Err(fault("ambiguous-key")),
            [] => match (&header.kid, meant.first()) {
                (Some(_), Some(other)) => {
                    Err(fault(format!("algorithm-mismatch {} {}", header.alg, other.alg())))
                }
                _ => Err(fault("unknown-key")),
            },
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
    if jwk.get("d").is_some() || text("kty")? != "EC" {
        return None;
    }
    let curve = Curve::named(&text("crv")?)?;
    if !is_absent_or("use", "sig") || !is_absent_or("alg", curve.alg) || !verifies(&jwk) {
        return None;
    }
    let kid = match jwk.get("kid") {
        None => None,
        Some(kid) => Some(kid.text().filter(|kid| kid.len() <= limits::KEY_ID)?),
    };
    let coordinate =
        |name| base64url::decode(&text(name)?).filter(|bytes| bytes.len() == curve.width);
    let public = PublicKey::new(curve, &coordinate("x")?, &coordinate("y")?)?;
    Some(Key { kid, issuer: None, public })
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
