//! `tollgate_policy`: the tokens to accept. Zeros are the strict choice.

use core::ops::Range;

use heapless::Vec;
use tollgate_core::policy::{
    Audience, ClaimPath, ClaimTest, Expected, PolicyError, Scalar, Unjudged,
};
use tollgate_core::{Algorithm, Leeway, Now, UnixTime, policy};

use crate::limits::{
    TOLLGATE_MAX_AUDIENCES, TOLLGATE_MAX_REQUIREMENTS, TOLLGATE_MAX_SCOPE_CLAIMS,
    TOLLGATE_MAX_SCOPES,
};
use crate::memory;
use crate::requirement::{Requirement, claim_path};
use crate::result::{Checked, Outcome};
use crate::text::Str;
use crate::version::TOLLGATE_VERSION;

/// The tokens to accept. `version`, `issuer` and `audiences` must be set; everywhere else, zeros are the
/// strict choice. `exp` is always required.
#[repr(C)]
#[derive(Debug)]
pub struct Policy {
    /// `TOLLGATE_VERSION`, so that the library can check that it has the header's version.
    pub version: u32,
    /// The only accepted issuer (`iss`). The key set must have the keys of this issuer alone, so that no
    /// issuer can sign for another (RFC 8725 §3.8).
    pub issuer: Str,
    /// The accepted audiences. `aud` must contain one of them, compared exactly.
    pub audiences: *const Str,
    /// The number of audiences: 1 to `TOLLGATE_MAX_AUDIENCES`.
    pub audience_count: usize,
    /// The scopes that the token must have, all of them. May be NULL if there are none.
    pub required_scopes: *const Str,
    /// The number of required scopes: at most `TOLLGATE_MAX_SCOPES`.
    pub required_scope_count: usize,
    /// The claims with scopes, all of them together: names, or JSON Pointers (RFC 6901), which begin with a
    /// slash. May be NULL for `scope` alone.
    pub scope_claims: *const Str,
    /// The number of claims with scopes: at most `TOLLGATE_MAX_SCOPE_CLAIMS`.
    pub scope_claim_count: usize,
    /// What is required of other claims. May be NULL if nothing is.
    pub requirements: *const Requirement,
    /// The number of requirements, with their parts: at most `TOLLGATE_MAX_REQUIREMENTS`.
    pub requirement_count: usize,
    /// The only accepted subject (`sub`), or `{0}` for any.
    pub subject: Str,
    /// The tolerated difference between the issuer's clock and ours, in seconds.
    pub leeway: u32,
    /// The maximum age of a token since `iat`, in seconds, or 0 for no limit.
    pub max_token_age: u32,
    /// A value of `tollgate_profile`.
    pub profile: u32,
    /// A sum of values of `tollgate_algorithms`.
    pub algorithms: u32,
    /// A value of `tollgate_clock`.
    pub clock: u32,
    /// A value of `tollgate_proof_of_possession`.
    pub proof_of_possession: u32,
}

/// The kind of token to accept.
#[repr(u32)]
#[derive(Clone, Copy, Debug)]
pub enum Profile {
    /// RFC 9068 access tokens: `typ` is `at+jwt`, and `sub`, `client_id`, `iat` and `jti` are present.
    AccessToken = 0,
    /// Any token that the issuer signed for the audience, including ID tokens.
    Any = 1,
}

/// The algorithms to allow: a sum of these values. A key verifies one algorithm only; but an RSA key without
/// `alg` verifies RS256, and each other RSA algorithm that the sum contains.
#[repr(u32)]
#[derive(Clone, Copy, Debug)]
pub enum Algorithms {
    /// All that the keys are for.
    Any = 0,
    /// ES256.
    Es256 = 1,
    /// ES384.
    Es384 = 2,
    /// ES512.
    Es512 = 4,
    /// EdDSA, which is `Ed25519`, too.
    Eddsa = 8,
    /// RS256.
    Rs256 = 16,
    /// RS384.
    Rs384 = 32,
    /// RS512.
    Rs512 = 64,
    /// PS256.
    Ps256 = 128,
    /// PS384.
    Ps384 = 256,
    /// PS512.
    Ps512 = 512,
}

/// How exact the time is that is passed with each token.
#[repr(u32)]
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// It is the current time.
    Exact = 0,
    /// It is a lower bound: the current time cannot be earlier. A token that needs a clock to be judged
    /// is refused (`unjudgeable`). A token that has expired since that time may be accepted.
    AtLeast = 1,
    /// As `TOLLGATE_CLOCK_AT_LEAST`, but a token that needs a clock to be judged is accepted.
    AtLeastAcceptUnjudged = 2,
}

/// What to do with tokens that are bound to a key of their holder (`cnf`, RFC 7800).
#[repr(u32)]
#[derive(Clone, Copy, Debug)]
pub enum ProofOfPossession {
    /// Refuse them: used as a bearer token, such a token may be stolen.
    Refuse = 0,
    /// Accept them, because the caller checks the proof of possession.
    CheckedByCaller = 1,
}

/// A policy whose texts have been checked.
pub(crate) struct Rules<'p> {
    issuer: [&'p str; 1],
    audiences: Vec<Audience<&'p str>, TOLLGATE_MAX_AUDIENCES>,
    scopes: Vec<&'p str, TOLLGATE_MAX_SCOPES>,
    scope_claims: Vec<ClaimPath<&'p str>, TOLLGATE_MAX_SCOPE_CLAIMS>,
    requirements: Vec<policy::Requirement<&'p str>, TOLLGATE_MAX_REQUIREMENTS>,
    subject: Option<&'p str>,
    profile: Profile,
    /// Those that are listed, or `None` for all.
    algorithms: Option<Vec<Algorithm, { ALGORITHMS.len() }>>,
    clock: Clock,
    proof_of_possession: ProofOfPossession,
    source: &'p Policy,
}

/// Returns the option with this number, which may be any number in C. `options` are in order.
fn option<T: Copy>(options: &[T], number: u32) -> Checked<T> {
    let option = usize::try_from(number).ok().and_then(|number| options.get(number));
    option.copied().ok_or(Outcome::PolicyOption)
}

/// The values for the algorithms of the core.
const ALGORITHMS: [(Algorithms, Algorithm); 10] = [
    (Algorithms::Es256, Algorithm::Es256),
    (Algorithms::Es384, Algorithm::Es384),
    (Algorithms::Es512, Algorithm::Es512),
    (Algorithms::Eddsa, Algorithm::EdDsa),
    (Algorithms::Rs256, Algorithm::Rs256),
    (Algorithms::Rs384, Algorithm::Rs384),
    (Algorithms::Rs512, Algorithm::Rs512),
    (Algorithms::Ps256, Algorithm::Ps256),
    (Algorithms::Ps384, Algorithm::Ps384),
    (Algorithms::Ps512, Algorithm::Ps512),
];

/// Returns the algorithms of a sum, or `None` for the sum 0, which lists none.
fn listed_algorithms(sum: u32) -> Checked<Option<Vec<Algorithm, { ALGORITHMS.len() }>>> {
    if sum == 0 {
        return Ok(None);
    }
    let (mut listed, mut rest) = (Vec::new(), sum);
    for (value, algorithm) in ALGORITHMS {
        if sum & value.bit() != 0 {
            // Never full: there is room for all.
            _ = listed.push(algorithm);
            rest &= !value.bit();
        }
    }
    if rest == 0 { Ok(Some(listed)) } else { Err(Outcome::PolicyOption) }
}

impl Algorithms {
    const fn bit(self) -> u32 {
        #[allow(clippy::as_conversions, reason = "the enum is a u32")]
        {
            self as u32
        }
    }
}

/// The texts of a requirement.
fn compared<'p>(requirement: &policy::Requirement<&'p str>) -> impl Iterator<Item = &'p str> {
    let value = match requirement.test() {
        Some(
            ClaimTest::Equals(Scalar::Text(text) | Scalar::Number(text))
            | ClaimTest::Contains(Scalar::Text(text) | Scalar::Number(text))
            | ClaimTest::StartsWith(text)
            | ClaimTest::EndsWith(text),
        ) => Some(*text),
        _ => None,
    };
    requirement.path().map(|path| *path.value()).into_iter().chain(value)
}

impl<'p> Rules<'p> {
    /// # Safety
    ///
    /// `policy` is NULL or points to a policy. Neither it nor what it points to changes for `'p`.
    pub(crate) unsafe fn read(policy: *const Policy) -> Checked<Self> {
        // The version first: a policy of another version may be shorter.
        memory::check_pointer(policy)?;
        // SAFETY: not NULL and aligned; every version's policy begins with its version.
        if unsafe { (&raw const (*policy).version).read() } != TOLLGATE_VERSION {
            return Err(Outcome::PolicyVersion);
        }
        // SAFETY: the same promises.
        unsafe {
            let source = memory::reference(policy)?;
            let mut audiences = Vec::new();
            for audience in memory::list(source.audiences, source.audience_count)? {
                let audience = Audience::Exact(audience.text()?);
                audiences.push(audience).map_err(|_| Outcome::PolicyTooLarge)?;
            }
            let mut scopes = Vec::new();
            for scope in memory::list(source.required_scopes, source.required_scope_count)? {
                scopes.push(scope.text()?).map_err(|_| Outcome::PolicyTooLarge)?;
            }
            let mut scope_claims = Vec::new();
            for claim in memory::list(source.scope_claims, source.scope_claim_count)? {
                let claim = claim_path(claim.text()?);
                scope_claims.push(claim).map_err(|_| Outcome::PolicyTooLarge)?;
            }
            let mut requirements = Vec::new();
            for requirement in memory::list(source.requirements, source.requirement_count)? {
                requirements.push(requirement.read()?).map_err(|_| Outcome::PolicyTooLarge)?;
            }
            let subject = source.subject.optional_text()?;
            // A field that was not set must not mean that everything is accepted.
            if audiences.is_empty() || subject == Some("") {
                return Err(Outcome::PolicyEmpty);
            }
            Ok(Self {
                issuer: [source.issuer.text()?],
                audiences,
                scopes,
                scope_claims,
                requirements,
                subject,
                profile: option(&[Profile::AccessToken, Profile::Any], source.profile)?,
                algorithms: listed_algorithms(source.algorithms)?,
                clock: option(
                    &[Clock::Exact, Clock::AtLeast, Clock::AtLeastAcceptUnjudged],
                    source.clock,
                )?,
                proof_of_possession: option(
                    &[ProofOfPossession::Refuse, ProofOfPossession::CheckedByCaller],
                    source.proof_of_possession,
                )?,
                source,
            })
        }
    }

    pub(crate) fn scopes(&self) -> &[&'p str] {
        &self.scopes
    }

    /// The addresses of the policy, its lists and all of their texts.
    pub(crate) fn spans(&self) -> impl Iterator<Item = Range<usize>> {
        let audiences = self.audiences.iter().map(Audience::value);
        let texts = self.issuer.iter().chain(audiences).chain(&self.scopes).chain(&self.subject);
        let texts = texts.copied().chain(self.scope_claims.iter().map(|claim| *claim.value()));
        let compared = self.requirements.iter().flat_map(compared);
        texts.chain(compared).map(|text| memory::span(text.as_ptr(), text.len())).chain([
            memory::span(self.source, 1),
            memory::span(self.source.audiences, self.source.audience_count),
            memory::span(self.source.required_scopes, self.source.required_scope_count),
            memory::span(self.source.scope_claims, self.source.scope_claim_count),
            memory::span(self.source.requirements, self.source.requirement_count),
        ])
    }

    pub(crate) fn policy(&self) -> Checked<tollgate_core::Policy<'_>> {
        let source = self.source;
        let builder = match self.profile {
            Profile::AccessToken => {
                tollgate_core::Policy::access_token(&self.issuer, &self.audiences)
            }
            Profile::Any => tollgate_core::Policy::builder(
                Expected::OneOf(&self.issuer),
                Expected::OneOf(&self.audiences),
            ),
        };
        let mut builder = builder
            .leeway(Leeway::from_secs(source.leeway).ok_or(Outcome::PolicyLeeway)?)
            .unjudged(match self.clock {
                Clock::Exact | Clock::AtLeast => Unjudged::Refuse,
                Clock::AtLeastAcceptUnjudged => Unjudged::Accept,
            })
            .proof_of_possession(match self.proof_of_possession {
                ProofOfPossession::Refuse => policy::ProofOfPossession::Refuse,
                ProofOfPossession::CheckedByCaller => policy::ProofOfPossession::CheckedByCaller,
            })
            .required_scopes(&self.scopes)
            .scope_claims(&self.scope_claims)
            .requirements(&self.requirements);
        if let Some(algorithms) = &self.algorithms {
            builder = builder.algorithms(algorithms);
        }
        if source.max_token_age > 0 {
            builder = builder.max_token_age(source.max_token_age);
        }
        if let Some(subject) = self.subject {
            builder = builder.subject(subject);
        }
        builder.build().map_err(|error| match error {
            PolicyError::Scope { .. } => Outcome::PolicyScope,
            PolicyError::ScopeClaim { .. } => Outcome::PolicyScopeClaim,
            PolicyError::Pointer { .. }
            | PolicyError::Number { .. }
            | PolicyError::Boundary { .. }
            | PolicyError::Group { .. } => Outcome::PolicyRequirement,
            _ => Outcome::PolicyEmpty,
        })
    }

    /// The time. A clock that was never set is an error: to it, no token has expired.
    pub(crate) const fn now(&self, now: i64) -> Checked<Now> {
        if now <= 0 {
            return Err(Outcome::ArgumentTime);
        }
        Ok(match self.clock {
            Clock::Exact => Now::Exact(UnixTime(now)),
            Clock::AtLeast | Clock::AtLeastAcceptUnjudged => Now::AtLeast(UnixTime(now)),
        })
    }
}
