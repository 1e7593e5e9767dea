//! All stages in order: [`Verifier`].

use crate::accepted::AcceptedToken;
use crate::bearer::BearerToken;
use crate::claims::SignedClaims;
use crate::compact::CompactJws;
use crate::engine::SignatureVerifier;
use crate::key_set::KeySet;
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::time::Now;

/// Verifies tokens with a key set and a policy.
#[derive(Debug)]
pub struct Verifier<'a, V, const N: usize> {
    keys: &'a KeySet<V, N>,
    policy: Policy<'a>,
}

impl<'a, V: SignatureVerifier, const N: usize> Verifier<'a, V, N> {
    /// Makes a verifier. It only borrows, so this costs nothing.
    #[must_use]
    pub const fn new(keys: &'a KeySet<V, N>, policy: Policy<'a>) -> Self {
        Self { keys, policy }
    }

    /// Verifies the value of an `Authorization` header.
    ///
    /// # Errors
    ///
    /// The reason why the token is rejected.
    pub fn verify_header<'b>(
        &self,
        authorization: &[u8],
        now: Now,
        scratch: &'b mut [u8],
    ) -> Result<AcceptedToken<'b>, Rejection> {
        self.verify(BearerToken::from_header_value(authorization)?, now, scratch)
    }

    /// Verifies a token.
    ///
    /// # Errors
    ///
    /// The reason why the token is rejected.
    pub fn verify<'b>(
        &self,
        token: BearerToken<'_>,
        now: Now,
        scratch: &'b mut [u8],
    ) -> Result<AcceptedToken<'b>, Rejection> {
        let jws = CompactJws::split(token)?;
        let candidate = jws.decode_header(&self.policy.header_rules(), scratch)?;
        let verified = self.keys.select(candidate)?.verify()?;
        let claims = SignedClaims::parse(verified)?;
        self.policy.accept(claims, now)
    }
}

// Deriving these would require `V: Copy`, although only a reference to the keys is copied.
impl<V, const N: usize> Clone for Verifier<'_, V, N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V, const N: usize> Copy for Verifier<'_, V, N> {}
