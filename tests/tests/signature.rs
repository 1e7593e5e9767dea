//! Engines behind pointers, and what a verified payload reveals of its key.

use std::sync::Arc;

use serde_json::json;
use tollgate_core::engines::ecdsa::{EcPublicKey, P384, UntabledKey};
use tollgate_core::engines::rustcrypto::{P256Key, RustCryptoKey};
use tollgate_core::{
    Algorithm, BearerToken, CompactJws, InvalidSignature, Key, KeyAlgorithms, KeySet, Now,
    Rejection, SignatureVerifier, UnixTime, UnusableKey, Verifier,
};
use tollgate_tests::mint::{ISSUER, NOW, Token, good_jwks, k2};
use tollgate_tests::verify::{TestKeys, good, good_keys, lenient};

/// The engine of the first good key, which is for ES256.
fn engine() -> RustCryptoKey {
    good_keys().keys()[0].verifier().clone()
}

/// Whether a token passes the signature.
fn passes<V: SignatureVerifier>(verifier: V, token: &str) -> Result<(), Rejection> {
    let mut keys = KeySet::<V, 1>::new();
    keys.insert(Key::new(verifier)).unwrap();
    let mut scratch = vec![0; token.len()];
    let jws = CompactJws::split(BearerToken::from_token68(token.as_bytes())?)?;
    let rules = lenient().build().unwrap().header_rules();
    keys.select(jws.decode_header(&rules, &mut scratch)?)?.verify().map(drop)
}

#[test]
fn engines_behind_pointers_verify_as_they_do_themselves() {
    fn judges<V: SignatureVerifier>(verifier: impl Fn() -> V) {
        let good = Token::good().without_member("kid").mint();
        let (signed, _) = good.rsplit_once('.').unwrap();
        let other = Token::good().without_member("kid").claim("sub", 5).mint();
        let (_, signature) = other.rsplit_once('.').unwrap();
        assert_eq!(verifier().algorithms(), Algorithm::Es256.into());
        assert_eq!(passes(verifier(), &good), Ok(()));
        let forged = format!("{signed}.{signature}");
        assert_eq!(passes(verifier(), &forged), Err(Rejection::SignatureInvalid));
    }
    let engine = engine();
    judges(|| engine.clone());
    judges(|| &engine);
    judges(|| -> &dyn SignatureVerifier { &engine });
    judges(|| -> Box<dyn SignatureVerifier> { Box::new(engine.clone()) });
    judges(|| -> Arc<dyn SignatureVerifier> { Arc::new(engine.clone()) });
}

#[test]
fn engines_of_several_kinds_stand_in_one_set() {
    let jwks = good_jwks().to_string();
    let mut left_out = Vec::new();
    let es256: KeySet<P256Key, 1> = KeySet::from_jwks(jwks.as_bytes()).unwrap();
    let es384: KeySet<UntabledKey<P384>, 1> = KeySet::from_jwks_reporting(
        jwks.as_bytes(),
        |key| UntabledKey::try_from(key),
        |index, reason| left_out.push((index, reason)),
    )
    .unwrap();
    assert_eq!(left_out, [(0, UnusableKey::NotForThisEngine)]);
    let es384 = es384.with_issuer(ISSUER);
    let mut keys = KeySet::<&dyn SignatureVerifier, 2>::new();
    keys.extend(es384.as_ref().map(|engine| engine as &dyn SignatureVerifier)).unwrap();
    keys.extend(es256.as_ref().map(|engine| engine as &dyn SignatureVerifier)).unwrap();
    let known: Vec<_> = keys
        .keys()
        .iter()
        .map(|key| (key.id().unwrap().as_str(), key.issuer(), key.algorithms()))
        .collect();
    let [es256, es384] = [Algorithm::Es256, Algorithm::Es384].map(KeyAlgorithms::only);
    assert_eq!(known, [("k1", None, es256), ("k2", Some(ISSUER), es384)]);
    let other = Token::good().member("alg", json!("ES384")).member("kid", json!("k2"));
    for token in [Token::good(), other.signed_by(k2())] {
        let header = format!("Bearer {}", token.mint());
        let mut scratch = vec![0; header.len()];
        let verifier = Verifier::new(&keys, good().build().unwrap());
        let now = Now::Exact(UnixTime(NOW));
        assert!(verifier.verify_header(header.as_bytes(), now, &mut scratch).is_ok());
    }
}

#[test]
fn a_key_is_left_out_if_no_engine_is_made_of_it() {
    let mut met = Vec::new();
    let keys: KeySet<Algorithm, 2> =
        KeySet::from_jwks_with(good_jwks().to_string().as_bytes(), |jwk| {
            let algorithm = EcPublicKey::try_from(jwk)?.algorithm();
            met.push(algorithm);
            match algorithm {
                Algorithm::Es256 => Err(UnusableKey::NotForThisEngine),
                _ => Ok(algorithm),
            }
        })
        .unwrap();
    assert_eq!(met, [Algorithm::Es256, Algorithm::Es384]);
    assert_eq!(keys.keys().iter().map(Key::verifier).collect::<Vec<_>>(), [&Algorithm::Es384]);
}

#[test]
fn a_verified_payload_tells_to_whom_the_key_belongs() {
    let issuer_of_key = |keys: &TestKeys| {
        let token = Token::good().mint();
        let mut scratch = vec![0; token.len()];
        let jws = CompactJws::split(BearerToken::from_token68(token.as_bytes())?)?;
        let rules = lenient().build().unwrap().header_rules();
        let verified = keys.select(jws.decode_header(&rules, &mut scratch)?)?.verify()?;
        assert_eq!(verified.bytes(), Token::good().payload_bytes());
        Ok::<_, Rejection>(verified.key_issuer().map(str::to_owned))
    };
    assert_eq!(issuer_of_key(&good_keys()), Ok(None));
    let bound = good_keys().with_issuer(ISSUER);
    assert_eq!(issuer_of_key(&bound), Ok(Some(ISSUER.to_owned())));
}

#[test]
fn nobody_is_told_more_of_an_invalid_signature() {
    assert_eq!(InvalidSignature.to_string(), "the signature does not verify");
    assert_eq!(Rejection::SignatureInvalid.to_string(), InvalidSignature.to_string());
}
