//! [`Denied`]: why a request may not pass, and the HTTP response that says so.

use std::time::Duration;

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use serde::Serialize;
use tollgate_core::Rejection;

use super::Gate;

/// Why a request may not pass.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Denied {
    /// Its token is rejected, or it has none.
    #[error("{rejection}")]
    Rejected {
        /// The reason.
        rejection: Rejection,
        /// All required scopes, if the token lacks one of them.
        scopes: Vec<String>,
    },
    /// There are no usable keys, so the token can be neither accepted nor rejected.
    #[error("the issuer's keys are not available: try again later")]
    KeysUnavailable {
        /// How long to wait before the next try.
        retry_after: Duration,
    },
}

/// The body of a response.
#[derive(Serialize)]
struct Body<'a> {
    code: &'a str,
    message: &'a str,
}

impl From<Rejection> for Denied {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected { rejection, scopes: Vec::new() }
    }
}

impl Denied {
    /// Returns the class of the reason: [`Rejection::code`], or `temporarily_unavailable` as in
    /// RFC 6749 §4.1.2.1.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Rejected { rejection, .. } => rejection.code(),
            Self::KeysUnavailable { .. } => "temporarily_unavailable",
        }
    }

    /// Returns the stable kebab-case name of the reason: [`Rejection::reason`], or
    /// `keys-unavailable`.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Rejected { rejection, .. } => rejection.reason(),
            Self::KeysUnavailable { .. } => "keys-unavailable",
        }
    }

    /// Returns the HTTP status of the response: 401, 403 or 503.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Rejected { rejection, .. } => {
                StatusCode::from_u16(rejection.http_status()).unwrap_or(StatusCode::UNAUTHORIZED)
            }
            Self::KeysUnavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Returns the HTTP response: a challenge as in RFC 6750 §3, and a JSON body
    /// `{"code":…,"message":…}`.
    #[must_use]
    pub fn response<B: From<String>>(&self, gate: &Gate) -> Response<B> {
        let message = self.to_string();
        let mut response = json_response(self.status(), self.code(), &message);
        let headers = response.headers_mut();
        match self {
            Self::Rejected { rejection, scopes } => {
                let challenge = gate.challenge(*rejection, scopes);
                // A challenge consists of visible ASCII, whatever it quotes.
                if let Ok(challenge) = HeaderValue::try_from(challenge) {
                    headers.insert(WWW_AUTHENTICATE, challenge);
                }
            }
            Self::KeysUnavailable { retry_after } => {
                headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(*retry_after)));
            }
        }
        response
    }
}

/// Returns an HTTP response that refuses a request, with a JSON body `{"code":…,"message":…}` that
/// no cache may store.
#[must_use]
pub fn json_response<B: From<String>>(
    status: StatusCode,
    code: &str,
    message: &str,
) -> Response<B> {
    // Two strings can always be serialized.
    let body = serde_json::to_string(&Body { code, message }).unwrap_or_default();
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // The same request may pass a moment later.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Rounds up, since 0 would ask clients to retry at once.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0)).max(1)
}
