//! JSON texts: accepted exactly if serde_json reads them and no strict rule forbids it, with the same
//! values.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    tollgate_tests::json::compare(text);
});
