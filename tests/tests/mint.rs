//! What the tests mint is what other libraries take for good, so that oracle and core are not held to a
//! mistake of the mint's.

use num_bigint::BigUint;
use rsa::pkcs1v15::Pkcs1v15Sign;
use rsa::pss::Pss;
use rsa::{BoxedUint, PublicKey};
use sha2::{Sha256, Sha384, Sha512};
use tollgate_core::Algorithm;
use tollgate_tests::mint::{RsaHash, RsaSecret, SigningKey, Token, jwks_for_all, key_for};
use tollgate_tests::oracle::{Clock, Credentials, Policy, Request, judge};

const MESSAGE: &[u8] = b"a message";

fn public(key: &RsaSecret) -> PublicKey {
    let number = |number: &BigUint| {
        let bytes = number.to_bytes_be();
        BoxedUint::from_be_slice(&bytes, u32::try_from(8 * bytes.len()).unwrap()).unwrap()
    };
    PublicKey::new_with_size_limits(number(key.modulus()), number(key.exponent()), 2048..=4096)
        .unwrap()
}

/// Whether RustCrypto's `rsa` accepts a signature.
fn rsa_accepts(key: &RsaSecret, algorithm: Algorithm, signature: &[u8]) -> bool {
    let (key, hash) = (public(key), RsaHash::of(algorithm).hash(MESSAGE));
    let verified = match algorithm {
        Algorithm::Rs256 => key.verify(Pkcs1v15Sign::new::<Sha256>(), &hash, signature),
        Algorithm::Rs384 => key.verify(Pkcs1v15Sign::new::<Sha384>(), &hash, signature),
        Algorithm::Rs512 => key.verify(Pkcs1v15Sign::new::<Sha512>(), &hash, signature),
        Algorithm::Ps256 => key.verify(Pss::<Sha256>::new(), &hash, signature),
        Algorithm::Ps384 => key.verify(Pss::<Sha384>::new(), &hash, signature),
        Algorithm::Ps512 => key.verify(Pss::<Sha512>::new(), &hash, signature),
        other => panic!("{other}"),
    };
    verified.is_ok()
}

#[test]
fn rsa_signatures_of_every_length_are_good_to_another_library() {
    for name in ["2048", "2049", "2056", "3071", "4096"] {
        let key = RsaSecret::named(name);
        assert_eq!(key.modulus().bits().to_string(), name);
        for algorithm in Algorithm::ALL.iter().filter(|it| it.name().starts_with(['R', 'P'])) {
            let mut signature = key.sign(*algorithm, MESSAGE);
            assert!(rsa_accepts(&key, *algorithm, &signature), "{name} {algorithm}");
            signature[9] ^= 1;
            assert!(!rsa_accepts(&key, *algorithm, &signature), "{name} {algorithm}");
        }
    }
}

#[test]
fn every_rsa_key_has_the_length_that_its_name_says() {
    for bits in (2048..=2056).chain([3071, 3072, 4095, 4096]) {
        let key = RsaSecret::named(&bits.to_string());
        let [p, q] = key.factors();
        assert_eq!(key.modulus().bits(), bits);
        assert_eq!(p * q, *key.modulus());
    }
}

#[test]
fn ed25519_signatures_are_good_to_another_library() {
    let SigningKey::Ed25519(key) = key_for(Algorithm::EdDsa) else { panic!() };
    let signature = key_for(Algorithm::EdDsa).sign(MESSAGE).try_into().unwrap();
    let signature = ed25519_dalek::Signature::from_bytes(&signature);
    assert!(key.verifying_key().verify_strict(MESSAGE, &signature).is_ok());
}

#[test]
fn the_oracle_accepts_the_good_token_of_every_algorithm() {
    for algorithm in Algorithm::ALL {
        let request = Request {
            credentials: Credentials::Token(Token::good_for(*algorithm).mint().into_bytes()),
            sets: vec![(jwks_for_all().to_string().into_bytes(), None)],
            policy: Policy::default(),
            clock: Clock::Exact(tollgate_tests::mint::NOW),
        };
        let verdict = judge(&request);
        assert!(verdict.is_accepted(), "{algorithm}: {verdict:?}");
    }
}
