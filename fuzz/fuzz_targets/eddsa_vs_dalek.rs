//! Signatures by Ed25519: the engines against ed25519-dalek, for all keys that both take.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tollgate_tests::compare::dalek::compare(data));
