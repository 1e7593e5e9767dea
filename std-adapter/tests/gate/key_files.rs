//! Keys in files instead of fetched ones.

use std::fs;
use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tollgate::gate::{Gate, Issuer};
use tollgate::jwks::FetchRules;
use tollgate_tests::mint::{
    AUDIENCE, ISSUER, Token, from_hex, good_jwks, jwk, jwk_with, jwk_without, jwks, k1,
};

use super::scripted_web::{
    Web, builder, issuer, k3_jwk, k3_token, later, millis, now, outcomes, secs,
};

/// A file with this content.
fn file(name: &str, content: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("key-file-{name}"));
    fs::write(&path, content).unwrap();
    path
}

/// A gate that reads its keys from this file, and that nobody answers.
fn gate(file: &Path) -> Gate {
    builder(&Web::default()).issuer(issuer().jwks_file(file)).build().unwrap()
}

/// `k1` as a `SubjectPublicKeyInfo`.
fn k1_pem() -> String {
    let (x, y) = k1().coordinates();
    let head = from_hex("3059301306072a8648ce3d020106082a8648ce3d03010703420004");
    let body = Base64::encode_string(&[head, x, y].concat());
    format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
}

#[tokio::test(start_paused = true)]
async fn keys_of_a_file_are_there_at_once_and_nothing_is_fetched() {
    let without_kid = Token::good().without_member("kid");
    for (name, content, token) in [
        ("set", good_jwks().to_string(), Token::good()),
        ("mark", format!("\u{feff}{}", good_jwks()), Token::good()),
        ("single", jwk(&k1(), "k1").to_string(), Token::good()),
        ("pem", format!("kid: k1\n{}", k1_pem()), Token::good()),
        ("pem-without-id", k1_pem(), without_kid),
    ] {
        let web = Web::good();
        let issuer = issuer().jwks_file(file(name, &content));
        let gate = builder(&web).issuer(issuer).build().unwrap();
        assert!(gate.is_ready(), "{name}");
        assert_eq!(now(&gate, &token), Ok(()), "{name}");
        assert_eq!(later(&gate, &k3_token()).await, Err("unknown-key"), "{name}");
        sleep(secs(60)).await;
        assert_eq!((web.total(), outcomes(&gate, "new")), (0, 1), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_issuer_with_a_key_file_may_have_any_name() {
    let issuer = Issuer::new("my-service").audience(AUDIENCE);
    let issuer = issuer.jwks_file(file("name", &good_jwks().to_string()));
    let gate = builder(&Web::default()).issuer(issuer).build().unwrap();
    assert_eq!(now(&gate, &Token::good().claim("iss", json!("my-service"))), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_file_is_read_again_when_it_changes() {
    let path = file("changes", &good_jwks().to_string());
    let gate = gate(&path);
    sleep(secs(1)).await;
    file("changes", &jwks([k3_jwk()]).to_string());
    assert_eq!(now(&gate, &Token::good()), Ok(()));
    sleep(secs(6)).await;
    assert_eq!(now(&gate, &k3_token()), Ok(()));
    assert_eq!(now(&gate, &Token::good()), Err("unknown-key"));
    assert_eq!(outcomes(&gate, "new"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_with_an_unknown_key_makes_the_gate_read_the_file_at_once() {
    let path = file("asked", &good_jwks().to_string());
    let gate = gate(&path);
    sleep(millis(10)).await;
    file("asked", &jwks([k3_jwk()]).to_string());
    let start = Instant::now();
    assert_eq!(later(&gate, &k3_token()).await, Ok(()));
    assert!(start.elapsed() < secs(1), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_file_that_breaks_leaves_the_keys_as_they_are() {
    let broken = jwk_with(jwk(&k1(), "k1"), "x", json!("AAAA"));
    let contents = [
        "".to_owned(),
        "{".to_owned(),
        jwks([]).to_string(),
        jwks([broken]).to_string(),
        "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n".to_owned(),
        " ".repeat((1 << 20) + 1),
    ];
    for (index, content) in contents.iter().enumerate() {
        let name = format!("breaks-{index}");
        let path = file(&name, &good_jwks().to_string());
        let gate = gate(&path);
        sleep(secs(1)).await;
        file(&name, content);
        sleep(secs(20)).await;
        assert!(outcomes(&gate, "key-file") >= 1, "{content:.20}");
        assert_eq!(now(&gate, &Token::good()), Ok(()), "{content:.20}");
        fs::remove_file(&path).unwrap();
        sleep(secs(20)).await;
        assert_eq!(now(&gate, &Token::good()), Ok(()), "{content:.20}");
        file(&name, &jwks([k3_jwk()]).to_string());
        sleep(secs(6)).await;
        assert_eq!(now(&gate, &k3_token()), Ok(()), "{content:.20}: recovered");
    }
}

/// Each look would be a warning in the log for each key.
#[tokio::test(start_paused = true)]
async fn keys_that_cannot_be_used_are_looked_at_once() {
    let gate = gate(&file("unusable", &good_jwks().to_string()));
    sleep(secs(1)).await;
    file("unusable", &jwks([jwk_with(jwk(&k1(), "k1"), "x", json!("AAAA"))]).to_string());
    sleep(secs(60)).await;
    assert_eq!(outcomes(&gate, "key-file"), 1);
    file("unusable", &good_jwks().to_string());
    sleep(secs(6)).await;
    assert_eq!(outcomes(&gate, "new"), 2);
}

#[tokio::test(start_paused = true)]
async fn keys_of_a_file_do_not_expire() {
    let rules = FetchRules { max_stale: secs(10), ..FetchRules::DEFAULT };
    let path = file("expiry", &good_jwks().to_string());
    let issuer = issuer().jwks_file(&path).fetch_rules(rules);
    let gate = builder(&Web::default()).issuer(issuer).build().unwrap();
    fs::remove_file(&path).unwrap();
    sleep(secs(600)).await;
    assert_eq!(now(&gate, &Token::good()), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_reload_reads_the_file_and_a_broken_one_is_an_error() {
    let path = file("reload", &good_jwks().to_string());
    let old = gate(&path);
    let reload =
        || builder(&Web::default()).issuer(issuer().jwks_file(&path)).replaces(&old).build();
    file("reload", &jwks([k3_jwk()]).to_string());
    assert_eq!(now(&reload().unwrap(), &k3_token()), Ok(()));
    file("reload", "{");
    assert!(reload().is_err());
    assert_eq!(now(&old, &Token::good()), Ok(()));
}

fn error(issuer: Issuer) -> String {
    builder(&Web::default()).issuer(issuer).build().unwrap_err().to_string()
}

#[tokio::test]
async fn a_file_without_keys_is_refused_with_what_is_wrong() {
    let secret = "c2VjcmV0";
    let private = format!("-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----\n");
    let private_jwk: Value = jwk_with(jwk(&k1(), "k1"), "d", json!(secret));
    for (name, content, says) in [
        ("private.pem", private, "is a private key"),
        ("private.json", jwks([private_jwk]).to_string(), "has no usable key"),
        ("empty.json", jwks([]).to_string(), "has no usable key"),
        ("none.json", jwk_without(jwk(&k1(), "k1"), "kty").to_string(), "neither a JWK set"),
        ("long.json", " ".repeat((1 << 20) + 1), "1024 KiB"),
    ] {
        let message = error(issuer().jwks_file(file(name, &content)));
        assert!(message.starts_with("jwks_file ") && message.contains(name), "{message}");
        assert!(message.contains(says) && !message.contains(secret), "{message}");
    }
    let message = error(issuer().jwks_file("/nowhere/jwks.json"));
    assert!(message.starts_with("jwks_file /nowhere/jwks.json cannot be used: "), "{message}");
}

#[tokio::test]
async fn a_file_excludes_what_is_for_fetching() {
    let with_file = || issuer().jwks_file(file("alone", &good_jwks().to_string()));
    for (issuer, other) in [
        (with_file().jwks_uri("https://auth.example.com/jwks"), "jwks_uri"),
        (with_file().metadata_url("https://auth.example.com/metadata"), "metadata_url"),
        (with_file().ca_file("ca.pem"), "ca_file"),
        (with_file().bearer_token_file("token"), "bearer_token_file"),
        (with_file().snapshot("snapshot.json"), "snapshot"),
    ] {
        let said =
            format!("jwks_file contradicts {other} of issuer {ISSUER:?}: remove one of them");
        assert_eq!(error(issuer), said);
    }
}
