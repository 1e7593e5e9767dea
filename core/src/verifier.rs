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
///
/// ```
/// use tollgate_core::engines::ecdsa::{P256, UntabledKey};
/// use tollgate_core::policy::{Audience, Policy};
/// use tollgate_core::{KeySet, Now, Rejection, Scratch, UnixTime, Verifier};
///
/// # let jwks = br#"{"keys":[{"kty":"EC","kid":"Qfe4O-82kyN6Zv1M5Wed3mtWdC_UKrNfZE28DzpnORQ","crv":"P-256",
/// #     "x":"7fdiiNw1HUrEv99_PrYz4EKpdtI87Gm-08OXMHPKaQk",
/// #     "y":"YqkcWqMDMH4GLFY_G31N1S_pjr1NASMBpcnTdBWDceA"}]}"#;
/// # let authorization = concat!(
/// #     "Bearer ",
/// #     "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IlFmZTRPLTgya3lONlp2MU01V2Vk",
/// #     "M210V2RDX1VLck5mWkUyOER6cG5PUlEifQ.eyJqdGkiOiJkSE1oYWN4b0RTNkxiT2dVOWFPZklWc",
/// #     "1dVay1INlZHRG51b2pNMTNyUmNCIiwic3ViIjoidXNlcl83ZjNrIiwiaWF0IjoxNzk1Mjg2NzQwL",
/// #     "CJleHAiOjE3OTUyOTAzNDAsInNjb3BlIjoicmVhZDpvcmRlcnMgd3JpdGU6b3JkZXJzIiwiY2xpZ",
/// #     "W50X2lkIjoiYXBwX29yZGVycyIsImlzcyI6Imh0dHBzOi8vYXV0aC5leGFtcGxlLmNvbS9vaWRjI",
/// #     "iwiYXVkIjoiaHR0cHM6Ly9lczI1Ni5leGFtcGxlLmNvbSJ9.pvrS_0cFjj1iCOxUvMZS3SqmViup",
/// #     "9MGlU6n04BpL1FOku61oBvjyH5LRYKxJYDsvWr2pIBLYYiYeOyTEOS8mhg",
/// # );
/// let keys: KeySet<UntabledKey<P256>, 4> = KeySet::from_jwks(jwks)?;
/// let policy = Policy::access_token(
///     &["https://auth.example.com/oidc"],
///     &[Audience::Exact("https://es256.example.com")],
/// )
/// .build()?;
/// let verifier = Verifier::new(&keys, policy);
///
/// let mut scratch = Scratch::<1024>::new();
/// let now = Now::Exact(UnixTime(1_795_287_000));
/// let token = verifier.verify_header(authorization.as_bytes(), now, &mut scratch)?;
/// assert!(token.claims().subject().is_some_and(|subject| subject == *"user_7f3k"));
///
/// let an_hour_later = Now::Exact(now.time().plus(3600));
/// let rejected = verifier.verify_header(authorization.as_bytes(), an_hour_later, &mut scratch);
/// assert!(matches!(rejected, Err(Rejection::Expired { .. })));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
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
