//! Responses with and without a token.

use super::{bearer, reason_of};
use crate::server::Server;

#[test]
fn an_accepted_token_is_answered_with_its_identity() {
    let (demo, _) = Server::demo();
    let server = Server::for_demo(&demo, &[]);
    let authorization = bearer(&demo.token("scope=read:orders+write:orders"));
    let answer = server.get("/auth", &[("Authorization", &authorization)]);
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert_eq!(answer.header("x-auth-request-user"), Some("user_7f3k"));
    assert_eq!(answer.header("x-auth-request-scope"), Some("read:orders write:orders"));
    assert_eq!(answer.header("x-auth-request-client"), Some("demo"));
    assert_eq!(answer.header("x-auth-request-issuer"), Some(demo.issuer().as_str()));
    assert_eq!(answer.header("x-auth-request-audience"), Some("https://api.example.com"));
    let expires: i64 = answer.header("x-auth-request-expires").unwrap().parse().unwrap();
    assert!(expires > 1_700_000_000);
}

#[test]
fn a_refused_token_is_answered_with_a_challenge_and_json() {
    let (demo, _) = Server::demo();
    let server = Server::for_demo(&demo, &["--scope", "read:orders"]);
    let token = demo.token("scope=read:orders");
    let (signed, _) = token.rsplit_once('.').unwrap();
    for (authorization, status, challenge, code) in [
        (None, 401, "Bearer scope=\"read:orders\"", "auth.authorization_header_missing"),
        (
            Some("Basic YTpi".to_owned()),
            401,
            "Bearer scope=\"read:orders\"",
            "auth.authorization_token_type_not_supported",
        ),
        (
            Some(bearer(&format!("{signed}.{}", "A".repeat(128)))),
            401,
            "Bearer error=\"invalid_token\", error_description=\"the signature does not verify\", \
             scope=\"read:orders\"",
            "invalid_token",
        ),
        (
            Some(bearer(&demo.token("scope=write:orders"))),
            403,
            "Bearer error=\"insufficient_scope\", error_description=\"the token lacks a scope that \
             is required here\", scope=\"read:orders\"",
            "insufficient_scope",
        ),
    ] {
        let headers: Vec<_> =
            authorization.iter().map(|value| ("Authorization", value.as_str())).collect();
        let answer = server.get("/auth", &headers);
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(answer.header("www-authenticate"), Some(challenge));
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.json()["code"], code);
        assert!(!answer.json()["message"].as_str().unwrap().is_empty());
    }
}

#[test]
fn two_authorization_headers_are_refused() {
    let (demo, _) = Server::demo();
    let server = Server::for_demo(&demo, &[]);
    let good = bearer(&demo.token("scope=read:orders"));
    let answer = server.get("/auth", &[("Authorization", &good), ("Authorization", &good)]);
    assert_eq!((answer.status, reason_of(&server)), (401, "authorization-repeated".to_owned()));
}

#[test]
fn a_claim_that_is_not_visible_ascii_is_403() {
    let (demo, _) = Server::demo();
    let server = Server::for_demo(&demo, &[]);
    for subject in ["%C3%BC", "a%0D%0AX-Auth-Request-User:+admin", "%20a", "a%00"] {
        let authorization = bearer(&demo.token(&format!("subject={subject}")));
        let answer = server.get("/auth", &[("Authorization", &authorization)]);
        assert_eq!(answer.status, 403, "{subject}: {answer:?}");
        assert_eq!(answer.json()["code"], "access_denied");
    }
}

#[test]
fn the_access_token_profile_is_left_only_explicitly() {
    let (demo, _) = Server::demo();
    let good = bearer(&demo.token("scope=read:orders"));
    for (arguments, status) in
        [(&["--typ", "at+jwt"][..], 200), (&["--typ", "JWT"], 401), (&["--any-typ"], 200)]
    {
        let server = Server::for_demo(&demo, arguments);
        let answer = server.get("/auth", &[("Authorization", &good)]);
        assert_eq!(answer.status, status, "{arguments:?}: {answer:?}");
    }
}

#[test]
fn without_keys_the_answer_is_503_not_401() {
    let server = Server::start(&[
        "--issuer",
        "http://127.0.0.1:1/oidc",
        "--audience",
        "https://api.example.com",
        "--allow-insecure-loopback",
    ]);
    let (demo, _) = Server::demo();
    let authorization = bearer(&demo.token("scope=read:orders"));
    let answer = server.get("/auth", &[("Authorization", &authorization)]);
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
    assert_eq!(answer.header("www-authenticate"), None);
    assert_eq!(answer.json()["code"], "temporarily_unavailable");

    assert_eq!(server.get("/auth", &[]).status, 401, "no key is needed to see that");
    let readiness = server.get("/readyz", &[]);
    assert_eq!((readiness.status, readiness.json()["ready"].as_bool()), (503, Some(false)));
    assert_eq!(server.get("/healthz", &[]).status, 200);
}
