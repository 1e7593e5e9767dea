//! The extractor.

use std::ops::Deref;

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use serde::de::{DeserializeOwned, IgnoredAny};
use tollgate_core::Rejection;

use crate::gate::{Denied, Gate, Identity, json_response};

/// Who makes a request, for handlers behind [`RequireAuth`](super::RequireAuth); with the claims as
/// a type of the caller's, if there is one.
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
#[derive(Clone, Debug)]
pub struct Authenticated<C = IgnoredAny> {
    /// The claims.
    pub claims: C,
    identity: Identity,
}

impl<C> Authenticated<C> {
    /// Who makes the request.
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

/// Why there is nobody to extract.
#[derive(Clone, Debug)]
pub enum Unauthenticated {
    /// The token has been accepted by this gate, but its claims are not of the type asked for: 401.
    Claims(Gate),
    /// There is no [`RequireAuth`](super::RequireAuth) in front of the handler, which is a mistake
    /// in the program: 500.
    NoLayer,
}

impl IntoResponse for Unauthenticated {
    fn into_response(self) -> Response {
        match self {
            Self::Claims(gate) => Denied::from(Rejection::CustomClaims).response(&gate),
            Self::NoLayer => {
                tracing::error!("Authenticated is extracted where RequireAuth is no layer");
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                json_response(status, "server_error", "the server is not set up properly")
            }
        }
    }
}

impl<S: Sync, C: DeserializeOwned> FromRequestParts<S> for Authenticated<C> {
    type Rejection = Unauthenticated;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Unauthenticated> {
        let identity = parts.extensions.get::<Identity>().ok_or(Unauthenticated::NoLayer)?;
        let gate = parts.extensions.get::<Gate>().ok_or(Unauthenticated::NoLayer)?;
        let claims = identity.claims().map_err(|_| Unauthenticated::Claims(gate.clone()))?;
        Ok(Self { claims, identity: identity.clone() })
    }
}
