//! Compact tokens: split exactly where there are three parts of which none is empty; the parts, put
//! together again, are the token.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_core::policy::{Expected, Policy};
use tollgate_core::{BearerToken, CompactJws, Rejection, Scratch};

fuzz_target!(|token: &[u8]| {
    let Ok(bearer) = BearerToken::from_token68(token) else { return };
    let parts: Vec<&str> = bearer.as_str().split('.').collect();
    let jws = match CompactJws::split(bearer) {
        Ok(jws) => jws,
        Err(Rejection::PartCount { found }) => return assert!(found == parts.len() && found != 3),
        Err(Rejection::PartEmpty(_)) => return assert!(parts.contains(&"")),
        Err(other) => panic!("{other:?}"),
    };
    assert_eq!(parts, [jws.header(), jws.payload(), jws.signature()]);
    assert!(!parts.contains(&""));
    assert_eq!(format!("{}.{}", jws.signing_input(), jws.signature()), bearer.as_str());

    // The verdict on the header is the same with any scratch memory that is large enough, and what is
    // too small says so.
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
