//! `Authorization` header values: the core finds the token that the oracle finds, or refuses the value
//! for one of its reasons.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_core::{BearerToken, Rejection};
use tollgate_tests::compare::oracle::{believed, check};
use tollgate_tests::oracle::{Credentials, Request};
use tollgate_tests::verify::Engine;

fuzz_target!(|value: &[u8]| {
    let credentials = Credentials::Lines(vec![value.to_vec()]);
    let request = Request { credentials, ..believed(b"", b"") };
    check(&request, true, &[Engine::Credulous]);

    let found = BearerToken::from_header_value(value);
    assert_eq!(BearerToken::from_field_lines([value]), found);
    let twice = BearerToken::from_field_lines([value, value]);
    assert_eq!(twice, Err(Rejection::AuthorizationRepeated));
    match found {
        Ok(token) => {
            let token = token.as_str().as_bytes();
            assert!(value.ends_with(token));
            assert_eq!(BearerToken::from_token68(token), found);
        }
        // What precedes the offending character could be a token.
        Err(Rejection::TokenMalformed { offset }) if offset > 0 => {
            let space = value.iter().position(|byte| *byte == b' ').unwrap();
            let token = value[space..].trim_ascii_start();
            assert!(BearerToken::from_token68(&token[..offset]).is_ok());
        }
        Err(_) => {}
    }
});
