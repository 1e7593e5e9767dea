//! JOSE headers: accepted or refused exactly as a naive reading of RFC 7515 §4 says.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_core::policy::{Expected, Policy};
use tollgate_core::{Algorithm, BearerToken, CompactJws, TypRule};
use tollgate_fuzz::model::{self, Typ};
use tollgate_tests::mint::base64url;

const CRIT: &[&str] = &["exp", "x", "", "https://example.com/x"];
const TYPES: &[&str] = &["at+jwt", "application/secevent+jwt", "text/x", "application/a/b", ""];

fuzz_target!(|data: &[u8]| {
    let Some((choice, text)) = data.split_first() else { return };
    let (algorithms, names): (&[Algorithm], &[&str]) = match choice & 3 {
        0 => (&[Algorithm::Es256], &["ES256"]),
        1 => (&[Algorithm::Es384], &["ES384"]),
        _ => (Algorithm::ALL, &["ES256", "ES384"]),
    };
    let (rule, typ) = match choice >> 2 & 3 {
        0 => (TypRule::OneOf(TYPES), Typ { one_of: Some(TYPES), may_be_absent: false }),
        1 => (TypRule::AbsentOr(TYPES), Typ { one_of: Some(TYPES), may_be_absent: true }),
        _ => (TypRule::Any, Typ { one_of: None, may_be_absent: true }),
    };
    let crit = if choice & 16 == 0 { CRIT } else { &[] };
    let policy = Policy::builder(Expected::Any, Expected::Any).algorithms(algorithms).typ(rule);
    let policy = policy.understood_crit(crit).build().unwrap();

    let token = format!("{}.e30.AA", base64url(text));
    let Ok(bearer) = BearerToken::from_token68(token.as_bytes()) else { return };
    let Ok(jws) = CompactJws::split(bearer) else { return assert!(text.is_empty()) };
    let mut scratch = vec![0; token.len()];
    let found = jws.decode_header(&policy.header_rules(), &mut scratch).map(|candidate| {
        let header = candidate.header();
        assert_eq!(header.object().as_str().as_bytes(), text.trim_ascii());
        let kid = header.key_id().map(|kid| kid.to_string());
        model::Header { alg: header.algorithm().name().to_owned(), kid }
    });
    assert_eq!(found.ok(), model::header(text, names, typ, crit));
});
