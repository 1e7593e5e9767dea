//! Users who sign in, open pages and sign out.

use super::stack::{PREFIX, Stack};
use crate::proxies::stack::Proxy;
use crate::sign_in::browser::USER;
use crate::upstream::is_from_api;

pub(super) fn a_user_returns_to_the_page_with_its_query_and_signs_out(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let mut browser = stack.browser();
    // A long address makes a long cookie and a long redirect.
    for page in ["/orders?page=2&sort=a%20b", &format!("/orders?q={}", "x".repeat(900))] {
        assert_eq!(browser.sign_in_for(page), page);
        let answer = browser.open(page);
        assert!(answer.status == 200 && is_from_api(&answer), "{answer:?}");
        let seen = stack.upstream.take();
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert_eq!(seen[0].target, page);
        assert_eq!(seen[0].values("X-Auth-Request-User"), [USER]);

        let (end, _) = browser.sign_out();
        assert_eq!(end, format!("http://localhost:{}/", stack.port));
        let answer = browser.open(page);
        assert_eq!(answer.status, 302, "{answer:?}");
        assert!(stack.upstream.take().is_empty());
    }
}

pub(super) fn the_app_gets_its_own_cookies_only(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let session = stack.signed_in().cookie();
    let attempt = format!("tollgate-{}-attempt", stack.port);
    let cookies_for = |cookie: &str| {
        let seen = stack.passes(&stack.request("/orders").header("Cookie", cookie));
        assert_eq!(seen.values("X-Auth-Request-User"), [USER]);
        seen.values("Cookie").concat()
    };
    for (sent, kept) in [
        (session.clone(), ""),
        (format!("{session}; app=1"), "app=1"),
        (format!("app=1; {session}"), "app=1"),
        (format!("app=1; {session}; b=2"), "app=1; b=2"),
        (format!("app=1; {attempt}-a=v1.x; {session}; {attempt}-b=v1.y"), "app=1"),
        (format!("{attempt}-a=v1.x; app=1; {session}; b=2; {attempt}-b=v1.y"), "app=1; b=2"),
        (
            format!("mytollgate-{}=1; {session}", stack.port),
            &format!("mytollgate-{}=1", stack.port),
        ),
    ] {
        let expected = if stack.removes_cookies() { kept } else { &sent };
        assert_eq!(cookies_for(&sent), expected, "{sent}");
    }
    // They do not matter where nothing is checked.
    let seen = stack.passes(&stack.request("/health").header("Cookie", "app=1; b=2"));
    assert_eq!(seen.values("Cookie"), ["app=1; b=2"]);
}

pub(super) fn a_check_sets_no_cookie(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let mut browser = stack.signed_in();
    let sets_cookie = |headers: &[(String, String)]| {
        headers
            .iter()
            .any(|(name, value)| name.eq_ignore_ascii_case("Set-Cookie") && !value.is_empty())
    };
    for path in ["/orders", "/health"] {
        assert!(!sets_cookie(&browser.open(path).headers), "{path}");
    }
    let answer = stack.browser().open("/orders");
    assert!(answer.status == 302 && !sets_cookie(&answer.headers), "{answer:?}");
    // But the pages of sign-in do.
    let answer = stack.browser().open(&format!("{PREFIX}/sign-in"));
    assert!(answer.status == 302 && sets_cookie(&answer.headers), "{answer:?}");
}
