use super::super::messages::{AttributeContext, HeaderMap, HttpRequest, Request};
use super::*;

const MOST: usize = 1 << 20;

fn text(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

fn entry(key: &str, value: &str) -> messages::HeaderValue {
    messages::HeaderValue { key: text(key), value: text(value), raw_value: Bytes::new() }
}

fn read(http: HttpRequest) -> Result<Attributes, AttributesError> {
    let request = Some(Request { http: Some(http) });
    let check = CheckRequest { attributes: Some(AttributeContext { request }) };
    Attributes::read(frame::body(&check), MOST)
}

fn values(entries: &[messages::HeaderValue], name: &str) -> Result<Vec<String>, AttributesError> {
    let attributes = read(HttpRequest { headers: entries.to_vec(), ..HttpRequest::default() })?;
    let values = attributes.headers.get_all(name).iter();
    Ok(values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect())
}

#[test]
fn a_field_that_envoy_joined_is_repeated() {
    for (value, expected) in [
        ("a", &["a"][..]),
        ("", &[""]),
        ("a,b", &["a", "b"]),
        ("a, b,c", &["a", " b,c"]),
        (",", &["", ""]),
    ] {
        assert_eq!(values(&[entry("x", value)], "x").unwrap(), expected, "{value:?}");
    }
    assert_eq!(values(&[entry("x", "a"), entry("X", "b")], "x").unwrap(), ["a", "b"]);
}

#[test]
fn raw_fields_are_taken_as_they_came() {
    let raw = messages::HeaderValue { raw_value: Bytes::from_static(b"a,\xff"), ..entry("X", "") };
    let headers = vec![raw, entry("x", "b")];
    let http = HttpRequest { header_map: Some(HeaderMap { headers }), ..HttpRequest::default() };
    let attributes = read(http).unwrap();
    let values: Vec<_> = attributes.headers.get_all("x").iter().collect();
    assert_eq!(values, [&b"a,\xff"[..], b"b"]);
}

#[test]
fn pseudo_headers_are_left_out() {
    let pseudo = [entry(":path", "/a"), entry(":authority", "b"), entry(":", "c"), entry("d", "e")];
    let attributes = read(HttpRequest { headers: pseudo.to_vec(), ..HttpRequest::default() });
    assert_eq!(attributes.unwrap().headers.len(), 1);
}

#[test]
fn invalid_names_and_values_are_refused() {
    for (name, value) in
        [("", "a"), ("a b", "c"), ("a:", "b"), ("a", "b\n"), ("a", "\0"), ("a", "b,\r")]
    {
        assert_eq!(
            values(&[entry(name, value)], "a"),
            Err(AttributesError::Field),
            "{name:?} {value:?}"
        );
    }
}

#[test]
fn a_flood_of_fields_is_refused() {
    let flood: Vec<_> = (0..40_000).map(|number| entry(&number.to_string(), "")).collect();
    assert_eq!(values(&flood, "a"), Err(AttributesError::TooManyFields));
}

#[test]
fn a_check_without_an_http_request_is_refused() {
    for check in [
        CheckRequest { attributes: None },
        CheckRequest { attributes: Some(AttributeContext { request: None }) },
        CheckRequest {
            attributes: Some(AttributeContext { request: Some(Request { http: None }) }),
        },
    ] {
        let attributes = Attributes::read(frame::body(&check), MOST);
        assert_eq!(attributes.err(), Some(AttributesError::NotHttp));
    }
}
