//! Verifying tokens.

use core::ffi::c_void;

use tollgate_core::{BearerToken, Rejection, Verifier};

use crate::key_set::KeySet;
use crate::memory::{self, Place};
use crate::policy::{Policy, Rules};
use crate::result::Code;
use crate::text::Str;
use crate::verdict::{Accepted, Content, Verdict};

/// Verifies the token in an `Authorization` header. The token is accepted only if the result is
/// `TOLLGATE_RESULT_OK`.
///
/// - `keys`: the issuer's keys.
/// - `policy`: the tokens to accept.
/// - `now`: seconds since 1970-01-01T00:00:00Z; see `tollgate_clock`.
/// - `authorization`: the header's value, `Bearer eyJ…`, which is not copied. Empty if the request has no
///   such header. If it has several, do not choose one: answer 401 with `error="invalid_request"`.
/// - `scratch`: memory for the decoded token. Its content is overwritten. The verdict borrows it, so do not
///   use it for anything else while the verdict is in use.
/// - `scratch_size`: its size in bytes. `TOLLGATE_SCRATCH_SIZE(longest token)` is always enough.
/// - `verdict`: receives the verdict, if the token is accepted or refused. After any other result it is
///   empty, unless it is NULL, misaligned, or overlaps `keys`, their blob or `policy`. Do not copy it.
///
/// # Safety
///
/// Every pointer is NULL or points to a value of its type, and memory has the size that is passed with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tollgate_verify(
    keys: *const KeySet,
    policy: *const Policy,
    now: i64,
    authorization: Str,
    scratch: *mut c_void,
    scratch_size: usize,
    verdict: *mut Verdict,
) -> Code {
    let parse = BearerToken::<'static>::from_header_value;
    // SAFETY: the same promises.
    Code::of(unsafe {
        verify((keys, policy), now, authorization, parse, (scratch, scratch_size), verdict)
    })
}

/// As `tollgate_verify`, for a token that came without a header, for instance over CoAP or MQTT.
///
/// - `token`: the token alone, `eyJ…`, which is not copied.
///
/// # Safety
///
/// As for `tollgate_verify`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tollgate_verify_token(
    keys: *const KeySet,
    policy: *const Policy,
    now: i64,
    token: Str,
    scratch: *mut c_void,
    scratch_size: usize,
    verdict: *mut Verdict,
) -> Code {
    let parse = BearerToken::<'static>::from_token68;
    // SAFETY: the same promises.
    Code::of(unsafe { verify((keys, policy), now, token, parse, (scratch, scratch_size), verdict) })
}

/// # Safety
///
/// As for `tollgate_verify`.
unsafe fn verify(
    (keys, policy): (*const KeySet, *const Policy),
    now: i64,
    token: Str,
    parse: fn(&'static [u8]) -> Result<BearerToken<'static>, Rejection>,
    (scratch, scratch_size): (*mut c_void, usize),
    verdict: *mut Verdict,
) -> Result<(), Code> {
    // SAFETY: the same promises.
    let place = unsafe { Place::new(verdict) }?;
    let key_set_span = memory::span(keys, 1);
    memory::check_disjoint(&[place.span()], [key_set_span.clone(), memory::span(policy, 1)])?;
    // SAFETY: the same promises.
    let keys = unsafe { memory::content(keys) };
    let tables = || keys.iter().flat_map(|keys| keys.keys()).map(|key| key.verifier().span());
    memory::check_disjoint(&[place.span()], tables())?;
    // Before anything else can fail, so that an old verdict is not mistaken for this one.
    place.clear();
    // SAFETY: the same promises.
    let (rules, token) = unsafe { (Rules::read(policy)?, token.bytes()?) };
    let scratch = scratch.cast::<u8>();
    memory::check_bytes(scratch, scratch_size)?;
    let written = [memory::span(scratch, scratch_size), place.span()];
    let read = [key_set_span, memory::span(token.as_ptr(), token.len())];
    memory::check_disjoint(&written, read.into_iter().chain(rules.spans()).chain(tables()))?;
    let keys = keys?;
    let [scratch_span, verdict_span] = written;
    memory::check_disjoint(&[verdict_span], [scratch_span.clone()])?;
    let (policy, now) = (rules.policy()?, rules.now(now)?);
    // SAFETY: the same promises; and it overlaps none of the above.
    let scratch = unsafe { memory::zeroed(scratch, scratch_size) }?;

    let judged =
        parse(token).and_then(|token| Verifier::new(keys, policy).verify(token, now, scratch));
    match judged {
        Ok(token) => {
            place.put(Content::Accepted(Accepted::new(verdict, &token, scratch_span)));
            Ok(())
        }
        Err(rejection) => {
            place.put(Content::Rejected(rejection));
            Err(rejection.into())
        }
    }
}
