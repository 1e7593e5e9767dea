//! `tollgate_verdict`: what became of a token, in the caller's memory.

use core::ops::Range;

use tollgate_core::json::Text;
use tollgate_core::{AcceptedToken, Claims, Rejection};

use crate::limits::TOLLGATE_VERDICT_WORDS;
use crate::memory::{self, Opaque};
use crate::result::{Checked, Outcome};

/// Memory for a verdict: the claims of an accepted token, or the reason for a rejection. Initialise it with
/// zeros.
#[repr(C)]
#[derive(Debug)]
pub struct Verdict {
    /// Private to the library.
    pub opaque: [u64; TOLLGATE_VERDICT_WORDS],
}

impl Opaque for Verdict {
    type Content = Content;
    const TAG: u64 = u64::from_be_bytes(*b"tollsaid");
}

/// The claims borrow the scratch memory. The C caller promises that it outlives the verdict.
#[allow(clippy::large_enum_variant, reason = "a box needs a heap, and the space is there")]
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

impl Accepted {
    pub(crate) fn new(
        verdict: *const Verdict,
        token: &AcceptedToken<'static>,
        scratch: Range<usize>,
    ) -> Self {
        let (claims, audience) = (*token.claims(), token.audience());
        Self { claims, audience, scratch, seal: Seal::new(verdict, &claims) }
    }
}

/// The verdict's address and a hash of its claims. They tell the verdict from a copy, and from a verdict
/// whose scratch memory was used for something else.
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

/// FNV-1a. It detects mistakes; there is no attacker who would gain from a collision.
fn hash(claims: &Claims<'_>) -> u32 {
    let add = |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    claims.object().as_str().bytes().fold(0x811c_9dc5, add)
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
