//! [`IssuerKeys`]: the keys of one issuer.

use tollgate_core::{Candidate, Key, KeySet, Rejection, SelectedKey};

use super::fetch::MAX_KEYS;
use crate::keys::SharedVerifier;

/// The keys of one issuer, on the heap: a set of a thousand keys would fill a good part of a thread's stack.
/// A key that stays keeps its table, and what is remembered for it, in the next set.
pub(crate) struct IssuerKeys(Box<dyn Select>);

/// What a key set of any capacity does.
trait Select: Send + Sync {
    fn keys(&self) -> &[Key<SharedVerifier>];

    fn select<'k, 't, 'b>(
        &'k self,
        candidate: Candidate<'t, 'b>,
    ) -> Result<SelectedKey<'k, 't, 'b>, Rejection>;
}

impl IssuerKeys {
    /// Makes a set of at most [`MAX_KEYS`] keys. Most issuers have a few, which take little memory.
    pub(super) fn new(keys: Vec<Key<SharedVerifier>>) -> Self {
        Self(match keys.len() {
            0..=8 => with_capacity::<8>(keys),
            9..=64 => with_capacity::<64>(keys),
            65..=256 => with_capacity::<256>(keys),
            _ => with_capacity::<MAX_KEYS>(keys),
        })
    }

    /// Returns the keys, sorted by id.
    pub(crate) fn keys(&self) -> &[Key<SharedVerifier>] {
        self.0.keys()
    }

    /// Selects the key for a token: see [`KeySet::select`].
    pub(crate) fn select<'k, 't, 'b>(
        &'k self,
        candidate: Candidate<'t, 'b>,
    ) -> Result<SelectedKey<'k, 't, 'b>, Rejection> {
        self.0.select(candidate)
    }
}

fn with_capacity<const N: usize>(keys: Vec<Key<SharedVerifier>>) -> Box<dyn Select> {
    let mut set = Box::new(KeySet::<SharedVerifier, N>::new());
    for key in keys {
        // Never full: the capacity fits.
        let _ = set.insert(key);
    }
    set
}

impl<const N: usize> Select for KeySet<SharedVerifier, N> {
    fn keys(&self) -> &[Key<SharedVerifier>] {
        self.keys()
    }

    fn select<'k, 't, 'b>(
        &'k self,
        candidate: Candidate<'t, 'b>,
    ) -> Result<SelectedKey<'k, 't, 'b>, Rejection> {
        self.select(candidate)
    }
}
