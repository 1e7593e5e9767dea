//! Envoy's external authorization over gRPC (`envoy.service.auth.v3.Authorization`), and gRPC's health checks
//! (`grpc.health.v1.Health`).
//!
//! A check is answered by the rules of `/auth`. Every refusal is a message, even that of a malformed check or
//! without keys: Envoy takes an error of gRPC for an outage, and with `failure_mode_allow` it lets requests pass
//! during one.
//!
//! | file | content |
//! |---|---|
//! | `call` | tells calls from other requests, and writes responses |
//! | `frame` | the frames of messages |
//! | `messages` | the messages |
//! | `attributes` | reads what Envoy says about a request |
//! | `verdict` | writes the answer to a check |
//! | `timeout` | how long the client of a call waits |

mod attributes;
mod call;
mod frame;
mod messages;
mod timeout;
mod verdict;

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::StatusCode;
use http::header::{HeaderValue, RETRY_AFTER};
use prost::Message as _;
use tollgate::gate::json_response;

pub(super) use self::frame::PREFIX_LEN;

use self::attributes::{Attributes, AttributesError};
use self::call::{Call, Code};
use self::frame::FrameError;
use self::messages::{HealthCheckRequest, HealthCheckResponse};
use super::endpoints::Server;
use super::original_request::Check;

/// The maximum length of a request for the health of a service, in bytes.
const MAX_HEALTH_REQUEST: usize = 256;

/// The service whose health is that of `/readyz`.
const AUTHORIZATION: &[u8] = b"envoy.service.auth.v3.Authorization";

/// The endpoints.
pub(super) fn router() -> Router<Arc<Server>> {
    Router::new()
        .route("/envoy.service.auth.v3.Authorization/Check", post(check))
        .route("/grpc.health.v1.Health/Check", post(health))
        .route("/grpc.health.v1.Health/Watch", post(unimplemented))
}

async fn check(State(server): State<Arc<Server>>, call: Call) -> Response {
    let arrived = Instant::now();
    if call.has_no_room {
        return call::reply(&verdict::of(no_room(&server, arrived)));
    }
    let attributes = Attributes::read(call.body, server.connections().limits().max_header_bytes);
    let response = match attributes {
        Ok(attributes) => {
            let Attributes { method, path, host, headers } = &attributes;
            let check = Check::Attributes { method, target: path, host };
            server.judge(check, headers, call.timeout).await
        }
        Err(error) => {
            server.record_unjudged("check-malformed", arrived, &error.to_string());
            let status = match error {
                // As a head of HTTP/1.1 that is too long.
                AttributesError::Frame(FrameError::TooLong) | AttributesError::TooManyFields => {
                    StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
                }
                _ => StatusCode::FORBIDDEN,
            };
            json_response(status, "access_denied", &error.to_string())
        }
    };
    call::reply(&verdict::of(response))
}

/// The response to a check that others on its connection have left no room for.
fn no_room(server: &Server, arrived: Instant) -> http::Response<String> {
    const MESSAGE: &str = "too many checks of this connection are incomplete: try again";

    server.record_unjudged("no-room", arrived, MESSAGE);
    let mut response: http::Response<String> =
        json_response(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", MESSAGE);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// The health of the process (the service without a name), as `/healthz`, or that of [`AUTHORIZATION`].
async fn health(State(server): State<Arc<Server>>, call: Call) -> Response {
    const SERVING: i32 = 1;
    const NOT_SERVING: i32 = 2;

    let message = frame::message(call.body, MAX_HEALTH_REQUEST).ok();
    let Some(request) = message.and_then(|message| HealthCheckRequest::decode(message).ok()) else {
        return call::fail(Code::InvalidArgument);
    };
    let is_healthy = match &request.service[..] {
        b"" => true,
        AUTHORIZATION => server.is_ready(),
        _ => return call::fail(Code::NotFound),
    };
    call::reply(&HealthCheckResponse { status: if is_healthy { SERVING } else { NOT_SERVING } })
}

/// Clients of `Watch` then take a server as healthy, and need not ask again (doc/health-checking.md of grpc/grpc).
async fn unimplemented(_: Call) -> Response {
    call::fail(Code::Unimplemented)
}
