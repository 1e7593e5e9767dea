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

/// The issuer is only compared with the token's: nothing is fetched from it.
#[test]
fn commands_fetch_the_keys_from_a_given_url() {
    let (demo, _) = Server::demo();
    let (issuer, token) = (demo.issuer(), demo.token("scope=read:orders"));
    let jwks_uri = format!("{issuer}/jwks");
    let keys = ["--jwks-uri", &jwks_uri, "--allow-insecure-loopback"];
    let api = ["--audience", "https://api.example.com", "--token"];
    let run = tollgate(&[&["verify", "--issuer", &issuer], &keys[..], &api].concat(), &token);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let run = tollgate(&[&["verify", "--any-issuer"], &keys[..], &api].concat(), &token);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let named = ["verify", "--issuer", "my-service"];
    let run = tollgate(&[&named, &keys[..], &api].concat(), &token);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stdout.contains("issuer-mismatch"), "{}", run.stdout);

    let size = ["--teeth", "4", "--blocks", "1"];
    let run = tollgate(&[&["provision"], &keys[..], &size].concat(), "");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("demo-ES384"));
    let run = tollgate(&[&["provision", &issuer], &keys[..]].concat(), "");
    assert_eq!(run.code, 2, "two sources");

    let flags = ["--jwks-uri", &jwks_uri];
    let named = Server::start(&[
        "--issuer",
        "my-service",
        "--audience",
        "https://api.example.com",
        "--allow-insecure-loopback",
        flags[0],
        flags[1],
    ]);
    named.wait_until_ready();
}

#[test]
fn plain_http_is_allowed_for_a_named_host_with_a_warning() {
    let (demo, _) = Server::demo();
    let issuer = demo.issuer();
    let host = issuer.strip_prefix("http://").unwrap().split('/').next().unwrap();
    let token = demo.token("scope=read:orders");
    let verify = ["verify", "--issuer", &issuer, "--any-audience", "--token", "--allow-http-host"];
    let run = tollgate(&[&verify[..], &[host]].concat(), &token);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let run = tollgate(&[&verify[..], &["127.0.0.1:1"]].concat(), &token);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("--allow-http-host HOST:PORT"), "{}", run.stderr);
    let run = tollgate(&[&verify[..], &["127.0.0.1"]].concat(), &token);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("keycloak:8080"), "{}", run.stderr);

    let server =
        Server::start(&["--issuer", &issuer, "--audience", "a", "--allow-http-host", host]);
    server.wait_until_ready();
    server.logged("keys may be fetched without TLS");
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
