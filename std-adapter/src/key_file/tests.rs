//! Keys in files. `openssl` has written those in PEM.

use serde_json::{Value, json};
use tollgate_core::KeySet;

use super::*;
use crate::keys::{self, BoxedVerifier};

const P256: &str = include_str!("tests/p256.pem");
const P384: &str = include_str!("tests/p384.pem");
const P521: &str = include_str!("tests/p521.pem");
const RSA: &str = include_str!("tests/rsa.pem");
const ED25519: &str = include_str!("tests/ed25519.pem");
const CERTIFICATE: &str = include_str!("tests/certificate.pem");
const ALL: [&str; 6] = [P256, P384, P521, RSA, ED25519, CERTIFICATE];

fn parse(text: &str) -> Result<KeyFile, KeyFileError> {
    KeyFile::parse(text.into())
}

fn jwk_set(text: &str) -> Value {
    serde_json::from_slice(parse(text).unwrap().jwk_set()).unwrap()
}

/// The usable keys of a file.
fn usable(file: &KeyFile) -> KeySet<BoxedVerifier<'static>, 8> {
    KeySet::from_jwks_with(file.jwk_set(), keys::without_table).unwrap()
}

fn error(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn a_jwk_set_stays_as_it_is() {
    let set = r#"{ "x": 1, "keys": [{"kty":"EC"}] }"#;
    assert_eq!(parse(set).unwrap().jwk_set(), set.as_bytes());
    assert_eq!(parse(&format!("\u{feff}{set}")).unwrap().jwk_set(), set.as_bytes());
}

#[test]
fn a_single_jwk_is_a_set_of_one() {
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "1", "x": "…" });
    assert_eq!(jwk_set(&jwk.to_string()), json!({ "keys": [jwk] }));
    assert_eq!(jwk_set(&format!("\u{feff}\n {jwk}\n")), json!({ "keys": [jwk] }));
}

#[test]
fn public_keys_of_all_kinds_are_read_from_pem() {
    for (pem, algorithm) in [
        (P256, "ES256"),
        (P384, "ES384"),
        (P521, "ES512"),
        (RSA, "RS256"),
        (ED25519, "EdDSA"),
        (CERTIFICATE, "ES256"),
    ] {
        let keys = usable(&parse(pem).unwrap());
        let usual: Vec<_> = keys.keys().iter().map(|key| key.algorithms().usual()).collect();
        assert_eq!(usual.len(), 1, "{algorithm}");
        assert_eq!(usual[0].unwrap().name(), algorithm);
    }
    // The certificate has the first key, which is one key then.
    assert_eq!(usable(&parse(&ALL.concat()).unwrap()).keys().len(), 5);
}

/// `openssl ec -pubin -text` prints these coordinates.
#[test]
fn the_numbers_are_those_of_the_key() {
    let key = &jwk_set(P256)["keys"][0];
    let expected = json!({
        "kty": "EC", "crv": "P-256",
        "x": include_str!("tests/p256.x").trim(), "y": include_str!("tests/p256.y").trim(),
    });
    assert_eq!(*key, expected);
    assert_eq!(jwk_set(RSA)["keys"][0]["e"], "AQAB");
}

#[test]
fn a_certificate_is_its_key() {
    assert_eq!(jwk_set(CERTIFICATE), jwk_set(P256));
    let file = parse(CERTIFICATE).unwrap();
    assert!(file.notes().contains(&Note::CertificateNotJudged));
    assert!(!parse(P256).unwrap().notes().contains(&Note::CertificateNotJudged));
}

#[test]
fn a_line_above_a_block_is_the_id_of_its_key() {
    let text = format!("Made in 2026.\nkid: first\n{P256}kid:  a \"quoted\" id \n{P384}{P521}");
    let keys = jwk_set(&text)["keys"].clone();
    let ids: Vec<_> = keys.as_array().unwrap().iter().map(|key| key["kid"].clone()).collect();
    assert_eq!(ids, [json!("first"), json!("a \"quoted\" id"), Value::Null]);
    assert_eq!(parse(&text).unwrap().notes(), [Note::KeyWithoutId]);
    assert_eq!(parse(&format!("kid: 1\n{P256}")).unwrap().notes(), []);
}

#[test]
fn line_ends_of_windows_and_white_space_are_no_obstacle() {
    let windows = P256.replace('\n', "\r\n");
    assert_eq!(jwk_set(&windows), jwk_set(P256));
    assert_eq!(jwk_set(&format!("\u{feff}{P256}")), jwk_set(P256));
    assert_eq!(jwk_set(P256.trim_end()), jwk_set(P256));
}

#[test]
fn a_private_key_is_refused_and_never_shown() {
    for label in ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY"] {
        let secret = "c2VjcmV0IHNlY3JldA==";
        let block = format!("-----BEGIN {label}-----\n{secret}\n-----END {label}-----\n");
        let error = parse(&format!("{P256}{block}")).unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with("block 2 of the PEM file is a private key"), "{message}");
        assert!(message.contains("-pubout"), "{message}");
        assert!(!format!("{error:?} {message}").contains("c2Vj"), "{error:?}");
    }
}

#[test]
fn what_is_no_key_is_refused_with_what_it_is() {
    let block = |label: &str, body: &str| {
        format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
    };
    for (text, says) in [
        ("", "neither a JWK set"),
        ("hello", "neither a JWK set"),
        ("{}", "neither a JWK set"),
        (r#"{"keys":{}}"#, "neither a JWK set"),
        (r#"[{"kty":"EC"}]"#, "neither a JWK set"),
        (&block("CERTIFICATE REQUEST", "AAAA"), "is a \"CERTIFICATE REQUEST\""),
        (&block("PUBLIC KEY", "AAA"), "is not base64"),
        (&block("PUBLIC KEY", "%%%%"), "is not base64"),
        (&block("PUBLIC KEY", "AAAA"), "is not a public key"),
        (&block("PUBLIC KEY", ""), "is not a public key"),
        (&block("CERTIFICATE", "AAAA"), "is not a public key"),
        (include_str!("tests/compressed.pem"), "compressed point"),
        (include_str!("tests/x25519.pem"), "another algorithm"),
        (include_str!("tests/secp256k1.pem"), "another algorithm"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n", "no matching -----END"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END CERTIFICATE-----\n", "no matching -----END"),
        (&format!("-----BEGIN PUBLIC KEY-----\n{P256}"), "no matching -----END"),
    ] {
        let error = error(text);
        assert!(error.contains(says), "{text}: {error}");
    }
}

/// Each damage is an error or another key, and never a panic.
#[test]
fn damaged_keys_are_read_to_the_end() {
    for pem in ALL {
        let der = pem::blocks(pem).next().unwrap().unwrap().der;
        let read = |der: &[u8]| {
            let _ = public_key::from_spki(der).map(|key| key.to_jwk(None));
            let _ = public_key::from_certificate(der).map(|key| key.to_jwk(None));
        };
        for end in 0..der.len() {
            read(&der[..end]);
            for bit in 0..8 {
                let mut damaged = der.clone();
                damaged[end] ^= 1 << bit;
                read(&damaged);
            }
        }
        for (end, _) in pem.char_indices() {
            let _ = parse(pem.split_at(end).0);
        }
    }
}

#[test]
fn nothing_follows_a_public_key() {
    let der = pem::blocks(P256).next().unwrap().unwrap().der;
    assert!(public_key::from_spki(&der).is_ok());
    assert!(public_key::from_spki(&[&der[..], &[0]].concat()).is_err());
    assert!(public_key::from_spki(&[&der[..], &der[..]].concat()).is_err());
}
