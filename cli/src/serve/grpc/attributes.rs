//! [`Attributes`]: what Envoy says about a request, read from the body of a check over gRPC.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use prost::Message;

use super::frame::{self, FrameError};
use super::messages::{self, CheckRequest};

/// The original request, as far as it decides. Only the header fields are checked.
pub(crate) struct Attributes {
    pub(crate) method: Bytes,
    /// The path and the query.
    pub(crate) path: Bytes,
    pub(crate) host: Bytes,
    pub(crate) headers: HeaderMap,
}

/// Why the body of a check cannot be judged. It repeats nothing of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AttributesError {
    #[error("{0}")]
    Frame(#[from] FrameError),
    #[error("the check is not a CheckRequest of envoy.service.auth.v3")]
    Protobuf,
    #[error("the check has no attributes of an HTTP request: use Envoy's HTTP filter ext_authz")]
    NotHttp,
    #[error("the check has a header field with an invalid name or value")]
    Field,
    #[error("the check has too many header fields")]
    TooManyFields,
}

impl Attributes {
    /// Reads a body with one `CheckRequest` of at most `most` bytes.
    ///
    /// # Errors
    ///
    /// The body is malformed, too long, or not about an HTTP request.
    pub(crate) fn read(body: Bytes, most: usize) -> Result<Self, AttributesError> {
        let message = frame::message(body, most)?;
        let check = CheckRequest::decode(message).map_err(|_| AttributesError::Protobuf)?;
        let request = check.attributes.and_then(|attributes| attributes.request);
        let http = request.and_then(|request| request.http).ok_or(AttributesError::NotHttp)?;
        let mut headers = HeaderMap::new();
        for messages::HeaderValue { key, mut value, .. } in http.headers {
            // Envoy joins repeated fields with a comma. No field that decides contains one, so that a repeated
            // one is refused as if it had come in several fields.
            let comma = value.iter().position(|byte| *byte == b',');
            let rest = comma.map(|comma| value.split_off(comma).slice(1..));
            append(&mut headers, &key, value)?;
            if let Some(rest) = rest {
                append(&mut headers, &key, rest)?;
            }
        }
        for messages::HeaderValue { key, value, raw_value } in
            http.header_map.unwrap_or_default().headers
        {
            append(&mut headers, &key, if raw_value.is_empty() { value } else { raw_value })?;
        }
        Ok(Self { method: http.method, path: http.path, host: http.host, headers })
    }
}

fn append(headers: &mut HeaderMap, name: &[u8], value: Bytes) -> Result<(), AttributesError> {
    // Envoy repeats what `method` and `path` say (RFC 9113 §8.3).
    if name.starts_with(b":") {
        return Ok(());
    }
    let name = HeaderName::from_bytes(name).map_err(|_| AttributesError::Field)?;
    let value = HeaderValue::from_maybe_shared(value).map_err(|_| AttributesError::Field)?;
    headers.try_append(name, value).map_err(|_| AttributesError::TooManyFields)?;
    Ok(())
}
