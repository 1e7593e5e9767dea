//! A connector in `[sign_in]`, whose file says where the provider is.

use serde_json::json;

use super::*;
use crate::issuer::Issuer;

/// A connector does not say at start-up which issuer its users have, so the rule decides at each request.
#[test]
fn a_rule_for_another_issuer_refuses_a_session_of_a_connector() {
    let (demo, _) = Server::demo();
    let (url, other) = (demo.issuer(), Issuer::start());
    let connector = json!({
        "scope": "profile",
        "clientId": "demo-app",
        "clientSecret": "demo-secret",
        "authorizationEndpoint": format!("{url}/authorize"),
        "tokenEndpoint": format!("{url}/token"),
        "idTokenVerificationConfig": { "jwksUri": format!("{url}/jwks"), "issuer": url },
    });
    let connector = file("connector.json", &connector.to_string());
    let issuer = |issuer: &str| {
        format!("[[issuer]]\nissuer = \"{issuer}\"\naudience = \"https://api.example.com\"\n")
    };
    let rule = |path: &str, issuers: &[&str]| {
        format!("[[rule]]\npath = \"{path}\"\nissuer = {issuers:?}\n")
    };
    let config = [
        format!("allow_insecure_loopback = true\npublic_url = \"{ORIGIN}\"\nproxy = \"nginx\"\n"),
        format!("[sign_in]\nconnector = \"{}\"\nanyone = true\n", connector.display()),
        issuer(&url),
        issuer(&other.url),
        rule("/own", &[&url]),
        rule("/either", &[&other.url, &url]),
        rule("/other", &[&other.url]),
    ];
    let config = file("connector.toml", &config.concat());
    let server = Server::start(&["--config", config.to_str().unwrap()]);
    let gateway = Gateway { demo, server, proxy: "nginx" };
    gateway.wait_until_ready();
    let browser = gateway.signed_in("ada", "/");
    for path in ["/", "/own", "/either"] {
        assert_eq!(browser.check("GET", path, &[]).status, 200, "{path}");
    }
    let answer = browser.check("GET", "/other", &[("Accept", "application/json")]);
    assert_eq!(answer.status, 403, "{answer:?}");
    assert_eq!(answer.json()["code"], "not-permitted");
}
