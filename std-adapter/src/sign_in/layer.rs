//! [`SignInLayer`] and [`RequireSignIn`]: sign-in as layers of an app.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Extension;
use axum::body::Body;
use axum::extract::OriginalUri;
use axum::middleware::AddExtension;
use axum::response::Response;
use http::{Extensions, Request, StatusCode, Uri};
use tower_layer::Layer;
use tower_service::Service;

use super::SignIn;

/// Lets handlers take a [`Session`](super::Session) or an `Option<Session>`. Put it around all routes of the app.
///
/// See the example of the [module](super).
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
///
/// See the example of the [module](super).
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
///
/// ```
/// use tollgate::sign_in::{RequireSignIn, RequireSignInService, SignIn};
/// use tower::Layer;
///
/// fn protected<S>(sign_in: SignIn, app: S) -> RequireSignInService<S> {
///     RequireSignIn::new(sign_in).layer(app)
/// }
/// ```
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
