//! The headers that tell the service who makes a request.

use serde_json::json;
use tollgate_tests::mint::Token;

use super::{bearer, file, original, reason_of};
use crate::issuer::Issuer;
use crate::server::{Answer, Server};

fn start(issuer: &Issuer, name: &str, rest: &str) -> Server {
    let config = file(name, &issuer.config(rest));
    let server = Server::start(&["--config", config.to_str().unwrap()]);
    server.wait_until_ready();
    server
}

fn ask(server: &Server, token: &Token) -> Answer {
    server.get("/auth", &[("Authorization", &bearer(&token.mint()))])
}

const HEADERS: &str = r#"
headers = { X-User-Email = "/email", X-User-Roles = "/realm_access/roles", X-User-Level = "/level" }
"#;

#[test]
fn claims_are_sent_in_the_headers_that_the_configuration_names() {
    let issuer = Issuer::start();
    let server = start(&issuer, "headers.toml", HEADERS);
    let token = issuer
        .token()
        .claim("email", json!("a@example.com"))
        .claim("email_verified", true)
        .claim("realm_access", json!({ "roles": ["reader", "writer"] }))
        .claim("level", 3);
    let answer = ask(&server, &token);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("x-user-email"), Some("a@example.com"));
    assert_eq!(answer.header("x-user-roles"), Some("reader,writer"));
    assert_eq!(answer.header("x-user-level"), Some("3"));
    assert_eq!(answer.header("x-auth-request-user"), Some("user_1"));

    let answer = ask(&server, &issuer.token());
    for name in ["x-user-email", "x-user-roles", "x-user-level"] {
        assert_eq!(answer.header(name), Some(""), "{name} is always sent");
    }
}

#[test]
fn requests_that_need_no_token_have_every_configured_header_empty() {
    let issuer = Issuer::start();
    let rules = "proxy = \"nginx\"\nrule = [{ path = \"/health\", public = true }]";
    let server = start(&issuer, "public-headers.toml", &format!("{HEADERS}{rules}"));
    let forged = [("X-User-Email", "admin@example.com")];
    let answer = server.get("/auth", &[&original("GET", "/health", None)[..], &forged].concat());
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("x-user-email"), Some(""));
    assert_eq!(answer.header("x-user-roles"), Some(""));
}

#[test]
fn a_claim_that_its_header_cannot_carry_is_403_and_the_log_names_both() {
    let issuer = Issuer::start();
    let server = start(&issuer, "uncarried.toml", HEADERS);
    let roles =
        |roles: serde_json::Value| issuer.token().claim("realm_access", json!({ "roles": roles }));
    for (roles_of, reason) in [
        (json!(["a,b"]), "identity-ambiguous"),
        (json!(["a", "b "]), "identity-ambiguous"),
        (json!("Gr\u{fc}n"), "identity-not-ascii"),
        (json!("a\r\nX-Auth-Request-User: admin"), "identity-not-ascii"),
    ] {
        let answer = ask(&server, &roles(roles_of));
        assert_eq!((answer.status, reason_of(&server).as_str()), (403, reason));
        assert_eq!(answer.json()["code"], "access_denied");
        assert!(!answer.body.contains("roles"), "the client is not told which claim: {answer:?}");
    }
    let log = server.log();
    assert!(log.contains("x-user-roles") && log.contains("/realm_access/roles"), "{log}");
    assert!(log.contains("percent_encode_identity"), "{log}");
}

#[test]
fn percent_encoding_carries_any_character_also_in_the_fixed_headers() {
    let issuer = Issuer::start();
    let token = issuer.token().claim("sub", json!("Jos\u{e9}")).claim("scope", json!("a b"));
    let all = start(&issuer, "encode-all.toml", "percent_encode_identity = true");
    let answer = ask(&all, &token);
    assert_eq!(answer.header("x-auth-request-user"), Some("Jos%C3%A9"));
    assert_eq!(answer.header("x-auth-request-scope"), Some("a%20b"));
    let one =
        start(&issuer, "encode-one.toml", "percent_encode_identity = [\"X-Auth-Request-User\"]");
    let answer = ask(&one, &token);
    assert_eq!(answer.header("x-auth-request-user"), Some("Jos%C3%A9"));
    assert_eq!(answer.header("x-auth-request-scope"), Some("a b"));
    let none = start(&issuer, "encode-none.toml", "percent_encode_identity = false");
    assert_eq!(ask(&none, &token).status, 403);
}

#[test]
fn the_client_is_client_id_or_else_azp() {
    let issuer = Issuer::start();
    let config = format!("{}typ = \"JWT\"\n", issuer.config(""));
    let config = file("azp.toml", &config);
    let server = Server::start(&["--config", config.to_str().unwrap()]);
    server.wait_until_ready();
    let token = issuer.token().member("typ", json!("JWT"));
    let azp = token.clone().claim("azp", json!("web"));
    for (token, client) in [
        (token.clone(), "app_1"),
        (azp.clone(), "app_1"),
        (azp.without("client_id"), "web"),
        (token.without("client_id"), ""),
    ] {
        assert_eq!(ask(&server, &token).header("x-auth-request-client"), Some(client));
    }
}
