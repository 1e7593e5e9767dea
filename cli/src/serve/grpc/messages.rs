//! The messages of Envoy's external authorization and of gRPC's health checks, without the fields that decide
//! nothing.
//!
//! Their numbers come from these files of github.com/envoyproxy/envoy (api/), googleapis/googleapis and
//! grpc/grpc-proto:
//!
//! | message | file |
//! |---|---|
//! | `CheckRequest`, `CheckResponse`, `DeniedHttpResponse`, `OkHttpResponse` | `envoy/service/auth/v3/external_auth.proto` |
//! | `AttributeContext`, `Request`, `HttpRequest` | `envoy/service/auth/v3/attribute_context.proto` |
//! | `HeaderMap`, `HeaderValue`, `HeaderValueOption` | `envoy/config/core/v3/base.proto` |
//! | `HttpStatus` | `envoy/type/v3/http_status.proto` |
//! | `Status` | `google/rpc/status.proto` |
//! | `HealthCheckRequest`, `HealthCheckResponse` | `grpc/health/v1/health.proto` |
//!
//! Texts of requests are bytes, because headers may contain any. Nothing here can be printed, because headers
//! contain tokens.

use bytes::Bytes;
use prost::{Message, Oneof};

#[derive(Message)]
#[prost(skip_debug)]
pub(crate) struct CheckRequest {
    #[prost(message, optional, tag = "1")]
    pub(crate) attributes: Option<AttributeContext>,
}

#[derive(Message)]
#[prost(skip_debug)]
pub(crate) struct AttributeContext {
    #[prost(message, optional, tag = "4")]
    pub(crate) request: Option<Request>,
}

#[derive(Message)]
#[prost(skip_debug)]
pub(crate) struct Request {
    #[prost(message, optional, tag = "2")]
    pub(crate) http: Option<HttpRequest>,
}

#[derive(Message)]
#[prost(skip_debug)]
pub(crate) struct HttpRequest {
    #[prost(bytes = "bytes", tag = "2")]
    pub(crate) method: Bytes,
    /// A map, whose entries have a key and a value. As a list, it shows whether a key is repeated.
    #[prost(message, repeated, tag = "3")]
    pub(crate) headers: Vec<HeaderValue>,
    /// The path and the query.
    #[prost(bytes = "bytes", tag = "4")]
    pub(crate) path: Bytes,
    #[prost(bytes = "bytes", tag = "5")]
    pub(crate) host: Bytes,
    /// In place of `headers`, if the filter has `encode_raw_headers`.
    #[prost(message, optional, tag = "13")]
    pub(crate) header_map: Option<HeaderMap>,
}

#[derive(Message)]
#[prost(skip_debug)]
pub(crate) struct HeaderMap {
    #[prost(message, repeated, tag = "1")]
    pub(crate) headers: Vec<HeaderValue>,
}

#[derive(Clone, Message)]
#[prost(skip_debug)]
pub(crate) struct HeaderValue {
    #[prost(bytes = "bytes", tag = "1")]
    pub(crate) key: Bytes,
    #[prost(bytes = "bytes", tag = "2")]
    pub(crate) value: Bytes,
    /// In place of `value`.
    #[prost(bytes = "bytes", tag = "3")]
    pub(crate) raw_value: Bytes,
}

#[derive(Message)]
#[prost(skip_debug)]
pub(crate) struct CheckResponse {
    /// Without it, a request passes.
    #[prost(message, optional, tag = "1")]
    pub(crate) status: Option<Status>,
    #[prost(oneof = "HttpResponse", tags = "2, 3")]
    pub(crate) http_response: Option<HttpResponse>,
}

#[derive(Oneof)]
#[prost(skip_debug)]
pub(crate) enum HttpResponse {
    #[prost(message, tag = "2")]
    Denied(DeniedHttpResponse),
    #[prost(message, tag = "3")]
    Ok(OkHttpResponse),
}

#[derive(Message)]
#[prost(skip_debug)]
pub(crate) struct Status {
    #[prost(int32, tag = "1")]
    pub(crate) code: i32,
}

#[derive(Message)]
#[prost(skip_debug)]
pub(crate) struct DeniedHttpResponse {
    #[prost(message, optional, tag = "1")]
    pub(crate) status: Option<HttpStatus>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) headers: Vec<HeaderValueOption>,
    #[prost(string, tag = "3")]
    pub(crate) body: String,
}

#[derive(Message)]
#[prost(skip_debug)]
pub(crate) struct HttpStatus {
    #[prost(int32, tag = "1")]
    pub(crate) code: i32,
}

#[derive(Message)]
#[prost(skip_debug)]
pub(crate) struct OkHttpResponse {
    #[prost(message, repeated, tag = "2")]
    pub(crate) headers: Vec<HeaderValueOption>,
    #[prost(bytes = "bytes", repeated, tag = "5")]
    pub(crate) headers_to_remove: Vec<Bytes>,
}

#[derive(Message)]
#[prost(skip_debug)]
pub(crate) struct HeaderValueOption {
    #[prost(message, optional, tag = "1")]
    pub(crate) header: Option<HeaderValue>,
    /// One of [`OVERWRITE_IF_EXISTS_OR_ADD`] and others. The older field `append` (2) stays absent, which means the
    /// same to an Envoy that does not know this one.
    #[prost(int32, tag = "3")]
    pub(crate) append_action: i32,
}

/// Replaces all fields of the name.
pub(crate) const OVERWRITE_IF_EXISTS_OR_ADD: i32 = 2;

#[derive(Message)]
pub(crate) struct HealthCheckRequest {
    #[prost(bytes = "bytes", tag = "1")]
    pub(crate) service: Bytes,
}

#[derive(Message)]
pub(crate) struct HealthCheckResponse {
    #[prost(int32, tag = "1")]
    pub(crate) status: i32,
}
