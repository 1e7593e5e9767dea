//! [`Denied`]: why a request may not pass, and the HTTP response that says so.

use std::time::Duration;

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use serde::Serialize;
use tollgate_core::Rejection;

use super::challenge::{self, USER_AUTHENTICATION};
use super::{Demand, Gate};

/// Why a request may not pass.
///
/// ```
/// use http::{HeaderMap, Response};
/// use tollgate::gate::Gate;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let gate = Gate::builder().without_issuers().build()?;
/// let denied = gate.authorize_request_now(&HeaderMap::new(), &["read:orders"]).unwrap_err();
/// assert_eq!((denied.status().as_u16(), denied.reason()), (401, "authorization-missing"));
/// assert_eq!(denied.challenge(&gate).as_deref(), Some(r#"Bearer scope="read:orders""#));
///
/// let response: Response<String> = denied.response(&gate);
/// assert_eq!(
///     response.body(),
///     r#"{"code":"auth.authorization_header_missing","message":"there is no Authorization header"}"#
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Denied {
    /// Its token is rejected, or it has none.
    #[error("{rejection}")]
    Rejected {
        /// The reason.
        rejection: Rejection,
        /// All scopes that a token needs here, for the challenge.
        scopes: Vec<String>,
        /// What else was demanded of the token.
        demand: Demand,
    },
    /// Its token is valid, but the user's authentication is too old, or of another class than
    /// [demanded](Demand) (RFC 9470).
    #[error("{USER_AUTHENTICATION}")]
    InsufficientUserAuthentication {
        /// All scopes that a token needs here, for the challenge.
        scopes: Vec<String>,
        /// What was demanded of the token.
        demand: Demand,
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
        Self::Rejected { rejection, scopes: Vec::new(), demand: Demand::NOTHING }
    }
}

impl Denied {
    /// Returns the class of the reason: [`Rejection::code`], `insufficient_user_authentication`
    /// (RFC 9470 §3), or `temporarily_unavailable` as in RFC 6749 §4.1.2.1.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Rejected { rejection, .. } => rejection.code(),
            Self::InsufficientUserAuthentication { .. } => "insufficient_user_authentication",
            Self::KeysUnavailable { .. } => "temporarily_unavailable",
        }
    }

    /// Returns the stable kebab-case name of the reason: [`Rejection::reason`],
    /// `insufficient-user-authentication` or `keys-unavailable`.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Rejected { rejection, .. } => rejection.reason(),
            Self::InsufficientUserAuthentication { .. } => "insufficient-user-authentication",
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
            Self::InsufficientUserAuthentication { .. } => StatusCode::UNAUTHORIZED,
            Self::KeysUnavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Returns the challenge of the response: the value of `WWW-Authenticate`, if it has one.
    #[must_use]
    pub fn challenge(&self, gate: &Gate) -> Option<String> {
        match self {
            Self::Rejected { rejection, scopes, demand } => {
                Some(challenge::rejected(gate, *rejection, scopes, demand))
            }
            Self::InsufficientUserAuthentication { scopes, demand } => {
                Some(challenge::user_authentication(gate, scopes, demand))
            }
            Self::KeysUnavailable { .. } => None,
        }
    }

    /// What was demanded of the token.
    pub(crate) const fn demand(&self) -> Option<&Demand> {
        match self {
            Self::Rejected { demand, .. } | Self::InsufficientUserAuthentication { demand, .. } => {
                Some(demand)
            }
            Self::KeysUnavailable { .. } => None,
        }
    }

    /// Returns the HTTP response: a challenge as in RFC 6750 §3 and RFC 9470 §3, and a JSON body
    /// `{"code":…,"message":…}`.
    #[must_use]
    pub fn response<B: From<String>>(&self, gate: &Gate) -> Response<B> {
        let message = self.to_string();
        let mut response = json_response(self.status(), self.code(), &message);
        let headers = response.headers_mut();
        // A challenge consists of visible ASCII, whatever it quotes.
        if let Some(challenge) = self.challenge(gate)
            && let Ok(challenge) = HeaderValue::try_from(challenge)
        {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if let Self::KeysUnavailable { retry_after } = self {
            headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(*retry_after)));
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
