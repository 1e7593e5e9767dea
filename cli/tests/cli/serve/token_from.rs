//! Tokens in other places than the Authorization header.

use super::{bearer, config_for, file, original, reason_of, with_config};
use crate::server::{Answer, Server};
use crate::support::tollgate;

const SOURCES: &str = r#"
proxy = "nginx"
token_from = ["authorization", { cookie = "session" }, { header = "X-Token" }]
public_url = "https://app.example.com"
realm = "orders"
rule = [
    { path = "/health", public = true },
    { path = "/orders", cors_preflight = true, methods = ["GET", "POST"] },
]
"#;

/// A check for a request with these fields.
fn ask(server: &Server, method: &str, fields: &[(&str, &str)]) -> Answer {
    server.get("/auth", &[&original(method, "/orders", None), fields].concat())
}

#[test]
fn a_token_is_found_where_the_configuration_says() {
    let (demo, _) = Server::demo();
    let server = with_config(&demo, "sources.toml", SOURCES);
    let token = demo.token("scope=read:orders");
    let (bearer, cookie) = (bearer(&token), format!("a=1; session={token}"));
    for field in [("Authorization", &bearer), ("Cookie", &cookie), ("X-Token", &token)] {
        let answer = ask(&server, "GET", &[(field.0, field.1)]);
        assert_eq!(answer.status, 200, "{}: {answer:?}", field.0);
        assert_eq!(answer.header("x-auth-request-user"), Some("user_7f3k"));
    }
    for field in [("X_Token", &token), ("X-Other", &token), ("Cookie", &token)] {
        let answer = ask(&server, "GET", &[(field.0, field.1)]);
        assert_eq!(answer.status, 401, "{}: {answer:?}", field.0);
    }
    let query = format!("/orders?access_token={token}");
    assert_eq!(server.get("/auth", &original("GET", &query, None)).status, 401);
}

#[test]
fn without_any_token_the_challenge_is_bare_wherever_a_token_may_be() {
    let (demo, _) = Server::demo();
    let server = with_config(&demo, "no-token.toml", SOURCES);
    for fields in [&[][..], &[("Cookie", "session=")], &[("X-Token", ""), ("Cookie", "a=b")]] {
        let answer = ask(&server, "GET", fields);
        assert_eq!(answer.status, 401, "{fields:?}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"orders\""));
        assert_eq!(answer.json()["code"], "auth.authorization_header_missing");
        assert_eq!(answer.json()["message"], "the request carries no token");
        assert_eq!(reason_of(&server), "authorization-missing");
    }
}

#[test]
fn a_token_that_is_given_twice_is_an_invalid_request() {
    let (demo, _) = Server::demo();
    let server = with_config(&demo, "twice.toml", SOURCES);
    let token = demo.token("scope=read:orders");
    let (bearer, cookie) = (bearer(&token), format!("session={token}"));
    let twice = format!("{cookie}; {cookie}");
    for fields in [
        &[("Authorization", bearer.as_str()), ("Cookie", &cookie)][..],
        &[("X-Token", &token), ("Cookie", &cookie)],
        &[("X-Token", &token), ("X-Token", &token)],
        &[("Cookie", &twice)],
        &[("Cookie", &cookie), ("Cookie", "a=1")],
    ] {
        let answer = ask(&server, "GET", fields);
        assert_eq!(answer.status, 400, "{answer:?}");
        assert_eq!(answer.json()["code"], "invalid_request");
        let challenge = "Bearer realm=\"orders\", error=\"invalid_request\", error_description=\"the request \
                         carries a token more than once\"";
        assert_eq!(answer.header("www-authenticate"), Some(challenge));
        assert_eq!(reason_of(&server), "token-repeated");
    }
}

#[test]
fn another_site_cannot_use_the_cookie_of_a_user() {
    let (demo, _) = Server::demo();
    let server = with_config(&demo, "cross-site.toml", SOURCES);
    let token = demo.token("scope=read:orders");
    let (bearer, cookie) = (bearer(&token), format!("session={token}"));
    let by_cookie = ("Cookie", cookie.as_str());
    let websocket = ("Sec-WebSocket-Version", "13");
    for (method, fields, status) in [
        ("GET", vec![("Sec-Fetch-Site", "cross-site")], 200),
        ("POST", vec![("Sec-Fetch-Site", "cross-site")], 403),
        ("POST", vec![("Sec-Fetch-Site", "same-site"), ("Origin", "https://app.example.com")], 403),
        ("POST", vec![("Sec-Fetch-Site", "same-origin")], 200),
        ("POST", vec![("Sec-Fetch-Site", "none")], 200),
        ("POST", vec![("Origin", "https://app.example.com")], 200),
        ("POST", vec![("Origin", "https://evil.example")], 403),
        ("POST", vec![("Origin", "null")], 403),
        ("POST", vec![], 200),
        ("GET", vec![websocket, ("Origin", "https://evil.example")], 403),
        ("GET", vec![websocket, ("Origin", "https://app.example.com")], 200),
    ] {
        let answer = ask(&server, method, &[&fields[..], &[by_cookie]].concat());
        assert_eq!(answer.status, status, "{method} {fields:?}: {answer:?}");
        if status == 403 {
            assert_eq!(answer.json()["code"], "access_denied");
            assert_eq!(answer.header("www-authenticate"), None);
            assert_eq!(reason_of(&server), "cross-site");
        }
        let fields = [&fields[..], &[("Authorization", bearer.as_str())]].concat();
        assert_eq!(
            ask(&server, method, &fields).status,
            200,
            "another site cannot set that header"
        );
    }
    let log = server.log();
    assert!(
        log.contains("Origin is \"https://evil.example\"") && log.contains("public_url"),
        "{log}"
    );
}

#[test]
fn a_preflight_with_a_token_is_none() {
    let (demo, _) = Server::demo();
    let server = with_config(&demo, "preflight-token.toml", SOURCES);
    let preflight = [("Origin", "https://app.example"), ("Access-Control-Request-Method", "POST")];
    assert_eq!(ask(&server, "OPTIONS", &preflight).status, 200);
    for field in [("Cookie", "session=a"), ("X-Token", "a")] {
        let answer = ask(&server, "OPTIONS", &[&preflight[..], &[field]].concat());
        assert_eq!(answer.status, 403, "{field:?}: {answer:?}");
    }
}

#[test]
fn a_cookie_needs_the_original_method_even_without_rules() {
    let (demo, _) = Server::demo();
    let cookie = "token_from = { cookie = \"session\" }";
    let config = file("no-proxy.toml", &config_for(&demo, cookie));
    let run = tollgate(&["serve", "--config", config.to_str().unwrap()], "");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("proxy is not set, but a cookie"), "{}", run.stderr);
    assert!(run.stderr.contains("--proxy"), "{}", run.stderr);

    let server = with_config(&demo, "no-rules.toml", &format!("proxy = \"traefik\"\n{cookie}"));
    let token = format!("session={}", demo.token("scope=read:orders"));
    let check = |method| {
        server.get(
            "/auth",
            &[
                ("X-Forwarded-Method", method),
                ("X-Forwarded-Uri", "/orders"),
                ("Cookie", &token),
                ("Sec-Fetch-Site", "cross-site"),
            ],
        )
    };
    assert_eq!((check("GET").status, check("POST").status), (200, 403));
    assert!(
        server.log().contains("let the proxy pass Sec-Fetch-Site"),
        "Traefik passes what is listed"
    );
    assert_eq!(server.get("/auth", &[("Cookie", &token)]).status, 403, "the method is not known");
}

#[test]
fn flags_name_sources_and_origins() {
    let (demo, _) = Server::demo();
    let flags = [
        "--proxy",
        "nginx",
        "--token-from",
        "header=X-Token:Token",
        "--token-from",
        "cookie=session",
        "--public-url",
        "https://app.example.com",
    ];
    let server = Server::for_demo(&demo, &flags);
    let token = demo.token("scope=read:orders");
    assert_eq!(ask(&server, "GET", &[("X-Token", &format!("token {token}"))]).status, 200);
    assert_eq!(ask(&server, "GET", &[("Authorization", &bearer(&token))]).status, 401);
    let cookie = format!("session={token}");
    let from = |origin| ask(&server, "POST", &[("Cookie", cookie.as_str()), ("Origin", origin)]);
    assert_eq!(from("https://app.example.com").status, 200);
    assert_eq!(from("https://evil.example").status, 403);
}

#[test]
fn the_metadata_name_the_header_only_if_it_is_read() {
    let (demo, _) = Server::demo();
    for (source, methods) in [
        ("\"authorization\"", serde_json::json!(["header"])),
        ("{ header = \"X-Token\" }", serde_json::json!([])),
    ] {
        let rest = format!("resource = \"https://api.example.com\"\ntoken_from = {source}");
        let server = with_config(&demo, "metadata.toml", &rest);
        let answer = server.get("/.well-known/oauth-protected-resource", &[]);
        assert_eq!(answer.json()["bearer_methods_supported"], methods);
    }
}
