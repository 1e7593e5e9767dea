//! Ed25519 with chosen points, as only the owner of a key can sign (RFC 8032 §5.1.6).

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use ed25519_dalek::SigningKey;
use sha2::{Digest, Sha512};

/// The points of small order in bytes: eight, then six other spellings of some of them, which are not canonical.
pub fn small_orders() -> Vec<[u8; 32]> {
    let mut all: Vec<[u8; 32]> =
        EIGHT_TORSION.iter().map(|point| point.compress().to_bytes()).collect();
    // y = ±1 with a sign for x = 0; and y = p + 0 and y = p + 1 in place of 0 and 1.
    let with_sign = |mut bytes: [u8; 32]| {
        bytes[31] |= 0x80;
        bytes
    };
    let (one, minus_one) = (little_endian(1), EIGHT_TORSION[4].compress().to_bytes());
    let (p, p_and_one) = (beyond(0), beyond(1));
    all.extend([with_sign(one), with_sign(minus_one), p, with_sign(p), p_and_one]);
    all.push(with_sign(p_and_one));
    all
}

/// y = p + `little`, which no encoder writes.
pub fn beyond(little: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    (bytes[0], bytes[31]) = (0xed + little, 0x7f);
    bytes
}

fn little_endian(number: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[0] = number;
    bytes
}

/// The point of these bytes plus the point of small order of this index, from 0 to 7. The sum is of mixed order.
pub fn plus_small_order(point: [u8; 32], index: usize) -> [u8; 32] {
    let point = CompressedEdwardsY(point).decompress().unwrap();
    (point + EIGHT_TORSION[index]).compress().to_bytes()
}

/// A signature over one of these messages that holds for a key without the check of its order. A key of small order
/// is not signed with, and one of mixed order with the part that is known.
///
/// # Panics
///
/// Panics if there are too few messages: one of eight will do.
pub fn signature_despite_order(
    point: [u8; 32],
    secret: &SigningKey,
    messages: impl Iterator<Item = String>,
) -> (String, Vec<u8>) {
    let key = CompressedEdwardsY(point).decompress().unwrap();
    let r = Scalar::from(12_345u32);
    let encoded = EdwardsPoint::mul_base(&r);
    for message in messages {
        let k = challenge(encoded.compress().to_bytes(), point, message.as_bytes());
        for part in [Scalar::ZERO, secret.to_scalar()] {
            let s = r + k * part;
            if EdwardsPoint::mul_base(&s) == encoded + k * key {
                return (message, [encoded.compress().to_bytes(), s.to_bytes()].concat());
            }
        }
    }
    panic!("no message has a suitable hash");
}

/// r · B
pub fn base_times(r: u64) -> [u8; 32] {
    EdwardsPoint::mul_base(&Scalar::from(r)).compress().to_bytes()
}

/// The signature with these bytes of R and S = r + k · a.
pub fn signature_with(key: &SigningKey, message: &[u8], r: u64, point: [u8; 32]) -> Vec<u8> {
    let k = challenge(point, key.verifying_key().to_bytes(), message);
    let s = Scalar::from(r) + k * key.to_scalar();
    [point, s.to_bytes()].concat()
}

/// The hash of R, A and the message (RFC 8032 §5.1.6).
fn challenge(r: [u8; 32], a: [u8; 32], message: &[u8]) -> Scalar {
    let hash = Sha512::new().chain_update(r).chain_update(a).chain_update(message).finalize();
    Scalar::from_bytes_mod_order_wide(&hash.into())
}
