//! The pipeline from the header value to custom claims, without std and without an allocator.
#![no_std]

#[cfg(feature = "hidden-alloc")]
extern crate alloc;
#[cfg(feature = "hidden-std")]
extern crate std;

use core::panic::PanicInfo;
use core::slice;

use tollgate_core::engines::Blob;
use tollgate_core::policy::{Audience, Policy};

use tollgate_core::engines::ecdsa::{Comb, P256, P384, UntabledKey};
#[cfg(feature = "rustcrypto")]
use tollgate_core::engines::rustcrypto::RustCryptoKey;
use tollgate_core::{
    Jwk, Key, KeySet, Now, Rejection, Scratch, SignatureVerifier, UnixTime, UnusableKey, Verifier,
};

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

const POLICY: Policy<'_> = match Policy::access_token(
    &["https://auth.example.com/oidc"],
    &[Audience::Exact("https://api.example.com")],
)
.required_scopes(&["read:orders"])
.build()
{
    Ok(policy) => policy,
    Err(_) => panic!("not a policy"),
};

#[derive(serde::Deserialize)]
struct Member<'a> {
    sub: &'a str,
    level: Option<u32>,
}

type Small = Comb<6, 2>;

/// Verifies with the keys of a JWK set. Skips keys that the engine does not support.
fn level_by_jwks<V>(jwks: &[u8], authorization: &[u8], now: i64) -> Result<u32, Rejection>
where
    V: SignatureVerifier + for<'a> TryFrom<&'a Jwk<'a>, Error = UnusableKey>,
{
    let keys: KeySet<V, 4> = KeySet::from_jwks(jwks).map_err(|_| Rejection::NoUsableKey)?;
    level(&keys, authorization, now)
}

/// Verifies with two keys of a blob: compares the table of the first with its key, and trusts the second.
fn level_by_blob(blob: &[u8], authorization: &[u8], now: i64) -> Result<u32, Rejection> {
    let unusable = |_| Rejection::NoUsableKey;
    let mut blob = Blob::parse(blob).map_err(unusable)?.keys();
    let (first, second) = (blob.next(), blob.next());
    let first = first.ok_or(Rejection::NoUsableKey)?;
    let second = second.ok_or(Rejection::NoUsableKey)?;
    let p256 = first.ecdsa_key::<P256, Small, Small>().map_err(unusable)?;
    let p384 = second.trusted_ecdsa_key::<P384, Small, Small>().map_err(unusable)?;
    let mut keys = KeySet::<&dyn SignatureVerifier, 2>::new();
    for key in [
        Key::<&dyn SignatureVerifier>::new(&p256).with_id(first.id().copied()),
        Key::<&dyn SignatureVerifier>::new(&p384).with_id(second.id().copied()),
    ] {
        keys.insert(key).map_err(|_| Rejection::NoUsableKey)?;
    }
    level(&keys, authorization, now)
}

fn level<V: SignatureVerifier, const N: usize>(
    keys: &KeySet<V, N>,
    authorization: &[u8],
    now: i64,
) -> Result<u32, Rejection> {
    let mut scratch = Scratch::<{ Scratch::needed_for(2048) }>::new();
    let verifier = Verifier::new(keys, POLICY);
    let now = Now::Exact(UnixTime(now));
    let accepted = verifier.verify_header(authorization, now, &mut scratch)?;
    let member: Member<'_> = accepted.claims_as()?;
    Ok(member.level.unwrap_or_else(|| member.sub.bytes().map(u32::from).sum()))
}

/// Returns the level of the caller, or the negated HTTP status of the refusal. The keys are a blob or a
/// JWK set.
///
/// # Safety
///
/// Both pointers must point to as many readable bytes as the lengths say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tollgate_level(
    jwks: *const u8,
    jwks_len: usize,
    authorization: *const u8,
    authorization_len: usize,
    now: i64,
) -> i64 {
    #[cfg(feature = "hidden-alloc")]
    let _allocated = alloc::vec::Vec::from([jwks_len, authorization_len]);
    // SAFETY: the caller's promise.
    let (jwks, authorization) = unsafe {
        (
            slice::from_raw_parts(jwks, jwks_len),
            slice::from_raw_parts(authorization, authorization_len),
        )
    };
    let level = level_by_blob(jwks, authorization, now)
        .or_else(|_| level_by_jwks::<UntabledKey<P256, Small>>(jwks, authorization, now));
    #[cfg(feature = "rustcrypto")]
    let level = level.or_else(|_| level_by_jwks::<RustCryptoKey>(jwks, authorization, now));
    match level {
        Ok(level) => i64::from(level),
        Err(rejection) => -i64::from(rejection.http_status()),
    }
}
