//! All engines for a key: of every capacity and choice of schemes, and RustCrypto's.

use tollgate_core::Algorithm;
use tollgate_core::engines::rsa::{
    AllSchemes, Bits2048, Bits3072, Bits4096, Capacity, InvalidRsaKey, Ps256, Ps384, Ps512, Rs256,
    Rs384, Rs512, RsaKey, RsaKeyBytes, RsaPublicKey, Schemes, provisioned_bytes,
};
use tollgate_core::engines::rustcrypto;

/// An engine: whether a signature of a message is valid.
pub type Engine = (&'static str, Box<dyn Fn(Algorithm, &[u8], &[u8]) -> bool>);

/// Returns every engine that has room for the key.
pub fn engines(key: &RsaPublicKey) -> Vec<Engine> {
    let theirs = rustcrypto::RsaKey::from(key);
    let mut engines: Vec<Engine> = vec![
        (
            "rustcrypto",
            Box::new(move |algorithm, message, signature| {
                theirs.verify_vartime(algorithm, message, signature).is_ok()
            }),
        ),
        engine::<AllSchemes, Bits4096>("4096", key),
    ];
    if key.bits() <= Bits3072::BITS {
        engines.push(engine::<AllSchemes, Bits3072>("3072", key));
    }
    if key.bits() <= Bits2048::BITS {
        engines.push(engine::<AllSchemes, Bits2048>("2048", key));
    }
    engines
}

fn engine<S: Schemes + 'static, C: Capacity + 'static>(
    name: &'static str,
    key: &RsaPublicKey,
) -> Engine {
    let built = RsaKey::<RsaKeyBytes, S, C>::try_from(key).unwrap();
    // The same bytes, loaded and checked.
    let bytes = built.bytes().to_vec();
    let loaded = RsaKey::<Vec<u8>, S, C>::from_bytes(bytes).unwrap();
    assert_eq!(loaded.public_key().as_ref(), Some(key));
    (
        name,
        Box::new(move |algorithm, message, signature| {
            loaded.verify_vartime(algorithm, message, signature).is_ok()
        }),
    )
}

/// Asserts what all engines find.
#[track_caller]
pub fn assert_all(
    engines: &[Engine],
    valid: bool,
    (algorithm, message, signature): (Algorithm, &[u8], &[u8]),
    what: &str,
) {
    for (name, verify) in engines {
        let found = verify(algorithm, message, signature);
        assert_eq!(found, valid, "{algorithm}, engine {name}: {what}");
    }
}

#[test]
fn an_engine_verifies_with_its_own_schemes_only() {
    use super::encodings::encode;
    use super::keys::key;

    fn verdicts<S: Schemes>() -> Vec<bool> {
        let key = key(2048);
        let engine = RsaKey::<RsaKeyBytes, S, Bits2048>::try_from(&key.public()).unwrap();
        crate::encodings::ALL
            .iter()
            .map(|algorithm| {
                let signature = key.sign(&encode(*algorithm, b"message", 2048)).unwrap();
                let valid = engine.verify_vartime(*algorithm, b"message", &signature).is_ok();
                assert_eq!(valid, S::ALGORITHMS.contains(*algorithm), "{algorithm}");
                valid
            })
            .collect()
    }
    assert_eq!(verdicts::<Rs256>(), [true, false, false, false, false, false]);
    assert_eq!(verdicts::<Rs384>(), [false, true, false, false, false, false]);
    assert_eq!(verdicts::<Rs512>(), [false, false, true, false, false, false]);
    assert_eq!(verdicts::<Ps256>(), [false, false, false, true, false, false]);
    assert_eq!(verdicts::<Ps384>(), [false, false, false, false, true, false]);
    assert_eq!(verdicts::<Ps512>(), [false, false, false, false, false, true]);
    assert_eq!(verdicts::<(Rs256, Ps256)>(), [true, false, false, true, false, false]);
    assert_eq!(verdicts::<(Rs256, (), (Ps256, Ps512))>(), [true, false, false, true, false, true]);
    assert_eq!(verdicts::<()>(), [false; 6]);
    assert_eq!(verdicts::<AllSchemes>(), [true; 6]);
}

#[test]
fn a_hash_is_verified_as_its_message() {
    use super::encodings::encode;
    use super::keys::key;
    use sha2::{Digest, Sha256};

    let key = key(2048);
    let engine = RsaKey::<RsaKeyBytes, (Rs256, Ps256)>::try_from(&key.public()).unwrap();
    let hash = Sha256::digest(b"message");
    let rs256 = key.sign(&encode(Algorithm::Rs256, b"message", 2048)).unwrap();
    let ps256 = key.sign(&encode(Algorithm::Ps256, b"message", 2048)).unwrap();
    assert!(engine.verify_prehash_vartime::<Rs256>(&hash, &rs256).is_ok());
    assert!(engine.verify_prehash_vartime::<Ps256>(&hash, &ps256).is_ok());
    assert!(engine.verify_prehash_vartime::<Rs256>(&hash, &ps256).is_err());
    assert!(engine.verify_prehash_vartime::<Ps256>(&hash, &rs256).is_err());
    assert!(engine.verify_prehash_vartime::<Rs256>(&Sha256::digest(b"other"), &rs256).is_err());
    let narrow = RsaKey::<RsaKeyBytes, Ps256>::try_from(&key.public()).unwrap();
    assert!(narrow.verify_prehash_vartime::<Rs256>(&hash, &rs256).is_err());
}

#[test]
fn a_key_longer_than_the_capacity_is_refused() {
    let key = super::keys::key(2049).public();
    let small = RsaKey::<RsaKeyBytes, Rs256, Bits2048>::try_from(&key);
    assert_eq!(small.unwrap_err(), InvalidRsaKey::Capacity);
    let mut memory = vec![0; provisioned_bytes(2049) - 1];
    let short = RsaKey::<&mut [u8], Rs256>::build_in(&key, &mut memory);
    assert_eq!(short.unwrap_err(), InvalidRsaKey::Length);
}

#[test]
fn bytes_in_the_program_have_the_length_of_a_key_that_fits_and_an_alg_of_the_engine() {
    use super::encodings::encode;
    use super::keys::key;

    fn engine<S: Schemes, C: Capacity>(
        bytes: &'static [u8],
        alg: Option<Algorithm>,
    ) -> Option<RsaKey<&'static [u8], S, C>> {
        RsaKey::from_trusted_static_bytes(bytes, alg)
    }
    let built: RsaKey<_> = RsaKey::try_from(&key(2049).public()).unwrap();
    let bytes: &'static [u8] = built.bytes().to_vec().leak();
    assert!(engine::<AllSchemes, Bits2048>(bytes, None).is_none());
    for other in [&bytes[1..], &bytes[..bytes.len() - 128], &bytes[..4], &[]] {
        assert!(engine::<AllSchemes, Bits4096>(other, None).is_none());
    }
    assert!(engine::<Rs256, Bits3072>(bytes, Some(Algorithm::Ps256)).is_none());
    assert!(engine::<AllSchemes, Bits3072>(bytes, Some(Algorithm::Es256)).is_none());

    let fixed = engine::<AllSchemes, Bits3072>(bytes, Some(Algorithm::Ps256)).unwrap();
    for algorithm in [Algorithm::Ps256, Algorithm::Rs256] {
        let signature = key(2049).sign(&encode(algorithm, b"message", 2049)).unwrap();
        let valid = fixed.verify_vartime(algorithm, b"message", &signature).is_ok();
        assert_eq!(valid, algorithm == Algorithm::Ps256, "{algorithm}");
    }
}
