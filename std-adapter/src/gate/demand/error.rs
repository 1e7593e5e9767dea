//! [`DemandError`]: what is wrong with a demand.

use tollgate_core::policy::PolicyError;

/// Why a demand is invalid, or why no token can meet it.
///
/// See the example of [`DemandBuilder`](super::DemandBuilder).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DemandError {
    /// A scope is not a scope-token.
    #[error(
        "{setting}: {scope:?} is not a scope-token (RFC 6749 §3.3). Write several scopes as [\"one\", \"two\"], \
         without spaces, quotation marks or backslashes"
    )]
    Scope {
        /// The setting: `scope` or `any_scope`.
        setting: &'static str,
        /// The scope.
        scope: String,
    },
    /// An authentication context class contains characters that a challenge cannot carry.
    #[error(
        "acr: {0:?} is not the name of an authentication context class. Write several as [\"one\", \"two\"], \
         without spaces, quotation marks or backslashes"
    )]
    AcrValue(String),
    /// The URL of the metadata is not a header value.
    #[error("resource metadata {0:?} is not a URL")]
    ResourceMetadata(String),
    /// A requirement on claims is malformed.
    #[error("required_claims: {0}")]
    RequiredClaims(PolicyError),
    /// A requirement is for validity, which belongs in an issuer's policy.
    #[error(
        "required_claims: validity is a matter of the issuer, not of a rule. Move the requirement to the \
         [[issuer]] table, or remove validity"
    )]
    Validity,
    /// An issuer is not configured.
    #[error(
        "issuer: {0:?} is not configured. Write the issuer as in its [[issuer]] table, or add a table for it"
    )]
    UnknownIssuer(String),
    /// No issuer accepts tokens for an audience.
    #[error(
        "audience: no issuer accepts tokens for {0:?}, so no token can pass. Add it to audience in the [[issuer]] \
         table"
    )]
    UnknownAudience(String),
}
