//! The service.

use std::mem;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::future::ResponseFuture;
use super::layer::RequireAuth;
use crate::gate::{Gate, Identity};

/// A service that [`RequireAuth`] stands in front of.
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
        let RequireAuth { gate, scopes } = self.auth.clone();
        match gate.judge_request_now(request.headers(), &scopes) {
            Ok(identity) => {
                admit(&mut request, identity, gate);
                ResponseFuture::inner(self.inner.call(request))
            }
            Err(refusal) if refusal.is_final => {
                ResponseFuture::denied(refusal.denied.response(&gate))
            }
            Err(_) => {
                // The service that has said that it is ready is the one to be called.
                let clone = self.inner.clone();
                let mut inner = mem::replace(&mut self.inner, clone);
                ResponseFuture::waiting(async move {
                    match gate.authorize_request(request.headers(), &scopes).await {
                        Ok(identity) => {
                            admit(&mut request, identity, gate);
                            inner.call(request).await
                        }
                        Err(denied) => Ok(denied.response(&gate)),
                    }
                })
            }
        }
    }
}

/// Tells the service who asks, and who has let it pass.
fn admit<B>(request: &mut Request<B>, identity: Identity, gate: Gate) {
    request.extensions_mut().insert(identity);
    request.extensions_mut().insert(gate);
}
