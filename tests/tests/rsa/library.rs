//! Verdicts compared with those of the crate `rsa`, on valid, damaged and structured signatures.

use proptest::prelude::*;
use rsa::traits::SignatureScheme;
use rsa::{BoxedUint, Pkcs1v15Sign, Pss};
use sha2::{Sha256, Sha384, Sha512};
use tollgate_core::Algorithm;

use super::encodings::{encode, hash};
use super::engines::{assert_all, engines};
use super::keys::{KEYS, PrivateKey};

/// What the library finds.
fn theirs(key: &PrivateKey, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
    let [n, e] = [key.modulus().to_bytes_be(), 65_537u32.to_be_bytes().to_vec()]
        .map(|bytes| BoxedUint::from_be_slice_vartime(&bytes));
    let public = rsa::PublicKey::new(n, e).unwrap();
    let hash = hash(algorithm, message);
    fn verify(
        scheme: impl SignatureScheme,
        key: &rsa::PublicKey,
        hash: &[u8],
        signature: &[u8],
    ) -> bool {
        key.verify(scheme, hash, signature).is_ok()
    }
    match algorithm {
        Algorithm::Rs256 => verify(Pkcs1v15Sign::new::<Sha256>(), &public, &hash, signature),
        Algorithm::Rs384 => verify(Pkcs1v15Sign::new::<Sha384>(), &public, &hash, signature),
        Algorithm::Rs512 => verify(Pkcs1v15Sign::new::<Sha512>(), &public, &hash, signature),
        Algorithm::Ps256 => verify(Pss::<Sha256>::new_with_salt(32), &public, &hash, signature),
        Algorithm::Ps384 => verify(Pss::<Sha384>::new_with_salt(48), &public, &hash, signature),
        Algorithm::Ps512 => verify(Pss::<Sha512>::new_with_salt(64), &public, &hash, signature),
        other => panic!("{other} has no RSA"),
    }
}

/// A byte to change: where, from the start of what, and how.
#[derive(Clone, Debug)]
enum Damage {
    None,
    Encoded(prop::sample::Index, u8),
    Signature(prop::sample::Index, u8),
    /// A signature of extreme bytes.
    Structured(Vec<u8>),
}

fn damage() -> impl Strategy<Value = Damage> {
    let byte = prop_oneof![Just(0u8), Just(0xff), Just(1), Just(0xfe), any::<u8>()];
    prop_oneof![
        Just(Damage::None),
        (any::<prop::sample::Index>(), 1..=255_u8).prop_map(|(at, xor)| Damage::Encoded(at, xor)),
        (any::<prop::sample::Index>(), 1..=255_u8).prop_map(|(at, xor)| Damage::Signature(at, xor)),
        prop::collection::vec(byte, 512).prop_map(Damage::Structured),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn verdicts_agree(
        key in any::<prop::sample::Index>(),
        algorithm in prop::sample::select(&crate::encodings::ALL[..]),
        message in prop::collection::vec(any::<u8>(), 0..100),
        damage in damage(),
    ) {
        let key = key.get(&KEYS);
        let mut encoded = encode(algorithm, &message, key.bits());
        if let Damage::Encoded(at, xor) = &damage {
            *at.get_mut(&mut encoded) ^= xor;
        }
        let Some(mut signature) = key.sign(&encoded) else { return Ok(()) };
        match &damage {
            Damage::Signature(at, xor) => *at.get_mut(&mut signature) ^= xor,
            Damage::Structured(bytes) => signature.copy_from_slice(&bytes[..key.len()]),
            Damage::None | Damage::Encoded(..) => {}
        }
        let valid = theirs(key, algorithm, &message, &signature);
        prop_assert_eq!(valid, matches!(damage, Damage::None));
        assert_all(&engines(&key.public()), valid, (algorithm, &message, &signature), "as rsa");
    }
}
