//! [`SignIn::finish`]: turns the provider's answer into a session.

use std::sync::Arc;
use std::time::Duration;

use http::header::{HeaderMap, HeaderValue};
use tokio::time::Instant;

use super::SignIn;
use super::attempt::{Held, SPENT_TIME};
use super::callback::{Answerer, AuthorizationCode, Callback};
use super::cookies::{CookieName, SameSite};
use super::error::SignInError;
use super::inner::Inner;
use super::keeping::Keeping;
use super::record::SessionRecord;
use super::session_id::SessionId;
use super::slot::Slot;
use super::store::{RecordKey, Rule, Saved, SessionStore};

/// Where the browser goes after sign-in, with which cookies.
///
/// ```
/// use http::header::{HeaderMap, LOCATION, SET_COOKIE};
/// use http::response::{Builder, Response};
/// use tollgate::sign_in::{Finished, NotFinished, SignIn};
///
/// /// Answers the request that has the provider's answer in its query, as the route `/callback` does.
/// async fn finish(sign_in: &SignIn, query: &str, headers: &HeaderMap) -> Builder {
///     let (response, cookies) = match sign_in.finish(query.as_bytes(), headers).await {
///         Ok(Finished { return_path, cookies }) => {
///             (Response::builder().status(303).header(LOCATION, return_path), cookies)
///         }
///         Err(NotFinished { error, cookies }) => {
///             (Response::builder().status(error.status()), cookies)
///         }
///     };
///     cookies.into_iter().fold(response, |response, cookie| response.header(SET_COOKIE, cookie))
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Finished {
    /// A path of the app.
    pub return_path: String,
    /// `Set-Cookie` fields. There are none if the browser has a session already.
    pub cookies: Vec<HeaderValue>,
}

/// Why a sign-in was not finished, and the cookies that it ends.
///
/// See the example of [`Finished`].
#[derive(Clone, Debug)]
pub struct NotFinished {
    /// Why.
    pub error: SignInError,
    /// `Set-Cookie` fields.
    pub cookies: Vec<HeaderValue>,
}

impl From<SignInError> for NotFinished {
    fn from(error: SignInError) -> Self {
        Self { error, cookies: Vec::new() }
    }
}

impl SignIn {
    /// Finishes a sign-in by the provider's answer: the query of the request, or its form if the provider answers
    /// by `form_post`.
    ///
    /// # Errors
    ///
    /// The answer does not belong to an attempt of this browser, or does not prove who the user is.
    pub async fn finish(
        &self,
        answer: &[u8],
        headers: &HeaderMap,
    ) -> Result<Finished, NotFinished> {
        let finished = self.finish_uncounted(answer, headers).await;
        match &finished {
            // The browser had a session.
            Ok(Finished { cookies, .. }) if cookies.is_empty() => {}
            Ok(_) => self.0.tally.sign_in("success"),
            Err(NotFinished { error, .. }) => self.0.tally.sign_in(error.code()),
        }
        finished
    }

    async fn finish_uncounted(
        &self,
        answer: &[u8],
        headers: &HeaderMap,
    ) -> Result<Finished, NotFinished> {
        let inner = &*self.0;
        let callback = Callback::parse(answer)?;
        let state = callback.state()?;
        let name = inner.cookies.attempt(state);
        let value = inner.cookies.find(headers, &name);
        let held = value.and_then(|value| Held::open(&inner.keys, name.as_str(), value));
        let return_path = held.as_ref().map_or(inner.routes.home(), Held::return_path);
        let return_path = return_path.to_owned();
        let attempt = held.ok_or(SignInError::AttemptUnknown);
        let attempt = match attempt.and_then(|held| held.answered(state, inner.clock.now())) {
            // A page of the history, or a second tab.
            Err(SignInError::AttemptUnknown) if self.session(headers).await?.is_some() => {
                return Ok(Finished { return_path, cookies: Vec::new() });
            }
            attempt => attempt?,
        };
        let endpoints = inner.endpoints().await?;
        // The provider was asked to answer at another address: by another client that has the same secrets.
        if attempt.redirect_uri != inner.routes.redirect_uri(&inner.origin) {
            return Err(SignInError::AttemptUnknown.into());
        }
        // Whatever follows, this attempt is over.
        let ended = |error| NotFinished { error, cookies: vec![inner.cookies.clear(&name)] };
        let issuers = &inner.settings.provider.issuer.issuer;
        let answerer = Answerer { issuers, returns_iss: endpoints.returns_iss };
        let state = attempt.state.clone();
        let present = inner.slot(headers).map(|slot| slot.key());
        let former: Vec<_> = attempt.former().into_iter().chain(present).collect();
        let code = callback.answer(attempt, answerer).map_err(ended)?;
        // A client that hangs up loses neither the code nor the session.
        let this = self.clone();
        let redemption = inner.tasks.start(async move { this.0.open(&state, code, &former).await });
        let interrupted = |_| SignInError::ProviderUnavailable("interrupted".to_owned());
        let session = redemption.await.map_err(interrupted).and_then(|opened| opened);
        let session = session.map_err(ended)?;
        let cookies = inner.cookies_of(&session, &name, &return_path, headers).map_err(ended)?;
        Ok(Finished { return_path, cookies })
    }
}

impl Inner {
    /// Redeems the code of an attempt, unless that has been done a moment ago, and returns the value of its session's
    /// cookie.
    async fn open(
        &self,
        state: &str,
        code: AuthorizationCode,
        former: &[RecordKey],
    ) -> Result<String, SignInError> {
        let mut redemption = self.redemptions.turn(state).await;
        if let Some(opened) = &*redemption {
            return opened.clone();
        }
        let began = Instant::now();
        let opened = self.open_now(code, former).await;
        self.tally.redeemed(began.elapsed());
        *redemption = Some(opened.clone());
        opened
    }

    /// Redeems a code, and opens a session: in the store, under a new identifier, or in the cookie.
    async fn open_now(
        &self,
        code: AuthorizationCode,
        former: &[RecordKey],
    ) -> Result<String, SignInError> {
        let started = code.attempt.started();
        let record = code.open(self).await?;
        let session = match &self.keeping {
            Keeping::Stored(store) => self.store_new(store, &record, former, started).await?,
            Keeping::Sealed(claims) => self.seal_session(&record.user, claims)?,
        };
        tracing::info!(
            issuer = record.user.issuer,
            subject = %crate::untrusted::Excerpt(&record.user.subject),
            "signed in"
        );
        Ok(session)
    }

    /// Stores a new session, and returns its identifier.
    async fn store_new(
        &self,
        store: &Arc<dyn SessionStore>,
        record: &SessionRecord,
        former: &[RecordKey],
        started: i64,
    ) -> Result<String, SignInError> {
        let id = SessionId::generate()?;
        let slot = Slot::new(id.clone(), Arc::clone(store));
        let time = self.lifetimes.time_left(record, record.last_seen);
        match slot.write(record, Rule::Create, time).await? {
            Saved::Done(_) => {}
            // Two of 256 random bits are never the same.
            Saved::Conflict => return Err(SignInError::NoRandomness),
        }
        // Only now: see `logout_mark`.
        self.refuse_if_logged_out(&**store, &slot, record, started).await?;
        // From now on, former identifiers are worthless.
        for former in former {
            store.remove(former).await?;
        }
        Ok(id.as_text())
    }

    /// The cookies of a new session, whose attempt is spent. Older attempts may have to make room.
    fn cookies_of(
        &self,
        session: &str,
        attempt: &CookieName,
        return_path: &str,
        headers: &HeaderMap,
    ) -> Result<Vec<HeaderValue>, SignInError> {
        let at = self.clock.now();
        let spent = Held::Spent { at, return_path: return_path.to_owned() };
        let spent = spent.seal(&self.keys, attempt.as_str())?;
        let name = self.cookies.session();
        let cleared = self.make_room(headers, name, session, at)?;
        let secs = |secs: i64| Duration::from_secs(secs.unsigned_abs());
        let set = |name: &CookieName, value: &str, lifetime| {
            let cookie = self.cookies.set(name, value, SameSite::Lax, lifetime);
            cookie.map_err(|_| SignInError::SessionTooLarge(value.len()))
        };
        let mut cookies = vec![set(name, session, secs(self.lifetimes.max_age))?];
        if !cleared.contains(attempt) {
            cookies.push(set(attempt, &spent, secs(SPENT_TIME))?);
        }
        cookies.extend(cleared.iter().map(|name| self.cookies.clear(name)));
        Ok(cookies)
    }
}
