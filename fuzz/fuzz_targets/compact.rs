//! Compact tokens: split where the oracle splits them. The parts, put together again, are the token, and
//! the verdict is the same with any scratch memory that is large enough.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_core::policy::{Expected, Policy};
use tollgate_core::{BearerToken, CompactJws, Rejection, Scratch};
use tollgate_tests::compare::oracle::{believed, check};
use tollgate_tests::oracle::{Credentials, Request};
use tollgate_tests::verify::Engine;

fuzz_target!(|token: &[u8]| {
    let request = Request { credentials: Credentials::Token(token.to_vec()), ..believed(b"", b"") };
    check(&request, true, &[Engine::Credulous]);

    let Ok(bearer) = BearerToken::from_token68(token) else { return };
    let Ok(jws) = CompactJws::split(bearer) else { return };
    let parts: Vec<&str> = bearer.as_str().split('.').collect();
    assert_eq!(parts, [jws.header(), jws.payload(), jws.signature()]);
    assert_eq!(format!("{}.{}", jws.signing_input(), jws.signature()), bearer.as_str());

    // Scratch memory that is too small says how much is needed.
    let policy: Policy<'_> = Policy::builder(Expected::Any, Expected::Any).build().unwrap();
    let decode = |len: usize| {
        let mut scratch = vec![0xff; len];
        jws.decode_header(&policy.header_rules(), &mut scratch).map(drop)
    };
    let verdict = decode(Scratch::needed_for(token.len()));
    assert!(!matches!(verdict, Err(Rejection::ScratchTooSmall { .. })));
    if let Err(Rejection::ScratchTooSmall { needed }) = decode(0) {
        assert!(needed <= Scratch::needed_for(token.len()));
        assert_eq!(decode(needed), verdict);
        assert_eq!(decode(needed - 1), Err(Rejection::ScratchTooSmall { needed }));
    }
});
