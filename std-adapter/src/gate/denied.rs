//! Why a request may not pass, and how that is answered.

use std::time::Duration;

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use serde::Serialize;
use tollgate_core::{Rejection, Stage};

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

/// How far a token came with an issuer; further is greater.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Progress {
    /// The issuer's header rules, keys or signature check refused the token. An issuer that has the
    /// key named by the token came further than one that does not know it.
    Refused { stage: Stage, knows_key: bool },
    /// The issuer has no keys, so only a signature that another issuer verified outranks it.
    KeysUnavailable,
    /// Other keys would not help: either the signature is valid, or the token is malformed.
    Settled,
}

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

    /// How far the token came. If several issuers refuse it, the one where it came furthest knows
    /// best what is wrong with it.
    pub(super) fn progress(&self) -> Progress {
        let Self::Rejected { rejection, .. } = self else { return Progress::KeysUnavailable };
        let stage = rejection.stage();
        let depends_on_issuer = match stage {
            Stage::KeySelection => true,
            // Malformed, whichever key the signature is checked with.
            Stage::Signature => !matches!(rejection, Rejection::Misencoded { .. }),
            // Another issuer's policy may allow what this one's does not.
            Stage::Header => matches!(
                rejection,
                Rejection::AlgorithmNotAllowed(_)
                    | Rejection::TypMissing
                    | Rejection::TypMismatch
                    | Rejection::CriticalNotUnderstood
            ),
            _ => false,
        };
        if depends_on_issuer {
            Progress::Refused { stage, knows_key: *rejection != Rejection::UnknownKey }
        } else {
            Progress::Settled
        }
    }

    /// Whether no other key would make a difference.
    pub(super) fn is_settled(&self) -> bool {
        self.progress() == Progress::Settled
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
