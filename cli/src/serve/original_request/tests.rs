use http::{HeaderName, HeaderValue};

use super::*;
use crate::serve::path::NormalPath;

/// The proxies that pass on the original request in headers.
const OTHERS: [Proxy; 5] =
    [Proxy::Nginx, Proxy::IngressNginx, Proxy::Haproxy, Proxy::Traefik, Proxy::Caddy];

fn headers(lines: &[(&str, &str)]) -> HeaderMap {
    let line = |(name, value): &(&str, &str)| {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        (name.parse::<HeaderName>().unwrap(), value)
    };
    lines.iter().map(line).collect()
}

fn names(proxy: Proxy) -> (&'static str, &'static str) {
    match proxy {
        Proxy::Nginx => ("X-Original-Method", "X-Original-URI"),
        Proxy::IngressNginx => ("X-Original-Method", "X-Original-URL"),
        _ => ("X-Forwarded-Method", "X-Forwarded-Uri"),
    }
}

/// A path as this proxy writes it.
fn written(proxy: Proxy, path: &str) -> String {
    match proxy {
        Proxy::IngressNginx => format!("https://api.example.com{path}"),
        _ => path.to_owned(),
    }
}

/// The path; what needs a rule that allows it is an error here.
fn normal(path: RequestPath<'_>) -> Result<NormalPath<'static>, OriginalRequestError> {
    match path {
        RequestPath::Normal(path) => Ok(path.into_owned()),
        RequestPath::Ambiguous { fault, .. } => Err(OriginalRequestError::Path(fault)),
    }
}

/// Reads from a check whose method and target matter to Envoy only.
fn read(
    proxy: Proxy,
    lines: &[(&str, &str)],
) -> Result<(String, NormalPath<'static>), OriginalRequestError> {
    let headers = headers(lines);
    let request = proxy.original_request(&Method::PUT, "/auth/of/envoy", &headers)?;
    Ok((request.method.to_owned(), normal(request.path)?))
}

fn envoy(
    method: &str,
    target: &str,
) -> Result<(String, NormalPath<'static>), OriginalRequestError> {
    let (method, headers) = (method.parse().unwrap(), HeaderMap::new());
    let request = Proxy::Envoy.original_request(&method, target, &headers)?;
    Ok((request.method.to_owned(), normal(request.path)?))
}

fn asked(
    method: &str,
    path: &'static str,
) -> Result<(String, NormalPath<'static>), OriginalRequestError> {
    Ok((method.to_owned(), NormalPath::parse(path).unwrap()))
}

#[test]
fn each_proxy_is_read_from_its_own_headers() {
    for proxy in OTHERS {
        let (method, uri) = names(proxy);
        let value = written(proxy, "/orders/7?x=1");
        let lines = [(method, "GET"), (uri, value.as_str())];
        assert_eq!(read(proxy, &lines), asked("GET", "/orders/7"), "{proxy:?}");
    }
}

#[test]
fn envoy_is_read_from_the_request_line() {
    for (target, path) in [
        ("/auth", "/"),
        ("/auth?x", "/"),
        ("/auth?/orders", "/"),
        ("/auth/", "/"),
        ("/auth/orders/7?x=1", "/orders/7"),
        ("/auth/auth", "/auth"),
    ] {
        assert_eq!(envoy("DELETE", target), asked("DELETE", path), "{target}");
    }
}

#[test]
fn envoy_without_the_prefix_is_no_check() {
    for target in ["/authx", "/authx/auth", "/", "", "/orders", "/Auth", "/%61uth", "/auth%2Fa"] {
        assert_eq!(envoy("GET", target), Err(OriginalRequestError::NotACheck), "{target}");
    }
}

#[test]
fn missing_headers_are_refused() {
    for proxy in OTHERS {
        let (method, uri) = names(proxy);
        let value = written(proxy, "/");
        let cases: [(&[(&str, &str)], &str); 3] =
            [(&[(uri, &value)], method), (&[(method, "GET")], uri), (&[], method)];
        for (lines, name) in cases {
            let error = read(proxy, lines).unwrap_err();
            assert!(
                matches!(error, OriginalRequestError::Missing { header } if header.name() == name)
            );
        }
    }
}

#[test]
fn headers_of_another_proxy_are_no_substitute() {
    let lines = [("x-forwarded-method", "GET"), ("x-forwarded-uri", "/")];
    let header = Header::OriginalMethod;
    assert_eq!(read(Proxy::Nginx, &lines), Err(OriginalRequestError::Missing { header }));
}

#[test]
fn repeated_headers_are_refused_trusted_or_not() {
    for name in [
        "x-original-method",
        "x-original-uri",
        "x-original-url",
        "x-forwarded-method",
        "x-forwarded-uri",
    ] {
        for proxy in OTHERS.into_iter().chain([Proxy::Envoy]) {
            let value = match name.rsplit('-').next() {
                Some("uri") => "/of/envoy",
                Some("url") => "https://api.example.com/of/envoy",
                _ => "PUT",
            };
            let mut lines = vec![(name, value)];
            let trusted = written(proxy, "/of/envoy");
            if proxy != Proxy::Envoy {
                let (method, uri) = names(proxy);
                lines.extend([(method, "PUT"), (uri, &trusted)]);
            }
            lines.push((name, value));
            let error = read(proxy, &lines).unwrap_err();
            let OriginalRequestError::Repeated { header } = error else {
                panic!("{proxy:?} {error:?}")
            };
            assert!(header.name().eq_ignore_ascii_case(name));
        }
    }
}

#[test]
fn other_headers_that_agree_are_accepted() {
    let lines = [
        ("x-original-method", "PUT"),
        ("x-original-uri", "/of/envoy"),
        ("x-forwarded-method", "PUT"),
        ("x-forwarded-uri", "/of/envoy"),
        ("x-original-url", "http://localhost:8080/of/envoy"),
    ];
    for proxy in OTHERS.into_iter().chain([Proxy::Envoy]) {
        assert_eq!(read(proxy, &lines), asked("PUT", "/of/envoy"), "{proxy:?}");
    }
    // The path alone.
    let lines = [("x-original-method", "PUT"), ("x-original-uri", "/a"), ("x-original-url", "/a")];
    assert_eq!(read(Proxy::Nginx, &lines), asked("PUT", "/a"));
}

#[test]
fn other_headers_that_disagree_are_a_conflict() {
    for (name, value) in [
        ("x-forwarded-method", "POST"),
        ("x-forwarded-method", "get"),
        ("x-forwarded-method", ""),
        ("x-forwarded-uri", "/orders/"),
        ("x-forwarded-uri", "/%6Frders"),
        ("x-forwarded-uri", "/orders?x"),
        ("x-forwarded-uri", "/b\u{fc}cher"),
        ("x-original-url", "/health"),
        ("x-original-url", "https://api.example.com/health"),
        ("x-original-url", "https://api.example.com?/orders"),
        ("x-original-url", ""),
    ] {
        let lines = [("x-original-method", "GET"), ("x-original-uri", "/orders"), (name, value)];
        let error = read(Proxy::Nginx, &lines).unwrap_err();
        assert!(matches!(error, OriginalRequestError::Conflict { header }
            if header.name().eq_ignore_ascii_case(name)));
    }
}

#[test]
fn ingress_nginx_is_read_from_the_url() {
    for (url, path) in [
        ("http://a/", "/"),
        ("https://api.example.com/orders?x", "/orders"),
        ("https://api.example.com:8443/orders?http://b/health", "/orders"),
        ("http://[::1]:80/orders", "/orders"),
        ("http://10_0.internal/health@b", "/health@b"),
    ] {
        let lines = [("x-original-method", "GET"), ("x-original-url", url)];
        assert_eq!(read(Proxy::IngressNginx, &lines), asked("GET", path), "{url}");
    }
}

#[test]
fn a_host_cannot_hide_the_path_of_a_url() {
    for url in [
        "http://api?/orders",
        "http://health?x/orders",
        "http://api#/orders",
        "http://user@api/orders",
        "http://api%2fhealth%3f/orders",
        "http://api\\health/orders",
        "http://api;/orders",
        "http://api, b/orders",
        "http://b\u{fc}cher/orders",
        "http:///orders",
        "http://api",
        "http://",
        "HTTP://api/orders",
        "ftp://api/orders",
        "//api/orders",
        "/orders",
        "",
    ] {
        let lines = [("x-original-method", "GET"), ("x-original-url", url)];
        assert_eq!(read(Proxy::IngressNginx, &lines), Err(OriginalRequestError::Url), "{url}");
    }
}

#[test]
fn headers_cannot_replace_the_request_line_of_envoy() {
    let header = Header::OriginalUri;
    let lines = [("x-original-uri", "/public")];
    assert_eq!(read(Proxy::Envoy, &lines), Err(OriginalRequestError::Conflict { header }));
    let header = Header::ForwardedMethod;
    let lines = [("x-forwarded-method", "GET")];
    assert_eq!(read(Proxy::Envoy, &lines), Err(OriginalRequestError::Conflict { header }));
}

#[test]
fn methods_are_tokens_of_bounded_length() {
    let longest = "A".repeat(MAX_METHOD_LEN);
    for method in ["GET", "get", "M-SEARCH", "a!#$%&'*+-.^_`|~9", &longest] {
        let lines = [("x-original-method", method), ("x-original-uri", "/")];
        assert_eq!(read(Proxy::Nginx, &lines), asked(method, "/"), "{method}");
    }
    let too_long = format!("{longest}A");
    for method in ["", "GET POST", "GET,POST", "G\u{cb}T", "GET\t", "a/b", "\"GET\"", &too_long] {
        let lines = [("x-original-method", method), ("x-original-uri", "/")];
        assert_eq!(read(Proxy::Nginx, &lines), Err(OriginalRequestError::Method), "{method:?}");
    }
    assert_eq!(envoy(&too_long, "/auth"), Err(OriginalRequestError::Method));
}

#[test]
fn ambiguous_paths_are_refused() {
    for (uri, reason) in [
        ("", BadPath::NotOriginForm),
        ("http://host/orders", BadPath::NotOriginForm),
        ("/a/../b", BadPath::DotSegment),
        ("/b\u{fc}cher", BadPath::NotVisibleAscii),
        ("/a b", BadPath::NotVisibleAscii),
    ] {
        let lines = [("x-original-method", "GET"), ("x-original-uri", uri)];
        assert_eq!(read(Proxy::Nginx, &lines), Err(OriginalRequestError::Path(reason)), "{uri:?}");
    }
    for target in ["/auth//", "/auth//orders"] {
        assert_eq!(envoy("GET", target), Err(OriginalRequestError::Path(BadPath::EmptySegment)));
    }
}

#[test]
fn headers_that_are_not_utf8_are_refused() {
    let mut headers = headers(&[("x-original-method", "GET")]);
    headers.insert("x-original-uri", HeaderValue::from_bytes(b"/\xff").unwrap());
    let error = Proxy::Nginx.original_request(&Method::GET, "/auth", &headers);
    assert_eq!(error, Err(OriginalRequestError::Path(BadPath::NotVisibleAscii)));
    headers.insert("x-original-method", HeaderValue::from_bytes(b"\xff").unwrap());
    headers.insert("x-original-uri", HeaderValue::from_static("/"));
    let error = Proxy::Nginx.original_request(&Method::GET, "/auth", &headers);
    assert_eq!(error, Err(OriginalRequestError::Method));
}

#[test]
fn errors_say_what_to_do() {
    for (error, advice) in [
        (
            OriginalRequestError::Missing { header: Header::OriginalUri },
            "the header X-Original-URI is missing: set it in nginx with proxy_set_header \
             X-Original-URI $request_uri, or set --proxy to the proxy in front",
        ),
        (
            OriginalRequestError::Conflict { header: Header::ForwardedUri },
            "the header X-Forwarded-Uri contradicts the original request: let the proxy \
             remove it from client requests, or set --proxy to the proxy in front",
        ),
        (
            OriginalRequestError::Missing { header: Header::OriginalUrl },
            "the header X-Original-URL is missing: use ingress-nginx with the annotation \
             nginx.ingress.kubernetes.io/auth-url, which sets it, or set --proxy to the proxy in front",
        ),
        (
            OriginalRequestError::NotACheck,
            "the path of the check is not below /auth: set path_prefix to /auth in Envoy's \
             ext_authz, or set --proxy to the proxy in front",
        ),
    ] {
        assert_eq!(error.to_string(), advice);
    }
}
