//! JSON texts: the core and the oracle accept what `serde_json` reads and no strict rule forbids, with
//! the same values.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    tollgate_tests::compare::serde_json::compare(text);
});
