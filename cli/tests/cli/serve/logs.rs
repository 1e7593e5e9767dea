//! What the log says, and what it never says.

use serde_json::Value;

use super::{RULES, bearer, config_for, file, original};
use crate::server::Server;
use crate::support::tollgate;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// A server that logs as in production, with [`RULES`].
fn logging(demo: &Server, name: &str, arguments: &[&str]) -> Server {
    let config = file(name, &config_for(demo, RULES));
    let own = ["--config", config.to_str().unwrap(), "--log-level", "info"];
    let server = Server::start(&[&own[..], arguments].concat());
    server.wait_until_ready();
    server
}

#[test]
fn a_refusal_is_logged_with_what_its_operator_needs() {
    let (demo, _) = Server::demo();
    let server = logging(&demo, "refusal.toml", &[]);
    let good = bearer(&demo.token("scope=other&subject=user_1"));
    let traceparent = format!("00-{TRACE}-b7ad6b7169203331-01");
    let mut headers = original("GET", "/orders/7?secret=1", Some(&good));
    headers.extend([("X-Request-Id", "req\t7"), ("traceparent", &traceparent)]);
    assert_eq!(server.get("/auth", &headers).status, 403);
    let line = server.logged_line("refused");
    let issuer = demo.issuer();
    for part in [
        " INFO refused ",
        "reason=\"insufficient-scope\"",
        "method=\"GET\"",
        "path=\"/orders/7\"",
        "rule=2",
        &format!("issuer=\"{issuer}\""),
        "kid=\"",
        "verified=true",
        "subject=\"user_1\"",
        r#"request_id="req\\u{9}7""#,
        &format!("trace_id=\"{TRACE}\""),
    ] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    assert!(!line.contains("secret"), "{line}");
}

#[test]
fn what_is_not_verified_is_marked_and_has_no_subject() {
    let (demo, _) = Server::demo();
    let server = logging(&demo, "unverified.toml", &[]);
    let forged = bearer(&format!("{}AAAA", demo.token("subject=user_1")));
    server.get("/auth", &original("GET", "/", Some(&forged)));
    let line = server.logged_line("refused");
    assert!(line.contains("verified=false"), "{line}");
    assert!(line.contains(&format!("issuer=\"{}\"", demo.issuer())), "{line}");
    assert!(!line.contains("subject") && !line.contains("rule"), "{line}");
}

#[test]
fn a_valid_token_is_verified_even_if_its_user_must_sign_in_again() {
    let (demo, _) = Server::demo();
    let rule = "proxy = \"nginx\"\n[[rule]]\npath = \"/\"\nmax_age = 60\n";
    let config = file("step-up.toml", &config_for(&demo, rule));
    let own = ["--config", config.to_str().unwrap(), "--log-level", "info"];
    let server = Server::start(&own);
    server.wait_until_ready();
    let token = bearer(&demo.token("subject=user_1"));
    assert_eq!(server.get("/auth", &original("GET", "/", Some(&token))).status, 401);
    let line = server.logged_line("refused");
    for part in ["insufficient-user-authentication", "verified=true", "subject=\"user_1\""] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
}

#[test]
fn what_a_client_sends_is_logged_even_if_no_rule_can_judge_it() {
    let (demo, _) = Server::demo();
    let server = logging(&demo, "malformed.toml", &[]);
    server.get("/auth", &original("GET", "/a/../b?x", None));
    let line = server.logged_line("refused");
    assert!(line.contains("reason=\"path-malformed\" method=\"GET\" path=\"/a/../b\""), "{line}");
    server.get("/auth", &original("PUT", "/orders", None));
    let line = server.logged_line("method-not-listed");
    assert!(line.contains("method=\"PUT\" path=\"/orders\""), "{line}");
}

#[test]
fn requests_that_pass_are_not_logged() {
    let (demo, _) = Server::demo();
    let server = logging(&demo, "passing.toml", &[]);
    let good = bearer(&demo.token("scope=read:orders"));
    assert_eq!(server.get("/auth", &original("GET", "/orders", Some(&good))).status, 200);
    assert_eq!(server.get("/auth", &original("GET", "/health", None)).status, 200);
    server.get("/auth", &original("GET", "/orders", None));
    server.logged("authorization-missing");
    assert_eq!(server.log().matches("refused").count(), 1, "{}", server.log());
}

#[test]
fn a_flood_of_refusals_does_not_flood_the_log() {
    let (demo, _) = Server::demo();
    let server = logging(&demo, "flood.toml", &[]);
    for _ in 0..50 {
        server.get("/auth", &original("GET", "/orders", None));
    }
    let line = server.logged_line("more refusals");
    assert!(line.contains("reason=\"authorization-missing\" left_out="), "{line}");
    let lines = server.log().matches("INFO refused").count();
    // The interval may end in between.
    assert!((10..=20).contains(&lines), "{lines}");
}

#[test]
fn logs_never_show_a_token() {
    let (demo, _) = Server::demo();
    for format in ["text", "json"] {
        let config = file("tokens.toml", &config_for(&demo, RULES));
        let config = config.to_str().unwrap();
        let server = Server::start(&["--config", config, "--log-format", format]);
        server.wait_until_ready();
        let good = demo.token("scope=read:orders");
        let expired = demo.token("lifetime=-100");
        for token in [&good, &expired, &format!("{good}A"), &good.replace('.', "..")] {
            let path = format!("/orders/{token}?token={token}");
            let value = bearer(token);
            for authorization in [None, Some(value.as_str()), Some(token.as_str())] {
                let mut headers = original("GET", &path, authorization);
                headers.push(("X-Request-Id", token));
                server.get("/auth", &headers);
                server.get(&format!("/auth/{token}"), &headers);
            }
        }
        server.get("/auth", &original("PUT", "/orders", None));
        server.logged("method-not-listed");
        let log = server.log();
        for reason in ["expired", "authorization-missing"] {
            assert!(log.contains(reason), "{log}");
        }
        for token in [good, expired] {
            for part in token.split('.') {
                assert!(!log.contains(part), "{log}");
            }
        }
    }
}

#[test]
fn each_line_of_a_json_log_is_an_object() {
    let (demo, _) = Server::demo();
    let server = logging(&demo, "json.toml", &["--log-format", "json"]);
    let forged = bearer(&format!("{}AAAA", demo.token("subject=user_1")));
    server.get("/auth", &original("GET", "/orders", Some(&forged)));
    server.logged("refused");
    let log = server.log();
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let refused = lines.into_iter().find(|line| line["message"] == "refused").unwrap();
    assert_eq!(refused["level"], "INFO");
    assert_eq!(refused["path"], "/orders");
    assert_eq!(refused["rule"], 2);
    assert_eq!(refused["issuer"], demo.issuer());
    assert_eq!(refused["verified"], false);
}

#[test]
fn errors_before_the_start_are_json_too() {
    let wrong = file("not-toml.toml", "listne = 1\n\"a");
    let wrong = wrong.to_str().unwrap();
    for (arguments, expected) in [
        (&["--log-format", "json"][..], "no issuer is configured"),
        (&["--log-format=json", "--config", wrong], "TOML"),
        (&["--log-format", "json", "--config", "/nowhere/a.toml"], "cannot read"),
        (&["--idle-timeout", "soon", "--log-format", "json"], "5 minutes"),
        (&["--log-format", "json", "--listne", "a"], "--listne"),
        (&["--log-format", "json", "--log-level", "loud"], "choose off"),
    ] {
        let run = tollgate(&[&["serve"], arguments].concat(), "");
        assert_eq!(run.code, 2, "{arguments:?}");
        let line: Value = serde_json::from_str(&run.stderr)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", run.stderr));
        assert_eq!(line["level"], "ERROR");
        assert!(line["error"].as_str().unwrap().contains(expected), "{arguments:?}: {line}");
    }
    let run = tollgate(&["serve"], "");
    assert!(run.stderr.starts_with("error: "), "for people: {}", run.stderr);
}
