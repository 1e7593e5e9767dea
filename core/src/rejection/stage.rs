//! The stages that a token passes, in their order.

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

impl Stage {
    /// Where a part is decoded.
    pub(super) const fn of(part: Part) -> Self {
        match part {
            Part::Header => Self::Header,
            Part::Payload => Self::Claims,
            Part::Signature => Self::Signature,
        }
    }
}
