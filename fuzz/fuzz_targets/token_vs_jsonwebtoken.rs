//! Whole tokens, signed: `jsonwebtoken` accepts what the core accepts, with the same claims.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use tollgate_fuzz::signed::Description;
use tollgate_tests::compare::jsonwebtoken::compare;
use tollgate_tests::mint::key_for;

fuzz_target!(|data: &[u8]| {
    let Some(token) = Description::read(data) else { return };
    let key = key_for(token.algorithm);
    if let Ok(signed) = String::from_utf8(token.tamper(token.sign())) {
        compare(&signed, &key);
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    tollgate_fuzz::mutate(data, size, max_size, seed)
});
