//! Reloads, signals, metrics, logs, and the commands that fetch keys.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::json;

use crate::gateway::{Gateway, config, tollgate, trust};
use crate::http::{Answer, Connection, Request};
use crate::parts::until;
use crate::provider::{ALGORITHMS, API, Provider, audience, tampered, with_kid};

/// A configuration for nginx with one rule.
fn with_rule(provider: &Provider, rule: &str) -> String {
    let issuer = config(provider, &format!("audience = \"{API}\""));
    format!("proxy = \"nginx\"\n{issuer}\n[[rule]]\n{rule}\n")
}

/// The check that nginx sends for a GET of a path.
fn check(path: &str) -> Request {
    let request = Request::get("/auth").header("X-Original-Method", "GET");
    request.header("X-Original-URI", path)
}

fn reconfigure(gateway: &Gateway, toml: &str, logged: &str) {
    gateway.folder.write("tollgate.toml", toml);
    gateway.process.signal("HUP");
    gateway.until_logged(logged);
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn a_reload_changes_the_rules_and_interrupts_nobody() {
    let provider = Provider::start();
    let token = provider.token();
    let public = with_rule(&provider, "path = \"/status\"\npublic = true");
    let gateway = Gateway::configured(&public, &[]).ready();
    let status = |path| check(path).ask(gateway.port).status;
    assert_eq!([status("/status"), status("/news")], [200, 401]);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let mut connection = Connection::open(gateway.port).unwrap();
            let mut asked = 0;
            while !is_over.load(Ordering::Relaxed) {
                let answer = connection.ask(&check("/orders").bearer(&token)).unwrap();
                assert_eq!(answer.status, 200, "{answer:?}");
                asked += 1;
            }
            asked
        });
        // The provider is down, so these are the old keys.
        provider.down();
        let other = with_rule(&provider, "path = \"/news\"\npublic = true");
        reconfigure(&gateway, &other, "configuration reloaded");
        until("the rules have changed", || (status("/news") == 200).then_some(()));
        assert_eq!(status("/status"), 401);
        assert_eq!(gateway.readyz().status, 200);
        is_over.store(true, Ordering::Relaxed);
        assert!(asking.join().unwrap() > 0);
    });
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn a_broken_configuration_changes_nothing() {
    let provider = Provider::start();
    let token = provider.token();
    let public = with_rule(&provider, "path = \"/status\"\npublic = true");
    let mut gateway = Gateway::configured(&public, &[]).ready();
    for (broken, says) in [
        ("proxy = ".to_owned(), "TOML parse error"),
        (public.replace("audience", "audiense"), "audiense"),
        (public.replace("public = true", "public = true\nscope = \"a\""), "public"),
        (public.replace("proxy = \"nginx\"", ""), "Set proxy"),
    ] {
        reconfigure(&gateway, &broken, says);
        assert_eq!(check("/status").ask(gateway.port).status, 200);
        assert_eq!(check("/orders").ask(gateway.port).status, 401);
        assert_eq!(check("/orders").bearer(&token).ask(gateway.port).status, 200);
    }
    assert!(gateway.log().contains("kept the previous configuration"));
    assert!(gateway.process.has_ended().is_none());
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn a_request_under_way_is_answered_before_the_end() {
    let provider = Provider::start();
    let token = provider.token();
    provider.slow("jwks", 1_000);
    // Large tables take long to build in a test's binary, and requests wait for two seconds only.
    let small = ["--table-memory", "64 KiB"];
    let mut gateway = Gateway::start(&[&trust(&provider)[..], &small].concat());
    // It waits for the keys.
    let request = Request::get("/auth").bearer(&token);
    let mut connection = Connection::open(gateway.port).unwrap();
    connection.ask(&Request::get("/healthz")).unwrap();
    connection.send(&request).unwrap();
    // Once all of these have responses, it has been read.
    for _ in 0..20 {
        gateway.get("/healthz");
    }
    gateway.process.signal("TERM");
    let answer = connection.receive(&request).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    drop(connection);
    assert_eq!(gateway.process.end().code(), Some(0), "{}", gateway.log());
    assert!(Request::get("/healthz").try_ask(gateway.port).is_err());
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn metrics_count_verdicts_and_fetches() {
    let provider = Provider::start();
    let gateway = Gateway::trusting(&provider).ready();
    let token = provider.token();
    let other = provider.access_token(json!({ "resource": "https://other.example.com" }));
    let verdicts =
        |reason: &str| gateway.metric(&format!("tollgate_verdicts_total{{reason=\"{reason}\"}}"));
    for (token, reason) in [
        (token.clone(), "accepted"),
        (other, "audience-mismatch"),
        (tampered(&token), "signature-invalid"),
        (with_kid(&token, "unknown"), "unknown-key"),
    ] {
        let before = verdicts(reason);
        gateway.judge(&token);
        gateway.judge(&token);
        assert!(verdicts(reason) == before + 2.0, "{reason}: {}", gateway.get("/metrics").body);
    }
    gateway.get("/auth");
    assert!(verdicts("authorization-missing") == 1.0, "{}", gateway.get("/metrics").body);
    assert!(gateway.metric("tollgate_verdict_duration_seconds_count") == 9.0);
    assert!(gateway.fetches(&provider, "new") == 1.0);
    let keys = format!("tollgate_keys{{issuer=\"{}\"}}", provider.issuer);
    assert!(gateway.metric(&keys) == 2.0);
    let answer = gateway.get("/metrics");
    let content_type = answer.header("Content-Type").unwrap();
    assert!(content_type.starts_with("text/plain; version=0.0.4"), "{content_type}");
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn challenges_lead_to_the_metadata_and_those_to_the_provider() {
    let provider = Provider::start();
    let arguments = [&trust(&provider)[..], &["--resource", "https://api.example.com/v1"]].concat();
    let gateway = Gateway::start(&arguments).ready();
    let answer = gateway.get("/auth");
    let challenge = answer.header("WWW-Authenticate").unwrap();
    let url = "https://api.example.com/.well-known/oauth-protected-resource/v1";
    assert_eq!(challenge, format!("Bearer resource_metadata=\"{url}\""));
    let answer = gateway.get("/.well-known/oauth-protected-resource/v1");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("Content-Type"), Some("application/json"));
    assert_eq!(answer.json()["resource"], "https://api.example.com/v1");
    assert_eq!(answer.json()["authorization_servers"], json!([provider.issuer]));
    let root = gateway.get("/.well-known/oauth-protected-resource");
    assert_eq!(root.json(), answer.json(), "it is the only resource");
    assert_eq!(gateway.get("/.well-known/oauth-protected-resource/v2").status, 404);
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn logs_never_show_a_token() {
    let provider = Provider::start();
    let token = provider.token();
    let other = provider.access_token(json!({ "resource": "https://other.example.com" }));
    let tokens = [token.clone(), other, tampered(&token), with_kid(&token, "unknown")];
    for format in ["text", "json"] {
        let arguments = [&trust(&provider)[..], &["--log-format", format]].concat();
        let gateway = Gateway::start_logging("trace", &arguments).ready();
        for token in &tokens {
            let ask = |request: Request| -> Answer { request.ask(gateway.port) };
            ask(Request::get("/auth").bearer(token));
            ask(Request::get("/auth").bearer(token).bearer(token));
            ask(Request::get(&format!("/auth?access_token={token}")));
            ask(Request::get(&format!("/{token}")).bearer(token));
            ask(Request::get("/auth").header("Authorization", token));
            ask(Request::get("/auth").bearer(&format!("{token},{token}")));
        }
        gateway.until_logged("unknown-key");
        gateway.until_logged("accepted");
        let log = gateway.log();
        for part in tokens.iter().flat_map(|token| token.split('.').skip(1)) {
            for start in 0..=part.len() - 16 {
                let piece = &part[start..start + 16];
                assert!(!log.contains(piece), "the log has {piece}");
            }
        }
    }
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn verify_fetches_the_keys_of_the_issuer() {
    let provider = Provider::start();
    let token = provider.token();
    let arguments = [&["verify"], &trust(&provider)[..], &["--token"]].concat();
    let (code, text) = tollgate(&[&arguments[..], &[&token]].concat());
    assert_eq!(code, 0, "{text}");
    assert!(text.starts_with("ACCEPTED"), "{text}");
    let (code, text) = tollgate(&[&arguments[..], &[&tampered(&token)]].concat());
    assert_eq!(code, 1, "{text}");
    assert!(text.starts_with("REJECTED  signature-invalid"), "{text}");
    provider.down();
    let (code, text) = tollgate(&[&arguments[..], &[&token]].concat());
    assert_eq!(code, 2, "{text}");
    assert!(text.contains(&provider.issuer), "{text}");
    // Plain http is an error without the flag.
    let (code, text) =
        tollgate(&["verify", "--issuer", &provider.issuer, "--audience", API, "--token", &token]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("https"), "{text}");
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn verify_takes_tokens_of_every_algorithm() {
    let provider = Provider::signing_with(&ALGORITHMS.join(","));
    let issuer = ["verify", "--issuer", provider.issuer.as_str(), "--allow-insecure-loopback"];
    for algorithm in ALGORITHMS {
        let api = audience(algorithm);
        let token = provider.access_token(json!({ "resource": api }));
        for (token, expected) in [(&token, 0), (&tampered(&token), 1)] {
            let (code, text) =
                tollgate(&[&issuer[..], &["--audience", &api, "--token", token]].concat());
            assert_eq!(code, expected, "{algorithm}: {text}");
        }
    }
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn provision_fetches_the_keys_of_the_issuer() {
    let provider = Provider::start();
    let folder = crate::parts::Folder::new();
    let (blob, token) = (folder.path("keys.bin"), provider.token());
    let (blob, issuer) = (blob.to_str().unwrap(), provider.issuer.as_str());
    let arguments =
        ["provision", issuer, "--allow-insecure-loopback", "--format", "bin", "-o", blob];
    let (code, text) = tollgate(&arguments);
    assert_eq!(code, 0, "{text}");
    assert!(fs::metadata(blob).unwrap().len() > 1_000);
    // The provider is not needed any more.
    provider.down();
    let arguments = ["--issuer", issuer, "--audience", API, "--token", &token];
    let (code, text) = tollgate(&[&["verify", "--provisioned", blob], &arguments[..]].concat());
    assert_eq!(code, 0, "{text}");
}
