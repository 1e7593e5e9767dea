//! What is accepted, as a C struct of which zeros are the strict choice.

use core::ops::Range;

use heapless::Vec;
use tollgate_core::Algorithm::{Es256, Es384};
use tollgate_core::policy::{Audience, Expected, PolicyError, Unjudged};
use tollgate_core::{Leeway, Now, UnixTime, policy};

use crate::limits::{TOLLGATE_MAX_AUDIENCES, TOLLGATE_MAX_SCOPES};
use crate::memory;
use crate::result::{Checked, Outcome};
use crate::text::Str;
use crate::version::TOLLGATE_VERSION;

/// What a token must be to be accepted. Zeros are the strict choice everywhere; `version`, `issuer`
/// and `audiences` must be set. `exp` is always required.
#[repr(C)]
#[derive(Debug)]
pub struct Policy {
    /// `TOLLGATE_VERSION`: proves that header and library belong together.
    pub version: u32,
    /// The only issuer (`iss`) that is accepted: the one whose keys are in the key set, so that no
    /// issuer can sign for another (RFC 8725 §3.8).
    pub issuer: Str,
    /// The audiences, of which `aud` must name one, exactly.
    pub audiences: *const Str,
    /// How many there are: 1 to `TOLLGATE_MAX_AUDIENCES`.
    pub audience_count: usize,
    /// Scopes that the token must all have; may be NULL if there are none.
    pub required_scopes: *const Str,
    /// How many there are, at most `TOLLGATE_MAX_SCOPES`.
    pub required_scope_count: usize,
    /// The only subject (`sub`) that is accepted; any, if it is `{0}`.
    pub subject: Str,
    /// How far the issuer's clock may be from ours, in seconds.
    pub leeway: u32,
    /// The age from `iat` on, in seconds, beyond which a token is refused; 0: none.
    pub max_token_age: u32,
    /// A value of `tollgate_profile`.
    pub profile: u32,
    /// A value of `tollgate_algorithms`.
    pub algorithms: u32,
    /// A value of `tollgate_clock`.
    pub clock: u32,
    /// A value of `tollgate_proof_of_possession`.
    pub proof_of_possession: u32,
}

/// Which kind of token is accepted.
#[repr(u32)]
#[derive(Clone, Copy, Debug)]
pub enum Profile {
    /// Access tokens of RFC 9068: `typ` is `at+jwt`, and `sub`, `client_id`, `iat`, `jti` are there.
    AccessToken = 0,
    /// Any signed token of the issuer's for the audience, ID tokens included.
    Any = 1,
}

/// Which algorithms are allowed.
#[repr(u32)]
#[derive(Clone, Copy, Debug)]
pub enum Algorithms {
    /// ES256 and ES384.
    Both = 0,
    /// ES256 alone.
    Es256 = 1,
    /// ES384 alone.
    Es384 = 2,
}

/// What the time is worth that is passed with each token.
#[repr(u32)]
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// It is the time.
    Exact = 0,
    /// It cannot be earlier. Tokens that only a clock could judge are refused (`unjudgeable`); one
    /// that has expired since then may be accepted.
    AtLeast = 1,
    /// The same, but tokens that only a clock could judge are accepted.
    AtLeastAcceptUnjudged = 2,
}

/// What becomes of tokens that are bound to a key of their holder (`cnf`, RFC 7800).
#[repr(u32)]
#[derive(Clone, Copy, Debug)]
pub enum ProofOfPossession {
    /// They are refused: used as bearer tokens, they may have been stolen.
    Refuse = 0,
    /// They are accepted, because the caller checks the proof.
    CheckedByCaller = 1,
}

/// A policy whose texts have been checked.
pub(crate) struct Rules<'p> {
    issuer: [&'p str; 1],
    audiences: Vec<Audience<&'p str>, TOLLGATE_MAX_AUDIENCES>,
    scopes: Vec<&'p str, TOLLGATE_MAX_SCOPES>,
    subject: Option<&'p str>,
    profile: Profile,
    algorithms: &'static [tollgate_core::Algorithm],
    clock: Clock,
    proof_of_possession: ProofOfPossession,
    source: &'p Policy,
}

/// The option with this number: C may put any into a struct. `options` are in the order of theirs.
fn option<T: Copy>(options: &[T], number: u32) -> Checked<T> {
    let option = usize::try_from(number).ok().and_then(|number| options.get(number));
    option.copied().ok_or(Outcome::PolicyOption)
}

impl<'p> Rules<'p> {
    /// # Safety
    ///
    /// `policy` is NULL or leads to a policy that does not change for `'p`, and neither does what
    /// its pointers lead to.
    pub(crate) unsafe fn read(policy: *const Policy) -> Checked<Self> {
        // The version first: of a policy of another, no more may be there.
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
            let subject = source.subject.optional_text()?;
            // An expectation that was never set must not be one that anything meets.
            if audiences.is_empty() || subject == Some("") {
                return Err(Outcome::PolicyEmpty);
            }
            Ok(Self {
                issuer: [source.issuer.text()?],
                audiences,
                scopes,
                subject,
                profile: option(&[Profile::AccessToken, Profile::Any], source.profile)?,
                algorithms: match option(
                    &[Algorithms::Both, Algorithms::Es256, Algorithms::Es384],
                    source.algorithms,
                )? {
                    Algorithms::Both => &[Es256, Es384],
                    Algorithms::Es256 => &[Es256],
                    Algorithms::Es384 => &[Es384],
                },
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

    /// Where the policy is, its lists, and all of their texts.
    pub(crate) fn spans(&self) -> impl Iterator<Item = Range<usize>> {
        let audiences = self.audiences.iter().map(Audience::value);
        let texts = self.issuer.iter().chain(audiences).chain(&self.scopes).chain(&self.subject);
        texts.map(|text| memory::span(text.as_ptr(), text.len())).chain([
            memory::span(self.source, 1),
            memory::span(self.source.audiences, self.source.audience_count),
            memory::span(self.source.required_scopes, self.source.required_scope_count),
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
            .algorithms(self.algorithms)
            .leeway(Leeway::from_secs(source.leeway).ok_or(Outcome::PolicyLeeway)?)
            .unjudged(match self.clock {
                Clock::Exact | Clock::AtLeast => Unjudged::Refuse,
                Clock::AtLeastAcceptUnjudged => Unjudged::Accept,
            })
            .proof_of_possession(match self.proof_of_possession {
                ProofOfPossession::Refuse => policy::ProofOfPossession::Refuse,
                ProofOfPossession::CheckedByCaller => policy::ProofOfPossession::CheckedByCaller,
            })
            .required_scopes(&self.scopes);
        if source.max_token_age > 0 {
            builder = builder.max_token_age(source.max_token_age);
        }
        if let Some(subject) = self.subject {
            builder = builder.subject(subject);
        }
        builder.build().map_err(|error| match error {
            PolicyError::Scope { .. } => Outcome::PolicyScope,
            _ => Outcome::PolicyEmpty,
        })
    }

    /// The time, which a clock that was never set does not know: it would let every token live.
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
