//! The whole way, from a header value to claims: once with a real key, for which no fuzzer can sign,
//! and once with an engine that takes every signature, so that the claims and the policy are reached.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tollgate_core::policy::{Audience, Expected, Policy};
use tollgate_core::reference::ReferenceKey;
use tollgate_core::{
    Algorithm, BearerToken, CompactJws, InvalidSignature, Key, KeyId, KeySet, Now, Scratch,
    SignatureVerifier, SignedClaims, UnixTime, Verifier, limits,
};

/// A key of RFC 7515 A.3, whose private half is public; no seed is signed with it.
const JWKS: &[u8] = br#"{"keys":[{"kty":"EC","crv":"P-256",
    "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#;

static KEYS: LazyLock<KeySet<ReferenceKey, 1>> = LazyLock::new(|| KeySet::from_jwks(JWKS).unwrap());

const NOW: Now = Now::Exact(UnixTime(1_800_000_000));

fuzz_target!(|authorization: &[u8]| {
    let policy = Policy::builder(
        Expected::OneOf(&["https://auth.example.com/oidc"]),
        Expected::OneOf(&[Audience::Exact("https://api.example.com"), Audience::Prefix("urn:")]),
    );
    let policy = policy.required_scopes(&["read:orders"]).build().unwrap();
    let mut scratch = Scratch::<{ Scratch::needed_for(limits::MAX_TOKEN_LEN) }>::new();
    let verifier = Verifier::new(&*KEYS, policy);
    assert!(verifier.verify_header(authorization, NOW, &mut scratch).is_err(), "a forgery");

    let any: Policy<'_> = Policy::builder(Expected::Any, Expected::Any).build().unwrap();
    let Ok(bearer) = BearerToken::from_header_value(authorization) else { return };
    let Ok(jws) = CompactJws::split(bearer) else { return };
    for policy in [policy, any] {
        let Ok(candidate) = jws.decode_header(&policy.header_rules(), &mut scratch) else { return };
        let id = candidate.header().key_id().map(|id| id.to_string());
        let key = Key::new(Anything(candidate.header().algorithm()));
        let mut keys = KeySet::<_, 1>::new();
        keys.insert(key.with_id(id.and_then(|id| KeyId::new(&id)))).unwrap();
        let Ok(verified) = keys.select(candidate).unwrap().verify() else { return };
        let Ok(signed) = SignedClaims::parse(verified) else { return };
        if let Ok(mut token) = policy.accept(signed, NOW) {
            let claims = token.claims();
            assert!(claims.expiration().unwrap().floor() > NOW.time());
            for (name, _) in claims.object().members() {
                assert!(claims.get(&name.to_string()).is_some());
            }
            let _ = token.claims_as::<()>();
        }
    }
});

struct Anything(Algorithm);

impl SignatureVerifier for Anything {
    fn algorithm(&self) -> Algorithm {
        self.0
    }

    fn verify(&self, _: &[u8], _: &[u8]) -> Result<(), InvalidSignature> {
        Ok(())
    }
}
