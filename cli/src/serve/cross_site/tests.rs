use http::header::HeaderValue;

use super::*;

fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(*name, HeaderValue::from_static(value));
    }
    headers
}

fn passes(method: &str, fields: &[(&'static str, &'static str)]) -> bool {
    let public = ["https://app.example.com", "http://localhost:3000"].map(str::to_owned);
    let origins = Origins::new("public_url", public.into()).unwrap();
    PublicOrigins(origins).check(method, &headers(fields)).is_ok()
}

const CROSS: (&str, &str) = ("sec-fetch-site", "cross-site");
const OWN: (&str, &str) = ("origin", "https://app.example.com");

#[test]
fn safe_methods_pass_from_any_site() {
    for method in ["GET", "HEAD", "OPTIONS", "TRACE"] {
        assert!(passes(method, &[CROSS, ("origin", "https://evil.example")]), "{method}");
    }
}

#[test]
fn other_methods_need_the_same_origin() {
    for method in ["POST", "PUT", "PATCH", "DELETE", "CONNECT", "get", "PROPFIND", "QUERY", ""] {
        for (fields, allowed) in [
            (&[][..], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "same-origin"), ("origin", "null")], true),
            (&[CROSS], false),
            (&[CROSS, OWN], false),
            (&[("sec-fetch-site", "same-site"), OWN], false),
            (&[("sec-fetch-site", "Same-Origin")], false),
            (&[("sec-fetch-site", "")], false),
            (&[("sec-fetch-site", "same-origin, cross-site")], false),
            (&[("sec-fetch-site", "same-origin"), CROSS], false),
            (&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "same-origin")], false),
            (&[OWN], true),
            (&[("origin", "http://localhost:3000")], true),
            (&[("origin", "null")], false),
            (&[("origin", "")], false),
            (&[("origin", "https://app.example.com.evil.example")], false),
            (&[("origin", "https://app.example.com:8443")], false),
            (&[("origin", "http://app.example.com")], false),
            (&[("origin", "https://app.example.com/")], false),
            (&[("origin", "https://APP.example.com")], false),
            (&[OWN, OWN], false),
            (&[OWN, ("origin", "https://evil.example")], false),
        ] {
            assert_eq!(passes(method, fields), allowed, "{method} {fields:?}");
        }
    }
}

#[test]
fn websocket_handshakes_need_the_same_origin() {
    for sign in [
        ("upgrade", "websocket"),
        ("upgrade", "h2c, WebSocket"),
        ("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA=="),
        ("sec-websocket-version", "13"),
    ] {
        assert!(!passes("GET", &[sign, CROSS]), "{sign:?}");
        assert!(!passes("GET", &[sign, ("origin", "https://evil.example")]), "{sign:?}");
        assert!(passes("GET", &[sign, OWN]), "{sign:?}");
        assert!(passes("GET", &[sign, ("sec-fetch-site", "same-origin")]), "{sign:?}");
    }
}

#[test]
fn the_operator_is_told_what_came_and_which_setting_decides() {
    let origins = PublicOrigins::default();
    let explain = |fields| explanation(&origins.check("POST", &headers(fields)).unwrap_err());
    let site = explain(&[CROSS]);
    assert!(
        site.contains("Sec-Fetch-Site is \"cross-site\"") && site.contains("token_from"),
        "{site}"
    );
    let origin = explain(&[OWN]);
    assert!(
        origin.contains("\"https://app.example.com\"") && origin.contains("public_url"),
        "{origin}"
    );
}
