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
    let scope = seen.texts.get("scope").map_or("", String::as_str);
    believed_claims(payload, |signed| {
        for word in scope.split(' ').filter(|word| !word.is_empty()) {
            assert!(signed.claims().scope().is_some_and(|scope| scope.has_word(word)), "{word}");
        }
    })
    .unwrap();
});
