//! Flags that accept more than the defaults do.

use std::fs;

use serde_json::json;
use tollgate_tests::mint::{NOW, Token, good_jwks};

use crate::issuer::Issuer;
use crate::server::Server;
use crate::support::tollgate;

fn bound(token: Token) -> Token {
    token.claim("cnf", json!({ "x5t#S256": "a" }))
}

#[test]
fn serve_accepts_what_its_flags_opt_in_to() {
    let issuer = Issuer::start();
    let status = |flags: &[&str], token: Token| {
        let server = Server::for_issuer(&issuer.url, flags);
        server.get("/auth", &[("Authorization", &format!("Bearer {}", token.mint()))]).status
    };
    let absent = || issuer.token().without_member("typ");
    assert_eq!(status(&["--typ", "JWT"], absent()), 401);
    assert_eq!(status(&["--typ", "JWT", "--typ-absent"], absent()), 200);
    let checked = ["--proof-of-possession", "checked-by-gateway"];
    assert_eq!(status(&["--proof-of-possession", "refuse"], bound(issuer.token())), 401);
    assert_eq!(status(&checked, bound(issuer.token())), 200);
}

#[test]
fn verify_accepts_what_its_flags_opt_in_to() {
    let jwks = std::env::temp_dir().join(format!("tollgate-opt-ins-{}.json", std::process::id()));
    fs::write(&jwks, good_jwks().to_string()).unwrap();
    let (jwks_path, now) = (jwks.to_str().unwrap(), NOW.to_string());
    let verify = |flags: &[&str], token: Token| {
        let base = ["verify", "--jwks", jwks_path, "--any-issuer", "--any-audience", "--now", &now];
        tollgate(&[&base[..], flags, &["--token", &token.mint()]].concat(), "").code
    };
    let absent = || Token::good().without_member("typ");
    assert_eq!(verify(&["--typ", "JWT"], absent()), 1);
    assert_eq!(verify(&["--typ", "JWT", "--typ-absent"], absent()), 0);
    assert_eq!(verify(&[], bound(Token::good())), 1);
    assert_eq!(verify(&["--proof-of-possession", "checked-by-gateway"], bound(Token::good())), 0);
    fs::remove_file(jwks).unwrap();
}

#[test]
fn an_opt_in_alone_is_an_error_that_says_what_it_needs() {
    for (arguments, message) in [
        (&["serve", "--typ-absent"][..], "--typ"),
        (
            &["serve", "--proof-of-possession", "checked-by-gateway"],
            "--proof-of-possession needs --issuer",
        ),
        (&["serve", "--proof-of-possession", "yes"], "checked-by-gateway"),
        (&["serve", "--demo", "--proof-of-possession", "refuse"], "--demo"),
        (&["serve", "--demo", "--token-from", "cookie=a"], "--demo"),
        (&["serve", "--demo", "--percent-encode-identity"], "--demo"),
    ] {
        let run = tollgate(arguments, "");
        assert_eq!(run.code, 2, "{arguments:?}");
        assert!(run.stderr.contains(message), "{arguments:?}: {}", run.stderr);
    }
}
