//! Signatures: the provisioned engines against RustCrypto's curves.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tollgate_tests::compare::rustcrypto::compare(data));
