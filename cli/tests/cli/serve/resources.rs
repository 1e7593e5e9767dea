//! Several resources behind one gate: their metadata, their challenges, and what they demand of tokens.

use serde_json::{Value, json};

use super::{bearer, config_for, file, original, reason_of};
use crate::server::{Answer, Server};

const METADATA: &str = "/.well-known/oauth-protected-resource";

/// Two MCP servers, and the rest of the API.
const RULES: &str = r#"
proxy = "nginx"
resource = "https://api.example.com"
cors_origins = ["https://app.example.com"]

[[rule]]
path = "/mcp/files"
resource = "https://api.example.com/mcp/files"
scope = "files:read"

[[rule]]
path = "/mcp/mail"
resource = "https://api.example.com/mcp/mail"
any_scope = ["mail:read", "mail:write"]

[[rule]]
path = "/payments"
max_age = "5 minutes"
acr = ["urn:example:mfa", "urn:example:key"]
scope = "pay"
"#;

/// Starts a gate that takes tokens for the API and for both servers.
fn gate(demo: &Server, name: &str) -> Server {
    let audiences = r#"audience = ["https://api.example.com", "https://api.example.com/mcp/files",
        "https://api.example.com/mcp/mail"]"#;
    let config =
        config_for(demo, RULES).replace("audience = \"https://api.example.com\"", audiences);
    let server = Server::start(&["--config", file(name, &config).to_str().unwrap()]);
    server.wait_until_ready();
    server
}

fn ask(server: &Server, uri: &str, authorization: Option<&str>) -> Answer {
    server.get("/auth", &original("GET", uri, authorization))
}

#[test]
fn each_resource_is_described_at_its_own_place() {
    let (demo, _) = Server::demo();
    let server = gate(&demo, "resources.toml");
    let document = |path: &str| -> Value {
        let answer = server.get(&format!("{METADATA}{path}"), &[]);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    };
    for (path, scopes) in [
        ("", json!(["pay"])),
        ("/mcp/files", json!(["files:read"])),
        ("/mcp/mail", json!(["mail:read", "mail:write"])),
    ] {
        let metadata = document(path);
        assert_eq!(metadata["resource"], format!("https://api.example.com{path}"));
        assert_eq!(metadata["authorization_servers"], json!([demo.issuer()]));
        assert_eq!(metadata["scopes_supported"], scopes);
    }
    assert_eq!(server.get(&format!("{METADATA}/mcp"), &[]).status, 404);
}

#[test]
fn a_challenge_names_the_resource_of_its_path_and_the_scopes() {
    let (demo, _) = Server::demo();
    let server = gate(&demo, "challenges.toml");
    for (uri, path, scope) in [
        ("/mcp/files/1", "/mcp/files", "files:read"),
        ("/mcp/mail", "/mcp/mail", "mail:read"),
        ("/payments", "", "pay"),
    ] {
        let expected = format!(
            "Bearer resource_metadata=\"https://api.example.com{METADATA}{path}\", scope=\"{scope}\""
        );
        let answer = ask(&server, uri, None);
        assert_eq!(answer.status, 401);
        assert_eq!(answer.header("www-authenticate"), Some(expected.as_str()));
        let malformed = ask(&server, uri, Some("Bearer a b"));
        let challenge = malformed.header("www-authenticate").unwrap();
        assert!(challenge.contains(&format!("{METADATA}{path}\"")), "{challenge}");
        assert!(challenge.contains(&format!("scope=\"{scope}\"")), "{challenge}");
    }
    let rest = ask(&server, "/other", None);
    let expected = format!("Bearer resource_metadata=\"https://api.example.com{METADATA}\"");
    assert_eq!(rest.header("www-authenticate"), Some(expected.as_str()));
}

#[test]
fn a_token_for_another_resource_is_refused() {
    let (demo, _) = Server::demo();
    let server = gate(&demo, "audiences.toml");
    let token = |path: &str| {
        let audience = format!("https://api.example.com{path}");
        bearer(&demo.token(&format!("audience={audience}&scope=files:read+mail:write")))
    };
    let (files, mail, api) = (token("/mcp/files"), token("/mcp/mail"), token(""));
    for (uri, token, status) in [
        ("/mcp/files", &files, 200),
        ("/mcp/mail", &mail, 200),
        ("/other", &api, 200),
        ("/mcp/files", &mail, 401),
        ("/mcp/mail", &files, 401),
        ("/mcp/files", &api, 401),
    ] {
        let answer = ask(&server, uri, Some(token));
        assert_eq!(answer.status, status, "{uri}: {answer:?}");
        if status == 401 {
            assert_eq!(reason_of(&server), "audience-mismatch");
            assert!(
                answer.header("www-authenticate").unwrap().contains(&format!("{METADATA}{uri}\""))
            );
        }
    }
    server.logged("audience of the rule");
    let writer = bearer(&demo.token("audience=https://api.example.com/mcp/mail&scope=files:read"));
    let answer = ask(&server, "/mcp/mail", Some(&writer));
    assert_eq!(answer.status, 403);
    assert!(answer.header("www-authenticate").unwrap().ends_with("scope=\"mail:read\""));
}

#[test]
fn a_sign_in_that_is_too_old_is_told_what_is_missing() {
    let (demo, _) = Server::demo();
    let server = gate(&demo, "step-up.toml");
    let token = bearer(&demo.token("scope=pay"));
    let answer = ask(&server, "/payments", Some(&token));
    assert_eq!(
        (answer.status, reason_of(&server)),
        (401, "insufficient-user-authentication".to_owned())
    );
    assert_eq!(answer.json()["code"], "insufficient_user_authentication");
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.contains("error=\"insufficient_user_authentication\""), "{challenge}");
    assert!(
        challenge.ends_with("acr_values=\"urn:example:mfa urn:example:key\", max_age=\"300\""),
        "{challenge}"
    );
    server.logged("auth_time is absent, wanted at most 300 s ago");
}

#[test]
fn scripts_of_listed_origins_can_read_refusals_and_nothing_is_added_to_passes() {
    let (demo, _) = Server::demo();
    let server = gate(&demo, "cors.toml");
    let good = bearer(&demo.token("scope=pay"));
    let ask = |uri, authorization, origin| {
        let mut headers = original("GET", uri, authorization);
        headers.push(("Origin", origin));
        server.get("/auth", &headers)
    };
    let listed = "https://app.example.com";
    for (uri, authorization, status) in
        [("/other", None, 401), ("//other", None, 403), ("/payments", Some(good.as_str()), 401)]
    {
        let answer = ask(uri, authorization, listed);
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("access-control-allow-origin"), Some(listed));
        assert_eq!(answer.header("vary"), Some("Origin"));
        let exposed = answer.header("access-control-expose-headers");
        assert_eq!(exposed, Some("WWW-Authenticate, Retry-After"));
    }
    for (authorization, origin, status) in
        [(None, "https://other.example", 401), (Some(good.as_str()), listed, 200)]
    {
        let answer = ask("/other", authorization, origin);
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("access-control-allow-origin"), None);
        assert_eq!(answer.header("vary"), None);
    }
    let by_flag = Server::for_demo(&demo, &["--cors-origin", listed]);
    let answer = by_flag.get("/auth", &[("Origin", listed)]);
    assert_eq!(answer.header("access-control-allow-origin"), Some(listed));
}

#[test]
fn without_keys_a_listed_origin_can_read_when_to_retry() {
    let server = Server::start(&[
        "--issuer",
        "http://127.0.0.1:1/oidc",
        "--audience",
        "https://api.example.com",
        "--allow-insecure-loopback",
        "--cors-origin",
        "https://app.example.com",
    ]);
    let (demo, _) = Server::demo();
    let token = bearer(&demo.token("scope=pay"));
    let headers = [("Authorization", token.as_str()), ("Origin", "https://app.example.com")];
    let answer = server.get("/auth", &headers);
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://app.example.com"));
}
