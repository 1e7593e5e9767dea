//! [`SignIn::start`]: sends the browser to the provider.

use std::fmt;
use std::time::Duration;

use http::header::{HeaderMap, HeaderValue};

use super::SignIn;
use super::attempt::{ATTEMPT_TIME, Attempt, Held};
use super::cookies::{CookieName, SameSite};
use super::error::SignInError;
use super::inner::Inner;
use super::request::{Start, authorization_url};
use super::return_path::ReturnPath;
use super::settings::ResponseMode;

/// After so many sign-ins within half a minute that led to no session, another one would not, either.
const MAX_SPENT: usize = 3;

/// Where to send the browser, with which cookies.
///
/// ```
/// use http::header::{HeaderMap, LOCATION, SET_COOKIE};
/// use http::response::{Builder, Response};
/// use tollgate::sign_in::{SignIn, SignInError, Start, Started};
///
/// /// Redirects a browser to the provider, as the route `/sign-in` does.
/// async fn begin(sign_in: &SignIn, headers: &HeaderMap) -> Result<Builder, SignInError> {
///     let start = Start { return_path: Some("/orders"), ..Start::default() };
///     let Started { url, cookie, cleared } = sign_in.start(start, headers).await?;
///     let redirect = Response::builder().status(303).header(LOCATION, url);
///     let cookies = cleared.into_iter().chain([cookie]);
///     Ok(cookies.fold(redirect, |redirect, cookie| redirect.header(SET_COOKIE, cookie)))
/// }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Started {
    /// The URL of the provider's page.
    pub url: String,
    /// The `Set-Cookie` field that binds the provider's answer to this browser.
    pub cookie: HeaderValue,
    /// More `Set-Cookie` fields: they remove older attempts if there are too many.
    pub cleared: Vec<HeaderValue>,
}

/// Shows nothing, since it is secret.
impl fmt::Debug for Started {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Started").finish_non_exhaustive()
    }
}

impl SignIn {
    /// Begins a sign-in for the browser that sent `headers`. Nothing is stored on the server.
    ///
    /// # Errors
    ///
    /// The provider's metadata is not available; or this browser signs in again and again without a session.
    pub async fn start(
        &self,
        start: Start<'_>,
        headers: &HeaderMap,
    ) -> Result<Started, SignInError> {
        let inner = &*self.0;
        let endpoints = inner.endpoints_to_sign_in().await?;
        let now = inner.clock.now();
        if inner.goes_in_circles(headers, now) && self.session(headers).await?.is_none() {
            return Err(SignInError::Circle);
        }
        let parse = |text| ReturnPath::parse(text, &inner.origin, &inner.routes.prefix).ok();
        let return_path = start.return_path.and_then(parse);
        let return_path = return_path.unwrap_or_else(|| inner.routes.after_sign_in.clone());
        let former = inner.slot(headers).map(|slot| slot.key());
        let redirect_uri = inner.routes.redirect_uri(&inner.origin);
        let attempt = Attempt::start(&return_path, &redirect_uri, former, now)?;
        let url = authorization_url(&inner.settings, &endpoints, &attempt, &start);
        let name = inner.cookies.attempt(&attempt.state);
        let value = Held::Open(attempt).seal(&inner.keys, name.as_str())?;
        let cleared = inner.make_room(headers, &name, &value, now)?;
        let same_site = match inner.settings.response_mode {
            ResponseMode::Query => SameSite::Lax,
            // The provider's page makes the browser send a POST, without cookies that are Lax.
            ResponseMode::FormPost => SameSite::None,
        };
        let lifetime = Duration::from_secs(ATTEMPT_TIME.unsigned_abs());
        let cookie = inner.cookies.set(&name, &value, same_site, lifetime);
        let cookie = cookie.map_err(|_| SignInError::SessionTooLarge(value.len()))?;
        let cleared = cleared.iter().map(|name| inner.cookies.clear(name)).collect();
        Ok(Started { url, cookie, cleared })
    }
}

impl Inner {
    /// The attempts to clear when a cookie is set, so that all of ours together remain small enough.
    pub(super) fn make_room(
        &self,
        headers: &HeaderMap,
        name: &CookieName,
        value: &str,
        now: i64,
    ) -> Result<Vec<CookieName>, SignInError> {
        let started = |name: &CookieName, value: &str| self.time_of_attempt(name, value, now);
        let cleared = self.cookies.make_room(headers, name, value, started);
        cleared.map_err(|error| SignInError::SessionTooLarge(error.length))
    }

    /// When an attempt of the browser began or was spent; `None` if it is over.
    fn time_of_attempt(&self, name: &CookieName, value: &str, now: i64) -> Option<u64> {
        let held = Held::open(&self.keys, name.as_str(), value)?;
        let is_open = now.saturating_sub(held.time()) <= ATTEMPT_TIME;
        let lives = match held {
            Held::Open(_) => is_open,
            Held::Spent { .. } => held.is_just_spent(now),
        };
        u64::try_from(held.time()).ok().filter(|_| lives)
    }

    fn goes_in_circles(&self, headers: &HeaderMap, now: i64) -> bool {
        let attempts = self.cookies.attempts(headers).into_iter();
        let held = attempts
            .filter_map(|attempt| Held::open(&self.keys, attempt.name.as_str(), attempt.value?));
        held.filter(|held| held.is_just_spent(now)).count() >= MAX_SPENT
    }
}
