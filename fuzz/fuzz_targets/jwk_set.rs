//! JWK sets: whatever is read is sorted, every key is either usable or left out for a reason, and
//! private keys are left out.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_core::reference::ReferenceKey;
use tollgate_core::{KeySet, UnusableKey, limits};

fuzz_target!(|jwks: &[u8]| {
    let mut left_out = 0;
    let mut private = 0;
    let keys = KeySet::<ReferenceKey, 8>::from_jwks_reporting(jwks, |_, reason| {
        left_out += 1;
        private += usize::from(reason == UnusableKey::PrivateKey);
    });
    if let Ok(keys) = keys {
        // What is wrong within a key leaves out that key, but is too much for another reader.
        if let Ok(set) = serde_json::from_slice::<serde_json::Value>(jwks) {
            let elements = set["keys"].as_array().unwrap();
            assert_eq!(keys.keys().len() + left_out, elements.len());
            let with_private_part = elements.iter().filter(|key| key.get("d").is_some()).count();
            assert!(private <= with_private_part);
            assert!(keys.keys().len() + with_private_part <= elements.len());
        }
        assert!(keys.keys().is_sorted_by(|left, right| left.id() <= right.id()));
        for key in keys.keys() {
            assert!(key.id().is_none_or(|id| id.as_str().len() <= limits::MAX_KEY_ID_LEN));
        }
    }
});
