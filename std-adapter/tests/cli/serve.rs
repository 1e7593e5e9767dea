//! `tollgate serve`, asked as proxies ask it.

use std::path::PathBuf;
use std::{env, fs, process};

use crate::server::{Answer, Server, wait_for};
use crate::support::tollgate;

const IDENTITY: [&str; 6] = [
    "x-auth-request-user",
    "x-auth-request-scope",
    "x-auth-request-client",
    "x-auth-request-issuer",
    "x-auth-request-audience",
    "x-auth-request-expires",
];

fn file(name: &str, content: &str) -> PathBuf {
    let folder = env::temp_dir().join(format!("tollgate-serve-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, content).unwrap();
    path
}

/// The lines for a shell that the demo prints: each one's token, if any, and its URL.
fn curl_lines(greeting: &str) -> Vec<(Option<String>, String)> {
    let lines = greeting.lines().filter(|line| line.starts_with("curl"));
    lines
        .map(|line| {
            let token =
                line.split_once("Bearer ").map(|(_, rest)| rest.split('\'').next().unwrap());
            (token.map(str::to_owned), line.split(' ').next_back().unwrap().to_owned())
        })
        .collect()
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// A server for the demo's tokens, configured by this file beside.
fn with_config(demo: &Server, name: &str, rest: &str) -> Server {
    let config = file(name, &config_for(demo, rest));
    let server = Server::start(&["--config", config.to_str().unwrap()]);
    server.wait_until_ready();
    server
}

fn config_for(demo: &Server, rest: &str) -> String {
    format!(
        "allow_insecure_loopback = true\n{rest}\n[[issuer]]\nissuer = \"{}\"\n\
         audience = \"https://api.example.com\"\n",
        demo.issuer()
    )
}

const RULES: &str = r#"
proxy = "nginx"
rule = [
    { path = "/health", public = true },
    { path = "/orders", methods = ["GET"], scope = "read:orders" },
    { path = "/orders", methods = ["POST"], scope = ["write:orders"], cors_preflight = true },
]
"#;

#[test]
fn the_demo_answers_its_own_lines_as_it_says() {
    let (demo, greeting) = Server::demo();
    let lines = curl_lines(&greeting);
    let mut statuses = Vec::new();
    for (token, url) in &lines {
        let path = url.strip_prefix(&format!("http://{}", demo.address)).unwrap();
        let authorization = token.as_deref().map(bearer);
        let headers = authorization.iter().map(|value| ("Authorization", value.as_str()));
        statuses.push(demo.get(path, &headers.collect::<Vec<_>>()).status);
    }
    assert_eq!(statuses, [200, 401, 401, 403, 401]);
    for status in ["200", "401", "403"] {
        assert!(greeting.contains(&format!(": {status}\n")), "{greeting}");
    }
}

#[test]
fn the_demo_mints_what_is_asked_for() {
    let (demo, _) = Server::demo();
    for (query, status, reason) in [
        ("scope=read:orders", 200, ""),
        ("scope=read:orders&alg=ES256", 200, ""),
        ("scope=write:orders+read:orders", 200, ""),
        ("scope=write:orders", 403, "insufficient_scope"),
        ("scope=read:orders&lifetime=-100", 401, "invalid_token"),
        ("scope=read:orders&audience=https://other.example", 401, "invalid_token"),
    ] {
        let authorization = bearer(&demo.token(query));
        let answer = demo.get("/orders", &[("Authorization", &authorization)]);
        assert_eq!(answer.status, status, "{query}: {answer:?}");
        assert!(answer.body.contains(reason), "{query}: {answer:?}");
    }
    assert_eq!(demo.get("/demo/token?alg=HS256", &[]).status, 400);
    assert_eq!(demo.get("/demo/token?scop=a", &[]).status, 400);
    let json = demo.get("/demo/token", &[("Accept", "application/json")]).json();
    assert_eq!(json["token_type"], "Bearer");
}

#[test]
fn the_demo_listens_on_loopback_only() {
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:4180"] {
        let run = tollgate(&["serve", "--demo", "--listen", listen], "");
        assert_eq!(run.code, 2, "{listen}");
        assert!(run.stderr.contains("loopback"), "{}", run.stderr);
    }
}

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
        (None, 401, "Bearer", "auth.authorization_header_missing"),
        (
            Some("Basic YTpi".to_owned()),
            401,
            "Bearer",
            "auth.authorization_token_type_not_supported",
        ),
        (
            Some(bearer(&format!("{signed}.{}", "A".repeat(128)))),
            401,
            "Bearer error=\"invalid_token\", error_description=\"the signature does not verify\"",
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

/// The reason of the last verdict in the log.
fn reason_of(server: &Server) -> String {
    // The line is written before the answer, but by another thread than reads it.
    std::thread::sleep(std::time::Duration::from_millis(50));
    let log = server.log();
    let (_, rest) = log.rsplit_once("reason=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
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

fn original<'a>(
    method: &'a str,
    uri: &'a str,
    authorization: Option<&'a str>,
) -> Vec<(&'a str, &'a str)> {
    let mut headers = vec![("X-Original-Method", method), ("X-Original-URI", uri)];
    headers.extend(authorization.map(|value| ("Authorization", value)));
    headers
}

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
        // What can be read in two ways.
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
fn the_original_request_is_told_once_and_by_the_named_proxy_only() {
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
fn a_resource_describes_itself() {
    let (demo, _) = Server::demo();
    let rest = format!("resource = \"https://api.example.com/v1\"\nrealm = \"orders\"\n{RULES}");
    let config = format!("{}scope = \"enter\"\n", config_for(&demo, &rest));
    let config = file("resource.toml", &config);
    let server = Server::start(&["--config", config.to_str().unwrap()]);
    server.wait_until_ready();
    let answer = server.get("/.well-known/oauth-protected-resource/v1", &[]);
    assert_eq!(
        answer.json(),
        serde_json::json!({
            "resource": "https://api.example.com/v1",
            "authorization_servers": [demo.issuer()],
            "bearer_methods_supported": ["header"],
            "scopes_supported": ["enter", "read:orders", "write:orders"],
        })
    );
    assert_eq!(
        server.get("/auth", &original("GET", "/", None)).header("www-authenticate"),
        Some(
            "Bearer realm=\"orders\", resource_metadata=\
             \"https://api.example.com/.well-known/oauth-protected-resource/v1\""
        )
    );
    assert_eq!(server.get("/.well-known/oauth-protected-resource", &[]).status, 404);
    assert_eq!(demo.get("/.well-known/oauth-protected-resource", &[]).status, 404);
}

#[test]
fn metrics_count_verdicts_and_fetches() {
    let (demo, _) = Server::demo();
    let server = Server::for_demo(&demo, &[]);
    let good = bearer(&demo.token("scope=read:orders"));
    let ask = |headers: &[(&str, &str)]| -> Answer { server.get("/auth", headers) };
    ask(&[("Authorization", &good)]);
    ask(&[("Authorization", &good)]);
    ask(&[]);
    let answer = server.get("/metrics", &[]);
    assert!(answer.header("content-type").unwrap().starts_with("text/plain"));
    let issuer = demo.issuer();
    for line in [
        "tollgate_verdicts_total{reason=\"accepted\"} 2".to_owned(),
        "tollgate_verdicts_total{reason=\"authorization-missing\"} 1".to_owned(),
        "tollgate_verdict_duration_seconds_count 3".to_owned(),
        format!("tollgate_keys{{issuer=\"{issuer}\"}} 2"),
        format!("tollgate_key_fetches_total{{issuer=\"{issuer}\",result=\"new\"}} 1"),
    ] {
        assert!(answer.body.lines().any(|it| it == line), "{line} is not in {}", answer.body);
    }
    assert!(answer.body.contains("tollgate_keys_age_seconds"));
}

#[test]
fn logs_never_show_a_token() {
    let (demo, _) = Server::demo();
    let server = Server::for_demo(&demo, &[]);
    let good = demo.token("scope=read:orders");
    let expired = demo.token("lifetime=-100");
    for token in [&good, &expired, &format!("{good}A"), &good.replace('.', "..")] {
        server.get("/auth", &[("Authorization", &bearer(token))]);
        server.get("/auth", &[("Authorization", token)]);
    }
    reason_of(&server);
    let log = server.log();
    assert!(log.contains("reason=\"accepted\"") && log.contains("reason=\"expired\""), "{log}");
    for token in [good, expired] {
        for part in token.split('.') {
            assert!(!log.contains(part), "{log}");
        }
    }
}

#[test]
fn a_snapshot_starts_a_server_whose_issuer_is_down() {
    let snapshot = file("snapshot.json", "");
    fs::remove_file(&snapshot).unwrap();
    let (demo, _) = Server::demo();
    let (issuer, good) = (demo.issuer(), bearer(&demo.token("scope=read:orders")));
    let path = snapshot.to_str().unwrap();
    let server = Server::for_demo(&demo, &["--snapshot", path]);
    wait_for("the file", || snapshot.exists().then_some(()));
    drop((server, demo));
    let server = Server::start(&[
        "--issuer",
        &issuer,
        "--audience",
        "https://api.example.com",
        "--allow-insecure-loopback",
        "--snapshot",
        path,
    ]);
    assert_eq!(server.get("/auth", &[("Authorization", &good)]).status, 200);
    assert_eq!(server.get("/readyz", &[]).status, 200);
}

#[cfg(unix)]
#[test]
fn a_hangup_reloads_the_configuration_and_a_bad_one_changes_nothing() {
    let (demo, _) = Server::demo();
    let server = with_config(&demo, "reload.toml", RULES);
    let good = bearer(&demo.token("scope=other"));
    let status = || server.get("/auth", &original("GET", "/orders", Some(&good))).status;
    assert_eq!(status(), 403);

    file("reload.toml", &config_for(&demo, &RULES.replace("read:orders", "other")));
    server.signal("HUP");
    server.logged("configuration reloaded");
    assert_eq!(status(), 200, "with the keys from before");

    file("reload.toml", "proxi = 1");
    server.signal("HUP");
    server.logged("kept as it was");
    assert_eq!(status(), 200);
}

#[cfg(unix)]
#[test]
fn a_signal_to_stop_ends_the_server_with_success() {
    for name in ["TERM", "INT"] {
        let (demo, _) = Server::demo();
        demo.signal(name);
        assert_eq!(demo.ended(), 0, "{name}");
    }
}

#[test]
fn a_wrong_configuration_is_an_error_that_names_the_key_and_the_fix() {
    let issuer = "issuer = \"https://auth.example.com/oidc\"\naudience = \"a\"\n";
    let table = |rest: &str| format!("[[issuer]]\n{issuer}{rest}");
    for (config, key, fix) in [
        (String::new(), "no issuer", "--issuer"),
        ("listne = \"127.0.0.1:1\"".to_owned(), "listne", "expected one of"),
        ("listen = \"127.0.0.1\"".to_owned(), "listen", "invalid socket address"),
        (table("audiense = \"a\""), "audiense", "expected one of"),
        ("[[issuer]]\nissuer = \"https://a.example\"".to_owned(), "audience", "name the API"),
        (table("any_audience = true"), "any_audience", "remove"),
        (table("leeway = \"2 hours\""), "leeway", "at most 3600 seconds"),
        (table("leeway = \"soon\""), "leeway", "5 minutes"),
        (table("algorithms = [\"RS256\"]"), "algorithms", "ES256 and ES384"),
        (table("typ = \"JWT\"\nany_typ = true"), "any_typ", "remove"),
        (table("scope = [\"read orders\"]"), "scope", "each scope by itself"),
        (table("max_stale = 0"), "max_stale", "a second or more"),
        (table("crit = [\"exp\", \"alg\"]"), "crit", "registered"),
        (table("required_claims = { a = false }"), "required_claims", "remove"),
        (table("max_token_age = \"5 months\""), "max_token_age", "30 days"),
        (table("jwks_uri = \"http://a.example/jwks\""), "jwks_uri", "https://"),
        (
            "[[issuer]]\nissuer = \"http://a.example\"\naudience = \"a\"".to_owned(),
            "issuer",
            "https://",
        ),
        (table("[[rule]]\npath = \"/a\""), "proxy", "nginx, traefik, caddy or envoy"),
        (format!("proxy = \"apache\"\n{}", table("")), "proxy", "nginx"),
        (format!("proxy = \"nginx\"\n{}[[rule]]\npath = \"a\"", table("")), "path", "/"),
        (format!("resource = \"api\"\n{}", table("")), "resource", "https://"),
        (format!("current_date = true\n{}", table("")), "current_date", "seconds since 1970"),
        (format!("current_date = \"yesterday\"\n{}", table("")), "current_date", "seconds"),
    ] {
        let path = file("wrong.toml", &config);
        let run =
            tollgate(&["serve", "--listen", "127.0.0.1:0", "--config", path.to_str().unwrap()], "");
        assert_eq!(run.code, 2, "{config}");
        assert!(run.stderr.contains(key), "{config}: {}", run.stderr);
        assert!(run.stderr.contains(fix), "{config}: {}", run.stderr);
    }
}

#[test]
fn an_empty_variable_of_the_environment_is_none() {
    let output = process::Command::new(env!("CARGO_BIN_EXE_tollgate"))
        .args(["serve", "--issuer", "http://127.0.0.1:1", "--audience", "a"])
        .envs(
            ["TOLLGATE_LISTEN", "TOLLGATE_SCOPE", "TOLLGATE_CONFIG", "TOLLGATE_LEEWAY"]
                .map(|it| (it, "")),
        )
        .output()
        .unwrap();
    // It comes as far as the issuer, which lacks https.
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(error.contains("https://"), "{error}");
}

#[test]
fn flags_that_contradict_each_other_are_an_error() {
    let config = file(
        "both.toml",
        "[[issuer]]\nissuer = \"https://a.example\"\naudience = \"https://api.example.com\"\n",
    );
    for (arguments, message) in [
        (&["--audience", "https://api.example.com"][..], "--issuer"),
        (
            &["--config", config.to_str().unwrap(), "--issuer", "https://a.example"],
            "use one of them",
        ),
        (&["--demo", "--issuer", "https://a.example"], "--demo"),
        (&["--config", "/nowhere/tollgate.toml"], "cannot read"),
    ] {
        let run = tollgate(&[&["serve"], arguments].concat(), "");
        assert_eq!(run.code, 2, "{arguments:?}");
        assert!(run.stderr.contains(message), "{arguments:?}: {}", run.stderr);
    }
}
