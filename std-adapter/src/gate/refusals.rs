//! [`Refusals`]: why each issuer of a gate refuses one token.

use tollgate_core::{Rejection, Stage};

use super::builder::MAX_ISSUERS;

/// The answers of a gate's issuers to a token that none of them accepts. Also records which issuers
/// may lack a key for the token, so that the token need not be parsed again to find out.
pub(crate) struct Refusals {
    /// The refusal of the issuer that knows most, and its place in the gate.
    furthest: Option<(usize, Cause)>,
    /// The issuers that may accept the token once they have newer keys.
    lack_key: [bool; MAX_ISSUERS],
    /// The number of fetches that had ended before the token was judged.
    attempts: u64,
}

/// How much an issuer knows about a token that it refuses. If several issuers refuse a token, the one
/// that knows most says why: the later the stage, the more. Within a stage, `true` is more. An issuer that finds
/// the token valid, but not enough, knows most.
type Knowledge = (bool, Stage, bool);

/// Why an issuer refuses a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The token is rejected.
    Rejected(Rejection),
    /// The token is valid, but the user's authentication is too old, or of another class (RFC 9470).
    UserAuthentication,
}

impl From<Rejection> for Cause {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

/// The refusal of one issuer.
pub(super) struct Refusal {
    pub(super) cause: Cause,
    /// Whether the token's header names a key: `None` if that is not known.
    pub(super) names_key: Option<bool>,
}

impl From<Cause> for Refusal {
    fn from(cause: Cause) -> Self {
        Self { cause, names_key: None }
    }
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Cause::from(rejection).into()
    }
}

impl Refusal {
    /// The rejection, for judges that demand nothing else.
    #[cfg(feature = "sign-in")]
    pub(super) const fn rejection(&self) -> Rejection {
        match self.cause {
            Cause::Rejected(rejection) => rejection,
            // Not reached: only a demand is refused so.
            Cause::UserAuthentication => Rejection::NoUsableKey,
        }
    }

    /// Whether the issuer may accept the token once it has newer keys.
    pub(super) const fn lacks_key(&self) -> bool {
        let Cause::Rejected(rejection) = self.cause else { return false };
        match rejection {
            Rejection::NoUsableKey
            | Rejection::UnknownKey
            // The issuer may have replaced the key under its id.
            | Rejection::AlgorithmMismatch { .. } => true,
            // Without an id, the key that was tried may be another than the one that signed.
            Rejection::AmbiguousKey
            | Rejection::SignatureLength { .. }
            | Rejection::SignatureInvalid => matches!(self.names_key, Some(false)),
            _ => false,
        }
    }
}

const fn knowledge(cause: Cause) -> Knowledge {
    let Cause::Rejected(rejection) = cause else { return (true, Stage::Policy, true) };
    match rejection {
        // The token may belong to another issuer.
        Rejection::AlgorithmNotAllowed(_)
        | Rejection::TypMissing
        | Rejection::TypMismatch
        | Rejection::CriticalNotUnderstood
        | Rejection::UnknownKey
        | Rejection::SignatureLength { .. }
        | Rejection::SignatureInvalid => (false, rejection.stage(), false),
        // While an issuer has no keys, only a valid signature shows whose a token is.
        Rejection::NoUsableKey => (false, Stage::Signature, true),
        // No issuer's key verifies a signature that is not base64url.
        Rejection::Misencoded { .. } => (false, Stage::Claims, true),
        _ => (rejection.http_status() == 403, rejection.stage(), true),
    }
}

impl Refusals {
    pub(super) const fn new(attempts: u64) -> Self {
        Self { furthest: None, lack_key: [false; MAX_ISSUERS], attempts }
    }

    /// Adds the refusal of the issuer at this place in the gate.
    pub(super) fn add(&mut self, index: usize, refusal: Refusal) {
        if let Some(lacks_key) = self.lack_key.get_mut(index) {
            *lacks_key = refusal.lacks_key();
        }
        let cause = refusal.cause;
        let knows_more =
            self.furthest.is_none_or(|(_, furthest)| knowledge(furthest) < knowledge(cause));
        if knows_more {
            self.furthest = Some((index, cause));
        }
    }

    /// The refusal of the issuer that knows most, and its place in the gate; the first of several.
    pub(super) fn furthest(&self) -> (usize, Cause) {
        // A gate has at least one issuer.
        self.furthest.unwrap_or((0, Cause::Rejected(Rejection::NoUsableKey)))
    }

    /// For each issuer, whether it may lack a key for the token.
    pub(super) const fn lack_key(&self) -> [bool; MAX_ISSUERS] {
        self.lack_key
    }

    /// The number of fetches that had ended before the token was judged.
    pub(super) const fn attempts(&self) -> u64 {
        self.attempts
    }

    /// Whether newer keys would make no difference.
    pub(crate) fn are_final(&self) -> bool {
        let (_, cause) = self.furthest();
        knowledge(cause).1 >= Stage::Claims || !self.lack_key.contains(&true)
    }

    /// Whether the request carries no credentials at all.
    #[cfg(feature = "tower")]
    pub(crate) fn are_for_no_credentials(&self) -> bool {
        self.furthest().1 == Cause::Rejected(Rejection::AuthorizationMissing)
    }
}
