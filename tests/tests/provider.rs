//! Tokens of a real OpenID provider.

use std::path::Path;

use serde_json::Value;
use tollgate_core::policy::{Audience, IdTokenRules, Policy, PolicyBuilder};
use tollgate_core::{Claim, KeySet, Now, Rejection, UnixTime};
use tollgate_tests::verify::{Engine, TestKeys, lenient, look};

fn file(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/oidc-provider");
    std::fs::read_to_string(folder.join(name)).unwrap().trim_end().to_owned()
}

fn keys() -> TestKeys {
    TestKeys::from_jwks(file("jwks.json").as_bytes()).unwrap()
}

/// What the README says after this label, between backquotes.
fn said(label: &str) -> String {
    let readme = file("README.md");
    let rest = readme.split(label).nth(1).unwrap();
    rest.split('`').nth(1).unwrap().to_owned()
}

/// The claims without any check: to learn when the token lived.
fn claims(token: &str) -> Value {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(payload).unwrap()).unwrap()
}

fn judge(token: &str, policy: PolicyBuilder<'_>) -> Result<(), Rejection> {
    judge_after(0, token, policy)
}

fn judge_after(secs: i64, token: &str, policy: PolicyBuilder<'_>) -> Result<(), Rejection> {
    let issued = claims(token)["iat"].as_i64().unwrap();
    look(token, &keys(), policy, Now::Exact(UnixTime(issued + secs)), |_| ())
}

#[test]
fn every_key_of_the_provider_is_usable() {
    let mut left_out = Vec::new();
    let set = TestKeys::from_jwks_reporting(
        file("jwks.json").as_bytes(),
        |key| key.try_into(),
        |_, reason| {
            left_out.push(reason);
        },
    );
    assert_eq!((set.unwrap().keys().len(), left_out), (2, vec![]));
}

#[test]
fn access_tokens_are_accepted() {
    let issuer = said("Issuer:");
    for name in ["access_token.txt", "access_token_es256.txt", "machine_token.txt"] {
        let token = file(name);
        let audience = claims(&token)["aud"].as_str().unwrap().to_owned();
        let (issuers, audiences) = ([issuer.as_str()], [Audience::Exact(audience.as_str())]);
        let scopes = said("Scope of the access tokens:");
        let scopes: Vec<&str> = scopes.split(' ').collect();
        let policy = || Policy::access_token(&issuers, &audiences).required_scopes(&scopes);
        assert_eq!(judge(&token, policy()), Ok(()), "{name}");
        let lifetime =
            claims(&token)["exp"].as_i64().unwrap() - claims(&token)["iat"].as_i64().unwrap();
        assert_eq!(judge_after(lifetime - 1, &token, policy()), Ok(()), "{name}");
        let expired = judge_after(lifetime, &token, policy());
        assert!(matches!(expired, Err(Rejection::Expired { .. })), "{name}");
    }
}

#[test]
fn access_tokens_of_every_algorithm_are_accepted() {
    let jwks = file("every-algorithm/jwks.json");
    let keys = KeySet::<_, 8>::from_jwks_with(jwks.as_bytes(), |jwk| Engine::Tables.make(jwk));
    let keys = keys.unwrap();
    let names = ["es256", "es384", "es512", "rs256", "ps256", "eddsa"];
    assert_eq!(keys.keys().len(), names.len());
    let issuer = said("Issuer:");
    for name in names {
        let token = file(&format!("every-algorithm/{name}.txt"));
        let audience = claims(&token)["aud"].as_str().unwrap().to_owned();
        let (issuers, audiences) = ([issuer.as_str()], [Audience::Exact(audience.as_str())]);
        let judge = |token: &str| {
            let now = Now::Exact(UnixTime(claims(token)["iat"].as_i64().unwrap()));
            look(token, &keys, Policy::access_token(&issuers, &audiences), now, |_| ())
        };
        assert_eq!(judge(&token), Ok(()), "{name}");
        // The first character of the signature: the last ones have bits that mean nothing.
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let other = if signature.starts_with('A') { "B" } else { "A" };
        let tampered = format!("{signed}.{other}{}", &signature[1..]);
        assert_eq!(judge(&tampered), Err(Rejection::SignatureInvalid), "{name}");
    }
}

#[test]
fn access_token_for_another_audience_is_refused() {
    let issuer = said("Issuer:");
    let (issuers, audiences) = ([issuer.as_str()], [Audience::Exact("https://es256.example.com")]);
    let policy = || Policy::access_token(&issuers, &audiences);
    assert_eq!(judge(&file("access_token.txt"), policy()), Err(Rejection::AudienceMismatch));
    assert_eq!(judge(&file("access_token_es256.txt"), policy()), Ok(()));
}

#[test]
fn id_token_is_accepted() {
    let (issuer, client, nonce) = (said("Issuer:"), said("Client:"), said("Nonce of"));
    let (issuers, audiences) = ([issuer.as_str()], [Audience::Exact(client.as_str())]);
    let token = file("id_token.txt");
    let judge = |nonce: &str| {
        let mut rules = IdTokenRules::new(&client);
        rules.nonce = Some(nonce);
        judge(&token, Policy::id_token(&issuers, &audiences, rules))
    };
    assert_eq!(judge(&nonce), Ok(()));
    assert_eq!(judge("another nonce"), Err(Rejection::NonceMismatch));
}

#[test]
fn kinds_of_token_are_told_apart() {
    let (issuer, client) = (said("Issuer:"), said("Client:"));
    let issuers = [issuer.as_str()];
    let api = [Audience::Exact("https://api.example.com"), Audience::Exact(client.as_str())];
    let as_access = judge(&file("id_token.txt"), Policy::access_token(&issuers, &api));
    assert_eq!(as_access, Err(Rejection::TypMissing));
    let rules = IdTokenRules::new(&client);
    let as_id = judge(&file("access_token.txt"), Policy::id_token(&issuers, &api, rules));
    assert_eq!(as_id, Err(Rejection::TypMismatch));
}

#[test]
fn tampered_token_is_refused() {
    let tampered = file("tampered_token.txt");
    assert_eq!(judge(&tampered, lenient()), Err(Rejection::SignatureInvalid));
    // It differs from a good token in its subject alone.
    assert_ne!(claims(&tampered)["sub"], claims(&file("access_token.txt"))["sub"]);
    assert_eq!(judge(&file("access_token.txt"), lenient()), Ok(()));
}

#[test]
fn tokens_of_the_provider_name_what_profiles_require() {
    let issuer = said("Issuer:");
    let token = file("access_token.txt");
    let issued = claims(&token)["iat"].as_i64().unwrap();
    let policy = lenient().required(&[Claim::JwtId, Claim::ClientId]);
    let found = look(&token, &keys(), policy, Now::Exact(UnixTime(issued)), |token| {
        token.claims().issuer().unwrap().to_string()
    });
    assert_eq!(found, Ok(issuer));
}
