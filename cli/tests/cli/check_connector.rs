//! `tollgate check-connector`.

use std::fs;

use serde_json::{Value, json};
use tollgate_tests::mint::{good_jwks, jwk, jwks, k1};

use crate::issuer::Issuer;
use crate::support::{Run, tollgate};

/// The three tables of the guide in one file, for a provider on this machine.
fn connector(issuer: &Issuer) -> Value {
    json!({
        "scope": "profile email offline_access",
        "clientId": "app_bookstore",
        "clientSecret": "a%2Bvery:secret",
        "authorizationEndpoint": format!("{}/auth?tenant=1", issuer.url),
        "tokenEndpoint": format!("{}/token", issuer.url),
        "responseType": "code",
        "grantType": "authorization_code",
        "idTokenVerificationConfig": {
            "jwksUri": issuer.jwks_uri,
            "issuer": [issuer.url, "https://other.example.com"],
            "audience": ["app_bookstore", "app_other"],
            "algorithms": ["ES256", "RS256"],
            "clockTolerance": "2 minutes",
            "crit": { "urn:example:extension": true },
            "maxTokenAge": 3600,
            "subject": "alice",
            "typ": "JWT",
        },
        "authRequestOptionalConfig": {
            "responseType": "code",
            "tokenEndpoint": format!("{}/token", issuer.url),
            "responseMode": "query",
            "display": "page",
            "prompt": "login consent",
            "maxAge": "600",
            "uiLocales": "en fr",
            "idTokenHint": "eyJ",
            "loginHint": "alice@example.com",
            "acrValues": "urn:mfa",
        },
        "customConfig": { "orgHint": "acme" },
    })
}

fn check(connector: &Value, more: &[&str]) -> Run {
    let base = ["check-connector", "-", "--allow-insecure-loopback"];
    tollgate(&[&base[..], more].concat(), connector.to_string())
}

#[test]
fn the_three_tables_are_read_from_one_file_and_the_keys_are_fetched() {
    let issuer = Issuer::serving("/oidc", good_jwks());
    let file = std::env::temp_dir().join(format!("tollgate-connector-{}", std::process::id()));
    fs::write(&file, connector(&issuer).to_string()).unwrap();
    let run =
        tollgate(&["check-connector", file.to_str().unwrap(), "--allow-insecure-loopback"], "");
    fs::remove_file(&file).unwrap();
    assert_eq!(run.code, 0, "{}", run.stderr);
    for line in [
        &format!("Browsers are sent to {}/auth?tenant=1", issuer.url),
        "  response_type         \"code\"",
        "  client_id             \"app_bookstore\"",
        "  scope                 \"openid profile email offline_access\"",
        "  display               \"page\"",
        "  prompt                \"login consent\"",
        "  max_age               \"600\"",
        "  ui_locales            \"en fr\"",
        "  id_token_hint         \"eyJ\"",
        "  login_hint            \"alice@example.com\"",
        "  acr_values            \"urn:mfa\"",
        "  org_hint              \"acme\"",
        "  code_challenge_method S256 (PKCE)",
        &format!("Codes are redeemed at {}/token", issuer.url),
        "  client authentication client_secret_post",
        "  grant_type            \"authorization_code\"",
        &format!("  iss                   \"{}\" or \"https://other.example.com\"", issuer.url),
        "  aud                   \"app_bookstore\", and at most also \"app_other\"",
        "  alg                   ES256, RS256",
        "  typ                   \"JWT\"",
        "  nonce                 the one that was sent",
        "  exp, iat, nbf         fit, with a tolerance of 120 s",
        "  iat                   at most 3600 s ago",
        "  auth_time             at most 600 s ago",
        "  sub                   \"alice\"",
        "  crit                  only \"urn:example:extension\"",
        "  \"k1\"                  ES256",
    ] {
        assert!(run.stdout.lines().any(|it| it == line), "{line}\n{}", run.stdout);
    }
    assert!(run.stderr.contains("Fetching the keys at"), "{}", run.stderr);
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
    assert!(!run.stdout.contains("secret:") && !run.stdout.contains("a%2B"), "{}", run.stdout);
}

#[test]
fn json_says_the_same() {
    let issuer = Issuer::start();
    let run = check(&connector(&issuer), &["--json"]);
    let report = run.json();
    assert_eq!((run.code, &report["verdict"]), (0, &json!("accept")), "{}", run.stderr);
    let parameters = &report["authorization_request"]["parameters"];
    assert_eq!(parameters["scope"], "openid profile email offline_access");
    assert_eq!(parameters["org_hint"], "acme");
    assert_eq!(report["token_request"]["client_auth"], "client_secret_post");
    assert_eq!(report["token_request"]["parameters"]["org_hint"], "acme");
    assert_eq!(report["id_token"]["algorithms"], json!(["ES256", "RS256"]));
    assert_eq!(report["id_token"]["clock_tolerance"], 120);
    assert_eq!(report["keys"][0], json!({ "kid": "k1", "algorithms": "ES256" }));
    assert_eq!(report["warnings"], json!([]));
    assert!(!run.stdout.contains("a%2B"), "{}", run.stdout);
}

#[test]
fn a_refused_value_is_named_by_its_path_and_exits_with_1() {
    let issuer = Issuer::start();
    for (table, name, value, path) in [
        ("idTokenVerificationConfig", "jwksURI", json!("a"), "idTokenVerificationConfig"),
        (
            "idTokenVerificationConfig",
            "algorithms",
            json!(["HS256"]),
            "idTokenVerificationConfig.algorithms",
        ),
        ("authRequestOptionalConfig", "maxAge", json!("soon"), "authRequestOptionalConfig.maxAge"),
        ("customConfig", "state", json!("a"), "customConfig"),
    ] {
        let mut document = connector(&issuer);
        document[table][name] = value;
        let run = check(&document, &[]);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.stderr);
        assert!(run.stderr.starts_with(&format!("error: -: {path}: ")), "{}", run.stderr);
        let run = check(&document, &["--json"]);
        assert_eq!((run.code, &run.json()["path"]), (1, &json!(path)));
        assert_eq!(run.json()["verdict"], "reject");
    }
    let run = tollgate(&["check-connector", "-", "--offline"], connector(&issuer).to_string());
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("authorizationEndpoint: "), "{}", run.stderr);
    for text in ["", "nonsense", "[1]", "\u{7f}\"\u{202e}\""] {
        let run = tollgate(&["check-connector", "-"], text);
        assert_eq!(run.code, 1, "{}", run.stderr);
    }
    assert_eq!(tollgate(&["check-connector", "-"], b"\xff\xfe").code, 1);
}

#[test]
fn what_may_be_a_mistake_is_a_warning() {
    let issuer = Issuer::start();
    let mut document = connector(&issuer);
    let id_token = document["idTokenVerificationConfig"].as_object_mut().unwrap();
    id_token.remove("issuer");
    id_token.insert("currentDate".to_owned(), json!("2026-01-31"));
    let run = check(&document, &[]);
    assert_eq!(run.code, 0);
    assert!(run.stderr.contains("warning: idTokenVerificationConfig.issuer is not set"));
    assert!(run.stderr.contains("judged as of 2026-01-31T00:00:00Z"), "{}", run.stderr);
    assert!(run.stdout.contains("  iss                   any https URL\n"), "{}", run.stdout);
    assert_eq!(check(&document, &["--json"]).json()["warnings"].as_array().unwrap().len(), 2);
}

#[test]
fn offline_nothing_is_fetched() {
    let mut document = connector(&Issuer::start());
    document["idTokenVerificationConfig"]["jwksUri"] = json!("https://unreachable.invalid/jwks");
    let run = check(&document, &["--offline", "--json"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert_eq!(run.json().get("keys"), None);
}

#[test]
fn keys_that_cannot_be_fetched_exit_with_2() {
    let issuer = Issuer::start();
    let mut document = connector(&issuer);
    document["idTokenVerificationConfig"]["jwksUri"] = json!("http://127.0.0.1:9/jwks");
    let run = check(&document, &[]);
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stderr.contains("cannot fetch the keys of http://127.0.0.1:9/jwks"));
    assert_eq!(tollgate(&["check-connector", "/nowhere.json"], "").code, 2);
    assert_eq!(tollgate(&["check-connector"], "").code, 2);
    let offline = ["check-connector", "-", "--offline", "--ca-file", "ca.pem"];
    assert_eq!(tollgate(&offline, "").code, 2);
}

#[test]
fn a_provider_without_a_key_for_the_algorithms_is_refused() {
    let issuer = Issuer::serving("", jwks([jwk(&k1(), "k1")]));
    let mut document = connector(&issuer);
    document["idTokenVerificationConfig"]["algorithms"] = json!(["RS256"]);
    let run = check(&document, &[]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("no key of the provider is for an algorithm"), "{}", run.stderr);
}
