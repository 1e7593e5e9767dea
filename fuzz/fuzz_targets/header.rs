//! A choice of rules and a JOSE header: the core accepts it where the oracle does, and refuses it for one
//! of its reasons.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_tests::compare::oracle::{believed, check};
use tollgate_tests::oracle::Typ;
use tollgate_tests::verify::Engine;

const CRIT: [&str; 4] = ["exp", "x", "", "https://example.com/x"];
const TYPES: [&str; 5] = ["at+jwt", "application/secevent+jwt", "text/x", "application/a/b", ""];

fuzz_target!(|data: &[u8]| {
    let Some((choice, header)) = data.split_first() else { return };
    let mut request = believed(header, b"{}");
    let policy = &mut request.policy;
    match choice & 3 {
        0 => policy.algorithms = Some(vec!["ES256".into()]),
        1 => policy.algorithms = Some(vec!["ES384".into()]),
        _ => {}
    }
    let types = TYPES.map(str::to_owned).to_vec();
    match choice >> 2 & 3 {
        0 => policy.typ = Typ::OneOf(types),
        1 => policy.typ = Typ::AbsentOr(types),
        _ => {}
    }
    if choice & 16 == 0 {
        policy.understood_crit = CRIT.map(str::to_owned).to_vec();
    }
    check(&request, true, &[Engine::Credulous]);
});
