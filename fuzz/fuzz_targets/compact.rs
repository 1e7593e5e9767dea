//! Compact tokens: the parts, put together again, are the token; a header that is let through is one
//! that any JSON reader reads.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_core::policy::{Expected, Policy};
use tollgate_core::{BearerToken, CompactJws, Scratch};

fuzz_target!(|token: &[u8]| {
    let Ok(bearer) = BearerToken::from_token68(token) else { return };
    let Ok(jws) = CompactJws::split(bearer) else { return };
    let parts = [jws.header(), jws.payload(), jws.signature()];
    assert_eq!(parts.join("."), bearer.as_str());
    assert_eq!(format!("{}.{}", jws.signing_input(), jws.signature()), bearer.as_str());

    let policy: Policy<'_> = Policy::builder(Expected::Any, Expected::Any).build().unwrap();
    let mut scratch = vec![0; Scratch::needed_for(token.len())];
    if let Ok(candidate) = jws.decode_header(&policy.header_rules(), &mut scratch) {
        let header = candidate.header();
        let alg = header.object().get("alg").unwrap().as_text().unwrap();
        assert!(alg == *header.algorithm().name());
        for (name, _) in header.object().members() {
            assert!(header.object().get(&name.to_string()).is_some());
        }
    }
});
