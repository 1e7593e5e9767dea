//! Unary calls: their requests and their responses (doc/PROTOCOL-HTTP2.md of grpc/grpc).

use std::convert::Infallible;
use std::future::ready;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::response::Response;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{StatusCode, Version};
use http_body_util::{BodyExt as _, Full};
use tollgate::gate::json_response;

use super::{frame, timeout};
use crate::serve::protocol::NoRoom;

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const APPLICATION_GRPC: HeaderValue = HeaderValue::from_static("application/grpc");

/// What [`call::fail`](fail) says (doc/statuscodes.md of grpc/grpc).
#[derive(Clone, Copy)]
pub(super) enum Code {
    InvalidArgument,
    NotFound,
    Unimplemented,
}

/// A call.
pub(super) struct Call {
    /// With the message in its frame.
    pub(super) body: Bytes,
    pub(super) timeout: Option<Duration>,
    /// Whether its body is missing because of other calls on the connection.
    pub(super) has_no_room: bool,
}

impl<S: Sync> FromRequest<S> for Call {
    type Rejection = Response;

    /// Refuses other requests with 415. A proxy that asks over HTTP by mistake would take the status of a call,
    /// always 200, as a permission.
    async fn from_request(request: Request, _: &S) -> Result<Self, Response> {
        if request.version() != Version::HTTP_2 || !is_grpc(request.headers()) {
            return Err(json_response(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not_grpc",
                "this endpoint answers calls of gRPC only: ask /auth over HTTP",
            ));
        }
        let timeout = timeout::of(request.headers());
        let has_no_room = request.extensions().get::<NoRoom>().is_some();
        // The connection has limited the body. One that was cut off is no complete message.
        let body = to_bytes(request.into_body(), usize::MAX).await.unwrap_or_default();
        Ok(Self { body, timeout, has_no_room })
    }
}

/// `"application/grpc" [("+proto" / "+json" / {custom})]`: any encoding, since a message that is not Protocol
/// Buffers is refused by an answer.
fn is_grpc(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let suffix = value.and_then(|value| value.strip_prefix(b"application/grpc"));
    suffix.is_some_and(|suffix| matches!(suffix, [] | [b'+' | b';', ..]))
}

/// The response with a message.
pub(super) fn reply(message: &impl prost::Message) -> Response {
    let trailers = HeaderMap::from_iter([(GRPC_STATUS, HeaderValue::from_static("0"))]);
    let body = Full::new(frame::body(message));
    let body = body.with_trailers(ready(Some(Ok::<_, Infallible>(trailers))));
    let mut response = Response::new(Body::new(body));
    response.headers_mut().insert(CONTENT_TYPE, APPLICATION_GRPC);
    response
}

/// The response without a message ("Trailers-Only").
pub(super) fn fail(code: Code) -> Response {
    let code = match code {
        Code::InvalidArgument => "3",
        Code::NotFound => "5",
        Code::Unimplemented => "12",
    };
    let mut response = Response::new(Body::empty());
    response.headers_mut().insert(CONTENT_TYPE, APPLICATION_GRPC);
    response.headers_mut().insert(GRPC_STATUS, HeaderValue::from_static(code));
    response
}
