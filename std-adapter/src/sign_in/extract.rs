//! [`Session`] as an argument of axum's handlers.

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::Response;
use http::request::Parts;

use super::SignIn;
use super::layer::{no_layer, whole_uri};
use super::session::Session;

/// For handlers of signed-in users. Everybody else gets what [`RequireSignIn`](super::RequireSignIn) answers.
impl<S: Sync> FromRequestParts<S> for Session {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        if let Some(session) = parts.extensions.get::<Self>() {
            return Ok(session.clone());
        }
        let sign_in = parts.extensions.get::<SignIn>().cloned().ok_or_else(no_layer)?;
        let uri = whole_uri(&parts.extensions, &parts.uri);
        let admitted = sign_in.admit(&parts.method, uri, &parts.headers).await;
        let session = admitted.map_err(|response| *response)?;
        parts.extensions.insert(session.clone());
        Ok(session)
    }
}

/// For handlers of all users. The session is not for requests that change something and come from another site:
/// those are as if nobody were signed in.
impl<S: Sync> OptionalFromRequestParts<S> for Session {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Response> {
        if let Some(session) = parts.extensions.get::<Self>() {
            return Ok(Some(session.clone()));
        }
        let sign_in = parts.extensions.get::<SignIn>().cloned().ok_or_else(no_layer)?;
        if sign_in.check_site(&parts.method, &parts.headers).is_err() {
            return Ok(None);
        }
        let session = sign_in.session(&parts.headers).await;
        let home = sign_in.0.routes.home();
        let session = session.map_err(|error| sign_in.error_page(&error, &parts.headers, home))?;
        if let Some(session) = &session {
            parts.extensions.insert(session.clone());
        }
        Ok(session)
    }
}
