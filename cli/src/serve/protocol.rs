//! Serves a connection by the version of HTTP that its client speaks: HTTP/1.1 or, with the feature `grpc`, HTTP/2
//! by prior knowledge (RFC 9113 §3.3).

#[cfg(feature = "grpc")]
mod arrival;
#[cfg(feature = "grpc")]
mod http2;
#[cfg(feature = "grpc")]
mod preface;

use std::convert::Infallible;
use std::pin::pin;

use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;

use super::limits::Limits;
#[cfg(feature = "grpc")]
pub(super) use arrival::{Arrivals, NoRoom};

/// Serves a connection until it ends. After `stop`, it ends with its requests in flight.
#[cfg(feature = "grpc")]
pub(super) async fn serve<S, V>(mut stream: S, service: V, limits: &Limits, stop: &Notify)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    V: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible>,
    V::Future: Send + 'static,
{
    let Ok(start) = preface::read(&mut stream).await else { return };
    let is_http2 = start.is_http2();
    let stream = TokioIo::new(start.before(stream));
    match is_http2 {
        true => drive(http2::builder(limits).serve_connection(stream, service), stop).await,
        false => drive(http1(limits).serve_connection(stream, service), stop).await,
    }
}

/// Serves a connection until it ends. After `stop`, it ends with its request in flight.
#[cfg(not(feature = "grpc"))]
pub(super) async fn serve<S, V>(stream: S, service: V, limits: &Limits, stop: &Notify)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
    V: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible>,
{
    drive(http1(limits).serve_connection(TokioIo::new(stream), service), stop).await;
}

fn http1(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.max_header_size(limits.max_header_bytes).max_buf_size(limits.max_header_bytes);
    builder
}

async fn drive(connection: impl GracefulConnection, stop: &Notify) {
    let mut connection = pin!(connection);
    tokio::select! {
        biased;
        // Only the client can do something about an error.
        _ = &mut connection => return,
        () = stop.notified() => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

/// Requests arrive with their head. Nothing reads their bodies.
#[cfg(not(feature = "grpc"))]
pub(super) struct Arrivals;

#[cfg(not(feature = "grpc"))]
impl Arrivals {
    pub(super) const fn new(_: &Limits) -> Self {
        Self
    }

    pub(super) async fn next(&self, request: Request<Incoming>) -> Request<Body> {
        request.map(Body::new)
    }
}
