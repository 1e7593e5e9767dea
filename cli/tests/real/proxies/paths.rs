//! Ambiguous paths, and the paths of tollgate itself.

use serde_json::json;

use super::parties::PARTIES;
use super::stack::{Proxy, Stack};
use crate::http::Request;
use crate::provider::API;
use crate::upstream::is_from_api;

pub(super) fn ambiguous_paths_open_nothing(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let paths = [
        "//orders",
        "/./orders",
        "/health//../orders",
        "/health/../orders",
        "/%2e%2e/orders",
        "/health/%2e%2e/orders",
        "/health/.%2E/orders",
        "/orders%2f7",
        "/health/..%2forders",
        "/health%2f..%2forders",
        "/a%5cb",
        "/health/..%5corders",
        "/health/..\\orders",
        "/orders;x",
        "/health;/../orders",
        "/health/..;/orders",
        "/orders%3bx",
        "/orders%252f7",
        "/health/%252e%252e/orders",
        "/orders%00",
        "/orders%",
    ];
    for path in paths {
        for token in [None, Some(&PARTIES.write), Some(&PARTIES.full)] {
            let request = Request::get(path);
            let request = token.map_or(request.clone(), |token| request.bearer(token));
            let answer = stack.ask(&request);
            let seen = stack.upstream.take();
            let is_full = token == Some(&PARTIES.full);
            if seen.is_empty() {
                assert!(!is_from_api(&answer), "{path}: {answer:?}");
                // The proxy itself responds with 400, and Traefik rewrites the path.
                let is_known = [400, 403].contains(&answer.status)
                    || (proxy == Proxy::Traefik && answer.status == 401);
                assert!(is_known, "{path}: {answer:?}");
                continue;
            }
            // Traefik normalises some of the paths before tollgate sees them, and the API gets the
            // path that tollgate has judged.
            assert_eq!(proxy, Proxy::Traefik, "{path}: {seen:?}");
            for seen in seen {
                assert!(is_full || !may_be_orders(&seen.target), "{path}: {seen:?}");
                let ambiguous = ["//", "..", "%2e", "%2f", "%5c", ";", "\\", "%00"];
                let target = seen.target.to_ascii_lowercase();
                assert!(!ambiguous.iter().any(|part| target.contains(part)), "{path}: {seen:?}");
            }
        }
    }
    // Unreserved characters mean the same encoded or not (RFC 3986 §6.2.2.2).
    for (target, token, passes) in [
        ("/%6frders", Some(&PARTIES.full), true),
        ("/%6frders", Some(&PARTIES.write), false),
        ("/%6Frders/7", None, false),
        ("/health?/../orders", None, true),
        ("/orders?/../health", None, false),
        ("/orders/?x=/health", None, false),
        ("/orders/", Some(&PARTIES.write), false),
        ("/ordersx", Some(&PARTIES.write), true),
    ] {
        let request = Request::get(target);
        let request = token.map_or(request.clone(), |token| request.bearer(token));
        match passes {
            true => drop(stack.passes(&request)),
            false => drop(stack.is_refused(&request)),
        }
    }
    // In absolute form (RFC 9112 §3.2.2).
    for path in ["/orders", "/health/../orders", "//orders"] {
        let request = Request::get(&format!("http://127.0.0.1:{}{path}", stack.port));
        stack.ask(&request);
        stack.ask(&request.bearer(&PARTIES.write));
        let seen = stack.upstream.take();
        assert!(!seen.iter().any(|seen| may_be_orders(&seen.target)), "{path}: {seen:?}");
    }
}

/// Whether an API might read the target as `/orders` or a path below it.
fn may_be_orders(target: &str) -> bool {
    let mut path = target.split('?').next().unwrap().to_ascii_lowercase();
    for (encoded, plain) in [
        ("%25", "%"),
        ("%25", "%"),
        ("%2e", "."),
        ("%2f", "/"),
        ("%5c", "/"),
        ("%6f", "o"),
        ("%3b", ";"),
        ("\\", "/"),
    ] {
        path = path.replace(encoded, plain);
    }
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment.split(';').next().unwrap() {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    segments.first() == Some(&"orders")
}

pub(super) fn only_the_metadata_of_tollgate_are_public(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let answer = stack.ask(&Request::get("/.well-known/oauth-protected-resource"));
    assert_eq!(answer.status, 200, "{answer:?}");
    let metadata = json!({
        "resource": API,
        "authorization_servers": [PARTIES.provider.issuer],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["read:orders", "write:orders"],
    });
    assert_eq!(answer.json(), metadata);
    assert!(stack.upstream.take().is_empty());
    for target in [
        "/metrics",
        "/readyz",
        "/healthz",
        "/auth",
        "/auth/health",
        "/.internal/tollgate/check",
        "/.well-known/oauth-protected-resource/metrics",
        "/.well-known/oauth-protected-resource/../../metrics",
        "/.well-known/oauth-protected-resource/%2e%2e/%2e%2e/metrics",
        "/.well-known/oauth-protected-resource/..%2f..%2fmetrics",
        "/.well-known/../metrics",
    ] {
        let answer = stack.is_refused(&Request::get(target));
        assert!([400, 401, 403, 404].contains(&answer.status), "{target}: {answer:?}");
    }
    // Only nginx itself uses this path.
    let check = Request::get("/.internal/tollgate/check").bearer(&PARTIES.full);
    match proxy {
        Proxy::Nginx => assert_eq!(stack.is_refused(&check).status, 404),
        _ => drop(stack.passes(&check)),
    }
    // This path belongs to the API.
    assert_eq!(stack.passes(&Request::get("/metrics").bearer(&PARTIES.read)).target, "/metrics");
}
