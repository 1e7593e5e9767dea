//! Who may pass: the keys, the policy, and the verdict about a token.

use tollgate_core::json::Text;
use tollgate_core::policy::{Audience, Policy, Unjudged};
use tollgate_core::{
    BearerToken, Claim, KeySet, Now, Rejection, Scratch, SignatureVerifier, UnixTime, Verifier,
};

use crate::request::MAX_HEAD_LEN;

// Tables for the issuer's keys, written by `tollgate provision`.
include!(env!("TOLLGATE_KEYS"));

/// What is accepted.
///
/// The board has no clock, and every token is issued after the firmware was built: with an `iat`
/// beyond the floor, which only a clock could judge. So that is accepted; the signature vouches for
/// it.
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

/// It cannot be earlier than this: the time of the tests' tokens. A product takes that of its build, and
/// raises it (docs/no-clock.md). Tokens that had expired by then are refused; one that has expired
/// since is not.
const FLOOR: Now = Now::AtLeast(UnixTime(1_760_000_000));

/// Memory for every token that a request has room for.
pub type Memory = Scratch<{ Scratch::needed_for(MAX_HEAD_LEN) }>;

/// Keys and memory.
pub struct Access<'m> {
    keys: KeySet<&'static dyn SignatureVerifier, 2>,
    memory: &'m mut Memory,
}

impl<'m> Access<'m> {
    /// `None` if the provisioned keys are not a set.
    pub fn new(memory: &'m mut Memory) -> Option<Self> {
        Some(Self { keys: provisioned_keys().ok()?, memory })
    }

    /// The subject of a token that is accepted. It stands alone, so that its stack is taken while a
    /// token is judged only, not below the network's as well.
    #[inline(never)]
    pub fn judge(
        &mut self,
        token: Result<BearerToken<'_>, Rejection>,
    ) -> Result<Text<'_>, Rejection> {
        let accepted = Verifier::new(&self.keys, POLICY).verify(token?, FLOOR, self.memory)?;
        accepted.claims().subject().ok_or(Rejection::ClaimMissing(Claim::Subject))
    }
}
