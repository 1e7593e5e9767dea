//! [`Attempt`]: this browser has asked for this sign-in.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::SignInError;
use super::return_path::ReturnPath;
use super::seal::{NoRandomness, SealingKeys, random};
use super::store::RecordKey;

/// How long an attempt may take, in seconds.
pub(super) const ATTEMPT_TIME: i64 = 600;

/// How far clocks of several processes may differ, in seconds.
const SKEW: i64 = 60;

/// How long a spent attempt is remembered, in seconds.
pub(super) const SPENT_TIME: i64 = 30;

/// A sign-in that this browser has begun. It is kept nowhere but in the browser, in a sealed cookie.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Attempt {
    /// Binds the provider's answer to the browser (RFC 6749 §10.12).
    pub(super) state: String,
    /// Binds the ID token to the attempt (OpenID Connect Core §3.1.2.1).
    pub(super) nonce: String,
    /// Binds the code to the attempt (RFC 7636 §4.1).
    pub(super) verifier: String,
    return_path: String,
    /// In seconds since 1970.
    started: i64,
    /// The URI that the provider was told, which the token endpoint compares (RFC 6749 §4.1.3).
    pub(super) redirect_uri: String,
    /// The record of the session that the browser had then. A provider's POST does not bring its cookie.
    former: Option<[u8; 32]>,
}

/// Shows nothing, since it is secret.
impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attempt")
    }
}

/// What an attempt's cookie says.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Held {
    /// The attempt may be answered.
    Open(Attempt),
    /// It has been answered.
    Spent {
        /// When, in seconds since 1970.
        at: i64,
        /// Where the browser went.
        return_path: String,
    },
}

impl Attempt {
    /// Begins an attempt.
    pub(super) fn start(
        return_path: &ReturnPath,
        redirect_uri: &str,
        former: Option<RecordKey>,
        now: i64,
    ) -> Result<Self, NoRandomness> {
        let text = || Ok(Base64UrlUnpadded::encode_string(&random::<32>()?));
        Ok(Self {
            state: text()?,
            nonce: text()?,
            verifier: text()?,
            return_path: return_path.as_str().to_owned(),
            started: now,
            redirect_uri: redirect_uri.to_owned(),
            former: former.map(|key| key.0),
        })
    }

    /// Where the browser goes after sign-in. It was checked before it was sealed.
    pub(super) fn return_path(&self) -> &str {
        &self.return_path
    }

    /// When it began, in seconds since 1970.
    pub(super) const fn started(&self) -> i64 {
        self.started
    }

    /// The record of the session that this sign-in replaces.
    pub(super) fn former(&self) -> Option<RecordKey> {
        self.former.map(RecordKey)
    }

    /// The PKCE challenge by S256 (RFC 7636 §4.2).
    pub(super) fn challenge(&self) -> String {
        Base64UrlUnpadded::encode_string(&Sha256::digest(&self.verifier))
    }
}

impl Held {
    /// Makes the cookie's value.
    pub(super) fn seal(&self, keys: &SealingKeys, cookie: &str) -> Result<String, NoRandomness> {
        // A struct of texts and numbers can always be serialized.
        keys.seal(cookie, &serde_json::to_vec(self).unwrap_or_default())
    }

    /// Reads a cookie that this app has made under this name.
    pub(super) fn open(keys: &SealingKeys, cookie: &str, value: &str) -> Option<Self> {
        serde_json::from_slice(&keys.open(cookie, value)?).ok()
    }

    /// When the attempt began or was spent, in seconds since 1970.
    pub(super) const fn time(&self) -> i64 {
        match self {
            Self::Open(attempt) => attempt.started,
            Self::Spent { at, .. } => *at,
        }
    }

    /// Where the browser goes, or went, after sign-in. It was checked before it was sealed.
    pub(super) fn return_path(&self) -> &str {
        match self {
            Self::Open(attempt) => attempt.return_path(),
            Self::Spent { return_path, .. } => return_path,
        }
    }

    /// Returns the attempt that `state` names, if it can still be answered.
    ///
    /// # Errors
    ///
    /// It was answered before, is another one, or took too long.
    pub(super) fn answered(self, state: &str, now: i64) -> Result<Attempt, SignInError> {
        let Self::Open(attempt) = self else { return Err(SignInError::AttemptUnknown) };
        if !is_equal(attempt.state.as_bytes(), state.as_bytes()) {
            return Err(SignInError::AttemptUnknown);
        }
        let age = now.saturating_sub(attempt.started);
        // The clock of another process may be ahead.
        if (-SKEW..=ATTEMPT_TIME).contains(&age) {
            Ok(attempt)
        } else {
            Err(SignInError::AttemptExpired)
        }
    }

    /// Whether this marks an attempt that was spent a moment ago.
    pub(super) fn is_just_spent(&self, now: i64) -> bool {
        matches!(self, Self::Spent { at, .. } if (0..=SPENT_TIME).contains(&now.saturating_sub(*at)))
    }
}

/// Compares in a time that does not depend on where texts of one length differ.
fn is_equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt() -> Attempt {
        let path = ReturnPath::root();
        Attempt::start(&path, "https://app.example.com/callback", None, 1_000).unwrap()
    }

    #[test]
    fn each_attempt_has_its_own_state_nonce_and_verifier_of_43_characters() {
        let (a, b) = (attempt(), attempt());
        let texts = |it: &Attempt| [it.state.clone(), it.nonce.clone(), it.verifier.clone()];
        let all: std::collections::BTreeSet<_> = texts(&a).into_iter().chain(texts(&b)).collect();
        assert_eq!(all.len(), 6);
        assert!(all.iter().all(|text| text.len() == 43));
    }

    #[test]
    fn the_log_shows_nothing_of_an_attempt() {
        assert_eq!(format!("{:?}", Held::Open(attempt())), "Open(Attempt)");
    }

    #[test]
    fn the_challenge_is_that_of_rfc_7636() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned();
        let challenge = Attempt { verifier, ..attempt() }.challenge();
        assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn an_attempt_is_answered_by_its_state_alone() {
        let it = attempt();
        let other = attempt().state;
        let answered = |state: &str| Held::Open(it.clone()).answered(state, 1_010);
        assert_eq!(answered(&it.state).unwrap(), it);
        let shorter: String = it.state.chars().skip(1).collect();
        // Two differences, which are the same.
        let mut swapped = it.state.clone().into_bytes();
        let at = swapped.windows(2).position(|pair| pair[0] != pair[1]).unwrap();
        swapped.swap(at, at + 1);
        let swapped = String::from_utf8(swapped).unwrap();
        for state in [other.as_str(), "", &shorter, &swapped] {
            assert_eq!(answered(state), Err(SignInError::AttemptUnknown), "{state}");
        }
    }

    #[test]
    fn an_attempt_lasts_ten_minutes() {
        let it = attempt();
        let at = |now| Held::Open(it.clone()).answered(&it.state, now).err();
        assert_eq!(at(1_000), None);
        assert_eq!(at(1_600), None);
        assert_eq!(at(1_601), Some(SignInError::AttemptExpired));
        assert_eq!(at(940), None);
        assert_eq!(at(939), Some(SignInError::AttemptExpired));
    }

    #[test]
    fn a_spent_attempt_is_never_answered_again() {
        let state = attempt().state;
        let spent = Held::Spent { at: 1_000, return_path: "/".to_owned() };
        assert!(spent.is_just_spent(1_030) && !spent.is_just_spent(1_031));
        assert_eq!(spent.answered(&state, 1_000), Err(SignInError::AttemptUnknown));
    }

    #[test]
    fn a_cookie_opens_as_it_was_sealed() {
        let keys = SealingKeys::generate().unwrap();
        let held = Held::Open(attempt());
        let sealed = held.seal(&keys, "name").unwrap();
        assert_eq!(Held::open(&keys, "name", &sealed), Some(held));
        assert_eq!(Held::open(&keys, "other", &sealed), None);
    }
}
