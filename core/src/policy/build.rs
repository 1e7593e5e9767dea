//! Builds and checks a [`Policy`].

use super::requirement::Fault;
use super::{
    Audience, ClaimPath, Expected, IdTokenRules, MissingExp, Policy, ProofOfPossession,
    Requirement, Unjudged,
};
use crate::algorithm::Algorithm;
use crate::claim::Claim;
use crate::header::{TypRule, is_registered};
use crate::reasons_macro::reasons;
use crate::scopes::is_scope_token;
use crate::time::Leeway;

/// Builds a [`Policy`]: see [`Policy::builder`]. Each setting replaces its previous value.
///
/// ```
/// use tollgate_core::policy::{Audience, Expected, Policy, PolicyBuilder, PolicyError};
/// use tollgate_core::{Algorithm, Claim, TypRule};
///
/// let builder: PolicyBuilder<'_> = Policy::builder(
///     Expected::OneOf(&["https://auth.example.com/oidc"]),
///     Expected::OneOf(&[Audience::Prefix("urn:logto:organization:")]),
/// )
/// .typ(TypRule::OneOf(&["at+jwt", "JWT"]))
/// .algorithms(&[Algorithm::Es256, Algorithm::EdDsa])
/// .required(&[Claim::Subject]);
/// assert!(builder.build().is_ok());
///
/// let two_in_one = builder.required_scopes(&["read:orders write:orders"]);
/// assert_eq!(two_in_one.build().unwrap_err(), PolicyError::Scope { index: 0 });
/// ```
#[derive(Clone, Copy, Debug)]
pub struct PolicyBuilder<'p>(Policy<'p>);

reasons! {
/// The reasons why a policy is invalid.
///
/// See the example of [`PolicyBuilder`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyError: (reason, reason_names) {
    /// An issuer, audience or prefix is empty, for instance because of an unset variable.
    #[reason("policy-empty")]
    #[text("the accepted {claim} at {index} is empty")]
    Empty {
        /// The claim: `iss` or `aud`.
        claim: Claim,
        /// Its index in the list.
        index: usize,
    },

    /// A required scope is not a valid scope-token (RFC 6749 §3.3): it is empty, or contains a space, a
    /// quotation mark or a backslash.
    #[reason("policy-scope")]
    #[text(
        "the required scope at {index} is not a scope-token: it is empty, or contains a space, a \
         quotation mark or a backslash"
    )]
    Scope {
        /// Its index in the list.
        index: usize,
    },

    /// A `crit` name is a standard header parameter, which `crit` must not list (RFC 7515 §4.1.11).
    #[reason("policy-crit")]
    #[text("the crit name at {index} is registered by a standard, so crit must not list it")]
    Crit {
        /// Its index in the list.
        index: usize,
    },

    /// The path to a claim in the requirements is not a valid JSON Pointer (RFC 6901).
    #[reason("policy-pointer")]
    #[text(
        "the required claim at {index} is not a JSON Pointer: begin it with a slash, and write ~0 for a \
         tilde and ~1 for a slash in a name"
    )]
    Pointer {
        /// Its index in the list.
        index: usize,
    },

    /// The path to a claim with scopes is not a valid JSON Pointer (RFC 6901).
    #[reason("policy-scope-claim")]
    #[text(
        "the scope claim at {index} is not a JSON Pointer: begin it with a slash, and write ~0 for a \
         tilde and ~1 for a slash in a name"
    )]
    ScopeClaim {
        /// Its index in the list.
        index: usize,
    },

    /// A number in the requirements is not one of JSON (RFC 8259 §6).
    #[reason("policy-number")]
    #[text("the number in the requirement at {index} is not a JSON number")]
    Number {
        /// Its index in the list.
        index: usize,
    },

    /// A prefix or suffix in the requirements has no boundary, so that it would also match within a longer
    /// name: `example.com` in `notexample.com`.
    #[reason("policy-boundary")]
    #[text(
        "the prefix in the requirement at {index} must end, or the suffix begin, with a punctuation mark \
         other than - and _"
    )]
    Boundary {
        /// Its index in the list.
        index: usize,
    },

    /// A group of requirements is empty, has fewer parts than it says, is nested more than
    /// [`MAX_REQUIREMENT_DEPTH`](crate::limits::MAX_REQUIREMENT_DEPTH) deep, or has a part for validity.
    #[reason("policy-group")]
    #[text(
        "the group of requirements at {index} is empty, has too few parts, is nested too deep, or has a \
         part for validity"
    )]
    Group {
        /// Its index in the list.
        index: usize,
    },
}
}

impl core::error::Error for PolicyError {}

impl<'p> Policy<'p> {
    /// Starts a policy that accepts these issuers and audiences. By default, it requires `exp`, allows
    /// all algorithms, has no clock tolerance, and rejects tokens that are bound to a key.
    #[must_use]
    pub const fn builder(
        issuers: Expected<'p, &'p str>,
        audiences: Expected<'p, Audience<&'p str>>,
    ) -> PolicyBuilder<'p> {
        PolicyBuilder(Self {
            issuers,
            audiences,
            algorithms: None,
            typ: TypRule::Any,
            understood_crit: &[],
            leeway: Leeway::ZERO,
            max_token_age: None,
            missing_exp: MissingExp::Refuse,
            unjudged: Unjudged::Refuse,
            subject: None,
            profile_claims: &[],
            required: &[],
            required_scopes: &[],
            scope_claims: &[],
            requirements: &[],
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
    /// Starts a policy for access tokens of the profile RFC 9068: `typ` must be `at+jwt`, and `iss`,
    /// `exp`, `aud`, `sub`, `client_id`, `iat` and `jti` must be present.
    #[must_use]
    pub const fn access_token(
        issuers: &'p [&'p str],
        audiences: &'p [Audience<&'p str>],
    ) -> PolicyBuilder<'p> {
        let builder = Policy::builder(Expected::OneOf(issuers), Expected::OneOf(audiences))
            .typ(TypRule::OneOf(&["at+jwt"]));
        PolicyBuilder(Self { profile_claims: ACCESS_TOKEN_CLAIMS, ..builder.0 })
    }

    /// Starts a policy for ID tokens, as clients must validate them (OIDC Core §3.1.3.7): `iss`, `sub`,
    /// `aud`, `exp` and `iat` must be present, `typ` must be `JWT` or absent, every audience must be
    /// trusted, and `rules` must hold.
    ///
    /// `audiences` are the client's id and all other audiences that the client trusts.
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

impl<'p> PolicyBuilder<'p> {
    /// Sets the allowed algorithms. An empty list allows no token.
    ///
    /// Without this, every algorithm is allowed that the selected key is for. An RSA key without `alg`
    /// is then for RS256 alone; it is for another RSA algorithm only if that one is listed here.
    #[must_use]
    pub const fn algorithms(self, algorithms: &'p [Algorithm]) -> Self {
        Self(Policy { algorithms: Some(algorithms), ..self.0 })
    }

    /// Sets the accepted kinds of token, by their `typ`.
    #[must_use]
    pub const fn typ(self, typ: TypRule<'p>) -> Self {
        Self(Policy { typ, ..self.0 })
    }

    /// Sets the names in `crit` that the caller understands and processes.
    #[must_use]
    pub const fn understood_crit(self, understood_crit: &'p [&'p str]) -> Self {
        Self(Policy { understood_crit, ..self.0 })
    }

    /// Sets the tolerance for differences between the issuer's clock and ours.
    #[must_use]
    pub const fn leeway(self, leeway: Leeway) -> Self {
        Self(Policy { leeway, ..self.0 })
    }

    /// Limits the age of tokens, in seconds since `iat`, whatever their `exp`. Tokens without `iat` are
    /// then rejected.
    #[must_use]
    pub const fn max_token_age(self, secs: u32) -> Self {
        Self(Policy { max_token_age: Some(secs), ..self.0 })
    }

    /// Sets whether to accept tokens without `exp`.
    #[must_use]
    pub const fn missing_exp(self, missing_exp: MissingExp) -> Self {
        Self(Policy { missing_exp, ..self.0 })
    }

    /// Sets whether to accept tokens with times that cannot be checked without a clock.
    #[must_use]
    pub const fn unjudged(self, unjudged: Unjudged) -> Self {
        Self(Policy { unjudged, ..self.0 })
    }

    /// Accepts only this `sub`.
    #[must_use]
    pub const fn subject(self, subject: &'p str) -> Self {
        Self(Policy { subject: Some(subject), ..self.0 })
    }

    /// Sets the standard claims that must be present, in addition to those of the profile.
    #[must_use]
    pub const fn required(self, required: &'p [Claim]) -> Self {
        Self(Policy { required, ..self.0 })
    }

    /// Sets what is required of other claims, by name or path.
    #[must_use]
    pub const fn requirements(self, requirements: &'p [Requirement<&'p str>]) -> Self {
        Self(Policy { requirements, ..self.0 })
    }

    /// Sets the scopes that the token must have, all of them. They are compared exactly.
    #[must_use]
    pub const fn required_scopes(self, required_scopes: &'p [&'p str]) -> Self {
        Self(Policy { required_scopes, ..self.0 })
    }

    /// Sets where scopes stand, all of these places together: `scp`, for instance. Without this, it is
    /// `scope`.
    #[must_use]
    pub const fn scope_claims(self, scope_claims: &'p [ClaimPath<&'p str>]) -> Self {
        Self(Policy { scope_claims, ..self.0 })
    }

    /// Sets whether to accept tokens that are bound to a key of their holder.
    #[must_use]
    pub const fn proof_of_possession(self, proof_of_possession: ProofOfPossession) -> Self {
        Self(Policy { proof_of_possession, ..self.0 })
    }

    /// Checks and returns the policy. Usable in a `const`.
    ///
    /// # Errors
    ///
    /// A setting is invalid; see [`PolicyError`].
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
        let (mut index, mut places) = (0usize, self.0.scope_claims);
        while let [place, rest @ ..] = places {
            if !place.is_valid() {
                return Err(PolicyError::ScopeClaim { index });
            }
            (index, places) = (index.saturating_add(1), rest);
        }
        match Requirement::check_list(self.0.requirements) {
            Err(error) => Err(error),
            Ok(()) => Ok(self.0),
        }
    }
}

impl Requirement<&str> {
    /// Checks a list of requirements, as [`PolicyBuilder::build`] does. Usable in a `const`.
    ///
    /// # Errors
    ///
    /// [`Pointer`](PolicyError::Pointer), [`Number`](PolicyError::Number),
    /// [`Boundary`](PolicyError::Boundary) or [`Group`](PolicyError::Group).
    pub const fn check_list(list: &[Self]) -> Result<(), PolicyError> {
        let (mut index, mut rest) = (0usize, list);
        while let [first, others @ ..] = rest {
            match first.fault() {
                Some(Fault::Pointer) => return Err(PolicyError::Pointer { index }),
                Some(Fault::Number) => return Err(PolicyError::Number { index }),
                Some(Fault::Boundary) => return Err(PolicyError::Boundary { index }),
                None => {}
            }
            (index, rest) = (index.saturating_add(1), others);
        }
        let mut rest = list;
        while !rest.is_empty() {
            let index = list.len().saturating_sub(rest.len());
            rest = match Self::after(rest, 0) {
                Some(after) => after,
                None => return Err(PolicyError::Group { index }),
            };
        }
        Ok(())
    }
}
