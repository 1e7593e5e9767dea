//! `Authorization` header values: what is taken for a token is what a naive reading of RFC 9110 §11
//! finds, at the end of the value, as is; and of several lines, none is.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_core::{BearerToken, Rejection, limits};

fuzz_target!(|value: &[u8]| {
    let found = BearerToken::from_header_value(value);
    assert_eq!(found.map(|token| token.as_str().as_bytes()).ok(), expected(value), "{found:?}");
    assert_eq!(BearerToken::from_field_lines([value]), found);
    let twice = BearerToken::from_field_lines([value, value]);
    assert_eq!(twice, Err(Rejection::AuthorizationRepeated));
    match found {
        Ok(token) => assert_eq!(BearerToken::from_token68(token.as_str().as_bytes()), Ok(token)),
        // What precedes the offending character could be a token.
        Err(Rejection::TokenMalformed { offset }) if offset > 0 => {
            let (_, token) = scheme_and_rest(value).unwrap();
            assert!(BearerToken::from_token68(&token[..offset]).is_ok());
        }
        Err(_) => {}
    }
});

fn expected(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = scheme_and_rest(value)?;
    let unpadded = token.len() - token.iter().rev().take_while(|byte| **byte == b'=').count();
    let is_token68 = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte);
    let is_token = unpadded > 0
        && token[..unpadded].iter().all(is_token68)
        && token.len() <= limits::MAX_TOKEN_LEN;
    (is_token && scheme.to_ascii_lowercase() == b"bearer").then_some(token)
}

fn scheme_and_rest(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = value.iter().position(|byte| *byte == b' ')?;
    let token = value[space..].iter().position(|byte| *byte != b' ')?;
    Some((&value[..space], &value[space + token..]))
}
