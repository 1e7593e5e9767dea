//! A second verifier, slow and simple, written from the standards.
//!
//! It shares no line and no type with `tollgate-core`, so that a mistake would have to be made twice
//! to go unnoticed: base64url is read bit by bit, JSON becomes a tree, numbers are exact fractions,
//! points are added by the textbook's formulas over big integers, and RSA is a power of them. Only the
//! hash functions come from the same crate. From the core it takes what no standard says, and no more: the limits, and the
//! order of the stages.
//!
//! [`judge`] finds the first stage that refuses a token, and *all* faults of that stage, since no
//! standard says which of them must be named.

mod algorithm;
mod authorization;
mod base64url;
mod claims;
mod compact;
mod curve;
mod edwards;
mod fault;
mod header;
mod json;
mod judge;
mod keys;
mod limits;
mod number;
mod policy;
mod request;
mod requirement;
mod rsa;
mod scope;
mod signature;

pub use claims::Seen;
pub use fault::Faults;
pub use json::{Json, Text};
pub use keys::{Key, KeySet};
pub use limits::CAPACITY;
pub use number::Fraction;
pub use policy::{Audience, Clock, IdToken, Path, Policy, Requirement, Rule, Scalar, Test, Typ};
pub use request::{Credentials, Request};

/// Where a token is refused, in the order in which it passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The `Authorization` header.
    Authorization,
    /// The three parts.
    Compact,
    /// The JOSE header.
    Header,
    /// The JWK set, which is read when a token needs a key.
    KeySet,
    /// The choice of the key.
    Choice,
    /// The signature.
    Signature,
    /// The form of the claims.
    Claims,
    /// What the policy says of them.
    Policy,
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Authorization,
        Self::Compact,
        Self::Header,
        Self::KeySet,
        Self::Choice,
        Self::Signature,
        Self::Claims,
        Self::Policy,
    ];
}

/// What becomes of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is accepted, with these claims.
    Accepted(Box<Seen>),
    /// It is refused.
    Refused {
        /// The first stage that refuses it.
        stage: Stage,
        /// Each of them is reason enough.
        faults: Faults,
    },
}

impl Verdict {
    /// Whether the token is accepted.
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted(_))
    }

    /// Whether the signature was found to hold.
    pub fn is_past_the_signature(&self) -> bool {
        match self {
            Self::Accepted(_) => true,
            Self::Refused { stage, .. } => *stage > Stage::Signature,
        }
    }

    /// Whether the token is a valid JWS, whatever its payload says. RFC 7515 §5.2: the payload must be
    /// base64url.
    pub fn is_valid_jws(&self) -> bool {
        let is_misencoded = match self {
            Self::Accepted(_) => false,
            Self::Refused { faults, .. } => faults.contains("misencoded payload"),
        };
        self.is_past_the_signature() && !is_misencoded
    }
}

/// Judges a request.
pub fn judge(request: &Request) -> Verdict {
    verdict(request, None)
}

/// Judges a request whose signature is known to hold or not to hold, for callers that judge
/// thousands of tokens a second, which is more than curves over big integers can do.
pub fn judge_knowing(request: &Request, signature_holds: bool) -> Verdict {
    verdict(request, Some(signature_holds))
}

fn verdict(request: &Request, signature_holds: Option<bool>) -> Verdict {
    match stages(request, signature_holds) {
        Ok(seen) => Verdict::Accepted(Box::new(seen)),
        Err((stage, faults)) => Verdict::Refused { stage, faults },
    }
}

fn stages(request: &Request, signature_holds: Option<bool>) -> Result<Seen, (Stage, Faults)> {
    let at = |stage| move |faults| (stage, faults);
    let Request { credentials, sets, policy, clock } = request;
    let token = authorization::token(credentials).map_err(at(Stage::Authorization))?;
    let [header, payload, signature] = compact::parts(&token).map_err(at(Stage::Compact))?;
    let jose = header::read(header, policy).map_err(at(Stage::Header))?;
    let keys = KeySet::read_all(sets).map_err(at(Stage::KeySet))?;
    let key = keys.choose(&jose, policy).map_err(at(Stage::Choice))?;
    let signing_input = format!("{header}.{payload}");
    signature::check(key, jose.alg, &signing_input, signature, signature_holds)
        .map_err(at(Stage::Signature))?;
    let claims = claims::read(payload, jose).map_err(at(Stage::Claims))?;
    policy.judge(claims, key, *clock).map_err(at(Stage::Policy))
}
