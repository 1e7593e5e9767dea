//! Compares the provisioned engines with RustCrypto's curves, on any bytes that a fuzzer finds.

use p256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
use tollgate_core::engines::ecdsa::{
    Comb, GeneratorTable, P256, P384, P521, ProvisionedKey, PublicKey, table_bytes,
};

/// Reads `data` as a choice, a secret key, a hash and a signature, and panics where the engines
/// differ from the reference. The choice is the curve, and whether the signature is a good one
/// with the given one's bits flipped, or the given one itself.
pub fn compare(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else { return };
    let is_raw = choice & 2 != 0;
    match choice & 0b101 {
        0 => compare_p256(data, is_raw),
        1 => compare_p384(data, is_raw),
        _ => compare_p521(data, is_raw),
    }
}

macro_rules! compare_on {
    ($name:ident, $curve:ident, $reference:ident, $bytes:literal, $bits:literal) => {
        fn $name(data: &[u8], is_raw: bool) {
            use $reference::ecdsa::{Signature, SigningKey};

            let mut parts = data.chunks($bytes);
            let mut part = || {
                let mut bytes = [0; $bytes];
                let found = parts.next().unwrap_or_default();
                bytes[..found.len()].copy_from_slice(found);
                bytes
            };
            let (mut secret, prehash, r, s) = (part(), part(), part(), part());
            // Else hardly any would be a secret key of P-521.
            secret[0] &= 0xff >> (8 * $bytes - $bits);
            let Ok(signer) = SigningKey::from_slice(&secret) else { return };
            let mut signature = [r, s].concat();
            if !is_raw {
                let good: Signature = signer.sign_prehash(&prehash).unwrap();
                signature.iter_mut().zip(good.to_bytes()).for_each(|(flip, byte)| *flip ^= byte);
            }
            let verifier = signer.verifying_key();
            // What the reference does with more bits than the order has is not what others do.
            let is_number = prehash[0].leading_zeros() >= 8 * $bytes - $bits;
            let expected = Signature::from_slice(&signature).is_ok_and(|signature| {
                is_number && verifier.verify_prehash(&prehash, &signature).is_ok()
            });
            let point = verifier.to_sec1_point(false);
            let (x, y) = point.as_bytes()[1..].split_at($bytes);
            let key = PublicKey::<$curve>::from_coordinates(x, y).unwrap();
            assert_eq!(verdicts(&key, &prehash, &signature), [expected; 3]);
        }
    };
}

compare_on!(compare_p256, P256, p256, 32, 256);
compare_on!(compare_p384, P384, p384, 48, 384);
compare_on!(compare_p521, P521, p521, 66, 521);

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
