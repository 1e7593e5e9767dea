//! Commands that fetch keys from an issuer.

use crate::server::Server;
use crate::support::tollgate;

#[test]
fn verify_fetches_the_keys_of_the_issuer() {
    let (demo, _) = Server::demo();
    let issuer = demo.issuer();
    let token = demo.token("scope=read:orders");
    let arguments =
        ["verify", "--issuer", &issuer, "--audience", "https://api.example.com", "--token"];
    let run = tollgate(&[&arguments[..], &["--allow-insecure-loopback"]].concat(), &token);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("user_7f3k"), "{}", run.stdout);

    let run = tollgate(&arguments, &token);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("--allow-insecure-loopback"), "{}", run.stderr);
}

#[test]
fn provision_fetches_the_keys_of_the_issuer() {
    let (demo, _) = Server::demo();
    let run = tollgate(
        &[
            "provision",
            &demo.issuer(),
            "--allow-insecure-loopback",
            "--teeth",
            "4",
            "--blocks",
            "1",
        ],
        "",
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("demo-ES384") && run.stdout.contains("demo-ES256"));
}

#[test]
fn verify_needs_keys_or_an_issuer_that_has_them() {
    let run = tollgate(&["verify", "--any-issuer", "--any-audience", "--token"], "a.b.c");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("--jwks FILE"), "{}", run.stderr);
}

#[test]
fn an_issuer_that_does_not_answer_is_an_error_that_says_so() {
    // No server listens on port 1.
    let run = tollgate(&["provision", "http://127.0.0.1:1/oidc", "--allow-insecure-loopback"], "");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("cannot fetch the keys"), "{}", run.stderr);
}
