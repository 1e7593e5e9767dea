//! `Authorization` header values: what is taken for a token stands at the end of the value, as is.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_core::BearerToken;

fuzz_target!(|value: &[u8]| {
    if let Ok(token) = BearerToken::from_header_value(value) {
        let scheme = value.strip_suffix(token.as_str().as_bytes()).unwrap();
        assert!(scheme.trim_ascii_end().eq_ignore_ascii_case(b"Bearer"));
        assert_eq!(BearerToken::from_token68(token.as_str().as_bytes()), Ok(token));
    }
});
