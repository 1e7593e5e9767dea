//! [`SignIn::end_by_logout_token`]: the provider ends sessions, without a browser (OpenID Connect Back-Channel
//! Logout).

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use url::form_urlencoded;

use super::SignIn;
use super::logout_token::{LogoutError, LogoutToken};
use super::pages::protect;
use crate::untrusted::Excerpt;

const FORM: &str = "application/x-www-form-urlencoded";

impl SignIn {
    /// Ends the sessions that a logout token names (Back-Channel Logout §2.4): those of one session at the provider
    /// if it has `sid`, whatever its `sub`, or else all of the user `sub`. Returns how many there were. A sign-in of
    /// the same session or user that is under way opens none.
    ///
    /// [`routes`](Self::routes) calls it for `POST /backchannel-logout`. It goes on if the caller drops it.
    ///
    /// A token may come again: it ends no session that began after the first time, so its `jti` need not be
    /// remembered.
    ///
    /// # Errors
    ///
    /// The token is refused, the provider's keys are not there yet, or the store does not work.
    pub async fn end_by_logout_token(&self, logout_token: &str) -> Result<usize, LogoutError> {
        let store = self.0.store().map(Arc::clone).ok_or(LogoutError::NoStore)?;
        let token = LogoutToken::verify(&self.0, logout_token).await?;
        let this = self.clone();
        let ending = self.0.tasks.start(async move {
            let ended = this.0.end_by_provider(&*store, token.owner()?, token.issued).await?;
            this.0.tally.sign_outs(ended, "provider");
            let subject = token.subject.as_deref().unwrap_or_default();
            tracing::info!(
                issuer = token.issuer,
                subject = %Excerpt(subject),
                ended,
                "the provider has ended sessions"
            );
            Ok(ended)
        });
        ending.await.map_err(|_| LogoutError::Interrupted)?
    }
}

/// `POST /backchannel-logout` with the form field `logout_token`. A provider sends it, and not a browser, so it has
/// neither cookies nor an origin.
pub(super) async fn backchannel_logout(
    State(sign_in): State<SignIn>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let ended = match logout_token(&headers, &body) {
        Some(token) => sign_in.end_by_logout_token(&token).await,
        None => Err(LogoutError::Request),
    };
    let mut response = match ended {
        Ok(_) => Response::new(Body::empty()),
        Err(error) => refusal(&error),
    };
    protect(response.headers_mut());
    response
}

/// The only `logout_token` of a form. Fields that are not known count for nothing (Back-Channel Logout §2.5).
fn logout_token(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    let content_type = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let media_type = content_type.split(';').next().unwrap_or_default();
    if !media_type.trim().eq_ignore_ascii_case(FORM) {
        return None;
    }
    let mut tokens = form_urlencoded::parse(body).filter(|(name, _)| name == "logout_token");
    let (_, token) = tokens.next()?;
    tokens.next().is_none().then(|| token.into_owned())
}

/// The answer to a logout that failed (Back-Channel Logout §2.8).
fn refusal(error: &LogoutError) -> Response {
    let status = error.status();
    let name = match status {
        StatusCode::SERVICE_UNAVAILABLE => {
            tracing::error!(%error, "a back-channel logout failed");
            "temporarily_unavailable"
        }
        _ => {
            tracing::info!(%error, "a back-channel logout was refused");
            "invalid_request"
        }
    };
    let body = serde_json::json!({ "error": name, "error_description": error.description() });
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
