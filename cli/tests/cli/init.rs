//! `tollgate init`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::json;
use tollgate_core::Algorithm;
use tollgate_tests::mint::Token;

use crate::issuer::Issuer;
use crate::provider_tokens::{self, Pair, rs256};
use crate::server::Server;
use crate::support::{Run, tollgate};

/// A path in an own folder, where no file is yet.
fn path(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("tollgate-init-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

fn issuer() -> Issuer {
    Issuer::serving("/oidc", provider_tokens::keys())
}

/// Runs the command with a token on standard input.
fn init(issuer: &Issuer, token: &Token, more: &[&str]) -> Run {
    let base = ["init", &issuer.url, "--allow-insecure-loopback", "--token", "-"];
    tollgate(&[&base[..], more].concat(), token.mint())
}

/// The lines that are no comments.
fn settings(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect()
}

fn status(server: &Server, token: &Token) -> u16 {
    server.get("/auth", &[("Authorization", &format!("Bearer {}", token.mint()))]).status
}

#[test]
fn a_gate_with_the_file_accepts_the_sample_and_refuses_the_id_token_of_the_same_client() {
    let issuer = issuer();
    let with_slash = Issuer::serving("/", provider_tokens::keys());
    let auth0 = provider_tokens::auth0(&with_slash.url);
    let auth0_default = provider_tokens::auth0_default(&with_slash.url);
    for (name, issuer, Pair { access, id }) in [
        ("logto", &issuer, provider_tokens::logto(&issuer.url)),
        ("auth0", &with_slash, auth0),
        ("auth0-default", &with_slash, auth0_default),
        ("okta", &issuer, provider_tokens::okta(&issuer.url)),
        ("keycloak", &issuer, provider_tokens::keycloak(&issuer.url)),
        ("entra", &issuer, provider_tokens::entra(&issuer.url)),
        ("cognito", &issuer, provider_tokens::cognito(&issuer.url)),
    ] {
        let file = path(&format!("{name}.toml"));
        let file = file.to_str().unwrap();
        let run = init(issuer, &access, &["-o", file]);
        let text = fs::read_to_string(file).unwrap();
        assert_eq!(run.code, 0, "{name}: {}\n{text}", run.stderr);
        assert_eq!(run.stdout, "");
        let server = Server::start(&["--config", file]);
        server.wait_until_ready();
        assert_eq!(status(&server, &access), 200, "{name}:\n{text}");
        assert_eq!(status(&server, &id), 401, "{name}:\n{text}");
    }
}

#[test]
fn the_customer_of_a_shared_issuer_is_required() {
    let issuer = issuer();
    let account = "caller@project.iam.gserviceaccount.com";
    for (claim, value, test) in [
        ("tid", "t-1", "equals = \"t-1\""),
        ("hd", "example.com", "equals = \"example.com\""),
        ("repository_owner_id", "65", "equals = \"65\""),
        ("namespace_id", "72", "equals = \"72\""),
        ("email", account, "equals = [\"caller@project.iam.gserviceaccount.com\"]"),
    ] {
        let mut claims =
            json!({ "aud": "https://api.example.com", "sub": "u", "email_verified": true });
        claims[claim] = json!(value);
        let run = init(&issuer, &rs256(&issuer.url, Some("JWT"), claims), &[]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let wanted = format!("claim = \"{claim}\"\n{test}\nvalidity = true\n");
        assert!(run.stdout.contains(&wanted), "{}", run.stdout);
    }
    // Anybody's mailbox says nothing about who may call an API.
    let claims = json!({ "aud": "https://api.example.com", "sub": "u", "email": "a@example.com" });
    let run = init(&issuer, &rs256(&issuer.url, Some("JWT"), claims), &[]);
    assert!(!run.stdout.contains("required_claims"), "{}", run.stdout);
}

#[test]
fn the_trust_domain_of_a_spiffe_id_is_required() {
    let issuer = issuer();
    let claims = json!({ "aud": "orders", "sub": "spiffe://example.org/shop" });
    let run = init(&issuer, &rs256(&issuer.url, Some("JWT"), claims), &[]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("starts_with = \"spiffe://example.org/\""), "{}", run.stdout);
}

#[test]
fn scopes_elsewhere_are_found() {
    let issuer = issuer();
    for claim in ["scp", "permissions", "roles"] {
        let mut claims = json!({ "aud": "api", "sub": "u" });
        claims[claim] = json!(["a:b", "not a scope"]);
        let run = init(&issuer, &rs256(&issuer.url, Some("JWT"), claims), &[]);
        let text = run.stdout;
        assert!(settings(&text).contains(&&*format!("scope_claim = [\"{claim}\"]")), "{text}");
        assert!(text.contains("\n# scope = [\"a:b\"]\n"), "{text}");
    }
}

#[test]
fn an_id_token_is_named_and_its_audience_commented_out() {
    let issuer = issuer();
    for Pair { id, .. } in [
        provider_tokens::logto(&issuer.url),
        provider_tokens::auth0(&issuer.url),
        provider_tokens::okta(&issuer.url),
        provider_tokens::keycloak(&issuer.url),
        provider_tokens::entra(&issuer.url),
        provider_tokens::cognito(&issuer.url),
    ] {
        let Run { code, stdout, stderr } = init(&issuer, &id, &[]);
        assert_eq!(code, 1, "{stderr}");
        assert!(stderr.contains("is an ID token"), "{stderr}");
        assert!(stdout.contains("is an ID token"), "{stdout}");
        assert!(stdout.contains("\n# audience = ["), "{stdout}");
        let settings = settings(&stdout);
        assert!(!settings.iter().any(|line| line.contains("audience")), "{stdout}");
        assert!(!settings.iter().any(|line| line.starts_with("typ")), "{stdout}");
    }
}

#[test]
fn an_audience_that_names_no_api_is_commented_out() {
    let issuer = issuer();
    let claims = |aud| json!({ "aud": aud, "azp": "shop", "typ": "Bearer", "sub": "u" });
    for (aud, why) in [
        (json!("account"), "Keycloak's default"),
        (json!(["account", "shop"]), "the id of the client itself"),
        (json!("shop"), "the id of the client itself"),
        (json!(format!("{}/userinfo", issuer.url)), "UserInfo"),
    ] {
        let run = init(&issuer, &rs256(&issuer.url, Some("JWT"), claims(aud)), &[]);
        assert_eq!(run.code, 1, "{}", run.stderr);
        let words: Vec<_> = run.stdout.split([' ', '\n']).filter(|word| *word != "#").collect();
        assert!(words.join(" ").contains(why), "{}", run.stdout);
        assert!(run.stdout.contains("\n# audience = ["), "{}", run.stdout);
        assert!(run.stderr.contains("not complete"), "{}", run.stderr);
    }
    // Beside the API, they are left out.
    let token = rs256(&issuer.url, Some("JWT"), claims(json!(["account", "orders", "shop"])));
    let run = init(&issuer, &token, &[]);
    assert!(settings(&run.stdout).contains(&"audience = [\"orders\"]"), "{}", run.stdout);
}

#[test]
fn a_token_without_audience_and_client_has_its_audience_commented_out() {
    let issuer = issuer();
    let run = init(&issuer, &rs256(&issuer.url, Some("JWT"), json!({ "sub": "u" })), &[]);
    assert_eq!(run.code, 1);
    assert!(!settings(&run.stdout).iter().any(|line| line.contains("audience")), "{}", run.stdout);
}

#[test]
fn a_claim_that_no_setting_can_have_is_named() {
    let issuer = issuer();
    let run =
        init(&issuer, &rs256(&issuer.url, Some("JWT"), json!({ "sub": "u", "aud": "" })), &[]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("invalid setting, audience = \"\""), "{}", run.stderr);
}

#[test]
fn an_expired_sample_is_named() {
    let issuer = issuer();
    let claims = json!({ "aud": "orders", "sub": "u", "exp": 1_000_000_000 });
    let run = init(&issuer, &rs256(&issuer.url, Some("JWT"), claims), &[]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("has expired"), "{}", run.stderr);
    assert!(run.stdout.contains("# The sample has expired"), "{}", run.stdout);
    assert!(settings(&run.stdout).contains(&"audience = [\"orders\"]"), "{}", run.stdout);
}

#[test]
fn a_key_bound_sample_is_named() {
    let issuer = issuer();
    let claims = json!({ "aud": "orders", "sub": "u", "cnf": { "jkt": "x" } });
    let run = init(&issuer, &rs256(&issuer.url, Some("JWT"), claims), &[]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("\n# proof_of_possession = \"checked-by-gateway\""));
    assert!(run.stderr.contains("proof-of-possession"), "{}", run.stderr);
}

#[test]
fn nothing_is_derived_from_a_token_whose_signature_does_not_verify() {
    let issuer = issuer();
    let file = path("forged.toml");
    let token = provider_tokens::logto(&issuer.url).access.mint_forged(|mut signature| {
        signature[0] ^= 1;
        signature
    });
    let arguments = [
        "init",
        &issuer.url,
        "--allow-insecure-loopback",
        "--token",
        "-",
        "-o",
        file.to_str().unwrap(),
    ];
    let run = tollgate(&arguments, token);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("Nothing was derived"), "{}", run.stderr);
    assert!(!file.exists());
    let run = tollgate(&arguments, "opaque");
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("An opaque or encrypted access token?"), "{}", run.stderr);
    assert_eq!(tollgate(&arguments, "").code, 2);
    assert!(!file.exists());
}

#[test]
fn a_token_of_another_issuer_is_named() {
    let issuer = issuer();
    let run = init(&issuer, &provider_tokens::logto("https://other.example").access, &[]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.contains("its iss is \"https://other.example\""), "{}", run.stderr);
}

#[test]
fn a_claim_never_becomes_a_line_of_the_file() {
    let issuer = issuer();
    let hostile = "x\nany_audience = true\r\n\u{2028}\"\"\"\\\u{1}\u{202e}any_typ = true";
    let claims = json!({
        "aud": [hostile, "account"], "azp": hostile, "client_id": hostile, "token_use": "access", "tid": hostile,
        "hd": hostile, "scp": [hostile, "a\nb"], "sub": format!("spiffe://{hostile}/a"), "cid": hostile,
    });
    let mut without_aud = claims.clone();
    without_aud.as_object_mut().unwrap().remove("aud");
    let only = json!({ "aud": hostile, "sub": "u" });
    for claims in [claims, without_aud, only] {
        for typ in [hostile, "at+jwt"] {
            let run = init(&issuer, &rs256(&issuer.url, Some(typ), claims.clone()), &[]);
            assert!(run.code < 2, "{}", run.stderr);
            let text = run.stdout;
            let read: toml::Table = toml::from_str(&text).unwrap();
            for line in settings(&text) {
                assert!(!line.starts_with("any_typ"), "{text}");
                let is_ours = claims.get("aud").is_none() && line == "any_audience = true";
                assert!(is_ours || !line.starts_with("any_audience"), "{text}");
            }
            assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
            assert!(!text.contains(['\u{2028}', '\u{202e}']), "{text:?}");
            if claims.get("azp").is_none() {
                let audience = read["issuer"][0]["audience"].as_array().unwrap();
                assert_eq!(audience[0].as_str(), Some(hostile));
            }
        }
    }
}

#[test]
fn a_file_is_overwritten_only_by_force() {
    let issuer = issuer();
    let token = provider_tokens::logto(&issuer.url).access;
    let file = path("precious.toml");
    fs::write(&file, "precious").unwrap();
    let name = file.to_str().unwrap();
    let run = init(&issuer, &token, &["-o", name]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("exists already"), "{}", run.stderr);
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
    assert_eq!(init(&issuer, &token, &["-o", name, "--force"]).code, 0);
    assert!(fs::read_to_string(&file).unwrap().contains("[[issuer]]"));
    assert_eq!(init(&issuer, &token, &["--force"]).code, 2);
}

#[test]
fn without_a_token_the_audience_stays_open() {
    let issuer = issuer();
    let run = tollgate(&["init", &issuer.url, "--allow-insecure-loopback"], "");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(
        run.stdout.contains("\n# audience = [\"https://api.example.com\"]\n"),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains("# algorithms = [\"RS256\", \"ES256\", \"ES384\"]"),
        "{}",
        run.stdout
    );
    let issuer_line = format!("issuer = \"{}\"", issuer.url);
    assert_eq!(
        settings(&run.stdout),
        ["allow_insecure_loopback = true", "[[issuer]]", &issuer_line]
    );
    let file = path("open.toml");
    fs::write(&file, &run.stdout).unwrap();
    let run = tollgate(&["serve", "--config", file.to_str().unwrap()], "");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("audience"), "{}", run.stderr);
}

/// The file, and what a server with it answers to the token.
fn written(name: &str, arguments: &[&str], token: &Token) -> (Run, u16) {
    let run = tollgate(&[arguments, &["--token", "-"]].concat(), token.mint());
    let file = path(name);
    fs::write(&file, &run.stdout).unwrap();
    let server = Server::start(&["--config", file.to_str().unwrap()]);
    server.wait_until_ready();
    let status = status(&server, token);
    (run, status)
}

#[test]
fn keys_at_another_url_are_used_and_written() {
    let issuer = issuer();
    let token = provider_tokens::logto("my-service").access;
    let flags = ["--jwks-uri", &issuer.jwks_uri, "--allow-insecure-loopback"];
    let arguments = [&["init", "my-service"], &flags[..]].concat();
    let (run, status) = written("jwks-uri.toml", &arguments, &token);
    assert_eq!((run.code, status), (0, 200), "{}\n{}", run.stderr, run.stdout);
    let line = format!("jwks_uri = \"{}\"", issuer.jwks_uri);
    assert!(settings(&run.stdout).contains(&&*line), "{}", run.stdout);
    assert!(!run.stdout.contains("metadata spells"), "{}", run.stdout);
}

#[test]
fn keys_in_a_file_are_used_and_written() {
    let token = provider_tokens::logto("my-service").access;
    let keys = path("keys.json");
    fs::write(&keys, provider_tokens::keys().to_string()).unwrap();
    let file = keys.to_str().unwrap();
    let arguments = ["init", "my-service", "--jwks-file", file];
    let (run, status) = written("jwks-file.toml", &arguments, &token);
    assert_eq!((run.code, status), (0, 200), "{}\n{}", run.stderr, run.stdout);
    let line = format!("jwks_file = \"{file}\"");
    assert!(settings(&run.stdout).contains(&&*line), "{}", run.stdout);
    for (flag, value) in [("--jwks-uri", "https://a.example"), ("--ca-file", file)] {
        let run = tollgate(&["init", "my-service", "--jwks-file", file, flag, value], "");
        assert_eq!(run.code, 2, "{flag}");
    }
}

#[test]
fn a_relative_path_is_written_in_full() {
    let keys = path("relative.json");
    fs::write(&keys, provider_tokens::keys().to_string()).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_tollgate"))
        .args(["init", "my-service", "--jwks-file", "relative.json"])
        .current_dir(keys.parent().unwrap())
        .output()
        .unwrap();
    let text = String::from_utf8(run.stdout).unwrap();
    let line = format!("jwks_file = \"{}\"", keys.to_str().unwrap());
    assert!(settings(&text).contains(&&*line), "{text}");
}

#[test]
fn hosts_without_tls_are_written() {
    let issuer = issuer();
    let host = issuer.url.split('/').nth(2).unwrap();
    let token = provider_tokens::logto(&issuer.url).access;
    let arguments = ["init", &issuer.url, "--allow-http-host", host];
    let (run, status) = written("http-host.toml", &arguments, &token);
    assert_eq!((run.code, status), (0, 200), "{}\n{}", run.stderr, run.stdout);
    let line = format!("allow_http_hosts = [\"{host}\"]");
    assert!(settings(&run.stdout).contains(&&*line), "{}", run.stdout);
    let run = tollgate(&["init", &issuer.url], "");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("--allow-http-host"), "{}", run.stderr);
}

#[test]
fn the_token_may_be_in_a_file_or_a_whole_header_line() {
    let issuer = issuer();
    let token = provider_tokens::logto(&issuer.url).access.mint();
    let file = path("token.txt");
    for input in [
        token.clone(),
        format!("{token}\n"),
        format!("Bearer {token}"),
        format!("Authorization: Bearer {token}\r\n"),
    ] {
        fs::write(&file, &input).unwrap();
        let arguments = ["init", &issuer.url, "--allow-insecure-loopback", "--token"];
        for (source, stdin) in [(file.to_str().unwrap(), ""), ("-", input.as_str())] {
            let run = tollgate(&[&arguments[..], &[source]].concat(), stdin);
            assert_eq!(run.code, 0, "{}", run.stderr);
        }
    }
}

#[test]
fn an_rsa_key_without_alg_serves_the_algorithm_of_the_sample() {
    let mut key = tollgate_tests::mint::key_for(Algorithm::Ps256).jwk();
    key["kid"] = json!("PS256");
    let issuer = Issuer::serving("/oidc", json!({ "keys": [key] }));
    let claims = json!({ "aud": "orders", "sub": "u" });
    let token = provider_tokens::token(&issuer.url, Algorithm::Ps256, Some("JWT"), claims);
    let run = init(&issuer, &token, &[]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(settings(&run.stdout).contains(&"algorithms = [\"PS256\"]"), "{}", run.stdout);
}

#[test]
fn an_issuer_needs_https_or_the_flag() {
    let run = tollgate(&["init", "http://127.0.0.1:1/oidc"], "");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("--allow-insecure-loopback"), "{}", run.stderr);
    let run = tollgate(&["init", "http://127.0.0.1:1/oidc", "--allow-insecure-loopback"], "");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("cannot fetch the keys"), "{}", run.stderr);
}
