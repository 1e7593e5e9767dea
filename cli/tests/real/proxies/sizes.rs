//! Which headers a check has.

use super::fake_tollgate::FakeTollgate;
use super::parties::PARTIES;
use super::stack::{Front, Proxy, Stack};
use crate::http::Request;

pub(super) fn checks_have_only_the_headers_that_decide(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let with = |fields: u32, request: Request| {
        (0..fields).fold(request, |request, number| {
            request.header(&format!("X-Field-{number}"), &"v".repeat(20))
        })
    };
    // About as many as a browser sends through other proxies.
    let seen = stack.passes(&with(60, Request::get("/orders").bearer(&PARTIES.user)));
    assert_eq!(seen.values("X-Auth-Request-User"), ["user_7f3k"]);
    assert_eq!(stack.is_refused(&with(60, Request::get("/orders"))).status, 401);

    let many = with(110, Request::get("/orders").bearer(&PARTIES.user));
    match proxy {
        Proxy::Nginx | Proxy::Traefik => {
            let seen = stack.passes(&many);
            assert_eq!(seen.values("X-Field-109").len(), 1, "{seen:?}");
            assert_eq!(seen.values("X-Auth-Request-User"), ["user_7f3k"]);
            assert_eq!(stack.is_refused(&with(110, Request::get("/orders"))).status, 401);
        }
        // They refuse more than 100 themselves.
        Proxy::Envoy | Proxy::EnvoyGrpc => assert_eq!(stack.is_refused(&many).status, 431),
        Proxy::Haproxy => assert_eq!(stack.is_refused(&many).status, 400),
        // The check has all headers, and tollgate refuses more than 100.
        Proxy::Caddy => assert_eq!(stack.is_refused(&many).status, 431),
        Proxy::IngressNginx => assert_eq!(stack.is_refused(&many).status, 500),
    }
}

/// The headers about which rules are, or that logs repeat.
const DECIDE: [(&str, &str); 10] = [
    ("Origin", "https://app.example.com"),
    ("Access-Control-Request-Method", "POST"),
    ("Sec-Fetch-Site", "cross-site"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("Sec-WebSocket-Version", "13"),
    ("MCP-Protocol-Version", "2026-07-28"),
    ("Mcp-Method", "tools/call"),
    ("Mcp-Name", "=?base64?w7w=?="),
    ("X-Request-Id", "7f3k-0af76519-16cd"),
    ("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
];

pub(super) fn checks_have_all_headers_that_decide(proxy: Proxy) {
    let checks = FakeTollgate::start();
    let front = Front::start(proxy, checks.port, str::to_owned);
    checks.take();
    let request = Request::new("DELETE", "/orders/7?x=1");
    let request =
        DECIDE.into_iter().fold(request, |request, (name, value)| request.header(name, value));
    front.passes(&request);
    let seen = checks.take();
    for (name, value) in DECIDE {
        // Envoy and ingress-nginx give ids of their own to requests from outside.
        if name == "X-Request-Id" && matches!(proxy, Proxy::Envoy | Proxy::IngressNginx) {
            assert_eq!(seen[0].values(name).len(), 1, "{seen:?}");
            continue;
        }
        assert_eq!(seen[0].values(name), [value], "{seen:?}");
    }
    assert!(seen[0].values("Content-Length").iter().all(|len| *len == "0"), "{seen:?}");
}

pub(super) fn the_api_gets_no_value_that_the_check_lacks(proxy: Proxy) {
    let checks = FakeTollgate::start();
    let front = Front::start(proxy, checks.port, str::to_owned);
    checks.take();
    // Of a repeated header, a check with the first value would say nothing about the second.
    for name in ["MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"] {
        let seen = front.passes(&Request::get("/orders").header(name, "a").header(name, "b"));
        let check = checks.take().remove(0);
        let list = |values: Vec<&str>| {
            let joined = values.join(",");
            let mut list: Vec<_> = joined.split(',').map(|value| value.trim().to_owned()).collect();
            list.sort();
            list
        };
        assert_eq!(list(check.values(name)), list(seen.values(name)), "{check:?} {seen:?}");
    }
}
