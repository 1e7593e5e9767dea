//! [`SignInLayer`] and [`RequireSignIn`]: sign-in as layers of an app.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Extension;
use axum::body::Body;
use axum::extract::OriginalUri;
use axum::middleware::AddExtension;
use axum::response::Response;
use http::header::{CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use http::{Extensions, HeaderMap, Method, Request, StatusCode, Uri};
use tower_layer::Layer;
use tower_service::Service;

use super::SignIn;
use super::navigation::{is_navigation, is_page_load};
use super::pages;
use super::return_path::ReturnPath;
use super::routes::redirect;
use super::session::Session;

/// Lets handlers take a [`Session`] or an `Option<Session>`. Put it around all routes of the app.
#[derive(Clone, Debug)]
pub struct SignInLayer(Extension<SignIn>);

impl SignInLayer {
    /// Makes the layer.
    #[must_use]
    pub fn new(sign_in: SignIn) -> Self {
        Self(Extension(sign_in))
    }
}

impl<S> Layer<S> for SignInLayer {
    type Service = AddExtension<S, SignIn>;

    fn layer(&self, inner: S) -> Self::Service {
        self.0.layer(inner)
    }
}

/// Lets only signed-in users pass. It sends pages to sign-in, and answers everything else with 401.
///
/// A request that changes something, and that another site may have caused, is refused with 403.
#[derive(Clone, Debug)]
pub struct RequireSignIn {
    sign_in: SignIn,
}

impl RequireSignIn {
    /// Makes the layer.
    #[must_use]
    pub fn new(sign_in: SignIn) -> Self {
        Self { sign_in }
    }
}

impl<S> Layer<S> for RequireSignIn {
    type Service = RequireSignInService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequireSignInService { inner, sign_in: self.sign_in.clone() }
    }
}

/// A service behind a [`RequireSignIn`] layer.
#[derive(Clone, Debug)]
pub struct RequireSignInService<S> {
    inner: S,
    sign_in: SignIn,
}

impl<S> Service<Request<Body>> for RequireSignInService<S>
where
    S: Service<Request<Body>, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let clone = self.inner.clone();
        // The one that is ready.
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let sign_in = self.sign_in.clone();
        Box::pin(async move {
            let uri = whole_uri(request.extensions(), request.uri());
            match sign_in.admit(request.method(), uri, request.headers()).await {
                Ok(session) => {
                    request.extensions_mut().insert(session);
                    inner.call(request).await
                }
                Err(response) => Ok(*response),
            }
        })
    }
}

impl SignIn {
    /// Returns the session of a request, or what to answer if it has none or may not use it.
    pub(super) async fn admit(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<Session, Box<Response>> {
        let return_path = uri.path_and_query().map_or("/", |path| path.as_str());
        let refused = |error| Box::new(self.error_page(&error, headers, return_path));
        match self.session(headers).await {
            Ok(Some(session)) => {
                self.check_site(method, headers).map_err(refused)?;
                Ok(session)
            }
            Ok(None) => Err(Box::new(self.sign_in_required(method, return_path, headers))),
            Err(error) => Err(refused(error)),
        }
    }

    /// The answer to a request without a session.
    fn sign_in_required(&self, method: &Method, path: &str, headers: &HeaderMap) -> Response {
        let path = ReturnPath::parse(path, &self.0.origin, &self.0.routes.prefix);
        let path = path.unwrap_or_else(|_| ReturnPath::root());
        if is_navigation(method, headers) {
            return redirect(StatusCode::FOUND, &self.sign_in_path(path.as_str(), &[]), []);
        }
        let is_read = method == Method::GET || method == Method::HEAD;
        if !is_read && is_page_load(headers) {
            return pages::sign_in_and_send_again(&self.sign_in_path("/", &[]));
        }
        let body = serde_json::json!({
            "code": "sign_in_required",
            "message": "sign in first",
            "sign_in": self.sign_in_path("/", &[]),
        });
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        pages::protect(headers);
        response
    }
}

/// The URI as the browser sent it: a nested router sees only a part of its path.
pub(super) fn whole_uri<'r>(extensions: &'r Extensions, uri: &'r Uri) -> &'r Uri {
    extensions.get::<OriginalUri>().map_or(uri, |original| &original.0)
}

/// The program has no [`SignInLayer`], which is a mistake in it.
pub(super) fn no_layer() -> Response {
    tracing::error!("a handler takes a Session, but has no SignInLayer around it");
    let mut response = Response::new(Body::from("the server is misconfigured\n"));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}
