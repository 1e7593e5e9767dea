//! How a [`Policy`] is made, and which ones cannot be.

use core::fmt;

use super::required_claim::is_json_pointer;
use super::{
    Audience, Expected, IdTokenRules, MissingExp, Policy, ProofOfPossession, RequiredClaim,
    Unjudged,
};
use crate::algorithm::Algorithm;
use crate::claim::Claim;
use crate::header::{TypRule, is_registered};
use crate::time::Leeway;

/// A policy in the making.
#[derive(Clone, Copy, Debug)]
pub struct PolicyBuilder<'p>(Policy<'p>);

/// Why a policy cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyError {
    /// An issuer, an audience or an audience's prefix is empty, as an unset variable is.
    Empty {
        /// The claim: `iss` or `aud`.
        claim: Claim,
        /// Its place in the list, from 0.
        index: usize,
    },
    /// A required scope is no scope-token (RFC 6749 §3.3): empty, or with a space, a quotation
    /// mark or a backslash in it.
    Scope {
        /// Its place in the list, from 0.
        index: usize,
    },
    /// A `crit` name is registered by the standards, so that `crit` cannot list it
    /// (RFC 7515 §4.1.11), or it is `b64`.
    Crit {
        /// Its place in the list, from 0.
        index: usize,
    },
    /// A path to a required claim is no JSON Pointer (RFC 6901): it begins with no slash.
    Pointer {
        /// Its place in the list, from 0.
        index: usize,
    },
}

impl PolicyError {
    /// A stable name, kebab-case.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Empty { .. } => "policy-empty",
            Self::Scope { .. } => "policy-scope",
            Self::Crit { .. } => "policy-crit",
            Self::Pointer { .. } => "policy-pointer",
        }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty { claim, index } => {
                write!(f, "the value at {index} that is accepted for {claim} is empty")
            }
            Self::Scope { index } => write!(
                f,
                "the required scope at {index} is no scope-token: it is empty or has a space, a \
                 quotation mark or a backslash in it"
            ),
            Self::Crit { index } => {
                write!(f, "the crit name at {index} is registered, so crit cannot list it")
            }
            Self::Pointer { index } => {
                write!(f, "the required claim at {index} is no JSON Pointer: begin it with a slash")
            }
        }
    }
}

impl core::error::Error for PolicyError {}

impl<'p> Policy<'p> {
    /// A policy that accepts these issuers and audiences. It requires `exp`, allows all algorithms
    /// and no clock tolerance, refuses tokens that are bound to a key, and asks for nothing else.
    #[must_use]
    pub const fn builder(
        issuers: Expected<'p, &'p str>,
        audiences: Expected<'p, Audience<&'p str>>,
    ) -> PolicyBuilder<'p> {
        PolicyBuilder(Self {
            issuers,
            audiences,
            algorithms: Algorithm::ALL,
            typ: TypRule::Any,
            understood_crit: &[],
            leeway: Leeway::ZERO,
            max_token_age: None,
            missing_exp: MissingExp::Refuse,
            unjudged: Unjudged::Refuse,
            subject: None,
            profile_claims: &[],
            required: &[],
            required_claims: &[],
            required_scopes: &[],
            proof_of_possession: ProofOfPossession::Refuse,
            id_token: None,
        })
    }
}

/// The claims that RFC 9068 §2.2 requires of an access token.
pub const ACCESS_TOKEN_CLAIMS: &[Claim] = &[
    Claim::Issuer,
    Claim::Expiration,
    Claim::Audience,
    Claim::Subject,
    Claim::ClientId,
    Claim::IssuedAt,
    Claim::JwtId,
];

/// The claims that OIDC Core §2 requires.
const ID_TOKEN_CLAIMS: &[Claim] =
    &[Claim::Issuer, Claim::Subject, Claim::Audience, Claim::Expiration, Claim::IssuedAt];

impl<'p> Policy<'p> {
    /// For access tokens as RFC 9068 profiles them: `typ` is `at+jwt`, and `iss`, `exp`, `aud`,
    /// `sub`, `client_id`, `iat` and `jti` are there.
    #[must_use]
    pub const fn access_token(
        issuers: &'p [&'p str],
        audiences: &'p [Audience<&'p str>],
    ) -> PolicyBuilder<'p> {
        let builder = Policy::builder(Expected::OneOf(issuers), Expected::OneOf(audiences))
            .typ(TypRule::OneOf(&["at+jwt"]));
        PolicyBuilder(Self { profile_claims: ACCESS_TOKEN_CLAIMS, ..builder.0 })
    }

    /// For ID tokens as OIDC Core §3.1.3.7 has a client validate them: `iss`, `sub`, `aud`, `exp`
    /// and `iat` are there, `typ` is `JWT` or absent, every audience is trusted, and `rules` hold.
    ///
    /// `audiences` are the client's id and whoever else it trusts.
    #[must_use]
    pub const fn id_token(
        issuers: &'p [&'p str],
        audiences: &'p [Audience<&'p str>],
        rules: IdTokenRules<'p>,
    ) -> PolicyBuilder<'p> {
        let builder = Policy::builder(Expected::OneOf(issuers), Expected::OneOf(audiences))
            .typ(TypRule::AbsentOr(&["JWT"]));
        PolicyBuilder(Self { profile_claims: ID_TOKEN_CLAIMS, id_token: Some(rules), ..builder.0 })
    }
}

/// Every setting replaces what was set before.
impl<'p> PolicyBuilder<'p> {
    /// The algorithms that are allowed; an empty list allows none.
    #[must_use]
    pub const fn algorithms(self, algorithms: &'p [Algorithm]) -> Self {
        Self(Policy { algorithms, ..self.0 })
    }

    /// The kinds of token that are accepted, by their `typ`.
    #[must_use]
    pub const fn typ(self, typ: TypRule<'p>) -> Self {
        Self(Policy { typ, ..self.0 })
    }

    /// Names in `crit` that the caller understands and acts upon.
    #[must_use]
    pub const fn understood_crit(self, understood_crit: &'p [&'p str]) -> Self {
        Self(Policy { understood_crit, ..self.0 })
    }

    /// How far the issuer's clock may be from ours.
    #[must_use]
    pub const fn leeway(self, leeway: Leeway) -> Self {
        Self(Policy { leeway, ..self.0 })
    }

    /// The age from `iat` on, in seconds, beyond which a token is refused whatever its `exp`. A
    /// token without `iat` is refused then.
    #[must_use]
    pub const fn max_token_age(self, secs: u32) -> Self {
        Self(Policy { max_token_age: Some(secs), ..self.0 })
    }

    /// What becomes of a token without `exp`.
    #[must_use]
    pub const fn missing_exp(self, missing_exp: MissingExp) -> Self {
        Self(Policy { missing_exp, ..self.0 })
    }

    /// What becomes of a token with a claim that cannot be judged without a clock.
    #[must_use]
    pub const fn unjudged(self, unjudged: Unjudged) -> Self {
        Self(Policy { unjudged, ..self.0 })
    }

    /// The only `sub` that is accepted.
    #[must_use]
    pub const fn subject(self, subject: &'p str) -> Self {
        Self(Policy { subject: Some(subject), ..self.0 })
    }

    /// Standard claims that must be there, beside those that the profile requires.
    #[must_use]
    pub const fn required(self, required: &'p [Claim]) -> Self {
        Self(Policy { required, ..self.0 })
    }

    /// Claims that must be there, by name or path, and perhaps have a certain value.
    #[must_use]
    pub const fn required_claims(self, required_claims: &'p [RequiredClaim<&'p str>]) -> Self {
        Self(Policy { required_claims, ..self.0 })
    }

    /// Scopes that the token must all have. They are compared exactly.
    #[must_use]
    pub const fn required_scopes(self, required_scopes: &'p [&'p str]) -> Self {
        Self(Policy { required_scopes, ..self.0 })
    }

    /// What becomes of a token that is bound to a key of its holder.
    #[must_use]
    pub const fn proof_of_possession(self, proof_of_possession: ProofOfPossession) -> Self {
        Self(Policy { proof_of_possession, ..self.0 })
    }

    /// Checks the policy. Usable in a `const`.
    ///
    /// # Errors
    ///
    /// The policy contradicts a standard; see [`PolicyError`].
    pub const fn build(self) -> Result<Policy<'p>, PolicyError> {
        if let Expected::OneOf(issuers) = self.0.issuers {
            let (mut index, mut issuers) = (0usize, issuers);
            while let [issuer, rest @ ..] = issuers {
                if issuer.is_empty() {
                    return Err(PolicyError::Empty { claim: Claim::Issuer, index });
                }
                (index, issuers) = (index.saturating_add(1), rest);
            }
        }
        if let Expected::OneOf(audiences) = self.0.audiences {
            let (mut index, mut audiences) = (0usize, audiences);
            while let [Audience::Exact(audience) | Audience::Prefix(audience), rest @ ..] =
                audiences
            {
                if audience.is_empty() {
                    return Err(PolicyError::Empty { claim: Claim::Audience, index });
                }
                (index, audiences) = (index.saturating_add(1), rest);
            }
        }
        let (mut index, mut scopes) = (0usize, self.0.required_scopes);
        while let [scope, rest @ ..] = scopes {
            if !is_scope_token(scope.as_bytes()) {
                return Err(PolicyError::Scope { index });
            }
            (index, scopes) = (index.saturating_add(1), rest);
        }
        let (mut index, mut crit) = (0usize, self.0.understood_crit);
        while let [name, rest @ ..] = crit {
            if is_registered(name.as_bytes()) {
                return Err(PolicyError::Crit { index });
            }
            (index, crit) = (index.saturating_add(1), rest);
        }
        let (mut index, mut claims) = (0usize, self.0.required_claims);
        while let [claim, rest @ ..] = claims {
            if let Some(pointer) = claim.as_pointer()
                && !is_json_pointer(pointer.as_bytes())
            {
                return Err(PolicyError::Pointer { index });
            }
            (index, claims) = (index.saturating_add(1), rest);
        }
        Ok(self.0)
    }
}

/// `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )` (RFC 6749 §3.3)
const fn is_scope_token(mut name: &[u8]) -> bool {
    if name.is_empty() {
        return false;
    }
    while let [byte, rest @ ..] = name {
        if !matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e) {
            return false;
        }
        name = rest;
    }
    true
}
