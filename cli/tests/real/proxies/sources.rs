//! Tokens in a header of their own, and in a cookie, which a browser also sends with requests of other sites.

use super::parties::PARTIES;
use super::stack::{Proxy, Stack};
use crate::http::Request;
use crate::websocket::talk;

pub(super) fn another_site_cannot_use_the_cookie_of_a_user(proxy: Proxy) {
    let stack = Stack::start_with_sources(proxy);
    let request = |method: &str, fields: &[(&str, &str)]| {
        let cookie = format!("theme=dark; session={}", PARTIES.full);
        let request = Request::new(method, "/orders/7").header("Cookie", &cookie);
        fields.iter().fold(request, |request, (name, value)| request.header(name, value))
    };
    let cross = ("Sec-Fetch-Site", "cross-site");
    let own = ("Origin", "https://app.example.com");
    let other = ("Origin", "https://evil.example");
    let websocket = [
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
    ];
    for fields in [&[cross][..], &[("Sec-Fetch-Site", "same-origin")], &[other]] {
        let seen = stack.passes(&request("GET", fields));
        assert_eq!(seen.values("X-Auth-Request-User"), ["app_orders"]);
    }
    for fields in [&[][..], &[("Sec-Fetch-Site", "same-origin")], &[own]] {
        stack.passes(&request("DELETE", fields));
    }
    for fields in [&[cross][..], &[cross, own], &[other], &[("Origin", "null")]] {
        let answer = stack.is_refused(&request("DELETE", fields));
        assert_eq!(answer.status, 403, "{fields:?}: {answer:?}");
        assert_eq!(answer.json()["code"], "access_denied");
    }
    let open = talk(&request("GET", &[&websocket[..], &[own]].concat()), stack.port);
    assert_eq!(open.status, 101, "{open:?}");
    stack.upstream.take();
    for fields in [[cross], [other]] {
        // Without the last two, too, which a proxy may remove.
        for signs in [&websocket[..], &websocket[..2]] {
            let answer = stack.is_refused(&request("GET", &[signs, &fields].concat()));
            assert_eq!(answer.status, 403, "{fields:?}: {answer:?}");
        }
    }
    // A second token is an invalid request, and nginx makes 503 of it.
    for two in
        [request("GET", &[]).bearer(&PARTIES.full), request("GET", &[("Cookie", "session=a.b.c")])]
    {
        let status = stack.is_refused(&two).status;
        assert!([400, 401, 503].contains(&status), "{status}");
    }
}

pub(super) fn a_token_may_have_a_header_of_its_own(proxy: Proxy) {
    let stack = Stack::start_with_sources(proxy);
    let full = PARTIES.full.as_str();
    let seen = stack.passes(&Request::new("DELETE", "/orders/7").header("X-Token", full));
    assert_eq!(seen.values("X-Auth-Request-User"), ["app_orders"]);
    let get = || Request::get("/orders/7");
    assert_eq!(stack.is_refused(&get().header("X_Token", full)).status, 401);
    assert_eq!(stack.is_refused(&get().header("X-Token", &format!("Bearer {full}"))).status, 401);
    // nginx may check the first value only. Then the API gets no other.
    stack.ask(&get().header("X-Token", full).header("X-Token", "a.b.c"));
    for seen in stack.upstream.take() {
        assert_eq!((proxy, seen.values("X-Token")), (Proxy::Nginx, vec![full]));
    }
    // Envoy joins them, and nginx turns 400 into 503.
    let cookie = format!("session={full}");
    for two in [
        get().header("X-Token", full).bearer(full),
        get().header("X-Token", full).header("Cookie", &cookie),
        get().header("X-Token", &format!("{full},{full}")),
    ] {
        let status = stack.is_refused(&two).status;
        assert!([400, 401, 503].contains(&status), "{status}");
    }
}
