//! The claims for which there are rules, and their names: RFC 7519 §4.1.

use core::fmt;

/// A claim that has a rule of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// `iss`, RFC 7519 §4.1.1
    Issuer,
    /// `sub`, RFC 7519 §4.1.2
    Subject,
    /// `aud`, RFC 7519 §4.1.3
    Audience,
    /// `exp`, RFC 7519 §4.1.4
    Expiration,
    /// `nbf`, RFC 7519 §4.1.5
    NotBefore,
    /// `iat`, RFC 7519 §4.1.6
    IssuedAt,
    /// `jti`, RFC 7519 §4.1.7
    JwtId,
    /// `scope`, RFC 8693 §4.2
    Scope,
    /// `client_id`, RFC 8693 §4.3
    ClientId,
    /// `azp`, OIDC Core §2
    AuthorizedParty,
    /// `nonce`, OIDC Core §2
    Nonce,
    /// `auth_time`, OIDC Core §2
    AuthTime,
    /// `at_hash`, OIDC Core §3.1.3.6
    AccessTokenHash,
}

impl Claim {
    /// How many there are.
    pub(crate) const COUNT: usize = Self::ALL.len();

    /// All of them, in order.
    const ALL: &'static [Self] = &[
        Self::Issuer,
        Self::Subject,
        Self::Audience,
        Self::Expiration,
        Self::NotBefore,
        Self::IssuedAt,
        Self::JwtId,
        Self::Scope,
        Self::ClientId,
        Self::AuthorizedParty,
        Self::Nonce,
        Self::AuthTime,
        Self::AccessTokenHash,
    ];

    /// The claim of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|claim| claim.name() == name)
    }

    /// The claim's name in a token.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Issuer => "iss",
            Self::Subject => "sub",
            Self::Audience => "aud",
            Self::Expiration => "exp",
            Self::NotBefore => "nbf",
            Self::IssuedAt => "iat",
            Self::JwtId => "jti",
            Self::Scope => "scope",
            Self::ClientId => "client_id",
            Self::AuthorizedParty => "azp",
            Self::Nonce => "nonce",
            Self::AuthTime => "auth_time",
            Self::AccessTokenHash => "at_hash",
        }
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
