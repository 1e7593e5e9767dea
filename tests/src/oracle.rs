//! A second verifier, slow and simple, written from the standards.
//!
//! It shares no line and no type with `tollgate-core`, so that a mistake would have to be made twice
//! to go unnoticed: base64url is read bit by bit, JSON becomes a tree, numbers are exact fractions,
//! and points are added by the textbook's formulas over big integers. Only the hash functions come
//! from the same crate. From the core it takes what no standard says, and no more: the limits, and the
//! order of the stages.
//!
//! [`judge`] finds the first stage that refuses a token, and *all* faults of that stage, since no
//! standard says which of them must be named.

mod authorization;
mod base64url;
mod claims;
mod compact;
mod curve;
mod header;
mod json;
mod keys;
mod number;
mod policy;
mod signature;

pub use claims::Seen;
pub use header::{REGISTERED, media_type};
pub use json::{Json, Text};
pub use keys::{Key, KeySet};
pub use number::Fraction;
pub use policy::{Audience, Clock, IdToken, Path, Policy, Required, Typ};

use std::collections::BTreeSet;

/// Where a token is refused, in the order in which it passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The JWK set, before there is a token.
    KeySet,
    /// The `Authorization` header.
    Authorization,
    /// The three parts.
    Compact,
    /// The JOSE header.
    Header,
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
        Self::KeySet,
        Self::Authorization,
        Self::Compact,
        Self::Header,
        Self::Choice,
        Self::Signature,
        Self::Claims,
        Self::Policy,
    ];
}

/// All that is wrong at one stage, in words such as `claim-missing exp`.
pub type Faults = BTreeSet<String>;

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
    /// Whether the signature was found to hold.
    pub fn is_past_the_signature(&self) -> bool {
        match self {
            Self::Accepted(_) => true,
            Self::Refused { stage, .. } => *stage > Stage::Signature,
        }
    }
}

/// Judges the `Authorization` field lines of a request.
pub fn judge(lines: &[Vec<u8>], keys: &KeySet, policy: &Policy, clock: Clock) -> Verdict {
    match stages(lines, keys, policy, clock) {
        Ok(seen) => Verdict::Accepted(Box::new(seen)),
        Err((stage, faults)) => Verdict::Refused { stage, faults },
    }
}

fn stages(
    lines: &[Vec<u8>],
    keys: &KeySet,
    policy: &Policy,
    clock: Clock,
) -> Result<Seen, (Stage, Faults)> {
    let at = |stage| move |faults| (stage, faults);
    let token = authorization::token(lines).map_err(at(Stage::Authorization))?;
    let [header, payload, signature] = compact::parts(&token).map_err(at(Stage::Compact))?;
    let jose = header::read(header, policy).map_err(at(Stage::Header))?;
    let key = keys.choose(&jose).map_err(at(Stage::Choice))?;
    let signing_input = format!("{header}.{payload}");
    signature::check(key, &signing_input, signature).map_err(at(Stage::Signature))?;
    let claims = claims::read(payload, jose).map_err(at(Stage::Claims))?;
    policy.judge(claims, key, clock).map_err(at(Stage::Policy))
}

/// Bounds that no standard gives; the core's documentation has their reasons.
mod limits {
    /// Bytes of a token.
    pub(super) const TOKEN: usize = 16 * 1024;
    /// Bytes of a decoded header.
    pub(super) const HEADER: usize = 8 * 1024;
    /// Bytes of a key's id.
    pub(super) const KEY_ID: usize = 128;
    /// Operations that a key is for.
    pub(super) const KEY_OPS: usize = 16;
    /// Levels of nesting in claims and in a JWK set.
    pub(super) const DEPTH: usize = 96;
    /// Levels of nesting in the header.
    pub(super) const HEADER_DEPTH: usize = 72;
    /// Names in an object and those around it together.
    pub(super) const NAMES: usize = 128;
    /// The same in the header.
    pub(super) const HEADER_NAMES: usize = 64;
}

/// A set of one fault.
fn fault(words: impl Into<String>) -> Faults {
    Faults::from([words.into()])
}

/// Nothing, if there are no faults.
fn none(faults: Faults) -> Result<(), Faults> {
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}
