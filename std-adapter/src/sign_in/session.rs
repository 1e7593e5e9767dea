//! [`Session`]: a signed-in user, as a handler sees them.

use std::fmt;
use std::sync::Arc;

use http::header::HeaderMap;
use serde::Deserialize;
use tollgate_core::UnixTime;
use tollgate_core::policy::Requirement;

use super::SignIn;
use super::error::SignInError;
use super::inner::Inner;
use super::keeping::{Keeping, Kept};
use super::record::{SessionRecord, StoredToken, Target};
use super::slot::{Loaded, Slot};
use super::store::Rule;
use super::user::SignedIn;
use crate::gate::ClaimsError;

/// How often the time of the last request is recorded, in seconds; more often for a short idle time.
const TOUCH_INTERVAL: i64 = 60;

/// A signed-in user.
///
/// In axum's handlers, take `Session`, or `Option<Session>` where nobody need be signed in. Cheap to clone.
///
/// ```
/// use tollgate::sign_in::{NoAccessToken, Session, Target};
///
/// /// A handler that calls an API on the user's behalf.
/// async fn orders(session: Session) -> Result<String, String> {
///     let target = Target::Resource("https://api.example.com".to_owned());
///     match session.access_token(target).await {
///         Ok(token) => Ok(format!("{} has a token of {} bytes", session.subject(), token.len())),
///         Err(NoAccessToken::Ended) => Err("sign in again".to_owned()),
///         Err(error) => Err(error.to_string()),
///     }
/// }
/// ```
#[derive(Clone)]
pub struct Session(Arc<Live>);

struct Live {
    sign_in: SignIn,
    kept: Kept,
}

/// Why there is no access token.
///
/// See the example of [`Session`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoAccessToken {
    /// The session has ended: let the user sign in again.
    #[error("the session has ended")]
    Ended,
    /// Sessions are in cookies, which keep no tokens.
    #[error(
        "sessions in cookies keep no access tokens: keep them in memory, in a file, or in a store of your own"
    )]
    NotKept,
    /// There is no valid access token for this target, and no refresh token to get one.
    #[error(
        "there is no refresh token to get an access token with: ask for the scope offline_access, and see that \
         the provider issues refresh tokens to this client"
    )]
    NoRefreshToken,
    /// The provider refuses a token for this target, or cannot be reached; or the session has no room for the token
    /// ([`SignInError::SessionTooLarge`]).
    #[error("{0}")]
    Refused(SignInError),
}

/// Why there is no user info.
///
/// ```
/// use tollgate::sign_in::{NoUserInfo, Session};
///
/// #[derive(serde::Deserialize)]
/// struct Contact {
///     phone_number: Option<String>,
/// }
///
/// async fn phone(session: &Session) -> Result<Option<String>, NoUserInfo> {
///     match session.user_info::<Contact>().await {
///         Ok(contact) => Ok(contact.phone_number),
///         Err(NoUserInfo::NoEndpoint) => Ok(None),
///         Err(error) => Err(error),
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoUserInfo {
    /// There is no access token to ask with.
    #[error("{0}")]
    AccessToken(#[from] NoAccessToken),
    /// The provider has no such endpoint.
    #[error("the provider has no userinfo_endpoint")]
    NoEndpoint,
    /// The provider's answer cannot be used.
    #[error("{0}")]
    Refused(#[from] SignInError),
}

impl SignIn {
    /// Returns the session of the browser that sent `headers`, or `None` if it has none that lives.
    ///
    /// A session with a refresh token whose access token has expired is refreshed first, for at most three
    /// seconds.
    ///
    /// # Errors
    ///
    /// [`SignInError::Store`], or [`SignInError::ProviderUnavailable`] if the provider cannot be reached for longer
    /// than sessions may last without it. Neither signs anybody out: answer 503.
    pub async fn session(&self, headers: &HeaderMap) -> Result<Option<Session>, SignInError> {
        let kept = match &self.0.keeping {
            Keeping::Stored(_) => self.stored_session(headers).await?,
            Keeping::Sealed(_) => self.0.sealed_session(headers).map(Kept::Sealed),
        };
        Ok(kept.map(|kept| Session(Arc::new(Live { sign_in: self.clone(), kept }))))
    }

    async fn stored_session(&self, headers: &HeaderMap) -> Result<Option<Kept>, SignInError> {
        let inner = &*self.0;
        let Some(slot) = inner.slot(headers) else { return Ok(None) };
        let Some((mut loaded, now)) = inner.load_now(&slot).await? else { return Ok(None) };
        // A request counts as a use even if the provider cannot be reached.
        inner.touch(&slot, &mut loaded, now).await;
        let current = self.current(&slot, loaded, now).await?;
        Ok(current.map(|Loaded { record, .. }| Kept::Stored(slot, record)))
    }

    /// Refreshes a session in time. `None` if the provider has ended it.
    async fn current(
        &self,
        slot: &Slot,
        loaded: Loaded,
        now: i64,
    ) -> Result<Option<Loaded>, SignInError> {
        if loaded.record.refresh_token.is_none() {
            // It lives until its own end.
            return Ok(Some(loaded));
        }
        let token = loaded.record.token(&Target::Default);
        if let Some(token) = token.filter(|token| token.is_valid(now)) {
            if token.is_old(now) {
                self.refresh_in_background(slot);
            }
            return Ok(Some(loaded));
        }
        let expired = token.and_then(|token| token.expires);
        let grace = self.0.lifetimes.outage_grace;
        let lives_until = expired.map(|expired| expired.saturating_add(grace));
        match self.refresh(slot, &Target::Default).await {
            Ok(loaded) => Ok(loaded),
            Err(SignInError::Store(error)) => Err(error.into()),
            Err(error) => match lives_until.is_none_or(|until| now < until) {
                true => Ok(Some(loaded)),
                false => Err(SignInError::ProviderUnavailable(error.to_string())),
            },
        }
    }
}

impl Inner {
    /// Reads a session. `None` if there is none, or it has ended.
    pub(super) async fn load(&self, slot: &Slot) -> Result<Option<Loaded>, SignInError> {
        Ok(self.load_now(slot).await?.map(|(loaded, _)| loaded))
    }

    /// Reads a session as [`load`](Self::load) does, and the clock.
    async fn load_now(&self, slot: &Slot) -> Result<Option<(Loaded, i64)>, SignInError> {
        let Some(loaded) = slot.read().await? else { return Ok(None) };
        if loaded.record.user.client != *self.client_name {
            return Ok(None);
        }
        let now = self.clock.now_after(loaded.record.last_seen);
        if self.lifetimes.have_ended(&loaded.record, now) {
            slot.remove().await?;
            return Ok(None);
        }
        Ok(Some((loaded, now)))
    }

    /// Records that a session is in use, once a minute. If that fails, the session only ends earlier.
    async fn touch(&self, slot: &Slot, loaded: &mut Loaded, now: i64) {
        let Loaded { record, version } = loaded;
        let interval = TOUCH_INTERVAL.min(self.lifetimes.idle_timeout / 4);
        if now.saturating_sub(record.last_seen) < interval {
            return;
        }
        record.last_seen = now;
        let time = self.lifetimes.time_left(record, now);
        // A conflict means that somebody has written a newer record.
        if let Err(error) = slot.write(record, Rule::Touch(*version), time).await {
            tracing::warn!(%error, "the last use of a session could not be recorded");
        }
    }
}

impl Session {
    pub(super) fn inner(&self) -> &Inner {
        &self.0.sign_in.0
    }

    fn user(&self) -> &SignedIn {
        self.0.kept.user()
    }

    /// `sub`: the user, at this issuer.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.user().subject
    }

    /// `iss`: the provider. Users of different issuers may have the same [`subject`](Self::subject).
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.user().issuer
    }

    /// The scopes that the session is worth, separated by spaces: those of the newest access token, if
    /// [`access_token_gate`](super::SignInBuilder::access_token_gate) judges it.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.user().scope.as_deref()
    }

    /// Returns whether the claims meet all of these requirements. As for
    /// [`require`](super::SignInBuilder::require), `email` meets one only together with `email_verified`.
    #[must_use]
    pub fn meets(&self, requirements: &[Requirement<String>]) -> bool {
        let requirements = self.inner().settings.with_verified_email(requirements);
        let borrowed: Vec<_> = requirements.iter().map(Requirement::as_deref).collect();
        Requirement::are_met_by(&borrowed, self.as_json()).unwrap_or(false)
    }

    /// The client of the provider that the user signed in to.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.inner().settings.client_id
    }

    /// Returns whether `email` counts even if the provider has not verified it.
    #[must_use]
    pub fn trusts_unverified_email(&self) -> bool {
        self.inner().settings.trust_unverified_email
    }

    /// When the user signed in.
    #[must_use]
    pub fn signed_in_at(&self) -> UnixTime {
        UnixTime(self.user().opened)
    }

    /// When the session ends at the latest.
    #[must_use]
    pub fn ends(&self) -> UnixTime {
        UnixTime(self.user().ends)
    }

    /// Returns the claims of the ID token as they were signed: a JSON object. With
    /// [`user_info`](super::SignInBuilder::user_info), it has those of the user info, too. A session in a cookie has only
    /// those that [`Sessions::claims`](super::Sessions::claims) names, and `iss`, `sub`, `auth_time` and `acr`.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.user().claims
    }

    /// Reads the claims as a type of your own.
    ///
    /// ```
    /// use tollgate::gate::ClaimsError;
    /// use tollgate::sign_in::Session;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Profile {
    ///     name: Option<String>,
    /// }
    ///
    /// fn greeting(session: &Session) -> Result<String, ClaimsError> {
    ///     let profile: Profile = session.claims()?;
    ///     Ok(format!("hello, {}", profile.name.as_deref().unwrap_or(session.subject())))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// A claim is missing or has the wrong type. The error names it.
    pub fn claims<'a, C: Deserialize<'a>>(&'a self) -> Result<C, ClaimsError> {
        let mut json = serde_json::Deserializer::from_str(self.as_json());
        serde_path_to_error::deserialize(&mut json).map_err(ClaimsError::new)
    }

    /// Returns an access token for `target` that is still valid. If the session has none, this refreshes it.
    ///
    /// # Errors
    ///
    /// The session has no refresh token, has ended, is in a cookie, or has no room for the token; or the provider
    /// refuses one, or issues one that is not valid any more.
    pub async fn access_token(&self, target: Target) -> Result<String, NoAccessToken> {
        let Live { sign_in, kept } = &*self.0;
        let Kept::Stored(slot, record) = kept else { return Err(NoAccessToken::NotKept) };
        let now = sign_in.0.clock.now();
        let valid = |record: &SessionRecord| {
            let token = record.token(&target).filter(|token| token.is_valid(now));
            token.map(|StoredToken { token, .. }| token.clone())
        };
        if let Some(token) = valid(record) {
            return Ok(token);
        }
        if record.refresh_token.is_none() {
            return Err(NoAccessToken::NoRefreshToken);
        }
        let expired = || {
            let what = "its access token is not valid any more (expires_in)".to_owned();
            NoAccessToken::Refused(SignInError::TokenAnswerMalformed(what))
        };
        match sign_in.refresh(slot, &target).await {
            Ok(Some(loaded)) => valid(&loaded.record).ok_or_else(expired),
            Ok(None) => Err(NoAccessToken::Ended),
            Err(error) => Err(NoAccessToken::Refused(error)),
        }
    }
}

/// Shows only the subject, since claims may be personal, and tokens are secret.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("subject", &self.subject()).finish_non_exhaustive()
    }
}
