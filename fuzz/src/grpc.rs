//! Checks over gRPC.

use arbitrary::Arbitrary;
use bytes::Bytes;
use libfuzzer_sys::arbitrary;
use prost::Message as _;

use crate::serve::grpc::attributes::Attributes;
use crate::serve::grpc::frame;
use crate::serve::grpc::messages::{
    AttributeContext, CheckRequest, HeaderMap, HeaderValue, HttpRequest, Request,
};

const MOST: usize = 16 * 1024;

#[derive(Arbitrary, Debug)]
struct Sent {
    method: String,
    path: String,
    fields: Vec<(String, Vec<u8>)>,
    is_raw: bool,
}

/// Reads the bytes as the body of a call, as its message, and as what Envoy is to send. Panics if they are attributes
/// that HTTP cannot carry, or are not read as they were sent.
pub fn read(bytes: &[u8]) {
    let body = Bytes::copy_from_slice(bytes);
    if let Ok(read) = Attributes::read(body, MOST) {
        assert!(read.headers.keys().all(|name| !name.as_str().starts_with(':')));
        let is_in = |part: &[u8]| part.is_empty() || bytes.windows(part.len()).any(|of| of == part);
        assert!(is_in(&read.method) && is_in(&read.path));
        assert!(read.headers.values().all(|value| is_in(value.as_bytes())));
    }
    // The bytes as the message of a frame.
    let mut framed = vec![0];
    framed.extend(u32::try_from(bytes.len()).unwrap().to_be_bytes());
    framed.extend(bytes);
    let _ = Attributes::read(framed.into(), MOST);
    if let Ok(sent) = Sent::arbitrary(&mut arbitrary::Unstructured::new(bytes)) {
        is_read_as_sent(&sent);
    }
}

fn is_read_as_sent(sent: &Sent) {
    let field = |(name, value): &(String, Vec<u8>)| {
        let key = Bytes::from(name.clone());
        let (value, raw_value) = (Bytes::from(value.clone()), Bytes::new());
        match sent.is_raw {
            true => HeaderValue { key, value: raw_value, raw_value: value },
            false => HeaderValue { key, value, raw_value },
        }
    };
    let fields: Vec<_> = sent.fields.iter().map(field).collect();
    let mut http = HttpRequest {
        method: sent.method.clone().into(),
        path: sent.path.clone().into(),
        ..HttpRequest::default()
    };
    match sent.is_raw {
        true => http.header_map = Some(HeaderMap { headers: fields }),
        false => http.headers = fields,
    }
    let check = CheckRequest {
        attributes: Some(AttributeContext { request: Some(Request { http: Some(http) }) }),
    };
    assert_eq!(
        CheckRequest::decode(frame::message(frame::body(&check), usize::MAX).unwrap()).map(|_| ()),
        Ok(())
    );
    let Ok(read) = Attributes::read(frame::body(&check), MOST) else { return };
    assert_eq!((&read.method[..], &read.path[..]), (sent.method.as_bytes(), sent.path.as_bytes()));
    for (name, value) in &sent.fields {
        if name.starts_with(':') {
            continue;
        }
        let mut values =
            read.headers.get_all(name.as_str()).iter().map(http::HeaderValue::as_bytes);
        let first = match sent.is_raw {
            true => &value[..],
            false => value.split(|byte| *byte == b',').next().unwrap(),
        };
        assert!(values.any(|value| value == first), "{name}");
    }
}
