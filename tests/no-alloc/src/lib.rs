//! The pipeline from a header's value to the caller's own claims, on bare ground.
#![no_std]

#[cfg(feature = "hidden-alloc")]
extern crate alloc;
#[cfg(feature = "hidden-std")]
extern crate std;

use core::panic::PanicInfo;
use core::slice;

use tollgate_core::policy::{Audience, Policy};
use tollgate_core::reference::ReferenceKey;
use tollgate_core::{KeySet, Now, Rejection, Scratch, UnixTime, Verifier};

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

const POLICY: Policy<'_> = match Policy::access_token(
    &["https://auth.example.com/oidc"],
    &[Audience::Exact("https://api.example.com")],
)
.required_scopes(&["read:orders"])
.build_const()
{
    Ok(policy) => policy,
    Err(_) => panic!("not a policy"),
};

#[derive(serde::Deserialize)]
struct Member<'a> {
    sub: &'a str,
    level: Option<u32>,
}

fn level(jwks: &[u8], authorization: &[u8], now: i64) -> Result<u32, Rejection> {
    let keys: KeySet<ReferenceKey, 4> =
        KeySet::from_jwks(jwks).map_err(|_| Rejection::NoUsableKey)?;
    let mut scratch = Scratch::<{ Scratch::needed_for(2048) }>::new();
    let verifier = Verifier::new(&keys, POLICY);
    let now = Now::Exact(UnixTime(now));
    let mut accepted = verifier.verify_header(authorization, now, &mut scratch)?;
    let member: Member<'_> = accepted.claims_as()?;
    Ok(member.level.unwrap_or_else(|| member.sub.bytes().map(u32::from).sum()))
}

/// The level of the caller, or the status of the refusal, negated.
///
/// # Safety
///
/// Both pointers lead to as many readable bytes as said.
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
    match level(jwks, authorization, now) {
        Ok(level) => i64::from(level),
        Err(rejection) => -i64::from(rejection.http_status()),
    }
}
