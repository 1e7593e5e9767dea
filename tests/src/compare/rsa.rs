//! Compares the engine for RSA with the crate `rsa`, on any bytes that a fuzzer finds.

use rsa::traits::SignatureScheme;
use rsa::{BoxedUint, Pkcs1v15Sign, Pss};
use sha2::{Sha256, Sha384, Sha512};
use tollgate_core::Algorithm;
use tollgate_core::engines::rsa::{RsaKey, RsaPublicKey, provisioned_bytes};
use tollgate_core::engines::rustcrypto;

use crate::mint::{RsaHash, RsaSecret};

/// The lengths of the moduli: at both ends, in the middle, and with each number of bits in the first byte.
const KEYS: [&str; 8] = ["2048", "2049", "2052", "2056", "3071", "3072", "4095", "4096"];
const ALGORITHMS: [Algorithm; 6] = [
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Ps256,
    Algorithm::Ps384,
    Algorithm::Ps512,
];

/// Reads `data` as a key, an algorithm, a way, eight bytes of a message, and bytes, and panics where an
/// engine differs from the crate. The ways: the bytes flip bits of the encoded message, which is signed then;
/// or of a good signature; or they are the signature.
pub fn compare(data: &[u8]) {
    let Some((&[key, algorithm, way], data)) = data.split_first_chunk() else { return };
    let Some((message, bytes)) = data.split_first_chunk::<8>() else { return };
    let secret = RsaSecret::named(KEYS[usize::from(key) % KEYS.len()]);
    let algorithm = ALGORITHMS[usize::from(algorithm) % ALGORITHMS.len()];
    let flipped = |mut good: Vec<u8>| {
        good.iter_mut().zip(bytes).for_each(|(byte, flip)| *byte ^= flip);
        good
    };
    let signature = match way % 3 {
        0 => secret.sign_encoded(&flipped(secret.encoded(algorithm, message))),
        1 => flipped(secret.sign(algorithm, message)),
        _ => bytes.to_vec(),
    };

    let (n, e) = (secret.modulus().to_bytes_be(), secret.exponent().to_bytes_be());
    let expected = theirs(&n, &e, algorithm, message, &signature);
    let public = RsaPublicKey::from_be_bytes(&n, &e).unwrap();
    let second = rustcrypto::RsaKey::from(&public);
    let ours = vec![0; provisioned_bytes(public.bits())];
    let ours = RsaKey::<Vec<u8>>::build_in(&public, ours).unwrap();
    let ours = ours.verify_vartime(algorithm, message, &signature).is_ok();
    let second = second.verify_vartime(algorithm, message, &signature).is_ok();
    assert_eq!([ours, second], [expected; 2], "{algorithm} {signature:?}");
}

fn theirs(n: &[u8], e: &[u8], algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
    let [n, e] = [n, e].map(BoxedUint::from_be_slice_vartime);
    let key = rsa::PublicKey::new(n, e).unwrap();
    let hash = RsaHash::of(algorithm).hash(message);
    fn verify(
        key: &rsa::PublicKey,
        scheme: impl SignatureScheme,
        hash: &[u8],
        signature: &[u8],
    ) -> bool {
        key.verify(scheme, hash, signature).is_ok()
    }
    match algorithm {
        Algorithm::Rs256 => verify(&key, Pkcs1v15Sign::new::<Sha256>(), &hash, signature),
        Algorithm::Rs384 => verify(&key, Pkcs1v15Sign::new::<Sha384>(), &hash, signature),
        Algorithm::Rs512 => verify(&key, Pkcs1v15Sign::new::<Sha512>(), &hash, signature),
        Algorithm::Ps256 => verify(&key, Pss::<Sha256>::new_with_salt(32), &hash, signature),
        Algorithm::Ps384 => verify(&key, Pss::<Sha384>::new_with_salt(48), &hash, signature),
        _ => verify(&key, Pss::<Sha512>::new_with_salt(64), &hash, signature),
    }
}
