//! Verification, and the verdict that it leaves in memory of the caller's.

use core::ffi::c_void;
use core::ops::Range;

use tollgate_core::json::Text;
use tollgate_core::{BearerToken, Claims, Rejection, Verifier};

use crate::key_set::KeySet;
use crate::limits::TOLLGATE_VERDICT_WORDS;
use crate::memory::{self, Opaque, Place};
use crate::policy::{Policy, Rules};
use crate::result::{Checked, Outcome};
use crate::text::Str;

/// Room for a verdict: the claims of an accepted token, or why one was rejected. It begins as zeros.
#[repr(C)]
#[derive(Debug)]
pub struct Verdict {
    /// Not yours.
    pub opaque: [u64; TOLLGATE_VERDICT_WORDS],
}

impl Opaque for Verdict {
    type Content = Content;
    const TAG: u64 = u64::from_be_bytes(*b"tollsaid");
}

/// What the claims borrow is scratch memory, which outlives the verdict: the C caller's promise.
#[allow(clippy::large_enum_variant, reason = "a box takes a heap, and the room is there")]
pub(crate) enum Content {
    Accepted(Accepted),
    Rejected(Rejection),
}

pub(crate) struct Accepted {
    pub(crate) claims: Claims<'static>,
    /// The audience that the policy matched.
    pub(crate) audience: Option<Text<'static>>,
    pub(crate) scratch: Range<usize>,
    seal: Seal,
}

/// Where the verdict is, and what its claims were: tells it from a copy, and from a verdict whose scratch
/// memory was used for something else.
struct Seal {
    verdict: usize,
    claims: u32,
}

impl Seal {
    fn new(verdict: *const Verdict, claims: &Claims<'_>) -> Self {
        Self { verdict: verdict.addr(), claims: hash(claims) }
    }

    fn holds(&self, verdict: *const Verdict, claims: &Claims<'_>) -> bool {
        self.verdict == verdict.addr() && self.claims == hash(claims)
    }
}

/// FNV-1a. It finds mistakes, and nobody gains from a collision.
fn hash(claims: &Claims<'_>) -> u32 {
    let add = |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    claims.object().as_str().bytes().fold(0x811c_9dc5, add)
}

/// Judges the value of an `Authorization` header. Only `TOLLGATE_RESULT_OK` means that the token is
/// accepted.
///
/// - `keys`: the issuer's keys.
/// - `policy`: what is accepted.
/// - `now`: seconds since 1970-01-01T00:00:00Z; see `tollgate_clock`.
/// - `authorization`: the value, not copied: `Bearer eyJ…`; empty if the request has none. If it has
///   more than one, do not choose: answer 401 with `error="invalid_request"`.
/// - `scratch`: memory for the decoded token, which the verdict borrows: leave it alone as long as the
///   verdict is used. It is overwritten.
/// - `scratch_size`: its bytes. `TOLLGATE_SCRATCH_SIZE(longest token)` always suffice.
/// - `verdict`: where the verdict goes. There is one after `TOLLGATE_RESULT_OK` and after a rejection;
///   after any other result there is none in it, unless it is NULL, misaligned, or overlaps `keys`, their
///   blob or `policy`. Copies of it cannot be used.
///
/// # Safety
///
/// Every pointer is NULL or leads to what its type says, and to as many bytes as are said.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tollgate_verify(
    keys: *const KeySet,
    policy: *const Policy,
    now: i64,
    authorization: Str,
    scratch: *mut c_void,
    scratch_size: usize,
    verdict: *mut Verdict,
) -> Outcome {
    let parse = BearerToken::<'static>::from_header_value;
    // SAFETY: the same promises.
    Outcome::of(unsafe {
        verify((keys, policy), now, authorization, parse, (scratch, scratch_size), verdict)
    })
}

/// As `tollgate_verify`, for a token that came without a header: over CoAP or MQTT, for instance.
///
/// - `token`: the token alone, not copied: `eyJ…`.
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
) -> Outcome {
    let parse = BearerToken::<'static>::from_token68;
    // SAFETY: the same promises.
    Outcome::of(unsafe {
        verify((keys, policy), now, token, parse, (scratch, scratch_size), verdict)
    })
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
) -> Checked<()> {
    // SAFETY: the same promises.
    let place = unsafe { Place::new(verdict) }?;
    let key_set_span = memory::span(keys, 1);
    memory::check_disjoint(&[place.span()], [key_set_span.clone(), memory::span(policy, 1)])?;
    // SAFETY: the same promises.
    let keys = unsafe { memory::content(keys) };
    let tables = || keys.iter().flat_map(|keys| keys.keys()).map(|key| key.verifier().span());
    memory::check_disjoint(&[place.span()], tables())?;
    // Before anything else can fail, so that no verdict of before is taken for this one.
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
    // SAFETY: the same promises, and it is nothing of the above.
    let scratch = unsafe { memory::zeroed(scratch, scratch_size) }?;

    let judged =
        parse(token).and_then(|token| Verifier::new(keys, policy).verify(token, now, scratch));
    match judged {
        Ok(token) => {
            let (claims, audience) = (*token.claims(), token.audience());
            let seal = Seal::new(verdict, &claims);
            place.put(Content::Accepted(Accepted {
                claims,
                audience,
                scratch: scratch_span,
                seal,
            }));
            Ok(())
        }
        Err(rejection) => {
            place.put(Content::Rejected(rejection));
            Err(rejection.into())
        }
    }
}

/// # Safety
///
/// As for [`memory::content`].
pub(crate) unsafe fn accepted<'a>(verdict: *const Verdict) -> Checked<&'a Accepted> {
    // SAFETY: the same promise.
    match unsafe { memory::content(verdict) }? {
        Content::Rejected(_) => Err(Outcome::NotAccepted),
        Content::Accepted(accepted) if accepted.seal.holds(verdict, &accepted.claims) => {
            Ok(accepted)
        }
        Content::Accepted(_) => Err(Outcome::ScratchReused),
    }
}

/// # Safety
///
/// As for [`memory::content`].
pub(crate) unsafe fn rejection(verdict: *const Verdict) -> Checked<Rejection> {
    // SAFETY: the same promise.
    match unsafe { memory::content(verdict) }? {
        Content::Accepted(_) => Err(Outcome::NotRejected),
        Content::Rejected(rejection) => Ok(*rejection),
    }
}
