//! Keys of one id: those that are there twice, and those between which a device could not choose.

use std::fmt;

use tollgate_core::{Algorithm, KeyId};

use super::provisioned_key::PublicKey;

/// Removes all but the first of equal keys with equal ids.
pub(super) fn without_repetitions(
    keys: Vec<(Option<KeyId>, PublicKey)>,
) -> Vec<(Option<KeyId>, PublicKey)> {
    let mut different = Vec::new();
    for key in keys {
        if !different.contains(&key) {
            different.push(key);
        }
    }
    different
}

/// Different keys that have the same id and algorithm.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ambiguity {
    id: Option<KeyId>,
    algorithm: Algorithm,
}

/// Finds different keys that have the same id and algorithm.
pub(super) fn ambiguities(keys: &[(Option<KeyId>, PublicKey)]) -> Vec<Ambiguity> {
    let mut found = Vec::new();
    let names = keys.iter().map(|(id, key)| Ambiguity { id: *id, algorithm: key.algorithm() });
    for (index, name) in names.clone().enumerate() {
        if names.clone().take(index).any(|other| other == name) && !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

impl fmt::Display for Ambiguity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithm = self.algorithm;
        match &self.id {
            Some(id) => write!(
                f,
                "several keys for {algorithm} have the kid {id:?}: a device rejects every token with that kid \
                 as ambiguous-key. Remove all but one"
            ),
            None => write!(
                f,
                "several keys for {algorithm} have no kid: a device rejects every token without kid as \
                 ambiguous-key. Remove all but one, or give them kids"
            ),
        }
    }
}
