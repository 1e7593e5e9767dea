//! What each request gets without a session.

use super::stack::{PREFIX, Stack};
use crate::http::{Answer, Request};
use crate::proxies::stack::Proxy;
use crate::sign_in::browser::USER;

/// As Chromium's address bar asks.
fn navigation(request: Request) -> Request {
    request
        .header("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
        .header("Sec-Fetch-Site", "none")
        .header("Sec-Fetch-Mode", "navigate")
        .header("Sec-Fetch-Dest", "document")
}

/// As `fetch` asks.
fn fetch(request: Request) -> Request {
    request
        .header("Accept", "*/*")
        .header("Sec-Fetch-Site", "same-origin")
        .header("Sec-Fetch-Mode", "cors")
        .header("Sec-Fetch-Dest", "empty")
}

pub(super) fn a_navigation_is_sent_to_sign_in_and_a_fetch_is_not(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let location =
        format!("http://localhost:{}{PREFIX}/sign-in?return_to=%2Forders%3Fa%3D1", stack.port);
    // Without Sec-Fetch-*, Accept says what a browser opens.
    let plain = stack.request("/orders?a=1").header("Accept", "text/html,*/*;q=0.8");
    for request in [navigation(stack.request("/orders?a=1")), plain] {
        for cookie in [None, Some(format!("tollgate-{}={}", stack.port, "A".repeat(43)))] {
            let request =
                cookie.iter().fold(request.clone(), |it, cookie| it.header("Cookie", cookie));
            let answer = stack.ask(&request);
            assert_eq!(answer.status, 302, "{request:?}: {answer:?}");
            assert_eq!(answer.header("Location"), Some(location.as_str()));
            assert!(stack.upstream.take().is_empty());
        }
    }
    let prefetch = navigation(stack.request("/orders?a=1")).header("Sec-Purpose", "prefetch");
    let of_next = navigation(stack.request("/orders?a=1")).header("Next-Router-Prefetch", "1");
    let frame = stack
        .request("/orders?a=1")
        .header("Accept", "text/html")
        .header("Sec-Fetch-Mode", "navigate")
        .header("Sec-Fetch-Dest", "iframe");
    let post = fetch(stack.request_by("POST", "/orders"));
    for request in [fetch(stack.request("/orders")), prefetch, of_next, frame, post] {
        let answer = stack.is_refused(&request);
        assert_eq!((answer.status, answer.header("Location")), (401, None), "{answer:?}");
        assert_eq!(answer.header("WWW-Authenticate"), Some("Bearer"), "{answer:?}");
        if stack.hands_on_refusals() {
            assert_eq!(answer.json()["code"], "sign_in_required", "{answer:?}");
            let sign_in = answer.json()["sign_in"].as_str().unwrap().to_owned();
            assert!(sign_in.starts_with(&location[..location.find('?').unwrap()]), "{sign_in}");
        }
    }
}

pub(super) fn a_form_without_a_session_gets_a_page(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let expired = format!("tollgate-{}={}", stack.port, "A".repeat(43));
    let form =
        navigation(stack.request_by("POST", "/orders")).header("Cookie", &expired).form("a=1");
    let answer = stack.is_refused(&form);
    assert_eq!((answer.status, answer.header("Location")), (401, None), "{answer:?}");
    if stack.hands_on_refusals() {
        is_a_page(&answer);
        assert!(answer.body.contains("Your session has ended"), "{answer:?}");
    }
}

fn is_a_page(answer: &Answer) {
    assert_eq!(answer.header("Content-Type"), Some("text/html; charset=utf-8"), "{answer:?}");
    let policy = answer.header("Content-Security-Policy").unwrap_or_default();
    assert!(policy.contains("frame-ancestors 'none'"), "{answer:?}");
    assert_eq!(answer.header("Cache-Control"), Some("no-store"), "{answer:?}");
    assert_eq!(answer.header("Referrer-Policy"), Some("no-referrer"), "{answer:?}");
    assert_eq!(answer.header("X-Content-Type-Options"), Some("nosniff"), "{answer:?}");
    assert_eq!(answer.body.matches("<h1").count(), 1, "{answer:?}");
}

pub(super) fn an_unknown_host_is_misdirected(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let own = format!("localhost:{}", stack.port);
    for host in ["evil.example", "localhost", "localhost:1"] {
        // What a client says about it changes nothing.
        for forwarded in ["", own.as_str()] {
            let ask = |path: &str| {
                let request = navigation(Request::get(path).header("Host", host));
                match forwarded {
                    "" => stack.ask(&request),
                    host => stack.ask(&request.header("X-Forwarded-Host", host)),
                }
            };
            let answer = ask("/orders");
            assert_eq!(
                (answer.status, answer.header("Location")),
                (403, None),
                "{host} {answer:?}"
            );
            let answer = ask(&format!("{PREFIX}/sign-in"));
            assert_eq!(
                (answer.status, answer.header("Location")),
                (421, None),
                "{host} {answer:?}"
            );
            assert!(stack.upstream.take().is_empty());
        }
    }
    // The client's header does no harm to the right host, either.
    let request = navigation(stack.request("/orders")).header("X-Forwarded-Host", "evil.example");
    let answer = stack.ask(&request);
    assert_eq!(answer.status, 302, "{answer:?}");
    assert!(answer.header("Location").unwrap().starts_with(&format!("http://{own}/")));
}

pub(super) fn a_public_path_stays_public(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let session = stack.signed_in().cookie();
    let with_session = |request: Request| request.header("Cookie", &session);
    for (request, user) in [
        (stack.request("/health"), ""),
        (navigation(stack.request("/health")), ""),
        (fetch(stack.request("/health")), ""),
        // A page for everybody may greet its user.
        (with_session(stack.request("/health")), USER),
        (with_session(navigation(stack.request("/health"))), USER),
        // A session that would not count elsewhere does not count here, but the page remains open.
        (with_session(Request::get("/health").header("Host", "other.example")), ""),
        (with_session(stack.request("/health")).bearer("a.b.c"), ""),
        (
            with_session(stack.request_by("POST", "/health"))
                .header("Sec-Fetch-Site", "cross-site"),
            "",
        ),
    ] {
        let seen = stack.passes(&request);
        assert_eq!(seen.values("X-Auth-Request-User").concat(), user, "{seen:?}");
    }
}

pub(super) fn only_the_pages_of_sign_in_go_round_the_check(proxy: Proxy) {
    let stack = Stack::start(proxy);
    for path in [
        "/tollgatex",
        "/tollgate-orders",
        "/x/tollgate/sign-in",
        "/tollgate/../orders",
        "/tollgate/%2e%2e/orders",
        "/tollgate/..%2forders",
        "/tollgate//../orders",
        "/tollgate/metrics",
        "/tollgate/../metrics",
        "/tollgate/../auth",
        "/TOLLGATE/../orders",
        "/tollgate/orders",
    ] {
        let answer = stack.ask(&stack.request(path));
        let status = answer.status;
        assert!([400, 401, 403, 404].contains(&status), "{path}: {answer:?}");
        assert!(stack.upstream.take().is_empty(), "{path}");
    }
}
