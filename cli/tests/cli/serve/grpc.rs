//! Checks over gRPC, as Envoy sends them.

mod client;
mod floods;
mod frames;
// The numbers of the fields are tested with a real Envoy.
#[path = "../../../src/serve/grpc/messages.rs"]
mod messages;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use client::{CHECK, Check, HEALTH, Reply, call, framed, health};

use super::{RULES, bearer, with_config};
use crate::server::Server;

const CHALLENGE: &str = "WWW-Authenticate";

#[test]
fn a_good_token_passes_and_its_identity_replaces_what_a_client_forged() {
    let (demo, _) = Server::demo();
    let server = Server::for_demo(&demo, &[]);
    let token = bearer(&demo.token("scope=read:orders&subject=alice"));
    let forged = ("x-auth-request-user", "admin");
    let reply = Check::new("GET", "/orders")
        .header("authorization", &token)
        .header(forged.0, forged.1)
        .ask(&server);
    assert_eq!(reply.code(), 0);
    assert_eq!(reply.overwritten("x-auth-request-user"), Some("alice".to_owned()));
    assert_eq!(reply.overwritten("x-auth-request-scope"), Some("read:orders".to_owned()));
    let over_http = server.get("/auth", &[("Authorization", &token)]);
    for name in IDENTITY {
        let value = over_http.header(name).unwrap();
        match value {
            "" => assert!(reply.removed().contains(&name.to_owned()), "{name}"),
            value => assert_eq!(reply.overwritten(name), Some(value.to_owned())),
        }
    }
}

const IDENTITY: [&str; 6] = [
    "x-auth-request-user",
    "x-auth-request-scope",
    "x-auth-request-client",
    "x-auth-request-issuer",
    "x-auth-request-audience",
    "x-auth-request-expires",
];

#[test]
fn requests_that_need_no_token_lose_every_identity_header() {
    let (demo, _) = Server::demo();
    let server = with_config(&demo, "grpc-public.toml", RULES);
    let reply = Check::new("GET", "/health").ask(&server);
    assert_eq!(reply.code(), 0);
    assert_eq!(reply.removed(), IDENTITY);
}

#[test]
fn a_refusal_is_that_of_the_http_endpoint() {
    let (demo, _) = Server::demo();
    let server = with_config(&demo, "grpc-refusals.toml", RULES);
    let poor = bearer(&demo.token("scope=profile"));
    let expired = bearer(&demo.token("scope=read:orders&lifetime=-3600"));
    for (method, path, authorization, status, code) in [
        ("GET", "/orders", None, 401, 16),
        ("GET", "/orders", Some("Bearer a.b.c"), 401, 16),
        ("GET", "/orders", Some(&expired), 401, 16),
        ("GET", "/orders", Some(&poor), 403, 7),
        ("DELETE", "/orders", Some(&poor), 403, 7),
        ("GET", "/orders/../health", None, 403, 7),
        ("OPTIONS", "*", None, 403, 7),
    ] {
        let mut check = Check::new(method, path);
        if let Some(authorization) = authorization {
            check = check.header("authorization", authorization);
        }
        let reply = check.ask(&server);
        let over_http = server.get("/auth", &super::original(method, path, authorization));
        assert_eq!((reply.code(), reply.status()), (code, status), "{method} {path}");
        assert_eq!(over_http.status, status, "{method} {path}");
        assert_eq!(reply.body(), over_http.body);
        for name in ["content-type", "cache-control", "www-authenticate", "retry-after"] {
            assert_eq!(reply.overwritten(name).as_deref(), over_http.header(name), "{name}");
        }
    }
    assert!(Check::new("GET", "/orders").ask(&server).overwritten(CHALLENGE).is_none());
}

#[test]
fn method_and_path_come_from_the_attributes_alone() {
    let (demo, _) = Server::demo();
    let server = with_config(&demo, "grpc-attributes.toml", RULES);
    let check = Check::new("GET", "/orders").header(":path", "/health").header(":method", "GET");
    assert_eq!(check.ask(&server).status(), 401);
    // Another proxy's headers open nothing, but must not contradict.
    for (name, value) in [
        ("x-original-uri", "/health"),
        ("x-forwarded-uri", "/health"),
        ("x-forwarded-method", "PUT"),
    ] {
        assert_eq!(
            Check::new("GET", "/orders").header(name, value).ask(&server).status(),
            403,
            "{name}"
        );
        assert_eq!(
            Check::new("GET", "/health").header(name, "/orders").ask(&server).status(),
            403,
            "{name}"
        );
    }
    let agreed = Check::new("GET", "/health?a").header("x-original-uri", "/health?a");
    assert_eq!(agreed.ask(&server).code(), 0);
}

#[test]
fn a_token_that_is_sent_twice_is_refused() {
    let (demo, _) = Server::demo();
    let server = Server::for_demo(&demo, &[]);
    let token = bearer(&demo.token("scope=read:orders"));
    let check = || Check::new("GET", "/");
    let raw = |value: &str| check().raw_header("authorization", value);
    assert_eq!(raw(&token).ask(&server).code(), 0);
    for twice in [
        check().header("authorization", &format!("{token},{token}")),
        check().header("authorization", &format!("{token}, Bearer x")),
        raw(&token).raw_header("Authorization", &token),
        raw(&token).header("authorization", &token),
    ] {
        let (reply, expected) =
            (twice.ask(&server), server.get("/auth", &[("Authorization", token.as_str()); 2]));
        assert_eq!((reply.status(), reply.body()), (expected.status, expected.body.as_str()));
    }
}

#[test]
fn cookies_that_envoy_joined_are_refused() {
    let (demo, _) = Server::demo();
    let settings = "proxy = \"envoy\"\ntoken_from = { cookie = \"session\" }\n";
    let server = with_config(&demo, "grpc-cookie.toml", settings);
    let token = demo.token("scope=read:orders");
    let check = |cookie: &str| Check::new("GET", "/").header("cookie", cookie).ask(&server).code();
    assert_eq!(check(&format!("a=1; session={token}")), 0);
    for joined in [format!("session={token}; a=1,session=evil"), format!("a=1,session={token}")] {
        assert_ne!(check(&joined), 0, "{joined}");
    }
    // As they came, a comma is part of a value.
    let raw = Check::new("GET", "/").raw_header("cookie", &format!("a=1,2; session={token}"));
    assert_eq!(raw.ask(&server).code(), 0);
}

#[test]
fn without_keys_a_check_is_denied_before_its_client_gives_up() {
    let (demo, _) = Server::demo();
    let token = bearer(&demo.token("scope=read:orders"));
    // It accepts connections, and never answers.
    let hanging = TcpListener::bind("127.0.0.1:0").unwrap();
    let issuer = format!("http://{}", hanging.local_addr().unwrap());
    let policy = ["--issuer", &issuer, "--audience", "https://api.example.com"];
    let server = Server::start(&[&policy[..], &["--allow-insecure-loopback"]].concat());
    let check = Check::new("GET", "/").header("authorization", &token).timeout("400m");
    let begun = Instant::now();
    let reply = check.ask(&server);
    // Without a timeout, a request waits for two seconds.
    assert!(begun.elapsed() < Duration::from_millis(1500), "{:?}", begun.elapsed());
    assert_eq!((reply.code(), reply.status()), (14, 503));
    assert!(reply.overwritten("retry-after").is_some());
    assert_eq!(Check::new("GET", "/").ask(&server).status(), 401);
    assert_eq!(health(&server, "envoy.service.auth.v3.Authorization"), Ok(2));
    assert_eq!(health(&server, ""), Ok(1));
}

#[test]
fn a_malformed_check_is_denied_and_no_error_of_grpc() {
    let (demo, _) = Server::demo();
    let server = Server::for_demo(&demo, &[]);
    let token = bearer(&demo.token("scope=read:orders"));
    let good = Check::new("GET", "/").header("authorization", &token).encoded();
    assert_eq!(Reply::of(call(&server, CHECK, &[], good.clone())).code(), 0);
    let mut compressed = good.clone();
    compressed[0] = 1;
    for (body, status) in [
        (vec![], 403),
        (good[..4].to_vec(), 403),
        (good[..good.len() - 1].to_vec(), 403),
        ([&good[..], b"\0"].concat(), 403),
        ([&good[..], &good[..]].concat(), 403),
        (compressed, 403),
        (framed(b"\xff\xff\xff"), 403),
        (framed(b""), 403),
        (framed(b"\x0a\x00"), 403),
        (Check::new("GET", "/").header("a b", "c").encoded(), 403),
        (Check::new("GET", "/").header("a", "b\r\nc: d").encoded(), 403),
        (b"\0\x7f\xff\xff\xff".to_vec(), 431),
        (Check::new("GET", "/").header("a", &"b".repeat(70_000)).encoded(), 431),
    ] {
        let reply = Reply::of(call(&server, CHECK, &[], body.clone()));
        assert_eq!((reply.code(), reply.status()), (7, status), "{body:?}");
        assert_eq!(reply.overwritten("content-type").as_deref(), Some("application/json"));
    }
    let metrics = server.get("/metrics", &[]).body;
    assert!(
        metrics.contains("tollgate_verdicts_total{reason=\"check-malformed\"} 13"),
        "{metrics}"
    );
}

/// A call has the status 200 whatever its answer, which a proxy that asks over HTTP would take as a permission.
#[test]
fn only_calls_of_grpc_are_answered() {
    let (demo, _) = Server::demo();
    let server = Server::for_demo(&demo, &[]);
    for content_type in ["application/json", "application/grpcx", "text/plain"] {
        let answer = call(&server, CHECK, &[("content-type", content_type)], vec![]);
        assert_eq!(answer.status, 415, "{content_type}");
    }
    let over_http1 = [("Content-Type", "application/grpc"), ("Content-Length", "0")];
    for target in [CHECK, HEALTH] {
        assert_eq!(server.ask("POST", target, &over_http1).status, 415);
        assert_eq!(server.ask("GET", target, &over_http1).status, 405);
    }
    // A client of gRPC takes 404 as UNIMPLEMENTED.
    assert_eq!(
        call(&server, "/envoy.service.auth.v2.Authorization/Check", &[], framed(b"")).status,
        404
    );
}

#[test]
fn health_is_that_of_the_process_or_of_the_keys() {
    let (demo, _) = Server::demo();
    let server = Server::for_demo(&demo, &[]);
    assert_eq!(health(&server, ""), Ok(1));
    assert_eq!(health(&server, "envoy.service.auth.v3.Authorization"), Ok(1));
    assert_eq!(health(&server, "another"), Err("5".to_owned()));
    assert_eq!(health(&server, &"x".repeat(1000)), Err("3".to_owned()));
    let watched = call(&server, "/grpc.health.v1.Health/Watch", &[], framed(b""));
    assert_eq!((watched.status, watched.trailer("grpc-status")), (200, Some("12")));
}

#[test]
fn http2_and_http1_get_the_same_answers() {
    let (demo, _) = Server::demo();
    let server = Server::for_demo(&demo, &[]);
    let token = bearer(&demo.token("scope=read:orders"));
    for authorization in ["Basic eA==", &token] {
        let answer = client::get(&server, "/auth", &[("authorization", authorization)]);
        let expected = server.get("/auth", &[("Authorization", authorization)]);
        assert_eq!((answer.status, answer.body), (expected.status, expected.body.into_bytes()));
    }
}

#[cfg(unix)]
#[test]
fn a_stop_says_goodbye_to_http2_clients() {
    let (demo, _) = Server::demo();
    let server = Server::for_demo(&demo, &[]);
    let client = frames::Client::connect(&server);
    server.signal("TERM");
    let begun = Instant::now();
    let goodbye = client.goodbye();
    assert_eq!(goodbye, Some(0), "NO_ERROR");
    assert_eq!(server.ended(), 0);
    assert!(begun.elapsed() < Duration::from_secs(5));
}
