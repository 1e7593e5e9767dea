//! Why a request may not pass, and how that is answered.

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
    /// Its token is refused, or it has none.
    #[error("{rejection}")]
    Rejected {
        /// The one reason.
        rejection: Rejection,
        /// The scopes that are required, if the token lacks one.
        scopes: Vec<String>,
    },
    /// There are no usable keys: whether the token is good cannot be told.
    #[error("the issuer's keys are not available: try again later")]
    KeysUnavailable {
        /// When it may be of use to try again.
        retry_after: Duration,
    },
}

/// The body of an answer.
#[derive(Serialize)]
struct Body<'a> {
    code: &'a str,
    message: &'a str,
}

/// The [stage](Denied::stage) of tokens about which keys make no difference: the signature holds, or
/// no key is even looked for.
const SETTLED: u8 = 5;

impl From<Rejection> for Denied {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected { rejection, scopes: Vec::new() }
    }
}

impl Denied {
    /// The class of the reason: [`Rejection::code`], or `temporarily_unavailable`, which is what
    /// OAuth calls it (RFC 6749 §4.1.2.1).
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Rejected { rejection, .. } => rejection.code(),
            Self::KeysUnavailable { .. } => "temporarily_unavailable",
        }
    }

    /// A stable name of the reason, kebab-case: [`Rejection::reason`], or `keys-unavailable`.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Rejected { rejection, .. } => rejection.reason(),
            Self::KeysUnavailable { .. } => "keys-unavailable",
        }
    }

    /// The status of the answer: 401, 403 or 503.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Rejected { rejection, .. } => {
                StatusCode::from_u16(rejection.http_status()).unwrap_or(StatusCode::UNAUTHORIZED)
            }
            Self::KeysUnavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The answer: RFC 6750 §3 with a JSON body, `{"code":…,"message":…}`.
    #[must_use]
    pub fn response<B: From<String>>(&self, gate: &Gate) -> Response<B> {
        let message = self.to_string();
        let mut response = json_response(self.status(), self.code(), &message);
        let headers = response.headers_mut();
        match self {
            Self::Rejected { rejection, scopes } => {
                let challenge = gate.challenge(*rejection, scopes);
                // A challenge is visible ASCII whatever it quotes.
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

    pub(super) const fn may_pass_with_newer_keys(&self) -> bool {
        matches!(
            self,
            Self::KeysUnavailable { .. } | Self::Rejected { rejection: Rejection::UnknownKey, .. }
        )
    }

    /// How far the token has come. Of several issuers, the one whose key it names knows best what is
    /// wrong with it; but while another has no keys, only a signature that holds tells whose it is.
    pub(super) const fn stage(&self) -> u8 {
        match self {
            Self::KeysUnavailable { .. } => 4,
            Self::Rejected { rejection, .. } => match rejection {
                Rejection::AlgorithmNotAllowed(_)
                | Rejection::TypMissing
                | Rejection::TypMismatch
                | Rejection::CriticalNotUnderstood => 0,
                Rejection::UnknownKey => 1,
                Rejection::AmbiguousKey | Rejection::AlgorithmMismatch { .. } => 2,
                Rejection::SignatureLength { .. } | Rejection::SignatureInvalid => 3,
                _ => SETTLED,
            },
        }
    }

    /// No other key would make a difference.
    pub(super) const fn is_settled(&self) -> bool {
        self.stage() == SETTLED
    }
}

/// An answer that says why not.
#[must_use]
pub fn json_response<B: From<String>>(
    status: StatusCode,
    code: &str,
    message: &str,
) -> Response<B> {
    // Two strings can always be written.
    let body = serde_json::to_string(&Body { code, message }).unwrap_or_default();
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // What is refused now may pass a moment later.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Rounded up, since 0 would mean at once.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0)).max(1)
}
