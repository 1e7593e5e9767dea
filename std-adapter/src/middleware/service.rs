//! [`RequireAuthService`]: a service behind the layer.

use std::mem;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::admission::Admission;
use super::future::ResponseFuture;
use super::layer::RequireAuth;

/// A service behind a [`RequireAuth`] layer.
///
/// ```
/// use http::{Request, Response};
/// use std::convert::Infallible;
/// use tollgate::middleware::{RequireAuth, RequireAuthService, ResponseFuture};
/// use tower::{Layer, Service, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let gate = tollgate::gate::Gate::builder().without_issuers().build()?;
/// let orders = service_fn(|_: Request<()>| async {
///     Ok::<_, Infallible>(Response::new("orders".to_owned()))
/// });
/// let mut service: RequireAuthService<_> = RequireAuth::new(gate).layer(orders);
/// let response: ResponseFuture<_, String, Infallible> = service.call(Request::new(()));
/// assert_eq!(response.await?.status(), 401);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RequireAuthService<S> {
    pub(super) inner: S,
    pub(super) auth: RequireAuth,
}

impl<S, B, R> Service<Request<B>> for RequireAuthService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
    R: From<String>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, R, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let auth = self.auth.clone();
        let gate = auth.gate.clone();
        // Of an identity, only the scopes can be judged without its token.
        if auth.demand.is_nothing()
            && let Some(identity) = Admission::known(request.headers(), request.extensions(), &gate)
        {
            let identity = identity.clone();
            return match gate.require(&identity, &auth.scopes) {
                Ok(()) => {
                    // Other code may have put another one there in the meantime.
                    request.extensions_mut().insert(identity);
                    ResponseFuture::inner(self.inner.call(request))
                }
                Err(denied) => ResponseFuture::denied(denied.response(&gate)),
            };
        }
        match gate.judge_request_now(request.headers(), auth.wanted()) {
            Ok(identity) => {
                Admission::admit(&mut request, gate, identity);
                ResponseFuture::inner(self.inner.call(request))
            }
            Err(refusals) if auth.allows_anonymous && refusals.are_for_no_credentials() => {
                Admission::admit_anonymous(&mut request, gate);
                ResponseFuture::inner(self.inner.call(request))
            }
            Err(refusals) if refusals.are_final() => {
                ResponseFuture::denied(gate.denied(refusals, auth.wanted()).response(&gate))
            }
            Err(refusals) => {
                // Call the service that has reported that it is ready, not its clone.
                let clone = self.inner.clone();
                let mut inner = mem::replace(&mut self.inner, clone);
                ResponseFuture::waiting(async move {
                    let wanted = auth.wanted();
                    match gate.judge_request_later(request.headers(), wanted, refusals).await {
                        Ok(identity) => {
                            Admission::admit(&mut request, gate, identity);
                            inner.call(request).await
                        }
                        Err(denied) => Ok(denied.response(&gate)),
                    }
                })
            }
        }
    }
}
