//! Access control: the keys, the policy, and the check of a token.

use tollgate_core::json::Text;
use tollgate_core::policy::{Audience, Policy, Unjudged};
use tollgate_core::{
    BearerToken, Claim, KeySet, Now, Rejection, Scratch, SignatureVerifier, UnixTime, Verifier,
};

use crate::request::MAX_HEAD_LEN;

// Tables for the issuer's keys, written by `tollgate provision`.
include!(env!("TOLLGATE_KEYS"));

/// The tokens that are accepted.
///
/// The board has no clock, and every token is issued after the firmware was built. So its `iat` is
/// later than the floor, and only a clock could check it. The policy accepts it: the signature vouches
/// for it.
pub const POLICY: Policy<'_> = match Policy::access_token(
    &["https://auth.example.com/oidc"],
    &[Audience::Exact("https://api.example.com")],
)
.required_scopes(&["read:orders"])
.unjudged(Unjudged::Accept)
.build()
{
    Ok(policy) => policy,
    Err(_) => panic!("not a policy"),
};

/// The earliest time that it can be: here, the time of the test tokens. A product uses its build time, and
/// raises it (docs/no-clock.md). Tokens that expired before it are refused, later ones are not.
const FLOOR: Now = Now::AtLeast(UnixTime(1_760_000_000));

/// Memory for the longest token that fits into a request.
pub type Memory = Scratch<{ Scratch::needed_for(MAX_HEAD_LEN) }>;

/// The keys, and memory to verify with.
pub struct Access<'m> {
    keys: KeySet<&'static dyn SignatureVerifier, 2>,
    memory: &'m mut Memory,
}

impl<'m> Access<'m> {
    /// Returns `None` if the provisioned keys do not form a key set.
    pub fn new(memory: &'m mut Memory) -> Option<Self> {
        Some(Self { keys: provisioned_keys().ok()?, memory })
    }

    /// Verifies a token, and returns its subject. Never inlined, so that the network code does not
    /// reserve this stack as well.
    #[inline(never)]
    pub fn verify(
        &mut self,
        token: Result<BearerToken<'_>, Rejection>,
    ) -> Result<Text<'_>, Rejection> {
        let accepted = Verifier::new(&self.keys, POLICY).verify(token?, FLOOR, self.memory)?;
        accepted.claims().subject().ok_or(Rejection::ClaimMissing(Claim::Subject))
    }
}
