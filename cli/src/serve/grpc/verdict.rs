//! The answer to a check, made of the response of `/auth`.

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};

use super::messages::{
    CheckResponse, DeniedHttpResponse, HeaderValue, HeaderValueOption, HttpResponse, HttpStatus,
    OVERWRITE_IF_EXISTS_OR_ADD, OkHttpResponse, Status,
};

// Codes of gRPC. In a `CheckResponse` only `OK` lets the request pass.
const OK: i32 = 0;
const PERMISSION_DENIED: i32 = 7;
const UNAVAILABLE: i32 = 14;
const UNAUTHENTICATED: i32 = 16;

/// The answer that has Envoy do as the response says.
pub(super) fn of(response: Response<String>) -> CheckResponse {
    let (parts, body) = response.into_parts();
    let (code, http_response) = match parts.status {
        StatusCode::OK => (OK, HttpResponse::Ok(pass(&parts.headers))),
        status => {
            let code = match status {
                StatusCode::UNAUTHORIZED => UNAUTHENTICATED,
                StatusCode::SERVICE_UNAVAILABLE => UNAVAILABLE,
                _ => PERMISSION_DENIED,
            };
            let status = Some(HttpStatus { code: i32::from(status.as_u16()) });
            let headers = fields(&parts.headers).map(|(name, value)| overwrite(name, value));
            let denied = DeniedHttpResponse { status, headers: headers.collect(), body };
            (code, HttpResponse::Denied(denied))
        }
    };
    CheckResponse { status: Some(Status { code }), http_response: Some(http_response) }
}

/// Replaces each header that a client may have forged, or removes it if it is empty.
fn pass(identity: &HeaderMap) -> OkHttpResponse {
    let (absent, present): (Vec<_>, Vec<_>) =
        fields(identity).partition(|(_, value)| value.is_empty());
    OkHttpResponse {
        headers: present.into_iter().map(|(name, value)| overwrite(name, value)).collect(),
        headers_to_remove: absent.into_iter().map(|(name, _)| name).collect(),
    }
}

fn fields(headers: &HeaderMap) -> impl Iterator<Item = (Bytes, Bytes)> {
    headers.iter().map(|(name, value)| {
        let name = Bytes::copy_from_slice(name.as_str().as_bytes());
        (name, Bytes::copy_from_slice(value.as_bytes()))
    })
}

fn overwrite(key: Bytes, value: Bytes) -> HeaderValueOption {
    let header = Some(HeaderValue { key, value, raw_value: Bytes::new() });
    HeaderValueOption { header, append_action: OVERWRITE_IF_EXISTS_OR_ADD }
}
