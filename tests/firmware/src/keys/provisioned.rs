//! Keys with tables in flash, as `tollgate provision` wrote them.

use tollgate_core::{KeySet, SignatureVerifier};

include!(env!("TOLLGATE_KEYS"));

const COUNT: usize = cfg!(feature = "es256") as usize + cfg!(feature = "es384") as usize;

pub type Keys = KeySet<&'static dyn SignatureVerifier, COUNT>;

pub fn keys() -> Option<Keys> {
    provisioned_keys().ok()
}
