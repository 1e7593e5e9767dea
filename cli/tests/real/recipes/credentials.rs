//! Sessions, bearer tokens, and what a client forges.

use super::stack::Stack;
use crate::http::Request;
use crate::proxies::IDENTITY;
use crate::proxies::parties::PARTIES;
use crate::proxies::stack::Proxy;
use crate::sign_in::browser::USER;
use crate::upstream::Seen;
use crate::websocket::{handshake, talk};

pub(super) fn forged_identity_headers_do_not_pass(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let session = stack.signed_in().cookie();
    let forge = |mut request: Request| {
        for name in IDENTITY {
            let (lower, underscored) = (name.to_lowercase(), name.replace('-', "_"));
            for name in [name, &lower, &underscored, &underscored.to_lowercase()] {
                request = request.header(name, "forged");
            }
        }
        request.header("X-Forwarded-Host", "forged")
    };
    let is_forged = |seen: &Seen| {
        let is_it = |(name, value): &(String, String)| {
            value == "forged" && !name.eq_ignore_ascii_case("X-Forwarded-Host")
        };
        seen.headers.iter().any(is_it)
    };
    for connection in [None, Some("X-Auth-Request-User, X-User-Organization")] {
        let forge = |request: Request| match connection {
            Some(names) => forge(request).header("Connection", names),
            None => forge(request),
        };
        let seen = stack.passes(&forge(stack.request("/health")));
        assert!(!is_forged(&seen), "{seen:?}");
        let seen = stack.passes(&forge(stack.request("/orders").header("Cookie", &session)));
        assert!(!is_forged(&seen), "{seen:?}");
        assert_eq!(seen.values("X-Auth-Request-User"), [USER]);
        assert_eq!(seen.values("X-Auth-Request-Issuer"), [PARTIES.provider.issuer.as_str()]);
        stack.is_refused(&forge(stack.request("/orders")));
    }
}

pub(super) fn a_bearer_token_needs_no_session_and_a_refused_one_gets_none(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let session = stack.signed_in().cookie();
    let seen = stack.passes(&stack.request("/orders").bearer(&PARTIES.member));
    assert_eq!(seen.values("X-Auth-Request-Client"), ["app_orders"]);
    assert_eq!(seen.values("X-User-Organization"), ["org_1"]);
    // Any host will do, since a token is not a browser's.
    stack.passes(&Request::get("/orders").header("Host", "other.example").bearer(&PARTIES.member));
    // The token of a request decides, whatever its cookie.
    let seen =
        stack.passes(&stack.request("/orders").header("Cookie", &session).bearer(&PARTIES.member));
    assert_eq!(seen.values("X-Auth-Request-Client"), ["app_orders"]);
    for token in ["a.b.c", PARTIES.wrong_audience.as_str()] {
        let request = stack.request("/orders").header("Cookie", &session).bearer(token);
        let navigation = request.clone().header("Accept", "text/html");
        for request in [request, navigation] {
            let answer = stack.is_refused(&request);
            assert_eq!((answer.status, answer.header("Location")), (401, None), "{answer:?}");
            let challenge = answer.header("WWW-Authenticate").unwrap();
            assert!(challenge.contains("error=\"invalid_token\""), "{answer:?}");
        }
    }
}

pub(super) fn another_site_cannot_use_a_session(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let session = stack.signed_in().cookie();
    let own = format!("http://localhost:{}", stack.port);
    let post = || stack.request_by("POST", "/orders").header("Cookie", &session);
    for request in [
        post().header("Sec-Fetch-Site", "cross-site"),
        post().header("Sec-Fetch-Site", "same-site"),
        post().header("Sec-Fetch-Site", "cross-site").header("Origin", &own),
        post().header("Origin", "https://evil.example"),
        post().header("Origin", "null"),
    ] {
        let answer = stack.is_refused(&request);
        assert_eq!((answer.status, answer.header("Location")), (403, None), "{answer:?}");
    }
    for request in [
        post().header("Sec-Fetch-Site", "same-origin"),
        post().header("Sec-Fetch-Site", "none"),
        post().header("Origin", &own),
    ] {
        assert_eq!(stack.passes(&request).values("X-Auth-Request-User"), [USER]);
    }
}

pub(super) fn a_websocket_with_a_session_needs_the_same_origin(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let session = stack.signed_in().cookie();
    let own = format!("http://localhost:{}", stack.port);
    let open = |origin: &str, cookie: &str| {
        let host = format!("localhost:{}", stack.port);
        let request = handshake("/orders/live").header("Host", &host).header("Origin", origin);
        let request = if cookie.is_empty() { request } else { request.header("Cookie", cookie) };
        let answer = talk(&request, stack.port);
        (answer.status, stack.upstream.take().len())
    };
    assert_eq!(open(&own, &session), (101, 1));
    assert_eq!(open("https://evil.example", &session), (403, 0));
    assert_eq!(open(&own, ""), (401, 0));
}
