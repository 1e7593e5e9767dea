//! The claims that have rules: RFC 7519 §4.1, RFC 8693 §4, OIDC Core §2.

use crate::names_macro::names;

names! {
/// A claim that has a rule of its own.
///
/// ```
/// use tollgate_core::{Claim, Rejection};
///
/// assert_eq!(Claim::Expiration.name(), "exp");
/// let rejection = Rejection::ClaimMissing(Claim::Expiration);
/// assert_eq!(rejection.to_string(), "the claim exp is required here, but missing");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// The issuer: `iss`, RFC 7519 §4.1.1.
    Issuer = "iss",
    /// The subject: `sub`, RFC 7519 §4.1.2.
    Subject = "sub",
    /// The audience: `aud`, RFC 7519 §4.1.3.
    Audience = "aud",
    /// The expiration time: `exp`, RFC 7519 §4.1.4.
    Expiration = "exp",
    /// The time before which the token is not valid: `nbf`, RFC 7519 §4.1.5.
    NotBefore = "nbf",
    /// The time of issue: `iat`, RFC 7519 §4.1.6.
    IssuedAt = "iat",
    /// The token's identifier: `jti`, RFC 7519 §4.1.7.
    JwtId = "jti",
    /// The scopes: `scope`, RFC 8693 §4.2: a text, or an array of texts, which some issuers write.
    Scope = "scope",
    /// The client: `client_id`, RFC 8693 §4.3.
    ClientId = "client_id",
    /// The authorized party: `azp`, OIDC Core §2.
    AuthorizedParty = "azp",
    /// The nonce of the authentication request: `nonce`, OIDC Core §2.
    Nonce = "nonce",
    /// The time of the user's authentication: `auth_time`, OIDC Core §2.
    AuthTime = "auth_time",
    /// The hash of the access token: `at_hash`, OIDC Core §3.1.3.6.
    AccessTokenHash = "at_hash",
}
}

impl Claim {
    /// How many there are.
    pub(crate) const COUNT: usize = Self::ALL.len();

    /// Returns whether its type is checked in every token. The others are checked where they are read,
    /// because issuers write dates and nulls into claims that no policy reads.
    pub(crate) const fn is_always_checked(self) -> bool {
        matches!(
            self,
            Self::Issuer
                | Self::Subject
                | Self::Audience
                | Self::Expiration
                | Self::NotBefore
                | Self::IssuedAt
                | Self::ClientId
        )
    }
}
