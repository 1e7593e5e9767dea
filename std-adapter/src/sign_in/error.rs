//! [`SignInError`]: why nobody is signed in, in words for the user and for the log.

use http::StatusCode;
use tollgate_core::Rejection;

use super::provider::ProviderError;
use super::seal::NoRandomness;
use super::store::StoreError;

/// Why a sign-in or sign-out does not go on.
///
/// Its message is for the log. The user gets a page, which says what happened and what to do.
///
/// ```
/// use tollgate::sign_in::SignInError;
///
/// let error = SignInError::AttemptExpired;
/// assert_eq!((error.code(), error.status().as_u16()), ("attempt-expired", 400));
/// assert_eq!(error.to_string(), "the attempt began more than 10 minutes ago");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignInError {
    /// The browser has no attempt that belongs to this answer.
    #[error("the browser has no attempt to which this answer belongs")]
    AttemptUnknown,
    /// The attempt began too long ago.
    #[error("the attempt began more than 10 minutes ago")]
    AttemptExpired,
    /// The parameters are not those of an answer (RFC 6749 §4.1.2).
    #[error("the answer is malformed: {0}")]
    CallbackMalformed(&'static str),
    /// The answer is not from this provider (RFC 9207 §2.4).
    #[error("the answer is not from the configured issuer: iss is {0:?}")]
    IssuerMismatch(Option<String>),
    /// The provider answers with an error (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6).
    #[error("the provider answers {error}{}", described(description))]
    Provider {
        /// The registered name of the error, or `other`.
        error: &'static str,
        /// What the provider says about it, cut and with only visible characters.
        description: Option<String>,
    },
    /// The token endpoint does not redeem the code.
    #[error("the token endpoint refuses the code: {0}")]
    CodeRefused(String),
    /// The token endpoint does not accept the client: the client's settings are wrong.
    #[error(
        "the token endpoint refuses the client: {0}; check client_id, client_secret and how the client authenticates"
    )]
    ClientRefused(String),
    /// The token endpoint's answer is malformed.
    #[error("the token endpoint's answer is malformed: {0}")]
    TokenAnswerMalformed(String),
    /// The ID token is refused.
    #[error("the ID token is refused: {reason}: {0}", reason = .0.reason())]
    IdTokenRefused(Rejection),
    /// The access token is refused, on whose scopes the session depends.
    #[error("the access token is refused: {reason}: {0}", reason = .0.reason())]
    AccessTokenRefused(Rejection),
    /// Another user than before.
    #[error("the provider's answer is about another user (sub)")]
    SubjectMismatch,
    /// The authentication is of another class than required.
    #[error("acr is {0:?}, which is not one of those that are required")]
    AcrInsufficient(Option<String>),
    /// The user is not among those who may sign in.
    #[error("the user does not meet what is required of those who sign in")]
    NotPermitted,
    /// The provider has ended the session while the user was signing in (Back-Channel Logout §2.7).
    #[error("the provider has ended the session while the user was signing in")]
    LoggedOut,
    /// Another site made the browser send this request.
    #[error("the request comes from another site")]
    CrossSite,
    /// The request came under a host name that is not one of the app's.
    #[error("the host {0:?} is not one of the app's")]
    Misdirected(String),
    /// Sign-in succeeds again and again, but no session follows.
    #[error(
        "the browser has signed in three times within 30 seconds, and never came with a session"
    )]
    Circle,
    /// The session does not fit where it should be kept.
    #[error(
        "the session has {0} bytes, which is more than fits: ask for fewer scopes; if it is in a cookie, keep fewer \
         claims, or keep sessions in memory or in a file"
    )]
    SessionTooLarge(usize),
    /// Sessions are in cookies, which only their browsers can end.
    #[error(
        "sessions are in cookies, which nothing but their browsers can end: keep them in memory, in a file, or in a \
         store of your own"
    )]
    NoStore,
    /// The store does not work.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The provider cannot be reached, or its metadata cannot be used.
    #[error("the provider is not available: {0}")]
    ProviderUnavailable(String),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    NoRandomness,
}

impl From<NoRandomness> for SignInError {
    fn from(NoRandomness: NoRandomness) -> Self {
        Self::NoRandomness
    }
}

impl From<ProviderError> for SignInError {
    fn from(error: ProviderError) -> Self {
        Self::ProviderUnavailable(error.to_string())
    }
}

fn described(description: &Option<String>) -> String {
    description.as_ref().map(|description| format!(": {description:?}")).unwrap_or_default()
}

/// What a page says.
pub(super) struct Advice {
    pub(super) title: &'static str,
    pub(super) happened: &'static str,
    pub(super) todo: &'static str,
}

impl SignInError {
    /// Returns the stable kebab-case name of the error, which its page and the log show.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AttemptUnknown => "attempt-unknown",
            Self::AttemptExpired => "attempt-expired",
            Self::CallbackMalformed(_) => "callback-malformed",
            Self::IssuerMismatch(_) => "issuer-mismatch",
            Self::Provider { .. } => "provider-error",
            Self::CodeRefused(_) => "code-refused",
            Self::ClientRefused(_) => "client-refused",
            Self::TokenAnswerMalformed(_) => "token-answer-malformed",
            Self::IdTokenRefused(_) => "id-token-refused",
            Self::AccessTokenRefused(_) => "access-token-refused",
            Self::SubjectMismatch => "subject-mismatch",
            Self::AcrInsufficient(_) => "acr-insufficient",
            Self::NotPermitted => "not-permitted",
            Self::LoggedOut => "logged-out",
            Self::CrossSite => "cross-site",
            Self::Misdirected(_) => "misdirected",
            Self::Circle => "sign-in-circle",
            Self::SessionTooLarge(_) => "session-too-large",
            Self::NoStore => "no-store",
            Self::Store(_) => "store-unavailable",
            Self::ProviderUnavailable(_) => "provider-unavailable",
            Self::NoRandomness => "no-randomness",
        }
    }

    /// Returns the HTTP status of the answer.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::NotPermitted | Self::CrossSite | Self::AcrInsufficient(_) => {
                StatusCode::FORBIDDEN
            }
            Self::Store(_) | Self::ProviderUnavailable(_) | Self::NoRandomness => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::ClientRefused(_)
            | Self::TokenAnswerMalformed(_)
            | Self::IdTokenRefused(_)
            | Self::AccessTokenRefused(_)
            | Self::SubjectMismatch => StatusCode::BAD_GATEWAY,
            Self::Misdirected(_) => StatusCode::MISDIRECTED_REQUEST,
            Self::SessionTooLarge(_) | Self::NoStore => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// Whether somebody who runs the app has to mend something.
    pub(super) const fn is_for_operator(&self) -> bool {
        self.status().as_u16() >= 500
    }

    pub(super) const fn advice(&self) -> Advice {
        let (title, happened, todo) = match self {
            Self::AttemptUnknown => (
                "This sign-in is not known",
                "The answer that your browser brought does not belong to a sign-in that it began here. It may \
                 have been used already, or your browser does not keep cookies for this site.",
                "Sign in again. If this page comes back, allow cookies for this site.",
            ),
            Self::AttemptExpired => (
                "This sign-in took too long",
                "You began this sign-in more than ten minutes ago.",
                "Sign in again.",
            ),
            Self::CallbackMalformed(_) => (
                "The answer cannot be read",
                "The sign-in service sent your browser back with an answer that is not complete.",
                "Sign in again. If it happens again, tell the people who run this app.",
            ),
            Self::IssuerMismatch(_) => (
                "The answer is from somebody else",
                "The answer does not come from the sign-in service of this app. You are not signed in.",
                "Sign in again, and begin on this site.",
            ),
            Self::Provider { error, .. } => match error.as_bytes() {
                b"access_denied" => (
                    "You are not signed in",
                    "The sign-in was cancelled, or the sign-in service does not allow it.",
                    "Sign in again if you want to.",
                ),
                _ => (
                    "The sign-in service reports an error",
                    "The sign-in service could not sign you in.",
                    "Sign in again. If it happens again, tell the people who run this app.",
                ),
            },
            Self::CodeRefused(_) => (
                "This sign-in cannot be completed",
                "The sign-in service did not confirm your sign-in. It may have taken too long, or the page was \
                 loaded twice.",
                "Sign in again.",
            ),
            Self::ClientRefused(_) => (
                "This app is not set up correctly",
                "The sign-in service does not accept this app.",
                "Tell the people who run this app. The reference below leads them to the cause.",
            ),
            Self::TokenAnswerMalformed(_)
            | Self::IdTokenRefused(_)
            | Self::AccessTokenRefused(_)
            | Self::SubjectMismatch => (
                "Your sign-in cannot be verified",
                "The sign-in service's answer does not prove who you are.",
                "Sign in again. If it happens again, tell the people who run this app.",
            ),
            Self::AcrInsufficient(_) => (
                "A stronger sign-in is needed",
                "This app needs a stronger kind of sign-in, such as a second factor.",
                "Sign in again, and use the second factor.",
            ),
            Self::NotPermitted => (
                "This account may not be used here",
                "You have signed in at the sign-in service, but this app does not admit that account.",
                "Use another account, or ask the people who run this app to admit you.",
            ),
            Self::LoggedOut => (
                "You have been signed out",
                "The sign-in service ended your session while you were signing in.",
                "Sign in again.",
            ),
            Self::CrossSite => (
                "This came from another site",
                "Another site made your browser send this request, so nothing was done.",
                "Open this site yourself, and try again there.",
            ),
            Self::Misdirected(_) => (
                "This address is not in use",
                "This app is not known under the address that your browser has.",
                "Open the app by its usual address. If this is the one, tell the people who run this app.",
            ),
            Self::Circle => (
                "This goes round in circles",
                "You have signed in several times within a few seconds, but your browser does not bring the \
                 session along.",
                "Allow cookies for this site. If you do already, tell the people who run this app: its address \
                 may not be the one that is configured, or a proxy removes its cookies.",
            ),
            Self::SessionTooLarge(_) => (
                "Your session is too large",
                "The sign-in service says more about you than this app can keep.",
                "Tell the people who run this app.",
            ),
            Self::NoStore => (
                "This app cannot do that",
                "This app cannot end the sessions of other browsers.",
                "Tell the people who run this app.",
            ),
            Self::Store(_) => (
                "Sessions are not available at the moment",
                "This app cannot read its sessions. You have not been signed out.",
                "Try again in a few seconds.",
            ),
            Self::ProviderUnavailable(_) => (
                "The sign-in service cannot be reached",
                "The sign-in service does not answer at the moment.",
                "Try again in a minute.",
            ),
            Self::NoRandomness => (
                "This app cannot sign you in at the moment",
                "The system of this app lacks something that it needs for a secure sign-in.",
                "Try again later.",
            ),
        };
        Advice { title, happened, todo }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_else_has_to_mend_is_not_called_a_bad_request() {
        for (error, status) in [
            (SignInError::Misdirected("a.example".to_owned()), 421),
            (SignInError::SessionTooLarge(40_000), 500),
            (SignInError::NoStore, 500),
            (SignInError::AttemptUnknown, 400),
        ] {
            assert_eq!(error.status().as_u16(), status, "{error}");
        }
    }

    #[test]
    fn an_error_of_the_provider_says_its_description() {
        let error = |description: Option<&str>| {
            let description = description.map(str::to_owned);
            SignInError::Provider { error: "access_denied", description }.to_string()
        };
        assert_eq!(error(None), "the provider answers access_denied");
        assert_eq!(error(Some("no")), r#"the provider answers access_denied: "no""#);
    }
}
