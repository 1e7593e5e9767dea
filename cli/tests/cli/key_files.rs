//! Keys in files: JWK sets, single JWKs and PEM, for every command.

use std::fs;

use base64ct::{Base64, Encoding};
use tollgate_tests::mint::{
    AUDIENCE, ISSUER, NOW, SigningKey, Token, from_hex, good_jwks, jwk, jwk_without, jwks, k1, k2,
};

use super::provision::Scrap;
use super::server::Server;
use super::support::{Run, tollgate};

fn file(name: &str, content: &str) -> Scrap {
    let scrap = Scrap::new(name);
    fs::write(&scrap.0, content).unwrap();
    scrap
}

/// A key on P-256 in PEM, with an id.
fn pem(key: &SigningKey, kid: &str) -> String {
    let (x, y) = key.coordinates();
    let head = from_hex("3059301306072a8648ce3d020106082a8648ce3d03010703420004");
    let body = Base64::encode_string(&[head, x, y].concat());
    format!("kid: {kid}\n-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
}

fn verify(path: &str, token: &Token) -> Run {
    let now = NOW.to_string();
    let arguments = ["verify", "--jwks", path, "--issuer", ISSUER, "--audience", AUDIENCE];
    tollgate(&[&arguments[..], &["--now", &now, "--token"]].concat(), token.mint())
}

fn provision(path: &str, more: &[&str], input: &str) -> Run {
    let arguments = ["provision", path, "--teeth", "4", "--blocks", "1"];
    tollgate(&[&arguments[..], more].concat(), input)
}

#[test]
fn verify_and_provision_read_sets_and_single_keys_and_pem() {
    for (name, content) in [
        ("set", good_jwks().to_string()),
        ("marked", format!("\u{feff}{}", good_jwks())),
        ("single", jwk(&k1(), "k1").to_string()),
        ("pem", pem(&k1(), "k1")),
    ] {
        let file = file(&format!("keys-{name}"), &content);
        let run = verify(file.path(), &Token::good());
        assert_eq!(run.code, 0, "{name}: {}{}", run.stdout, run.stderr);
        for run in [provision(file.path(), &[], ""), provision("-", &[], &content)] {
            assert_eq!(run.code, 0, "{name}: {}", run.stderr);
            assert!(run.stdout.contains("\"k1\""), "{name}: {}", run.stdout);
        }
    }
}

#[test]
fn verify_leaves_out_the_surplus_and_not_the_set() {
    let keys = (0..1_026).map(|index| jwk(&k1(), &format!("k{index}")));
    let file = file("many.json", &jwks(keys).to_string());
    let verdict = |kid: &str| verify(file.path(), &Token::good().member("kid", format!("{kid:?}")));
    for (kid, code) in [("k0", 0), ("k1023", 0), ("k1024", 1)] {
        let run = verdict(kid);
        assert_eq!(run.code, code, "{kid}: {}{}", run.stdout, run.stderr);
        assert!(run.stderr.contains("the first 1024 keys, and left out 2 more"), "{}", run.stderr);
    }
}

#[test]
fn what_to_know_of_a_file_is_a_warning() {
    let without_id = pem(&k1(), "k1").replace("kid: k1\n", "");
    let file_ = file("without-id.pem", &without_id);
    let run = verify(file_.path(), &Token::good());
    assert_eq!(run.code, 1, "{}", run.stdout);
    assert!(run.stderr.contains("write a line \"kid: ID\""), "{}", run.stderr);
    let run = verify(file_.path(), &Token::good().without_member("kid"));
    assert_eq!(run.code, 0, "{}", run.stdout);

    let certificate = include_str!("../../../std-adapter/src/key_file/tests/certificate.pem");
    let file = file("certificate.pem", &format!("kid: k1\n{certificate}"));
    let run = verify(file.path(), &Token::good());
    assert!(run.stdout.contains("signature-invalid"), "{}", run.stdout);
    assert!(run.stderr.contains("neither their chain nor their validity"), "{}", run.stderr);
}

#[test]
fn a_private_key_in_pem_is_refused_and_never_shown() {
    let body = "c2VjcmV0IHNlY3JldCBzZWNyZXQ=";
    let text = format!("-----BEGIN EC PRIVATE KEY-----\n{body}\n-----END EC PRIVATE KEY-----\n");
    let file = file("private.pem", &text);
    let server = ["serve", "--listen", "127.0.0.1:0", "--issuer", "a", "--audience", "a"];
    for run in [
        verify(file.path(), &Token::good()),
        provision(file.path(), &[], ""),
        tollgate(&[&server[..], &["--jwks-file", file.path()]].concat(), ""),
    ] {
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains("is a private key"), "{}", run.stderr);
        assert!(!format!("{}{}", run.stdout, run.stderr).contains(body), "{}", run.stderr);
    }
}

#[test]
fn provision_warns_of_ids_that_are_ambiguous() {
    let other = SigningKey::p256("another key");
    let (one, two) = (jwk(&k1(), "k1"), jwk(&other, "k1"));
    let [no_id, no_id_either] = [&one, &two].map(|key| jwk_without(key.clone(), "kid"));
    for (name, keys, warning) in [
        ("same-kid", vec![one.clone(), two], "for ES256 have the kid \"k1\""),
        ("no-kid", vec![no_id, no_id_either], "for ES256 have no kid"),
    ] {
        let file = file(&format!("ambiguous-{name}"), &jwks(keys).to_string());
        let run = provision(file.path(), &[], "");
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert_eq!(run.stderr.matches("ambiguous-key").count(), 1, "{}", run.stderr);
        assert!(run.stderr.contains(warning), "{}", run.stderr);
        assert!(run.stdout.contains("keys: 2."), "{}", run.stdout);
    }
    // The same key twice is one key, and the same id for another algorithm is no other key.
    for (name, keys, count) in [
        ("twice", [one.clone(), one.clone()], "keys: 1."),
        ("algorithms", [one, jwk(&k2(), "k1")], "keys: 2."),
    ] {
        let file = file(&format!("unambiguous-{name}"), &jwks(keys).to_string());
        let run = provision(file.path(), &[], "");
        assert!(!run.stderr.contains("ambiguous-key"), "{}", run.stderr);
        assert!(run.stdout.contains(count), "{}", run.stdout);
    }
}

#[cfg(unix)]
#[test]
fn serve_reads_a_file_at_the_start_and_on_a_hangup() {
    let (demo, _) = Server::demo();
    let issuer = demo.issuer();
    let good = format!("Bearer {}", demo.token("scope=read:orders"));
    let path = issuer.strip_prefix(&format!("http://{}", demo.address)).unwrap();
    let set = demo.get(&format!("{path}/jwks"), &[]);
    let file_ = file("served.json", &set.body);
    let arguments = ["--issuer", &issuer, "--audience", "https://api.example.com"];
    let server = Server::start(&[&arguments[..], &["--jwks-file", file_.path()]].concat());
    let status = || server.get("/auth", &[("Authorization", &good)]).status;
    assert_eq!(status(), 200);

    fs::write(&file_.0, pem(&k1(), "k1")).unwrap();
    server.signal("HUP");
    server.logged("configuration reloaded");
    assert_eq!(status(), 401);

    fs::write(&file_.0, "{").unwrap();
    server.signal("HUP");
    server.logged("kept the previous configuration");
    fs::write(&file_.0, &set.body).unwrap();
    super::server::wait_for("the file", || (status() == 200).then_some(()));
}
