//! What the operator is told about a refused token, and the client is not.

use std::fs;

use serde_json::json;
use tollgate_tests::mint::{AUDIENCE, Token, base64url, good_jwks};

use crate::issuer::Issuer;
use crate::server::{Server, wait_for};
use crate::support::tollgate;

/// The refusals that every way of asking explains, and what the explanation of each contains.
fn refusals(issuer: &Issuer) -> Vec<(Token, Vec<String>)> {
    let good = || issuer.token();
    let slash = format!("{}/", issuer.url);
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    vec![
        (
            good().member("typ", json!("JWT")),
            texts(&["typ is \"JWT\" (unverified), wanted \"at+jwt\"", "typ (--typ)"]),
        ),
        (good().without_member("typ"), texts(&["typ is absent, wanted \"at+jwt\"", "typ_absent"])),
        (
            good().member("alg", json!("HS256")),
            texts(&["alg is \"HS256\" (unverified), wanted ES256 or ES384"]),
        ),
        (
            good().member("kid", json!("other")),
            texts(&["kid is \"other\" (unverified), wanted \"k1\" or \"k2\"", "jwks_uri"]),
        ),
        (
            good().claim("iss", json!(slash)),
            vec![
                format!("iss is \"{slash}\", wanted \"{}\"", issuer.url),
                "issuer (--issuer)".to_owned(),
            ],
        ),
        (
            good().claim("aud", json!(["https://other.example", "account"])),
            texts(&[
                "aud is [\"https://other.example\",\"account\"], wanted \"https://api.example.com\"",
                "audience (--audience)",
            ]),
        ),
        (
            good().claim("aud", 5),
            texts(&["aud is a number: 5, wanted a string or an array of strings"]),
        ),
        (
            good().claim("exp", json!("tomorrow")),
            texts(&["exp is a string: \"tomorrow\", wanted a number"]),
        ),
        (
            good().claim("exp", 1_000_000_000),
            texts(&["exp is 1000000000 (2001-09-09T01:46:40Z)", "leeway"]),
        ),
        (good().without("client_id"), texts(&["client_id is absent", "RFC 9068", "typ (--typ)"])),
        (
            good().claim("cnf", json!({ "jkt": "a" })),
            texts(&["cnf is {\"jkt\":\"a\"}", "proof_of_possession"]),
        ),
        (
            good().claim("scope", json!("write")),
            texts(&["scope is \"write\", wanted \"read:orders\"", "scope (--scope)"]),
        ),
    ]
}

#[test]
fn the_log_says_what_came_what_was_wanted_and_which_setting_decides() {
    let issuer = Issuer::start();
    let server = Server::for_issuer(&issuer.url, &["--scope", "read:orders"]);
    for (token, parts) in refusals(&issuer) {
        let token = token.mint();
        let answer = server.get("/auth", &[("Authorization", &format!("Bearer {token}"))]);
        assert!([401, 403].contains(&answer.status), "{answer:?}");
        let told = format!("{answer:?}");
        assert!(!told.contains("unverified") && !told.contains("--"), "the client is told: {told}");
        let line = server.logged_line(&parts[0]);
        for part in parts {
            assert!(line.contains(&part), "{part} is not in {line}");
        }
    }
}

#[test]
fn verify_says_the_same() {
    let issuer = Issuer::start();
    let jwks = std::env::temp_dir().join(format!("tollgate-explained-{}.json", std::process::id()));
    fs::write(&jwks, good_jwks().to_string()).unwrap();
    for (token, parts) in refusals(&issuer) {
        let arguments = [
            "verify",
            "--jwks",
            jwks.to_str().unwrap(),
            "--issuer",
            &issuer.url,
            "--audience",
            AUDIENCE,
            "--scope",
            "read:orders",
            "--typ",
            "at+jwt",
            "--token",
            &token.mint(),
        ];
        let run = tollgate(&arguments, "");
        // RFC 9068 is the default of the server only.
        if parts.iter().any(|part| part.contains("RFC 9068")) {
            assert_eq!(run.code, 0);
            continue;
        }
        assert_eq!(run.code, 1, "{}", run.stdout);
        let (found, wanted) = parts[0].split_once(", wanted ").unwrap_or((&parts[0], ""));
        let (name, found) = found.split_once(" is ").unwrap();
        let found = found.trim_end_matches(" (unverified)");
        assert!(run.stdout.contains(&format!("  {name:<11} {found}")), "{found}: {}", run.stdout);
        let is_unverified = run.stdout.contains(&format!("{found}  (unverified)"));
        assert_eq!(is_unverified, parts[0].contains("(unverified)"), "{}", run.stdout);
        if name != "kid" {
            assert!(
                run.stdout.contains(&format!("  expected    {wanted}")),
                "{wanted}: {}",
                run.stdout
            );
        }
    }
    fs::remove_file(jwks).unwrap();
}

#[test]
fn inspect_says_that_nothing_is_verified() {
    let issuer = Issuer::start();
    let token = issuer.token().claim("exp", json!("tomorrow")).mint();
    let run = tollgate(&["inspect", &token], "");
    assert!(
        run.stdout.contains("  exp         a string: \"tomorrow\"  (unverified)"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("  expected    a number"), "{}", run.stdout);
}

#[test]
fn a_token_of_another_issuer_is_told_by_its_iss() {
    let issuer = Issuer::start();
    let other = Issuer::start();
    let config = format!("{}\n{}", issuer.config(""), {
        let config = other.config("");
        config.split_once("[[issuer]]").map(|(_, table)| format!("[[issuer]]{table}")).unwrap()
    });
    let path = std::env::temp_dir().join(format!("tollgate-explained-{}.toml", std::process::id()));
    fs::write(&path, config).unwrap();
    let server = Server::start(&["--config", path.to_str().unwrap()]);
    server.wait_until_ready();
    let ask = |token: Token| {
        server.get("/auth", &[("Authorization", &format!("Bearer {}", token.mint()))]);
    };
    let unknown = |issuer: &str| {
        Token::good()
            .member("kid", json!("other"))
            .claim("iss", json!(issuer))
            .claim("jti", json!(issuer))
    };
    ask(unknown("https://third.example"));
    let line = server.logged_line("iss is \"https://third.example\" (unverified)");
    assert!(line.contains("kid is \"other\""), "{line}");
    ask(unknown(&other.url));
    // Then only its keys are to blame.
    let is_about_the_kid = |line: &&str| line.contains("kid is") && !line.contains("iss is");
    wait_for("the second line", || server.log().lines().find(is_about_the_kid).map(drop));
    fs::remove_file(path).unwrap();
}

#[test]
fn values_are_escaped_and_cut_wherever_they_are_shown() {
    let issuer = Issuer::start();
    let server = Server::for_issuer(&issuer.url, &[]);
    let forged = format!(
        "x\n2026-01-01 INFO verdict reason=\"accepted\"\u{202e}\u{200b}{}",
        "a".repeat(500)
    );
    let token = issuer.token().member("typ", json!(forged)).mint();
    let answer = server.get("/auth", &[("Authorization", &format!("Bearer {token}"))]);
    assert_eq!(answer.status, 401);
    let line = server.logged_line("typ is");
    assert!(
        line.contains(r#""x\u{a}2026-01-01 INFO verdict reason=\"accepted\"\u{202e}\u{200b}aaa"#),
        "{line}"
    );
    assert!(line.contains("aaa…\"") && !line.contains(&"a".repeat(129)), "{line}");
    let log = server.log();
    assert!(!log.contains(&base64url(&forged)) && !log.contains(&token), "{log}");
}
