//! Claims: the core reads what the oracle reads, each claim exactly, or refuses the payload for one of
//! its reasons.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_tests::compare::oracle::{believed, check};
use tollgate_tests::oracle::Verdict;
use tollgate_tests::verify::{Engine, believed_claims};

fuzz_target!(|payload: &[u8]| {
    let request = believed(br#"{"alg":"ES256"}"#, payload);
    let Verdict::Accepted(seen) = check(&request, true, &[Engine::Credulous]) else { return };
    believed_claims(payload, |signed| {
        for scope in &seen.scopes {
            assert!(signed.claims().scopes().unwrap().contains(scope), "{scope}");
        }
    })
    .unwrap();
});
