//! The rules for accepting tokens: [`Policy`], which checks [`SignedClaims`](crate::SignedClaims).
//!
//! A claim that a policy has an expectation for must be present: a policy with issuers rejects tokens
//! without `iss`.
//!
//! A policy is strict until it says otherwise:
//!
//! ```
//! use tollgate_core::policy::{Audience, MissingExp, Policy, ProofOfPossession, Unjudged};
//!
//! let policy = Policy::access_token(
//!     &["https://auth.example.com/oidc"],
//!     &[Audience::Exact("https://api.example.com")],
//! )
//! // Accepts tokens without `exp`, but for a day only.
//! .missing_exp(MissingExp::Accept)
//! .max_token_age(24 * 60 * 60)
//! // The device has no clock.
//! .unjudged(Unjudged::Accept)
//! // The caller checks DPoP proofs.
//! .proof_of_possession(ProofOfPossession::CheckedByCaller)
//! .build()?;
//! # Ok::<(), tollgate_core::policy::PolicyError>(())
//! ```

mod build;
mod claim_path;
mod id_token;
mod judge;
mod requirement;

pub use build::{ACCESS_TOKEN_CLAIMS, PolicyBuilder, PolicyError};
pub use claim_path::ClaimPath;
pub use id_token::IdTokenRules;
pub use requirement::{ClaimTest, Requirement, Scalar};

use core::ops::Deref;

use crate::algorithm::Algorithm;
use crate::claim::Claim;
use crate::claims::Claims;
use crate::header::{HeaderRules, TypRule};
use crate::rejection::Rejection;
use crate::scopes::Scopes;
use crate::time::Leeway;

/// The rules that a token must satisfy to be accepted.
///
/// Make one with [`Policy::builder`], [`Policy::access_token`] or [`Policy::id_token`]. Building checks
/// it, so check a policy once and keep it: it is `Copy` and borrows its lists. From literals, it is a
/// `Policy<'static>` that can stand in a `const` or in any struct.
///
/// ```
/// use tollgate_core::policy::{Audience, Expected, Policy};
///
/// const POLICY: Policy<'_> = match Policy::builder(
///     Expected::OneOf(&["https://auth.example.com/oidc"]),
///     Expected::OneOf(&[Audience::Exact("https://api.example.com")]),
/// )
/// .required_scopes(&["read:orders"])
/// .build()
/// {
///     Ok(policy) => policy,
///     Err(_) => panic!("invalid policy"),
/// };
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Policy<'p> {
    issuers: Expected<'p, &'p str>,
    audiences: Expected<'p, Audience<&'p str>>,
    /// `None` allows all: the keys decide.
    algorithms: Option<&'p [Algorithm]>,
    typ: TypRule<'p>,
    understood_crit: &'p [&'p str],
    leeway: Leeway,
    max_token_age: Option<u32>,
    missing_exp: MissingExp,
    unjudged: Unjudged,
    subject: Option<&'p str>,
    /// The claims that the token's profile requires, in addition to `required`.
    profile_claims: &'p [Claim],
    required: &'p [Claim],
    required_scopes: &'p [&'p str],
    /// Where scopes stand; empty for `scope`.
    scope_claims: &'p [ClaimPath<&'p str>],
    requirements: &'p [Requirement<&'p str>],
    proof_of_possession: ProofOfPossession,
    id_token: Option<IdTokenRules<'p>>,
}

/// The accepted values of a claim.
///
/// See the example of [`Policy`].
#[derive(Debug)]
pub enum Expected<'p, T> {
    /// Accepts any value, and an absent claim.
    Any,
    /// Requires one of these values. An empty list accepts nothing.
    OneOf(&'p [T]),
}

/// An accepted audience.
///
/// See the example of [`Policy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience<S> {
    /// Accepts exactly this audience.
    Exact(S),
    /// Accepts every longer audience with this prefix, such as `urn:logto:organization:`. This admits
    /// *all* of them: [`AcceptedToken::audience`](crate::AcceptedToken::audience) returns which it is.
    Prefix(S),
}

/// Whether to accept a token without `exp`.
///
/// See the example of the [module](self).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingExp {
    /// Rejects the token.
    #[default]
    Refuse,
    /// Accepts the token. It never expires, unless the policy limits its age.
    Accept,
}

/// Whether to accept a token with a time that cannot be checked without a clock
/// ([`Now::AtLeast`](crate::Now::AtLeast)): an `nbf` or `iat` after the floor, or an age.
///
/// See the example of the [module](self).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unjudged {
    /// Rejects the token.
    #[default]
    Refuse,
    /// Accepts the token.
    Accept,
}

/// Whether to accept a token that `cnf` binds to a key of its holder (RFC 7800).
///
/// See the example of the [module](self).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProofOfPossession {
    /// Rejects the token: as a bearer token, it may be stolen.
    #[default]
    Refuse,
    /// Accepts the token, because the caller checks the proof (RFC 8705, RFC 9449).
    CheckedByCaller,
}

impl<'p> Policy<'p> {
    /// Returns the rules for the header, for
    /// [`CompactJws::decode_header`](crate::CompactJws::decode_header).
    #[must_use]
    pub const fn header_rules(&self) -> HeaderRules<'p> {
        HeaderRules {
            algorithms: self.algorithms,
            typ: self.typ,
            understood_crit: self.understood_crit,
        }
    }

    /// Returns the required scopes, for the [`challenge`](crate::Rejection::challenge).
    #[must_use]
    pub const fn required_scopes(&self) -> &'p [&'p str] {
        self.required_scopes
    }

    /// Returns the scopes that a token grants, from where this policy looks for them.
    ///
    /// # Errors
    ///
    /// [`ClaimType`](Rejection::ClaimType) if they are neither a text nor an array of texts.
    #[inline]
    pub fn scopes<'b>(&self, claims: &Claims<'b>) -> Result<Scopes<'p, 'b>, Rejection> {
        Scopes::read(claims, self.scope_claims)
    }

    /// Returns the requirements, for telling which one was not met.
    #[must_use]
    pub const fn requirements(&self) -> &'p [Requirement<&'p str>] {
        self.requirements
    }
}

impl<S> Audience<S> {
    /// Returns the audience or its prefix.
    #[must_use]
    pub const fn value(&self) -> &S {
        match self {
            Self::Exact(value) | Self::Prefix(value) => value,
        }
    }
}

impl<S: Deref<Target = str>> Audience<S> {
    /// Borrows the text, as a [`Policy`] needs it.
    #[must_use]
    pub fn as_deref(&self) -> Audience<&str> {
        match self {
            Self::Exact(value) => Audience::Exact(value),
            Self::Prefix(prefix) => Audience::Prefix(prefix),
        }
    }
}

// Deriving these would require `T: Copy`, although only a reference to the values is copied.
impl<T> Clone for Expected<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Expected<'_, T> {}
