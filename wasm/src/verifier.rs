//! [`Verifier`]: keys and a policy.

use tollgate::jwks::MAX_KEYS;
use tollgate::keys::FirstKeys;
use tollgate::owned_policy::{InvalidPolicy, OwnedPolicy};
use tollgate::tollgate_core::{
    self as core, BearerToken, KeySet, KeySetError, KeyUse, Now, Rejection, Scratch, UnusableKey,
    limits,
};

use crate::answer::Answer;
use crate::engines::{Engine, Engines};
use crate::settings::{self, InvalidSettings};

pub(crate) struct Verifier {
    keys: Box<KeySet<Engine, MAX_KEYS>>,
    policy: OwnedPolicy,
    scratch: Vec<u8>,
}

/// Why keys or settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("unusable keys: {0}")]
    Keys(KeySetError),
    #[error("unusable settings: {0}")]
    Settings(#[from] InvalidSettings),
    #[error("unusable settings: {0}")]
    Policy(#[from] InvalidPolicy),
}

impl Verifier {
    /// Reads a JWK set and settings. Returns the verifier, and the keys that it leaves out, by their index in the set.
    pub(crate) fn open(
        jwks: &[u8],
        settings: &[u8],
    ) -> Result<(Self, Vec<(usize, UnusableKey)>), Unusable> {
        let policy = OwnedPolicy::new(&settings::read(settings)?)?;
        let (mut engines, mut left_out) = (Engines::default(), Vec::new());
        let first = FirstKeys::read(
            jwks,
            KeyUse::Signature,
            MAX_KEYS,
            |jwk| engines.make(jwk),
            |index, reason| left_out.push((index, reason)),
        );
        let mut keys = Box::new(KeySet::new());
        let mut read = first.map_err(Unusable::Keys)?.keys.into_iter();
        read.try_for_each(|key| keys.insert(key)).map_err(Unusable::Keys)?;
        let scratch = vec![0; Scratch::needed_for(limits::MAX_TOKEN_LEN)];
        Ok((Self { keys, policy, scratch }, left_out))
    }

    pub(crate) fn key_count(&self) -> usize {
        self.keys.keys().len()
    }

    /// Verifies a token, and returns the answer.
    pub(crate) fn verify(&mut self, token: Result<BearerToken<'_>, Rejection>, now: Now) -> String {
        let policy = self.policy.view();
        let verifier = core::Verifier::new(&*self.keys, policy);
        match token.and_then(|token| verifier.verify(token, now, &mut self.scratch)) {
            Ok(token) => Answer::acceptance(&token),
            Err(rejection) => Answer::rejection(rejection, policy.required_scopes()),
        }
    }
}

impl Unusable {
    /// The name of the reason, as in the core.
    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::Keys(error) => error.reason(),
            Self::Settings(_) => "settings",
            Self::Policy(invalid) => invalid.error.reason(),
        }
    }
}
