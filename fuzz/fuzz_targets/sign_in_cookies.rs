//! The cookies of sign-in: a cookie is found where the crate `cookie` finds it, once. What remains after making room
//! is small, and what is set says what it should. The first line is a state, the second one a value, and each other
//! line is a Cookie field.

#![no_main]

#[allow(dead_code, reason = "the library uses the rest")]
#[path = "../../std-adapter/src/sign_in/cookies.rs"]
mod cookies;

use std::time::Duration;

use ::cookie::Cookie;
use cookies::{CookieName, Cookies, MAX_ATTEMPTS, MAX_COOKIE_LEN, MAX_TOTAL_LEN, SameSite};
use http::header::{COOKIE, HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut lines = input.split(|byte| *byte == b'\n');
    let (state, value) = (text(lines.next()), text(lines.next()));
    let fields = lines.map(HeaderValue::from_bytes).filter_map(Result::ok);
    let headers: HeaderMap = fields.map(|field| (COOKIE, field)).collect();
    for cookies in [Cookies::for_https(), Cookies::for_insecure_loopback(3000)] {
        let attempt = cookies.attempt(state);
        for name in [cookies.session(), &attempt] {
            check_found(&cookies, &headers, name);
            check_set(&cookies, name, value);
            check_room(&cookies, &headers, name, value);
        }
    }
});

fn text(line: Option<&[u8]>) -> &str {
    line.and_then(|line| str::from_utf8(line).ok()).unwrap_or_default()
}

fn check_found(cookies: &Cookies, headers: &HeaderMap, name: &CookieName) {
    let found = cookies.find(headers, name);
    let fields: Option<Vec<&str>> =
        headers.get_all(COOKIE).iter().map(|field| field.to_str().ok()).collect();
    // The crate takes text only, and trims names and values; we take them as they are.
    let Some(fields) = fields else { return };
    let all = fields.iter().flat_map(|field| Cookie::split_parse(*field)).filter_map(Result::ok);
    let values: Vec<_> =
        all.filter(|it| it.name() == name.as_str()).map(|it| it.value().to_owned()).collect();
    if let Some(found) = found {
        assert!(values.iter().any(|value| value == found), "{found} {values:?}");
        let trimmed = |field: &&str| !field.contains("  ") && !field.contains(" =");
        if fields.iter().all(trimmed) && fields.iter().all(|field| !field.contains('\t')) {
            assert_eq!(values, [found]);
        }
        // A second one is a second one, wherever it is.
        let mut twice = headers.clone();
        twice.append(COOKIE, HeaderValue::try_from(format!("{name}=")).unwrap());
        assert_eq!(cookies.find(&twice, name), None);
    }
}

fn check_set(cookies: &Cookies, name: &CookieName, value: &str) {
    let max_age = Duration::from_secs(600);
    let Ok(set) = cookies.set(name, value, SameSite::Lax, max_age) else { return };
    assert!(name.as_str().len() + value.len() <= MAX_COOKIE_LEN);
    let set = Cookie::parse(set.to_str().unwrap()).unwrap();
    assert_eq!((set.name(), set.value()), (name.as_str(), value));
    assert_eq!((set.http_only(), set.path(), set.domain()), (Some(true), Some("/"), None));
    let pair = HeaderValue::try_from(format!("a=b; {name}={value}")).unwrap();
    assert_eq!(cookies.find(&HeaderMap::from_iter([(COOKIE, pair)]), name), Some(value));
}

fn check_room(cookies: &Cookies, headers: &HeaderMap, name: &CookieName, value: &str) {
    // The age of an attempt is the first byte of its value; some are void.
    let started = |_: &CookieName, value: &str| {
        value.bytes().next().filter(|byte| byte % 8 != 0).map(u64::from)
    };
    let attempts = cookies.attempts(headers);
    assert!(attempts.len() <= 16);
    for attempt in &attempts {
        assert_eq!(cookies.find(headers, &attempt.name), attempt.value, "{attempt:?}");
    }
    let Ok(cleared) = cookies.make_room(headers, name, value, started) else { return };
    assert!(cleared.iter().all(|cleared| attempts.iter().any(|it| it.name == *cleared)));
    assert!(!cleared.contains(name));
    let kept = attempts.iter().filter(|it| it.name != *name && !cleared.contains(&it.name));
    let (mut length, mut count) = (name.as_str().len() + value.len(), 0);
    let mut oldest = u64::MAX;
    for attempt in kept {
        let value = attempt.value.expect("what is there twice is void");
        oldest = oldest.min(started(&attempt.name, value).expect("void ones are cleared"));
        length += attempt.name.as_str().len() + value.len();
        count += 1;
    }
    if name == cookies.session() {
        assert!(count <= MAX_ATTEMPTS);
    } else {
        assert!(count < MAX_ATTEMPTS);
        length += cookies
            .find(headers, cookies.session())
            .map_or(0, |session| cookies.session().as_str().len() + session.len());
    }
    assert!(length <= MAX_TOTAL_LEN, "{length}");
    for attempt in attempts.iter().filter(|it| cleared.contains(&it.name)) {
        let started = attempt.value.and_then(|value| started(&attempt.name, value));
        assert!(started.is_none_or(|started| started <= oldest), "the oldest go first");
    }
}
