//! Who verifies a signature, and what is known of a payload then.

use std::sync::Arc;

use tollgate_core::rustcrypto::RustCryptoKey;
use tollgate_core::{
    Algorithm, BearerToken, CompactJws, InvalidSignature, Key, KeySet, Rejection, SignatureVerifier,
};
use tollgate_tests::mint::{ISSUER, Token};
use tollgate_tests::verify::{Keys, good_keys, lenient};

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
        assert_eq!(verifier().algorithm(), Algorithm::Es256);
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
fn a_verified_payload_tells_to_whom_the_key_belongs() {
    let issuer_of_key = |keys: &Keys| {
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
