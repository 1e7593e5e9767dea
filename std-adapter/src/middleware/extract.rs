//! [`Authenticated`]: the extractor for axum's handlers.

use std::ops::Deref;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use serde::de::{DeserializeOwned, IgnoredAny};
use tollgate_core::Rejection;

use super::admission::Admission;
use crate::gate::{ClaimsError, Denied, Gate, Identity, json_response};

/// Who makes a request, for handlers behind [`RequireAuth`](super::RequireAuth). `C` is a type of
/// yours that holds the claims which the handler reads.
///
/// ```
/// use tollgate::middleware::Authenticated;
///
/// #[derive(serde::Deserialize)]
/// struct Member {
///     organization_id: String,
/// }
///
/// async fn orders(user: Authenticated<Member>) -> String {
///     format!("orders of {} for {:?}", user.claims.organization_id, user.subject())
/// }
/// ```
///
/// `Option<Authenticated>` is `None` for a request without credentials, which a layer lets pass if
/// it [allows that](super::RequireAuth::allow_anonymous).
#[derive(Clone, Debug)]
pub struct Authenticated<C = IgnoredAny> {
    /// The claims.
    pub claims: C,
    identity: Identity,
}

impl<C> Authenticated<C> {
    /// Returns who makes the request.
    #[must_use]
    pub fn into_identity(self) -> Identity {
        self.identity
    }
}

impl<C> Deref for Authenticated<C> {
    type Target = Identity;

    fn deref(&self) -> &Identity {
        &self.identity
    }
}

/// Why [`Authenticated`] cannot be extracted from a request.
///
/// ```
/// use tollgate::middleware::{Authenticated, Unauthenticated};
///
/// /// A handler that greets strangers, too.
/// async fn hello(user: Result<Authenticated, Unauthenticated>) -> Result<String, Unauthenticated> {
///     match user {
///         Ok(user) => Ok(format!("hello, {}", user.subject().unwrap_or("machine"))),
///         Err(Unauthenticated::NoCredentials(_)) => Ok("hello, stranger".to_owned()),
///         Err(other) => Err(other),
///     }
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Unauthenticated {
    /// The request has no credentials, which its layer allows but the handler does not: 401.
    NoCredentials(Gate),
    /// The token is accepted, but its claims do not fit the handler's type: 401. The log names the
    /// claim.
    Claims(Gate, ClaimsError),
    /// There is no [`RequireAuth`](super::RequireAuth) in front of the handler, which is a mistake
    /// in the program: 500.
    NoLayer,
}

impl IntoResponse for Unauthenticated {
    fn into_response(self) -> Response {
        match self {
            Self::NoCredentials(gate) => {
                Denied::from(Rejection::AuthorizationMissing).response(&gate)
            }
            Self::Claims(gate, error) => {
                let error = error.without_values();
                tracing::warn!(%error, "the claims of an accepted token do not fit the handler's type");
                Denied::from(Rejection::CustomClaims).response(&gate)
            }
            Self::NoLayer => {
                tracing::error!(
                    "a handler takes Authenticated, but has no RequireAuth layer in front of it"
                );
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                json_response(status, "server_error", "the server is misconfigured")
            }
        }
    }
}

impl<S: Sync, C: DeserializeOwned> FromRequestParts<S> for Authenticated<C> {
    type Rejection = Unauthenticated;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Unauthenticated> {
        let user = <Self as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await?;
        match (user, Admission::of(&parts.extensions)) {
            (Some(user), _) => Ok(user),
            (None, Some(admission)) => Err(Unauthenticated::NoCredentials(admission.gate.clone())),
            (None, None) => Err(Unauthenticated::NoLayer),
        }
    }
}

impl<S: Sync, C: DeserializeOwned> OptionalFromRequestParts<S> for Authenticated<C> {
    type Rejection = Unauthenticated;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Unauthenticated> {
        let admission = Admission::of(&parts.extensions).ok_or(Unauthenticated::NoLayer)?;
        let Some(identity) = admission.identity() else { return Ok(None) };
        match identity.claims() {
            Ok(claims) => Ok(Some(Self { claims, identity: identity.clone() })),
            Err(error) => Err(Unauthenticated::Claims(admission.gate.clone(), error)),
        }
    }
}
