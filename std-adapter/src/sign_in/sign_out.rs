//! [`SignIn::end`]: sign-out, here and at the provider (OpenID Connect RP-Initiated Logout).

use std::fmt;
use std::time::Duration;

use http::header::{HeaderMap, HeaderValue};
use tokio::time::timeout;

use super::SignIn;
use super::client;
use super::error::SignInError;
use super::inner::Inner;
use super::keeping::{Keeping, Kept};
use super::record::Owner;
use super::request::with_query;
use super::slot::Slot;

/// How long the revocation of a token may take.
const REVOCATION_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a sign-out waits for a refresh that is under way.
const REFRESH_WAIT: Duration = Duration::from_secs(3);

/// The maximum length of a URL that every browser and proxy takes, in bytes.
const MAX_URL_LEN: usize = 4000;

/// Where the browser goes after sign-out, with which cookies.
///
/// ```
/// use http::header::{HeaderMap, LOCATION, SET_COOKIE};
/// use http::response::{Builder, Response};
/// use tollgate::sign_in::{Ended, SignIn, SignInError};
///
/// /// Signs a user out, as the route `/sign-out` does.
/// async fn sign_out(sign_in: &SignIn, headers: &HeaderMap) -> Result<Builder, SignInError> {
///     let Ended { url, cookies } = sign_in.end(headers).await?;
///     let redirect = Response::builder().status(303).header(LOCATION, url.as_deref().unwrap_or("/"));
///     Ok(cookies.into_iter().fold(redirect, |redirect, cookie| redirect.header(SET_COOKIE, cookie)))
/// }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Ended {
    /// The provider's page for sign-out; `None` if it has none, so that the user remains signed in there.
    pub url: Option<String>,
    /// `Set-Cookie` fields.
    pub cookies: Vec<HeaderValue>,
}

/// Shows nothing, since the URL has an ID token in it.
impl fmt::Debug for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ended").finish_non_exhaustive()
    }
}

impl SignIn {
    /// Ends the session of the browser that sent `headers`, if it has one, and revokes its refresh token. A session in
    /// a cookie leaves the browser, but a copy of the cookie counts until its time is over.
    ///
    /// # Errors
    ///
    /// The store does not work. Then the session lives on.
    pub async fn end(&self, headers: &HeaderMap) -> Result<Ended, SignInError> {
        let inner = &*self.0;
        let ended = match &inner.keeping {
            Keeping::Stored(_) => self.end_stored(headers).await?,
            Keeping::Sealed(_) => inner.sealed_session(headers).map(Kept::Sealed),
        };
        let attempts = inner.cookies.attempts(headers);
        let cookies = attempts.iter().map(|attempt| &attempt.name);
        let cookies = [inner.cookies.session()].into_iter().chain(cookies);
        let cookies = cookies.map(|name| inner.cookies.clear(name)).collect();
        // Without metadata, the user is signed out here only.
        let url = inner.end_session_url(ended.as_ref().and_then(Kept::id_token)).await;
        if let Some(user) = ended.as_ref().map(Kept::user) {
            inner.tally.sign_outs(1, "browser");
            let subject = crate::untrusted::Excerpt(&user.subject);
            tracing::info!(issuer = user.issuer, %subject, "signed out");
        }
        Ok(Ended { url, cookies })
    }

    async fn end_stored(&self, headers: &HeaderMap) -> Result<Option<Kept>, SignInError> {
        let Some(slot) = self.0.slot(headers) else { return Ok(None) };
        let this = self.clone();
        // It goes on if the client hangs up.
        let ending = self.0.tasks.start(async move { this.0.end_session(slot).await });
        let interrupted = |_| SignInError::ProviderUnavailable("interrupted".to_owned());
        ending.await.map_err(interrupted)?
    }

    /// Ends all sessions of a user, or all that belong to one session at the provider. Returns how many there
    /// were.
    ///
    /// # Errors
    ///
    /// The store does not work; or sessions are in cookies, which nothing but their browsers can end
    /// ([`SignInError::NoStore`]).
    pub async fn end_all(&self, owner: Owner<'_>) -> Result<usize, SignInError> {
        let store = self.0.store().ok_or(SignInError::NoStore)?;
        let ended = store.remove_all(&owner.key()).await?;
        self.0.tally.sign_outs(ended, "program");
        Ok(ended)
    }
}

impl SignIn {
    /// Counts the sessions, as far as the store can. Logouts by the provider leave a mark for some minutes, which
    /// counts, too.
    ///
    /// # Errors
    ///
    /// The store does not work, or sessions are in cookies, where nobody can count them.
    pub async fn session_count(&self) -> Result<Option<usize>, SignInError> {
        Ok(self.0.store().ok_or(SignInError::NoStore)?.count().await?)
    }
}

impl Inner {
    /// Ends a session, after a refresh that is under way, and revokes the newest refresh token.
    async fn end_session(&self, slot: Slot) -> Result<Option<Kept>, SignInError> {
        // Whatever the refresh then brings, it finds no session to bring it to.
        let _turn = timeout(REFRESH_WAIT, self.flights.turn(slot.key())).await;
        let record = self.load(&slot).await?.map(|loaded| loaded.record);
        slot.remove().await?;
        self.revoke(record.as_ref().and_then(|record| record.refresh_token.as_deref())).await;
        Ok(record.map(|record| Kept::Stored(slot, record)))
    }

    /// Revokes a refresh token (RFC 7009), as well as that goes.
    pub(super) async fn revoke(&self, refresh_token: Option<&str>) {
        let Some(token) = refresh_token else { return };
        let Ok(endpoints) = self.provider.endpoints() else { return };
        let Some(url) = &endpoints.revocation_endpoint else { return };
        let parameters = [("token", token), ("token_type_hint", "refresh_token")];
        let Ok(form) = client::form(&self.settings, &endpoints, &parameters) else { return };
        let revoked =
            self.provider.post_form(url, &form.body, form.authorization, REVOCATION_TIMEOUT);
        match revoked.await {
            Ok(answer) if answer.status().is_success() => {}
            Ok(answer) => {
                tracing::warn!(status = %answer.status(), "a refresh token could not be revoked");
            }
            Err(error) => tracing::warn!(%error, "a refresh token could not be revoked"),
        }
    }

    async fn end_session_url(&self, hint: Option<&str>) -> Option<String> {
        let endpoints = self.endpoints().await.ok()?;
        let endpoint = endpoints.end_session_endpoint.as_deref()?;
        let url = self.logout_url(endpoint, hint);
        Some(if url.len() > MAX_URL_LEN { self.logout_url(endpoint, None) } else { url })
    }

    fn logout_url(&self, endpoint: &str, hint: Option<&str>) -> String {
        let redirect_uri = self.routes.post_logout_redirect_uri(&self.origin);
        let parameters = [
            ("client_id", self.settings.client_id.as_str()),
            ("post_logout_redirect_uri", &redirect_uri),
        ];
        let hint = hint.map(|hint| ("id_token_hint", hint));
        let parameters: Vec<_> = hint.into_iter().chain(parameters).collect();
        with_query(endpoint, &parameters)
    }
}
