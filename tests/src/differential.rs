//! What can be compared on whatever bytes a fuzzer finds: the provisioned engines with RustCrypto's
//! curves, and base64url with another implementation.

use base64ct::{Base64UrlUnpadded, Encoding};
use p256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
use tollgate_core::provisioned::{
    Comb, GeneratorTable, P256, P384, ProvisionedKey, PublicKey, table_bytes,
};
use tollgate_core::{EcPublicKey, Part, Rejection, UnusableKey};

use crate::mint::{jwk, jwk_with, jwks, k1, k2};
use crate::verify::{Keys, believed};

/// Reads `data` as a choice, a secret key, a hash and a signature, and panics where the engines
/// differ from the reference. The choice is the curve, and whether the signature is a good one
/// with the given one's bits flipped, or the given one itself.
pub fn compare_engines(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else { return };
    let is_raw = choice & 2 != 0;
    if choice & 1 == 0 {
        compare_p256(data, is_raw);
    } else {
        compare_p384(data, is_raw);
    }
}

macro_rules! compare {
    ($name:ident, $curve:ident, $reference:ident, $bytes:literal) => {
        fn $name(data: &[u8], is_raw: bool) {
            use $reference::ecdsa::{Signature, SigningKey};

            let mut parts = data.chunks($bytes);
            let mut part = || {
                let mut bytes = [0; $bytes];
                let found = parts.next().unwrap_or_default();
                bytes[..found.len()].copy_from_slice(found);
                bytes
            };
            let (secret, prehash, r, s) = (part(), part(), part(), part());
            let Ok(signer) = SigningKey::from_slice(&secret) else { return };
            let mut signature = [r, s].concat();
            if !is_raw {
                let good: Signature = signer.sign_prehash(&prehash).unwrap();
                signature.iter_mut().zip(good.to_bytes()).for_each(|(flip, byte)| *flip ^= byte);
            }
            let verifier = signer.verifying_key();
            let expected = Signature::from_slice(&signature)
                .is_ok_and(|signature| verifier.verify_prehash(&prehash, &signature).is_ok());
            let point = verifier.to_sec1_point(false);
            let (x, y) = point.as_bytes()[1..].split_at($bytes);
            let key = PublicKey::<$curve>::from_coordinates(x, y).unwrap();
            assert_eq!(verdicts(&key, &prehash, &signature), [expected; 3]);
        }
    };
}

compare!(compare_p256, P256, p256, 32);
compare!(compare_p384, P384, p384, 48);

/// What three engines say: one without a table, and two with tables of different shapes.
fn verdicts<C>(key: &PublicKey<C>, prehash: &[u8], signature: &[u8]) -> [bool; 3]
where
    C: GeneratorTable<Comb<5, 2>> + GeneratorTable<Comb<10, 2>>,
{
    let small = vec![0; table_bytes::<C, Comb<4, 1>>()];
    let small = ProvisionedKey::<C, Comb<4, 1>, _, Comb<5, 2>>::build_in(key, small).unwrap();
    let large = vec![0; table_bytes::<C, Comb<5, 2>>()];
    let large = ProvisionedKey::<C, Comb<5, 2>, _, Comb<10, 2>>::build_in(key, large).unwrap();
    [
        key.verify_prehash_vartime::<Comb<10, 2>>(prehash, signature).is_ok(),
        small.verify_prehash_vartime(prehash, signature).is_ok(),
        large.verify_prehash_vartime(prehash, signature).is_ok(),
    ]
}

/// Decodes `encoded` as a token's payload and as coordinates, and panics where another implementation
/// of strict base64url differs.
pub fn compare_base64(encoded: &[u8]) {
    let Ok(encoded) = std::str::from_utf8(encoded) else { return };
    let theirs = Base64UrlUnpadded::decode_vec(encoded);
    let ours = believed(encoded, |verified| Ok(verified.bytes().to_vec()));
    match (&ours, &theirs) {
        (Ok(ours), Ok(theirs)) => assert_eq!(ours, theirs, "{encoded}"),
        (Err(Rejection::Misencoded { part: Part::Payload, offset }), Err(_)) => {
            // What precedes the offending character is fine, but for the bits that it leaves over.
            assert!(*offset < encoded.len(), "{encoded}");
            let whole = &encoded[..offset - offset % 4];
            assert!(Base64UrlUnpadded::decode_vec(whole).is_ok(), "{encoded}: {offset}");
        }
        // It does not get that far.
        (Err(Rejection::TokenMalformed { .. } | Rejection::PartCount { .. }), Err(_)) => {}
        (Err(Rejection::PartEmpty(_) | Rejection::TokenTooLong { .. }), _) => {}
        _ => panic!("{encoded}: {ours:?} and {theirs:?}"),
    }
    for (key, bytes) in [(k1(), 32), (k2(), 48)] {
        let set = jwks([jwk_with(jwk(&key, "k"), "x", encoded.into())]).to_string();
        let mut reasons = Vec::new();
        let make = |key: &EcPublicKey| key.try_into();
        Keys::from_jwks_reporting(set.as_bytes(), make, |_, reason| reasons.push(reason)).unwrap();
        let is_coordinate = theirs.as_ref().is_ok_and(|theirs| theirs.len() == bytes);
        assert_eq!(!reasons.contains(&UnusableKey::Coordinate), is_coordinate, "{encoded}");
    }
}
