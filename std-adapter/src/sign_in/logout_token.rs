//! [`LogoutToken`]: the provider says that a session has ended (OpenID Connect Back-Channel Logout §2.4, §2.6).
//! The core verifies it.

use http::StatusCode;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use tollgate_core::policy::{Audience, Expected, Policy};
use tollgate_core::{BearerToken, Claim, Rejection, TypRule};

use super::inner::Inner;
use super::record::Owner;
use super::settings::Settings;
use super::store::StoreError;

/// The maximum age of a logout token in seconds. Providers send one at once, and again if nobody answers.
pub(super) const MAX_AGE: u32 = 300;

/// The `typ` of a logout token (Back-Channel Logout §2.4).
const LOGOUT_TYP: &str = "logout+jwt";

/// The member of `events` that makes a token a logout token.
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

const REQUIRED: &[Claim] = &[Claim::Issuer, Claim::Audience, Claim::IssuedAt, Claim::JwtId];

/// Why a logout token ends no session.
///
/// Its message is for the log. It has nothing of the token in it.
///
/// ```
/// use tollgate::sign_in::{LogoutError, SignIn};
///
/// /// Ends the sessions that the provider names, and returns the status of the answer.
/// async fn logged_out(sign_in: &SignIn, logout_token: &str) -> u16 {
///     match sign_in.end_by_logout_token(logout_token).await {
///         Ok(_) => 200,
///         Err(error) => error.status().as_u16(),
///     }
/// }
///
/// assert_eq!(LogoutError::KeysUnavailable.status(), 503);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogoutError {
    /// The request has no `logout_token`, or several (Back-Channel Logout §2.5).
    #[error("the request is not a form with one logout_token")]
    Request,
    /// The core refuses the token.
    #[error("the logout token is refused: {reason}: {0}", reason = .0.reason())]
    Refused(Rejection),
    /// The token is not of the type `logout+jwt`.
    #[error(
        "typ of the logout token is not logout+jwt; if the provider issues them with JWT or without typ, call \
         accept_untyped_logout_tokens()"
    )]
    Typ,
    /// `events` does not say that this is a logout, as in an ID token.
    #[error(
        "events of the logout token has no object {LOGOUT_EVENT}, so it is another kind of token"
    )]
    NoEvent,
    /// The token has a `nonce`, as an ID token does.
    #[error("the logout token has a nonce, which is for ID tokens alone")]
    Nonce,
    /// Neither `sub` nor `sid` says whose session has ended.
    #[error("neither sub nor sid of the logout token says whose session has ended")]
    NoOwner,
    /// Sessions are in cookies, where nobody but their browsers can end them.
    #[error("sessions are in cookies, so the provider cannot end them")]
    NoStore,
    /// The provider's keys have not been fetched yet.
    #[error("the provider's keys have not been fetched yet")]
    KeysUnavailable,
    /// The store does not work.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The program stops.
    #[error("the logout was interrupted")]
    Interrupted,
}

impl LogoutError {
    /// Returns the HTTP status of the answer: 503 if the same request may succeed later, or else 400.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::KeysUnavailable | Self::Store(_) | Self::Interrupted => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::NoStore => StatusCode::NOT_FOUND,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// What the provider is told: the reason, but nothing that a store says.
    pub(super) fn description(&self) -> String {
        match self {
            Self::Store(_) => "the session store does not work".to_owned(),
            error => error.to_string(),
        }
    }
}

/// A logout token that the core has accepted.
#[derive(Debug)]
pub(super) struct LogoutToken {
    pub(super) issuer: String,
    pub(super) subject: Option<String>,
    pub(super) sid: Option<String>,
    /// When it was issued, in seconds since 1970 by the provider's clock.
    pub(super) issued: f64,
}

/// The claims that are read.
#[derive(Deserialize)]
struct LogoutClaims {
    iss: String,
    #[serde(deserialize_with = "crate::one_or_many::deserialize")]
    aud: Vec<String>,
    iat: f64,
    #[serde(default)]
    sub: Option<String>,
    #[serde(default)]
    sid: Option<String>,
    #[serde(default)]
    events: Value,
    /// Whether it is there, whatever its value.
    #[serde(default, deserialize_with = "is_there")]
    nonce: bool,
}

fn is_there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|IgnoredAny| true)
}

impl LogoutToken {
    /// Verifies a logout token by the rules of the ID tokens for issuer, keys, algorithms, audience and times, and
    /// by its own (Back-Channel Logout §2.6).
    pub(super) async fn verify(inner: &Inner, text: &str) -> Result<Self, LogoutError> {
        let token = BearerToken::from_token68(text.as_bytes()).map_err(LogoutError::Refused)?;
        let settings = &inner.settings;
        let rules = &settings.provider.issuer;
        let issuers: Vec<_> = rules.issuer.iter().map(String::as_str).collect();
        let issuers = match issuers.as_slice() {
            [] => Expected::Any,
            issuers => Expected::OneOf(issuers),
        };
        let audiences = [Audience::Exact(settings.client_id.as_str())];
        let crit: Vec<_> = rules.crit.iter().map(String::as_str).collect();
        let accepts_untyped = settings.accept_untyped_logout_tokens;
        let typ = match accepts_untyped {
            true => TypRule::AbsentOr(&[LOGOUT_TYP, "JWT"]),
            false => TypRule::OneOf(&[LOGOUT_TYP]),
        };
        let mut policy = Policy::builder(issuers, Expected::OneOf(&audiences))
            .typ(typ)
            .understood_crit(&crit)
            .leeway(rules.leeway)
            .max_token_age(MAX_AGE)
            .required(REQUIRED);
        if let Some(algorithms) = &rules.algorithms {
            policy = policy.algorithms(algorithms);
        }
        // The same settings made a policy for ID tokens.
        let policy = policy.build().map_err(|_| LogoutError::KeysUnavailable)?;
        let refused = |rejection| match rejection {
            Rejection::NoUsableKey => LogoutError::KeysUnavailable,
            Rejection::TypMissing | Rejection::TypMismatch if !accepts_untyped => LogoutError::Typ,
            rejection => LogoutError::Refused(rejection),
        };
        let identity = inner.provider.gate().verify_by(token, &policy).await.map_err(refused)?;
        let claims = identity.claims::<LogoutClaims>();
        let claims = claims.map_err(|_| LogoutError::Refused(Rejection::CustomClaims))?;
        claims.accept(settings)
    }

    /// Whose sessions have ended: those of one session at the provider if the token names one, or else all of the
    /// user.
    ///
    /// A `sid` is unique at its issuer (Back-Channel Logout §2.1), so a `sub` beside it is not compared.
    pub(super) fn owner(&self) -> Result<Owner<'_>, LogoutError> {
        let issuer = &self.issuer;
        match (&self.sid, &self.subject) {
            (Some(sid), _) => Ok(Owner::Sid { issuer, sid }),
            (None, Some(subject)) => Ok(Owner::Subject { issuer, subject }),
            (None, None) => Err(LogoutError::NoOwner),
        }
    }
}

impl LogoutClaims {
    /// Checks what the core's policy does not.
    fn accept(self, settings: &Settings) -> Result<LogoutToken, LogoutError> {
        let Self { iss, aud, iat, sub, sid, events, nonce } = self;
        let rules = &settings.provider.issuer;
        let trusts = |audience: &String| {
            *audience == settings.client_id || rules.audience.contains(audience)
        };
        if !aud.iter().all(trusts) {
            return Err(LogoutError::Refused(Rejection::AudienceUntrusted));
        }
        // As for ID tokens, where any issuer is accepted.
        if rules.issuer.is_empty() && !iss.starts_with("https://") {
            return Err(LogoutError::Refused(Rejection::IssuerMismatch));
        }
        if !events.get(LOGOUT_EVENT).is_some_and(Value::is_object) {
            return Err(LogoutError::NoEvent);
        }
        if nonce {
            return Err(LogoutError::Nonce);
        }
        Ok(LogoutToken { issuer: iss, subject: sub, sid, issued: iat })
    }
}
