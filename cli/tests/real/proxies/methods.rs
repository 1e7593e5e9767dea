//! Methods, and the preflights of browsers.

use super::parties::{PARTIES, Parties};
use super::stack::{Proxy, Stack};
use crate::http::Request;

pub(super) fn methods_need_what_the_rules_say(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let Parties { read, write, full, .. } = &*PARTIES;
    for (method, token, status) in [
        ("GET", Some(read), 200),
        ("GET", Some(write), 403),
        ("HEAD", Some(read), 200),
        ("HEAD", Some(write), 403),
        ("HEAD", None, 401),
        ("POST", Some(write), 200),
        ("POST", Some(read), 403),
        ("POST", None, 401),
        ("DELETE", Some(full), 200),
        ("DELETE", Some(read), 403),
        ("PUT", Some(full), 403),
        ("PUT", None, 403),
        ("PATCH", Some(full), 403),
        ("OPTIONS", Some(full), 403),
        ("PROPFIND", Some(full), 403),
    ] {
        let request = Request::new(method, "/orders/7");
        let request = token.map_or(request.clone(), |token| request.bearer(token));
        if status == 200 {
            assert_eq!(stack.passes(&request).method, method);
            continue;
        }
        let answer = stack.is_refused(&request);
        assert_eq!(answer.status, status, "{request:?}: {answer:?}");
    }
    let answer = stack.is_refused(&Request::new("PUT", "/orders").bearer(full));
    assert_eq!(answer.json()["code"], "access_denied");
    assert_eq!(answer.header("WWW-Authenticate"), None);
    // Methods are case-sensitive, so these are other methods.
    for method in ["get", "Get", "post"] {
        stack.is_refused(&Request::new(method, "/orders/7").bearer(full));
    }
}

pub(super) fn preflights_pass_where_the_rules_say(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let preflight = |target| {
        Request::new("OPTIONS", target)
            .header("Origin", "https://app.example.com")
            .header("Access-Control-Request-Method", "POST")
    };
    for target in ["/orders", "/orders/7"] {
        let seen = stack.passes(&preflight(target).header("X-Auth-Request-User", "admin"));
        assert_eq!(seen.method, "OPTIONS");
        assert_eq!(seen.values("Origin"), ["https://app.example.com"]);
        assert!(!seen.headers.iter().any(|(_, value)| value == "admin"), "{seen:?}");
    }
    assert_eq!(stack.is_refused(&preflight("/elsewhere")).status, 401);
    let origin_alone = Request::new("OPTIONS", "/orders").header("Origin", "https://a.example");
    assert_eq!(stack.is_refused(&origin_alone).status, 403);
    for forged in ["OPTIONS", "GET"] {
        let post = Request::new("POST", "/orders")
            .header("Origin", "https://app.example.com")
            .header("Access-Control-Request-Method", forged);
        assert_eq!(stack.is_refused(&post).status, 401);
    }
}
