//! [`SessionRecord`]: what the store keeps of a session.

mod format;

use sha2::{Digest, Sha256};

use super::error::SignInError;
use super::id_token::{SessionClaims, VerifiedIdToken, joined, read};
use super::inner::Inner;
use super::store::OwnerKey;
use super::token_answer::TokenAnswer;
use super::user::SignedIn;

/// What the store keeps of a session, sealed.
#[derive(Clone, PartialEq)]
pub(super) struct SessionRecord {
    pub(super) user: SignedIn,
    /// The session at the provider (Back-Channel Logout §2.1).
    pub(super) sid: Option<String>,
    /// The nonce of the sign-in.
    pub(super) nonce: String,
    /// The user info of the sign-in, whose claims the session has, too.
    user_info: Option<String>,
    /// When the user authenticated at the provider, in seconds since 1970, if it says so.
    auth_time: Option<f64>,
    /// For the `id_token_hint` of the sign-out.
    pub(super) id_token: String,
    pub(super) refresh_token: Option<String>,
    /// The access tokens, by their targets.
    pub(super) tokens: Vec<StoredToken>,
    /// When the session was last used, as far as that was recorded, in seconds since 1970.
    pub(super) last_seen: i64,
}

/// An access token.
#[derive(Clone, PartialEq)]
pub(super) struct StoredToken {
    pub(super) target: Target,
    pub(super) token: String,
    /// When it was issued, in seconds since 1970.
    issued: i64,
    /// When it expires, if the provider says so.
    pub(super) expires: Option<i64>,
}

/// How long before its end an access token is refreshed, in seconds.
const REFRESH_AHEAD: i64 = 60;

impl StoredToken {
    /// Whether it has not expired.
    pub(super) fn is_valid(&self, now: i64) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }

    /// Whether it is time for another one: in its last minute, or in the second half of a short life.
    pub(super) fn is_old(&self, now: i64) -> bool {
        self.expires.is_some_and(|expires| {
            let half = expires.saturating_sub(self.issued) / 2;
            now >= expires.saturating_sub(REFRESH_AHEAD.min(half))
        })
    }
}

/// What an access token is for.
///
/// See the example of [`Session`](super::Session).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Target {
    /// What the sign-in asked for: the resource of the settings, or else the provider's user info.
    #[default]
    Default,
    /// Another resource (RFC 8707).
    Resource(String),
    /// An organisation, by its id, as Logto issues such tokens.
    Organization(String),
}

impl SessionRecord {
    /// Makes the record of a new session, which has no scope yet.
    pub(super) fn new(
        inner: &Inner,
        token: VerifiedIdToken,
        answer: TokenAnswer,
        nonce: String,
        user_info: Option<String>,
    ) -> Result<Self, SignInError> {
        let SessionClaims { iss, sub, sid, auth_time, .. } = read(&token.identity)?;
        let now = inner.clock.now();
        let mut record = Self {
            user: SignedIn {
                client: inner.client_name.to_string(),
                claims: joined(&token.identity, user_info.as_deref())?,
                issuer: iss,
                subject: sub,
                scope: None,
                opened: now,
                ends: now.saturating_add(inner.lifetimes.max_age),
            },
            sid,
            nonce,
            user_info,
            auth_time: auth_time.and_then(|time| time.as_f64()),
            id_token: token.text,
            refresh_token: None,
            tokens: Vec::new(),
            last_seen: now,
        };
        record.take(Target::Default, answer, now);
        Ok(record)
    }

    /// Takes the tokens of an answer.
    pub(super) fn take(&mut self, target: Target, answer: TokenAnswer, now: i64) {
        // That of the default target says when the session is due, even if it has expired.
        self.tokens.retain(|stored| {
            stored.target != target && (stored.target == Target::Default || stored.is_valid(now))
        });
        self.tokens.push(StoredToken {
            target,
            token: answer.access_token,
            issued: now,
            expires: answer.expires_in.map(|secs| now.saturating_add(secs.into())),
        });
        if answer.refresh_token.is_some() {
            self.refresh_token = answer.refresh_token;
        }
    }

    /// Takes the claims of a newer ID token, which must be about the same user in the same session
    /// (OpenID Connect Core §12.2).
    pub(super) fn renew(&mut self, token: VerifiedIdToken) -> Result<(), SignInError> {
        let SessionClaims { iss, sub, sid, auth_time, .. } = read(&token.identity)?;
        let auth_time = auth_time.and_then(|time| time.as_f64());
        if auth_time.zip(self.auth_time).is_some_and(|(new, old)| new != old) {
            return Err(SignInError::SubjectMismatch);
        }
        if iss != self.user.issuer || sub != self.user.subject {
            return Err(SignInError::SubjectMismatch);
        }
        self.user.claims = joined(&token.identity, self.user_info.as_deref())?;
        self.id_token = token.text;
        // An ID token of a refresh may lack it.
        self.sid = sid.or(self.sid.take());
        Ok(())
    }

    pub(super) fn token(&self, target: &Target) -> Option<&StoredToken> {
        self.tokens.iter().find(|stored| stored.target == *target)
    }

    /// Those whose sign-out ends the session: the user, and the session at the provider.
    pub(super) fn owners(&self) -> Vec<OwnerKey> {
        let SignedIn { issuer, subject, .. } = &self.user;
        let sid = self.sid.iter().map(|sid| Owner::Sid { issuer, sid }.key());
        [Owner::Subject { issuer, subject }.key()].into_iter().chain(sid).collect()
    }

    /// Drops tokens if it is too large to keep: those of other targets than the default one and this one, and if that
    /// is not enough, that of this one, too.
    ///
    /// # Errors
    ///
    /// [`SignInError::SessionTooLarge`]: it has no token of this target, or is still too large.
    pub(super) fn shrink(&mut self, newest: &Target) -> Result<(), SignInError> {
        if self.to_bytes().is_err() {
            self.tokens.retain(|it| it.target == Target::Default || it.target == *newest);
        }
        let kept = self.to_bytes().map(drop);
        if kept.is_err() {
            self.tokens.retain(|stored| stored.target == Target::Default);
        }
        kept
    }
}

/// Whose sessions to end.
///
/// ```
/// use tollgate::sign_in::{Owner, SignIn, SignInError};
///
/// /// Ends all sessions of a user whose account was closed.
/// async fn closed(sign_in: &SignIn, subject: &str) -> Result<usize, SignInError> {
///     sign_in.end_all(Owner::Subject { issuer: "https://auth.example.com/oidc", subject }).await
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner<'a> {
    /// All sessions of a user.
    Subject {
        /// `iss`.
        issuer: &'a str,
        /// `sub`.
        subject: &'a str,
    },
    /// Those that belong to one session at the provider.
    Sid {
        /// `iss`.
        issuer: &'a str,
        /// `sid`.
        sid: &'a str,
    },
}

impl Owner<'_> {
    pub(super) fn key(self) -> OwnerKey {
        let (kind, issuer, name) = match self {
            Self::Subject { issuer, subject } => ("sub", issuer, subject),
            Self::Sid { issuer, sid } => ("sid", issuer, sid),
        };
        // The length keeps the two texts apart.
        let text = format!("tollgate owner {kind} {} {issuer}{name}", issuer.len());
        OwnerKey(Sha256::digest(text).into())
    }
}
