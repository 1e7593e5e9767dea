//! Sends tokens through the library.

mod engine;
mod request;

pub use engine::{Credulous, Engine, SharedEngine};
pub use request::{Refused, judge_request, usable_keys, verify_request};

use serde::Deserialize;
use serde_json::Value;
use tollgate_core::engines::rustcrypto::RustCryptoKey;
use tollgate_core::policy::{
    Audience, Expected, MissingExp, PolicyBuilder, ProofOfPossession, Unjudged,
};
use tollgate_core::{
    AcceptedToken, Algorithm, BearerToken, CompactJws, Key, KeySet, Now, Policy, Rejection,
    SignatureVerifier, SignedClaims, UnixTime, VerifiedPayload, Verifier,
};

use crate::mint;

/// Keys for a handful of tests.
pub type TestKeys = KeySet<RustCryptoKey, 8>;

/// The usable keys of a JWK set.
pub fn keys(jwks: &Value) -> TestKeys {
    TestKeys::from_jwks(jwks.to_string().as_bytes()).unwrap()
}

/// The keys `k1` and `k2`.
pub fn good_keys() -> TestKeys {
    keys(&mint::good_jwks())
}

/// Starts a policy that requires nothing but `exp`.
pub const fn lenient<'p>() -> PolicyBuilder<'p> {
    Policy::builder(Expected::Any, Expected::Any)
}

/// Starts a policy that requires the good issuer and the good audience.
pub const fn good() -> PolicyBuilder<'static> {
    Policy::builder(
        Expected::OneOf(&[mint::ISSUER]),
        Expected::OneOf(&[Audience::Exact(mint::AUDIENCE)]),
    )
}

/// The verdict on a token at [`mint::NOW`], with the good keys.
pub fn judge(token: &str, policy: PolicyBuilder<'_>) -> Result<(), Rejection> {
    judge_at(mint::NOW, token, policy)
}

/// The verdict on a token at `now`, with the good keys.
pub fn judge_at(now: i64, token: &str, policy: PolicyBuilder<'_>) -> Result<(), Rejection> {
    look(token, &good_keys(), policy, Now::Exact(UnixTime(now)), |_| ())
}

/// What `look` sees of a token, if it is accepted.
pub fn look<T, V: SignatureVerifier, const N: usize>(
    token: &str,
    keys: &KeySet<V, N>,
    policy: PolicyBuilder<'_>,
    now: Now,
    look: impl FnOnce(&mut AcceptedToken<'_>) -> T,
) -> Result<T, Rejection> {
    let mut scratch = vec![0; 2 * token.len()];
    let token = BearerToken::from_token68(token.as_bytes())?;
    let verifier = Verifier::new(keys, policy.build().unwrap());
    verifier.verify(token, now, &mut scratch).map(|mut accepted| look(&mut accepted))
}

/// What `look` sees of a payload part that is believed to be signed.
pub fn believed<T>(
    payload: &str,
    look: impl FnOnce(VerifiedPayload<'_, '_>) -> Result<T, Rejection>,
) -> Result<T, Rejection> {
    let mut keys = KeySet::<_, 1>::new();
    keys.insert(Key::new(Credulous { algorithms: Algorithm::Es256.into(), signature_len: 64 }))
        .unwrap();
    let header = mint::base64url(r#"{"alg":"ES256"}"#);
    let token = format!("{header}.{payload}.{}", mint::base64url([0; 64]));
    let mut scratch = vec![0; 2 * token.len()];
    let policy = lenient().build().unwrap();
    let jws = CompactJws::split(BearerToken::from_token68(token.as_bytes())?)?;
    let candidate = jws.decode_header(&policy.header_rules(), &mut scratch)?;
    look(keys.select(candidate)?.verify()?)
}

/// What `look` sees of claims that are believed to be signed.
pub fn believed_claims<T>(
    payload: impl AsRef<[u8]>,
    look: impl FnOnce(SignedClaims<'_, '_>) -> T,
) -> Result<T, Rejection> {
    believed(&mint::base64url(payload), |verified| SignedClaims::parse(verified).map(look))
}

/// Reads claims that are believed to be signed as a type of the caller's.
pub fn claims_as<T: for<'a> Deserialize<'a>>(payload: impl AsRef<[u8]>) -> Result<T, Rejection> {
    let policy = lenient()
        .missing_exp(MissingExp::Accept)
        .unjudged(Unjudged::Accept)
        .proof_of_possession(ProofOfPossession::CheckedByCaller)
        .build()
        .unwrap();
    believed(&mint::base64url(payload), |verified| {
        let now = Now::AtLeast(UnixTime(i64::MIN));
        policy.accept(SignedClaims::parse(verified)?, now)?.claims_as()
    })
}
