//! JWK sets: with each engine, the usable keys are those that the oracle finds. All others are left out,
//! and none spoils the set.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|jwks: &[u8]| tollgate_tests::compare::oracle::check_keys(jwks));
