//! [`ResponseFuture`]: the response of the middleware.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use pin_project_lite::pin_project;

type Waiting<R, E> = Pin<Box<dyn Future<Output = Result<Response<R>, E>> + Send>>;

pin_project! {
    /// The response of a [`RequireAuthService`](super::RequireAuthService).
    ///
    /// See the example of [`RequireAuthService`](super::RequireAuthService).
    pub struct ResponseFuture<F, R, E> {
        #[pin]
        state: State<F, R, E>,
    }
}

pin_project! {
    #[project = Project]
    enum State<F, R, E> {
        Inner { #[pin] future: F },
        Denied { response: Option<Response<R>> },
        // Only a token with a key that is not there yet costs an allocation.
        Waiting { future: Waiting<R, E> },
    }
}

impl<F, R, E> ResponseFuture<F, R, E> {
    pub(super) const fn inner(future: F) -> Self {
        Self { state: State::Inner { future } }
    }

    pub(super) const fn denied(response: Response<R>) -> Self {
        Self { state: State::Denied { response: Some(response) } }
    }

    pub(super) fn waiting(
        future: impl Future<Output = Result<Response<R>, E>> + Send + 'static,
    ) -> Self {
        Self { state: State::Waiting { future: Box::pin(future) } }
    }
}

impl<F, R, E> Future for ResponseFuture<F, R, E>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = Result<Response<R>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            Project::Inner { future } => future.poll(context),
            // Polled after completion, which futures need not support.
            Project::Denied { response } => match response.take() {
                Some(response) => Poll::Ready(Ok(response)),
                None => Poll::Pending,
            },
            Project::Waiting { future } => future.as_mut().poll(context),
        }
    }
}
