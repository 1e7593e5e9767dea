//! Rules by path and method, and where these are read from.

use super::{RULES, bearer, original, with_config};
use crate::server::Server;

const IDENTITY: [&str; 6] = [
    "x-auth-request-user",
    "x-auth-request-scope",
    "x-auth-request-client",
    "x-auth-request-issuer",
    "x-auth-request-audience",
    "x-auth-request-expires",
];

#[test]
fn rules_decide_by_path_and_method() {
    let (demo, _) = Server::demo();
    let server = with_config(&demo, "rules.toml", RULES);
    let reader = bearer(&demo.token("scope=read:orders"));
    let nobody = None;
    for (method, uri, authorization, status) in [
        ("GET", "/health", nobody, 200),
        ("POST", "/health/deep?x=1", nobody, 200),
        ("GET", "/healthy", nobody, 401),
        ("GET", "/", nobody, 401),
        ("GET", "/", Some(reader.as_str()), 200),
        ("GET", "/orders", Some(reader.as_str()), 200),
        ("HEAD", "/orders/7", Some(reader.as_str()), 200),
        ("GET", "/orders", nobody, 401),
        ("POST", "/orders", Some(reader.as_str()), 403),
        ("DELETE", "/orders", Some(reader.as_str()), 403),
        ("OPTIONS", "/orders", nobody, 403),
        // Ambiguous paths.
        ("GET", "//orders", Some(reader.as_str()), 403),
        ("GET", "/health/%2e%2e/orders", nobody, 403),
        ("GET", "/health/../orders", nobody, 403),
        ("GET", "/health%2f..%2forders", nobody, 403),
        ("GET", "/health;x/orders", nobody, 403),
        ("get", "/orders", Some(reader.as_str()), 403),
        ("GET", "http://127.0.0.1/health", nobody, 403),
    ] {
        let answer = server.get("/auth", &original(method, uri, authorization));
        assert_eq!(answer.status, status, "{method} {uri}: {answer:?}");
    }
}

#[test]
fn rules_require_claims_and_the_log_names_them() {
    let (demo, _) = Server::demo();
    let rules = "
        [[rule]]
        path = '/mine'
        required_claims = { sub = { present = true }, '/scope' = { contains = 'read:orders' } }
        [[rule]]
        path = '/admin'
        scope = 'read:orders'
        required_claims = [{ any = [{ claim = 'role', equals = 'admin' }, { claim = 'level', equals = 3 }] }]";
    let server = with_config(&demo, "rule-claims.toml", &format!("proxy = 'nginx'\n{rules}"));
    let reader = bearer(&demo.token("scope=read:orders"));
    let answer = server.get("/auth", &original("GET", "/mine", Some(&reader)));
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer = server.get("/auth", &original("GET", "/admin", Some(&reader)));
    assert_eq!(answer.status, 403, "{answer:?}");
    assert!(answer.body.contains("\"access_denied\""), "{answer:?}");
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    server.logged("role is absent, wanted it to be");
    server.logged("required_claims of the rule");
}

#[test]
fn every_pass_carries_all_identity_headers() {
    let (demo, _) = Server::demo();
    let server = with_config(&demo, "identity.toml", RULES);
    let mut public = original("GET", "/health", None);
    public.push(("X-Auth-Request-User", "admin"));
    let mut preflight = original("OPTIONS", "/orders", None);
    preflight
        .extend([("Origin", "https://app.example"), ("Access-Control-Request-Method", "POST")]);
    for headers in [public, preflight] {
        let answer = server.get("/auth", &headers);
        assert_eq!(answer.status, 200, "{answer:?}");
        for name in IDENTITY {
            assert_eq!(answer.header(name), Some(""), "{name}");
        }
    }
}

#[test]
fn preflights_pass_only_where_the_configuration_says_so() {
    let (demo, _) = Server::demo();
    let server = with_config(&demo, "preflight.toml", RULES);
    let preflight = |uri| {
        let mut headers = original("OPTIONS", uri, None);
        headers
            .extend([("Origin", "https://app.example"), ("Access-Control-Request-Method", "POST")]);
        server.get("/auth", &headers).status
    };
    assert_eq!(preflight("/orders/7"), 200);
    assert_eq!(preflight("/other"), 401);
}

#[test]
fn the_original_request_comes_once_and_only_from_the_named_proxy() {
    let (demo, _) = Server::demo();
    let server = with_config(&demo, "origin.toml", RULES);
    let method = ("X-Original-Method", "GET");
    let uri = ("X-Original-URI", "/health");
    for (what, headers, status) in [
        ("all is well", vec![method, uri], 200),
        ("no method", vec![uri], 403),
        ("no URI", vec![method], 403),
        ("two URIs", vec![method, uri, uri], 403),
        ("two methods", vec![method, method, uri], 403),
        (
            "another proxy's alone",
            vec![("X-Forwarded-Method", "GET"), ("X-Forwarded-Uri", "/health")],
            403,
        ),
        ("another proxy's, which differs", vec![method, uri, ("X-Forwarded-Uri", "/orders")], 403),
        ("another proxy's, which agrees", vec![method, uri, ("X-Forwarded-Uri", "/health")], 200),
    ] {
        assert_eq!(server.get("/auth", &headers).status, status, "{what}");
    }
}

#[test]
fn envoy_tells_the_original_request_by_the_check_itself() {
    let (demo, _) = Server::demo();
    let server = with_config(&demo, "envoy.toml", &RULES.replace("nginx", "envoy"));
    let reader = bearer(&demo.token("scope=read:orders"));
    let authorization = [("Authorization", reader.as_str())];
    assert_eq!(server.get("/auth/health", &[]).status, 200);
    assert_eq!(server.get("/auth/orders?x=1", &authorization).status, 200);
    assert_eq!(server.ask("POST", "/auth/orders", &authorization).status, 403);
    assert_eq!(server.get("/auth//orders", &authorization).status, 403);
    assert_eq!(server.get("/auth/health/../orders", &[]).status, 403);
    assert_eq!(server.get("/authhealth", &[]).status, 404);
}

#[test]
fn ingress_nginx_and_haproxy_have_headers_of_their_own() {
    let (demo, _) = Server::demo();
    let url = "https://api.example.com/health?x";
    for (proxy, headers) in [
        ("ingress-nginx", [("X-Original-Method", "GET"), ("X-Original-URL", url)]),
        ("haproxy", [("X-Forwarded-Method", "GET"), ("X-Forwarded-Uri", "/health?x")]),
    ] {
        let rules = RULES.replace("nginx", proxy);
        let server = with_config(&demo, &format!("{proxy}.toml"), &rules);
        assert_eq!(server.get("/auth", &headers).status, 200, "{proxy}");
        for forged in [
            ("X-Original-URI", "/orders"),
            ("X-Original-URL", "https://api.example.com/orders"),
            ("X-Forwarded-Method", "POST"),
        ] {
            let forged = [headers[0], headers[1], forged];
            assert_eq!(server.get("/auth", &forged).status, 403, "{proxy} {forged:?}");
        }
        let other = [("X-Original-Method", "GET"), ("X-Original-URI", "/health")];
        assert_eq!(server.get("/auth", &other).status, 403, "{proxy}");
    }
}

#[test]
fn without_rules_no_header_about_the_request_is_read() {
    let (demo, _) = Server::demo();
    let server = Server::for_demo(&demo, &["--proxy", "nginx"]);
    let good = bearer(&demo.token("scope=read:orders"));
    let headers =
        [("Authorization", good.as_str()), ("X-Original-URI", "//"), ("X-Original-URI", "")];
    assert_eq!(server.get("/auth", &headers).status, 200);
    assert_eq!(server.get("/auth/any//thing", &headers).status, 200);
}

#[test]
fn a_rule_and_the_default_deny_with_reasons_of_their_own() {
    let (demo, _) = Server::demo();
    let rules = "
        proxy = 'nginx'
        default = 'deny'
        rule = [{ path = '/orders' }, { path = '/orders/admin', deny = true }]";
    let server = with_config(&demo, "deny.toml", rules);
    let reader = bearer(&demo.token("scope=read:orders"));
    for (path, status) in
        [("/orders", 200), ("/orders/admin/x", 403), ("/other", 403), ("/ORDERS", 403)]
    {
        let answer = server.get("/auth", &original("GET", path, Some(&reader)));
        assert_eq!(answer.status, status, "{path}: {answer:?}");
    }
    let metrics = server.get("/metrics", &[]).body;
    for reason in ["denied-by-rule", "denied-by-default"] {
        assert!(metrics.contains(&format!("reason=\"{reason}\"")), "{reason}: {metrics}");
    }
}

#[test]
fn queries_refuse_nothing_whatever_they_contain() {
    let (demo, _) = Server::demo();
    let server = with_config(&demo, "queries.toml", RULES);
    let long = format!("/health?{}", "x".repeat(20_000));
    for uri in ["/health?name=J\u{fc}rgen", "/health?//;%2F..\\#", &long] {
        let answer = server.get("/auth", &original("GET", uri, None));
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

#[test]
fn the_server_warns_of_rules_that_never_decide() {
    let (demo, _) = Server::demo();
    let rules = "
        proxy = 'nginx'
        rule = [{ path = '/a' }, { path_exact = '/a' }, { path_pattern = '/a/{}' }]";
    let server = with_config(&demo, "unreachable.toml", rules);
    let line = server.logged_line("never decide");
    assert!(line.contains("WARN") && line.contains("path_pattern = \"/a/{}\""), "{line}");
}
