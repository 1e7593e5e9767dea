//! Keys with tables in flash, written by `tollgate provision`.

use tollgate_core::{KeySet, SignatureVerifier};

include!(env!("TOLLGATE_KEYS"));

/// One key for each algorithm.
const COUNT: usize = if cfg!(all(feature = "es256", feature = "es384")) { 2 } else { 1 };

pub type Keys = KeySet<&'static dyn SignatureVerifier, COUNT>;

#[inline(never)]
pub fn keys() -> Option<Keys> {
    provisioned_keys().ok()
}
