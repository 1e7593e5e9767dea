//! Which tokens pass, with which identity, and the responses to others.

use serde_json::json;

use super::IDENTITY;
use super::parties::PARTIES;
use super::stack::{Proxy, Stack};
use crate::gateway::Gateway;
use crate::http::Request;
use crate::provider::{API, API_ES256, claims, tampered, with_kid};

const METADATA: &str =
    "resource_metadata=\"https://api.example.com/.well-known/oauth-protected-resource\"";

pub(super) fn good_tokens_pass_with_their_identity(proxy: Proxy) {
    let stack = Stack::start(proxy);
    for (token, subject, audience) in [
        (&PARTIES.full, "app_orders", API),
        (&PARTIES.es256, "app_orders", API_ES256),
        (&PARTIES.user, "user_7f3k", API),
    ] {
        let seen = stack.passes(&Request::get("/orders/7?x=1").bearer(token));
        assert_eq!((seen.method.as_str(), seen.target.as_str()), ("GET", "/orders/7?x=1"));
        let expires = claims(token)["exp"].to_string();
        let issuer = PARTIES.provider.issuer.as_str();
        let scope = "read:orders write:orders";
        let values = [subject, scope, "app_orders", issuer, audience, &expires];
        for (name, value) in IDENTITY.into_iter().zip(values) {
            assert_eq!(seen.values(name), [value], "{name}");
        }
    }
}

pub(super) fn tokens_of_every_algorithm_pass(proxy: Proxy) {
    let stack = Stack::start(proxy);
    for (algorithm, token) in &PARTIES.by_algorithm {
        let seen = stack.passes(&Request::get("/orders/7").bearer(token));
        assert_eq!(seen.values("X-Auth-Request-User"), ["app_orders"], "{algorithm}");
        let answer = stack.is_refused(&Request::get("/orders/7").bearer(&tampered(token)));
        assert_eq!(answer.status, 401, "{algorithm}: {answer:?}");
    }
}

pub(super) fn a_request_without_a_token_is_challenged(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let scope = ", scope=\"read:orders\"";
    for (target, scope) in [("/orders", scope), ("/orders/7", scope), ("/elsewhere", ""), ("/", "")]
    {
        let answer = stack.is_refused(&Request::get(target));
        assert_eq!(answer.status, 401);
        let challenge = format!("Bearer {METADATA}{scope}");
        assert_eq!(answer.header("WWW-Authenticate"), Some(&*challenge));
        assert_eq!(answer.header("Content-Type"), Some("application/json"));
        assert_eq!(answer.header("Cache-Control"), Some("no-store"));
        let body = json!({
            "code": "auth.authorization_header_missing",
            "message": "there is no Authorization header",
        });
        assert_eq!(answer.json(), body);
    }
}

pub(super) fn refused_tokens_get_the_reason_and_never_reach_the_api(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let full = PARTIES.full.as_str();
    let long = "a".repeat(12 * 1024);
    for (name, token, status, error) in [
        ("wrong audience", PARTIES.wrong_audience.as_str(), 401, "invalid_token"),
        ("tampered", &tampered(full), 401, "invalid_token"),
        ("unknown key", &with_kid(full, "unknown"), 401, "invalid_token"),
        ("ID token", &PARTIES.id_token, 401, "invalid_token"),
        ("missing scope", &PARTIES.write, 403, "insufficient_scope"),
        ("no token", "a.b", 401, "invalid_token"),
        ("long", &long, 401, "invalid_token"),
    ] {
        let answer = stack.is_refused(&Request::get("/orders").bearer(token));
        assert_eq!(answer.status, status, "{name}: {answer:?}");
        let challenge = answer.header("WWW-Authenticate").unwrap();
        let begins = format!("Bearer {METADATA}, error=\"{error}\", ");
        assert!(challenge.starts_with(&begins), "{name}: {challenge}");
        assert!(challenge.ends_with(", scope=\"read:orders\""), "{name}: {challenge}");
        assert_eq!(answer.header("Content-Type"), Some("application/json"), "{name}");
        assert!(answer.json()["message"].is_string(), "{name}: {answer:?}");
    }
    // nginx rejects two headers itself, and Envoy merges them.
    for second in [full, &PARTIES.read, "a.b.c"] {
        let two = Request::get("/orders").bearer(full).bearer(second);
        let status = stack.is_refused(&two).status;
        assert_eq!(status, if proxy == Proxy::Nginx { 400 } else { 401 });
    }
    for authorization in [format!("Bearer {full},{full}"), format!("Basic {full}"), full.to_owned()]
    {
        let request = Request::get("/orders").header("Authorization", &authorization);
        assert_eq!(stack.is_refused(&request).status, 401);
    }
}

pub(super) fn identities_that_no_header_can_carry_are_refused(proxy: Proxy) {
    // Unlike the provider, the demo's issuer issues tokens for any subject.
    let issuer = Gateway::start(&["--demo"]);
    let stack = Stack::start_for(proxy, &format!("http://127.0.0.1:{}/demo", issuer.port)).ready();
    let request = |subject: &str| {
        let minted = issuer.get(&format!("/demo/token?scope=read:orders&subject={subject}"));
        assert_eq!(minted.status, 200, "{minted:?}");
        Request::get("/orders").bearer(&minted.body)
    };
    let seen = stack.passes(&request("somebody"));
    assert_eq!(seen.values("X-Auth-Request-User"), ["somebody"]);
    for subject in ["%C3%BC", "a%0D%0AX-Auth-Request-Scope:+admin", "%20a", "a%09b", "a%00"] {
        let answer = stack.is_refused(&request(subject));
        assert_eq!(answer.status, 403, "{subject}: {answer:?}");
        assert_eq!(answer.json()["code"], "access_denied", "{subject}");
        assert_eq!(answer.header("WWW-Authenticate"), None, "{subject}");
    }
}
