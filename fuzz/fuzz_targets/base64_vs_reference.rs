//! Base64url in each place where it stands: it decodes exactly if another implementation decodes it,
//! and to the same bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|encoded: &[u8]| tollgate_tests::differential::compare_base64(encoded));
