//! Which token a key may verify: all pairings of `kty` and `crv`, of the key's `alg`, and of the header's
//! `alg`, under each kind of policy (RFC 7517 §4.4, RFC 8725 §3.1).

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tollgate_core::policy::{Expected, PolicyBuilder};
use tollgate_core::{
    Algorithm, BearerToken, Jwk, KeySet, Now, Policy, UnixTime, UnusableKey, Verifier,
};
use tollgate_tests::mint::{NOW, RsaSecret, SigningKey, Token, base64url, jwk_with};
use tollgate_tests::verify::{Engine, SharedEngine};

/// The names of algorithms, and others that are not.
const NAMES: [&str; 11] = [
    "ES256", "ES384", "ES512", "EdDSA", "Ed25519", "RS256", "RS384", "RS512", "PS256", "PS384",
    "PS512",
];
const OTHERS: [&str; 14] = [
    "none", "HS256", "HS512", "ES256K", "ES521", "Ed448", "ESP256", "RS1", "RSA-OAEP", "RSA1_5",
    "ECDH-ES", "es256", "rs256", "eddsa",
];

/// A type and a curve, why no such key is usable, and the names of the algorithms of one that is.
type Kind = (Value, Option<&'static str>, &'static [&'static str]);

fn kinds() -> Vec<Kind> {
    let key = |key: SigningKey| key.jwk();
    let (x, point) = (base64url([1; 32]), base64url([1; 56]));
    vec![
        (key(SigningKey::p256("pairing")), None, &["ES256"]),
        (key(SigningKey::p384("pairing")), None, &["ES384"]),
        (key(SigningKey::p521("pairing")), None, &["ES512"]),
        (key(SigningKey::ed25519("pairing")), None, &["EdDSA", "Ed25519"]),
        (
            key(SigningKey::rsa("2048", Algorithm::Rs256)),
            None,
            &["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
        ),
        (json!({ "kty": "EC", "crv": "secp256k1", "x": x, "y": x }), Some("key-curve"), &[]),
        (json!({ "kty": "EC", "crv": "Ed25519", "x": x, "y": x }), Some("key-curve"), &[]),
        (json!({ "kty": "OKP", "crv": "Ed448", "x": point }), Some("key-curve"), &[]),
        (json!({ "kty": "OKP", "crv": "X25519", "x": x }), Some("key-curve"), &[]),
        (json!({ "kty": "OKP", "crv": "P-256", "x": x }), Some("key-curve"), &[]),
        (json!({ "kty": "oct", "k": x }), Some("key-type"), &[]),
        (json!({ "kty": "rsa", "n": x, "e": "AQAB" }), Some("key-type"), &[]),
    ]
}

/// Makes a token whose header has this `alg`, signed so if the key can.
fn token(jwk: &Value, alg: &str) -> String {
    let named = Algorithm::from_name(alg);
    let signer = match (jwk["kty"].as_str(), named) {
        (Some("RSA"), Some(algorithm)) if alg.starts_with(['R', 'P']) => {
            SigningKey::rsa("2048", algorithm)
        }
        (_, Some(Algorithm::Es384)) => SigningKey::p384("pairing"),
        (_, Some(Algorithm::Es512)) => SigningKey::p521("pairing"),
        (_, Some(Algorithm::EdDsa)) => SigningKey::ed25519("pairing"),
        _ => SigningKey::p256("pairing"),
    };
    Token::good().member("alg", json!(alg)).member("kid", json!("k")).signed_by(signer).mint()
}

fn verdict(keys: &KeySet<SharedEngine, 1>, token: &str, policy: PolicyBuilder<'_>) -> &'static str {
    let mut scratch = vec![0; 2 * token.len()];
    let verifier = Verifier::new(keys, policy.build().unwrap());
    let token = BearerToken::from_token68(token.as_bytes()).unwrap();
    match verifier.verify(token, Now::Exact(UnixTime(NOW)), &mut scratch) {
        Ok(_) => "accepted",
        Err(rejection) => rejection.reason(),
    }
}

#[test]
fn every_pairing_of_key_and_header_has_its_reason() {
    let mut pairings = 0;
    for (kind, refused, fitting) in kinds() {
        let tokens: BTreeMap<&str, String> =
            NAMES.into_iter().chain(OTHERS).map(|name| (name, token(&kind, name))).collect();
        let absent = std::iter::once(None);
        for alg in absent.chain(NAMES.into_iter().chain(OTHERS).map(Some)) {
            let mut jwk = jwk_with(kind.clone(), "kid", json!("k"));
            if let Some(alg) = alg {
                jwk["alg"] = json!(alg);
            }
            // Why the key is left out, if it is.
            let reason = refused.or(match alg {
                Some(alg) if !fitting.contains(&alg) => Some("key-algorithm"),
                _ => None,
            });
            let mut left_out = None;
            let set = json!({ "keys": [jwk] }).to_string();
            let keys = KeySet::from_jwks_reporting(
                set.as_bytes(),
                |key: &Jwk<'_>| Engine::NoTables.make(key),
                |_, reason: UnusableKey| left_out = Some(reason.reason()),
            )
            .unwrap();
            assert_eq!(left_out, reason, "{jwk}");
            for name in NAMES.into_iter().chain(OTHERS) {
                let Some(algorithm) = Algorithm::from_name(name) else {
                    let found = verdict(&keys, &tokens[name], policy());
                    assert_eq!(found, "algorithm-unsupported", "{jwk} {name}");
                    continue;
                };
                let token = &tokens[name];
                let is = |other: &str| Algorithm::from_name(other) == Some(algorithm);
                let of_key = alg.or(fitting.first().copied());
                let by_default = match () {
                    () if reason.is_some() => "no-usable-key",
                    () if of_key.is_some_and(is) => "accepted",
                    () => "algorithm-mismatch",
                };
                // An RSA key that leaves it open is for each RSA algorithm that is listed.
                let if_listed = match by_default {
                    "algorithm-mismatch" if alg.is_none() && fitting.contains(&name) => "accepted",
                    other => other,
                };
                let others: Vec<Algorithm> =
                    Algorithm::ALL.iter().copied().filter(|other| *other != algorithm).collect();
                assert_eq!(verdict(&keys, token, policy()), by_default, "{jwk} {name}");
                for (listed, expected) in [
                    (&[algorithm][..], if_listed),
                    (Algorithm::ALL, if_listed),
                    (&others, "algorithm-not-allowed"),
                    (&[], "algorithm-not-allowed"),
                ] {
                    let found = verdict(&keys, token, policy().algorithms(listed));
                    assert_eq!(found, expected, "{jwk} {name} {listed:?}");
                    pairings += 1;
                }
            }
        }
    }
    assert_eq!(pairings, 12 * 26 * 11 * 4);
}

const fn policy<'p>() -> PolicyBuilder<'p> {
    Policy::builder(Expected::Any, Expected::Any)
}

/// The reason for which a key is left out.
fn reason(jwk: &Value) -> Option<&'static str> {
    let text = jwk.to_string();
    let (_, jwk) = Jwk::parse(text.as_bytes()).map_err(UnusableKey::reason).ok()?;
    Engine::NoTables.make(&jwk).err().map(UnusableKey::reason)
}

#[test]
fn rsa_and_ed25519_keys_are_left_out_for_their_reason() {
    let rsa = SigningKey::rsa("2048", Algorithm::Rs256).jwk();
    let okp = SigningKey::ed25519("pairing").jwk();
    let with = |jwk: &Value, name: &str, value: Value| reason(&jwk_with(jwk.clone(), name, value));
    let bytes = |bytes: &[u8]| json!(base64url(bytes));
    let (_, n) = SigningKey::rsa("2048", Algorithm::Rs256).numbers().swap_remove(0);
    let mut even = n.clone();
    even[255] ^= 1;
    let roca = RsaSecret::named("roca").modulus().to_bytes_be();
    for (found, expected) in [
        (reason(&rsa), None),
        (with(&rsa, "n", json!(null)), Some("rsa-encoding")),
        (with(&rsa, "n", json!("")), Some("rsa-encoding")),
        (with(&rsa, "n", json!("A")), Some("rsa-encoding")),
        (with(&rsa, "n", bytes(&[&[0, 0], &n[..]].concat())), Some("rsa-encoding")),
        (with(&rsa, "e", json!(65537)), Some("rsa-encoding")),
        (with(&rsa, "e", json!("AAEAAQ")), Some("rsa-encoding")),
        (with(&rsa, "n", bytes(&n[1..])), Some("rsa-bits")),
        (with(&rsa, "n", bytes(&[0xff; 513])), Some("rsa-bits")),
        (with(&rsa, "n", bytes(&[0xff; 2000])), Some("rsa-bits")),
        (with(&rsa, "n", bytes(&even)), Some("rsa-even")),
        (with(&rsa, "e", json!("Aw")), Some("rsa-exponent")),
        (with(&rsa, "e", bytes(&[1, 0, 0])), Some("rsa-exponent")),
        (with(&rsa, "e", bytes(&[1, 0, 0, 0, 1])), Some("rsa-exponent")),
        (with(&rsa, "e", bytes(&[0xff; 256])), Some("rsa-exponent")),
        (with(&rsa, "n", bytes(&roca)), Some("rsa-roca")),
        (with(&rsa, "qi", json!("AQ")), Some("key-private")),
        (with(&rsa, "qi", json!(null)), None),
        (with(&rsa, "alg", json!("RSA-OAEP")), Some("key-algorithm")),
        (reason(&okp), None),
        (with(&okp, "x", json!(null)), Some("key-coordinate")),
        (with(&okp, "x", bytes(&[1; 31])), Some("key-coordinate")),
        (with(&okp, "x", bytes(&[0xff; 32])), Some("key-not-on-curve")),
        (with(&okp, "x", bytes(&[0; 32])), Some("key-not-on-curve")),
        (with(&okp, "crv", json!("Ed448")), Some("key-curve")),
        (with(&okp, "alg", json!("ES256")), Some("key-algorithm")),
    ] {
        assert_eq!(found, expected);
    }
}
