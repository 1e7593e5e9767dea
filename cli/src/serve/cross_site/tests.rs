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
    PublicOrigins::new(public.into()).unwrap().check(method, &headers(fields)).is_ok()
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
fn public_urls_are_origins_as_browsers_write_them() {
    for url in [
        "https://app.example.com",
        "http://localhost:3000",
        "https://[::1]:8443",
        "https://127.0.0.1",
        "https://xn--bcher-kva.example",
    ] {
        assert!(PublicOrigins::new(vec![url.to_owned()]).is_ok(), "{url}");
    }
    for url in [
        "",
        "app.example.com",
        "https://",
        "https://app.example.com/",
        "https://app.example.com/path",
        "https://app.example.com?a",
        "https://app.example.com#a",
        "https://App.example.com",
        "HTTPS://app.example.com",
        "https://app.example.com:443",
        "http://app.example.com:80",
        "https://app.example.com:",
        "https://app.example.com:08443",
        "https://user@app.example.com",
        "https://b\u{fc}cher.example",
        "https://*.example.com",
        "ws://app.example.com",
        "null",
        "*",
    ] {
        let error = PublicOrigins::new(vec![url.to_owned()]).err();
        assert_eq!(error, Some(PublicUrlError(url.to_owned())), "{url}");
    }
}

#[test]
fn the_operator_is_told_what_came_and_which_setting_decides() {
    let origins = PublicOrigins::default();
    let explain = |fields| origins.check("POST", &headers(fields)).unwrap_err().explanation();
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
