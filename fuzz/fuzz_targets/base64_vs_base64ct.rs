//! Base64url wherever it stands: the core decodes it exactly if `base64ct` does, and to the same bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|encoded: &[u8]| tollgate_tests::compare::base64ct::compare(encoded));
