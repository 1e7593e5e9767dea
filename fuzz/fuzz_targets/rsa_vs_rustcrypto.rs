//! Signatures by RSA, with chosen encoded messages: the engines against the crate `rsa`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| tollgate_tests::compare::rsa::compare(data));
