//! The stages that a token passes, in their order.

use super::Rejection;
use crate::part::Part;

/// A stage of verification. A later stage is greater, so comparing two tells how far a token came.
///
/// ```
/// use tollgate_core::{Rejection, Stage};
///
/// assert_eq!(Rejection::UnknownKey.stage(), Stage::KeySelection);
/// // From `Claims` on, the signature has been found valid.
/// assert!(Rejection::SignatureInvalid.stage() < Stage::Claims);
/// assert!(Rejection::IssuerMismatch.stage() > Stage::Signature);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Reading the `Authorization` header, which makes a [`BearerToken`](crate::BearerToken).
    Authorization,
    /// Splitting the token into its three parts, which makes a [`CompactJws`](crate::CompactJws).
    Compact,
    /// Decoding the JOSE header and applying the policy's header rules, which makes a
    /// [`Candidate`](crate::Candidate).
    Header,
    /// Choosing the key, which makes a [`SelectedKey`](crate::SelectedKey).
    KeySelection,
    /// Verifying the signature, which makes a [`VerifiedPayload`](crate::VerifiedPayload).
    Signature,
    /// Decoding the signed payload and parsing it as claims, which makes
    /// [`SignedClaims`](crate::SignedClaims).
    Claims,
    /// Judging the claims by the policy, which makes an [`AcceptedToken`](crate::AcceptedToken), and
    /// deserialising them into the caller's type.
    Policy,
}

impl Rejection {
    /// The stage at which the token was refused. It has passed all earlier ones.
    ///
    /// [`ScratchTooSmall`](Self::ScratchTooSmall) counts as [`Stage::Header`], the first stage that
    /// needs memory.
    #[must_use]
    pub const fn stage(self) -> Stage {
        match self {
            Self::AuthorizationMissing
            | Self::AuthorizationRepeated
            | Self::AuthorizationMalformed
            | Self::SchemeNotBearer
            | Self::TokenMalformed { .. }
            | Self::TokenTooLong { .. } => Stage::Authorization,

            Self::PartCount { .. } | Self::PartEmpty(_) => Stage::Compact,

            // Each part is decoded only at its own stage.
            Self::Misencoded { part, .. } | Self::Json { part, .. } => match part {
                Part::Header => Stage::Header,
                Part::Payload => Stage::Claims,
                Part::Signature => Stage::Signature,
            },

            Self::HeaderTooLong { .. }
            | Self::ScratchTooSmall { .. }
            | Self::HeaderMemberType(_)
            | Self::AlgorithmMissing
            | Self::AlgorithmUnsupported
            | Self::AlgorithmNotAllowed(_)
            | Self::TypMissing
            | Self::TypMismatch
            | Self::CriticalMalformed
            | Self::CriticalNotUnderstood
            | Self::PayloadNotEncoded
            | Self::Compressed
            | Self::Encrypted
            | Self::Nested
            | Self::KeyIdTooLong => Stage::Header,

            Self::NoUsableKey
            | Self::UnknownKey
            | Self::AmbiguousKey
            | Self::AlgorithmMismatch { .. } => Stage::KeySelection,

            Self::SignatureLength { .. } | Self::SignatureInvalid => Stage::Signature,

            Self::ClaimType(_) | Self::ClaimOutOfRange(_) => Stage::Claims,

            Self::CustomClaims
            | Self::ClaimMissing(_)
            | Self::RequiredClaimMissing { .. }
            | Self::RequiredClaimMismatch { .. }
            | Self::IssuerMismatch
            | Self::IssuerNotOfKey
            | Self::AudienceMismatch
            | Self::AudienceUntrusted
            | Self::Expired { .. }
            | Self::NotYetValid { .. }
            | Self::IssuedInFuture { .. }
            | Self::TooOld { .. }
            | Self::Unjudgeable(_)
            | Self::SubjectMismatch
            | Self::ProofOfPossessionRequired
            | Self::AuthorizedPartyMismatch
            | Self::NonceMismatch
            | Self::AccessTokenHashMismatch
            | Self::AuthenticationTooOld { .. }
            | Self::AuthenticationInFuture { .. }
            | Self::InsufficientScope => Stage::Policy,
        }
    }
}
