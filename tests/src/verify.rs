//! Tokens on their way through the library.

use serde_json::Value;
use tollgate_core::policy::{Audience, Expected, PolicyBuilder};
use tollgate_core::rustcrypto::RustCryptoKey;
use tollgate_core::{
    AcceptedToken, Algorithm, BearerToken, CompactJws, InvalidSignature, Key, KeySet, Now, Policy,
    Rejection, SignatureVerifier, SignedClaims, UnixTime, VerifiedPayload, Verifier,
};

use crate::mint;

/// Keys for a handful of tests.
pub type Keys = KeySet<RustCryptoKey, 8>;

/// The usable keys of a JWK set.
pub fn keys(jwks: &Value) -> Keys {
    Keys::from_jwks(jwks.to_string().as_bytes()).unwrap()
}

/// The keys `k1` and `k2`.
pub fn good_keys() -> Keys {
    keys(&mint::good_jwks())
}

/// A policy in the making that asks for nothing but `exp`.
pub const fn lenient<'p>() -> PolicyBuilder<'p> {
    Policy::builder(Expected::Any, Expected::Any)
}

/// A policy in the making that asks for the good issuer and the good audience.
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
pub fn look<T>(
    token: &str,
    keys: &Keys,
    policy: PolicyBuilder<'_>,
    now: Now,
    look: impl FnOnce(&mut AcceptedToken<'_>) -> T,
) -> Result<T, Rejection> {
    let mut scratch = vec![0; 2 * token.len()];
    let token = BearerToken::from_token68(token.as_bytes())?;
    let verifier = Verifier::new(keys, policy.build().unwrap());
    verifier.verify(token, now, &mut scratch).map(|mut accepted| look(&mut accepted))
}

/// An engine that believes every ES256 signature: for tests of what comes after, without the cost
/// of signing.
#[derive(Clone, Copy, Debug)]
pub struct Credulous;

impl SignatureVerifier for Credulous {
    fn algorithm(&self) -> Algorithm {
        Algorithm::Es256
    }

    fn verify(&self, _: &[u8], _: &[u8]) -> Result<(), InvalidSignature> {
        Ok(())
    }
}

/// What `look` sees of a payload part that is believed to be signed.
pub fn believed<T>(
    payload: &str,
    look: impl FnOnce(VerifiedPayload<'_, '_>) -> Result<T, Rejection>,
) -> Result<T, Rejection> {
    let mut keys = KeySet::<_, 1>::new();
    keys.insert(Key::new(Credulous)).unwrap();
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
