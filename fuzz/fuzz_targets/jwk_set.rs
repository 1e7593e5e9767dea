//! JWK sets: whatever is read is sorted, and no key has lost its id.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_core::reference::ReferenceKey;
use tollgate_core::{KeySet, limits};

fuzz_target!(|jwks: &[u8]| {
    let mut left_out = 0;
    let keys = KeySet::<ReferenceKey, 8>::from_jwks_reporting(jwks, |_, _| left_out += 1);
    if let Ok(keys) = keys {
        assert!(keys.keys().is_sorted_by(|left, right| left.id() <= right.id()));
        for key in keys.keys() {
            assert!(key.id().is_none_or(|id| id.as_str().len() <= limits::MAX_KEY_ID_LEN));
        }
    }
});
