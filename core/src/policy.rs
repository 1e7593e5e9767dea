//! What is accepted: [`Policy`], which judges [`SignedClaims`](crate::SignedClaims).
//!
//! Whatever a policy expects must be there: expecting an issuer refuses a token without `iss`.

mod build;
mod id_token;
mod judge;
mod required_claim;

pub use build::{ACCESS_TOKEN_CLAIMS, PolicyBuilder, PolicyError};
pub use id_token::IdTokenRules;
pub use required_claim::RequiredClaim;

use core::ops::Deref;

use crate::algorithm::Algorithm;
use crate::claim::Claim;
use crate::header::{HeaderRules, TypRule};
use crate::time::Leeway;

/// What a token must be to be accepted.
///
/// A policy is a checked view that borrows everything: a `const` made of literals, or a view of a
/// server's configuration. It is `Copy`, so keep it in a struct for as long as what it borrows.
/// Make one with [`Policy::builder`], [`Policy::access_token`] or [`Policy::id_token`].
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
///     Err(_) => panic!("not a policy"),
/// };
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Policy<'p> {
    issuers: Expected<'p, &'p str>,
    audiences: Expected<'p, Audience<&'p str>>,
    algorithms: &'p [Algorithm],
    typ: TypRule<'p>,
    understood_crit: &'p [&'p str],
    leeway: Leeway,
    max_token_age: Option<u32>,
    missing_exp: MissingExp,
    unjudged: Unjudged,
    subject: Option<&'p str>,
    /// What the profile of the token requires, whatever else the policy does.
    profile_claims: &'p [Claim],
    required: &'p [Claim],
    required_claims: &'p [RequiredClaim<&'p str>],
    required_scopes: &'p [&'p str],
    proof_of_possession: ProofOfPossession,
    id_token: Option<IdTokenRules<'p>>,
}

/// Which values of a claim are accepted.
#[derive(Debug)]
pub enum Expected<'p, T> {
    /// Whatever it is, and also if it is absent.
    Any,
    /// The claim is present and one of these. An empty list accepts nothing.
    OneOf(&'p [T]),
}

/// An audience that is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience<S> {
    /// Exactly this one.
    Exact(S),
    /// Every one that begins so and goes on, such as `urn:logto:organization:`. That admits *all*
    /// of them: look at [`AcceptedToken::audience`](crate::AcceptedToken::audience).
    Prefix(S),
}

/// What becomes of a token without `exp`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingExp {
    /// It is refused.
    #[default]
    Refuse,
    /// It is accepted, and lives for ever unless its age is limited.
    Accept,
}

/// What becomes of a token with a claim that only a clock could judge
/// ([`Now::AtLeast`](crate::Now::AtLeast)): an `nbf` or `iat` beyond the floor, or an age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unjudged {
    /// It is refused.
    #[default]
    Refuse,
    /// It is accepted.
    Accept,
}

/// What becomes of a token that is bound to a key of its holder by `cnf` (RFC 7800).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProofOfPossession {
    /// It is refused: used as a bearer token, it may have been stolen.
    #[default]
    Refuse,
    /// It is accepted, because the caller checks the proof (RFC 8705, RFC 9449).
    CheckedByCaller,
}

impl<'p> Policy<'p> {
    /// What it says of the header, for [`CompactJws::decode_header`](crate::CompactJws).
    #[must_use]
    pub const fn header_rules(&self) -> HeaderRules<'p> {
        HeaderRules {
            algorithms: self.algorithms,
            typ: self.typ,
            understood_crit: self.understood_crit,
        }
    }

    /// The scopes that it requires, for the [`challenge`](crate::Rejection::challenge).
    #[must_use]
    pub const fn required_scopes(&self) -> &'p [&'p str] {
        self.required_scopes
    }
}

impl<S> Audience<S> {
    /// The audience, or its prefix.
    #[must_use]
    pub const fn value(&self) -> &S {
        match self {
            Self::Exact(value) | Self::Prefix(value) => value,
        }
    }
}

impl<S: Deref<Target = str>> Audience<S> {
    /// The same audience, borrowed: what a [`Policy`] takes.
    #[must_use]
    pub fn as_deref(&self) -> Audience<&str> {
        match self {
            Self::Exact(value) => Audience::Exact(value),
            Self::Prefix(prefix) => Audience::Prefix(prefix),
        }
    }
}

// Derived, these would ask for `T: Copy`, although only a reference to the values is copied.
impl<T> Clone for Expected<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Expected<'_, T> {}
