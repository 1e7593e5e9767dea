//! Encoded messages of RFC 8017, as its text says, not as the core does it.

use sha2::{Digest, Sha256, Sha384, Sha512};
use tollgate_core::Algorithm;

/// The algorithms with RSA.
pub const ALL: [Algorithm; 6] = [
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Ps256,
    Algorithm::Ps384,
    Algorithm::Ps512,
];

/// The hash function of an algorithm.
pub fn hash(algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
    match algorithm {
        Algorithm::Rs256 | Algorithm::Ps256 => Sha256::digest(message).to_vec(),
        Algorithm::Rs384 | Algorithm::Ps384 => Sha384::digest(message).to_vec(),
        Algorithm::Rs512 | Algorithm::Ps512 => Sha512::digest(message).to_vec(),
        other => panic!("{other} has no RSA"),
    }
}

pub fn is_pss(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::Ps256 | Algorithm::Ps384 | Algorithm::Ps512)
}

/// Encodes a message for a modulus of `bits` bits, with the salt that JWA wants for PSS.
pub fn encode(algorithm: Algorithm, message: &[u8], bits: usize) -> Vec<u8> {
    let hash_len = hash(algorithm, b"").len();
    if is_pss(algorithm) {
        // Any salt will do, and a known one makes tests repeatable.
        pss(algorithm, message, &hash(algorithm, b"salt")[..hash_len], bits)
    } else {
        pkcs1(&digest_info(algorithm, message), bits)
    }
}

/// The `DigestInfo` of a message (RFC 8017 §9.2, note 1).
pub fn digest_info(algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
    let prefix: &[u8] = match algorithm {
        Algorithm::Rs256 | Algorithm::Ps256 => {
            b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"
        }
        Algorithm::Rs384 | Algorithm::Ps384 => {
            b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30"
        }
        Algorithm::Rs512 | Algorithm::Ps512 => {
            b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40"
        }
        other => panic!("{other} has no RSA"),
    };
    [prefix, &hash(algorithm, message)].concat()
}

/// EMSA-PKCS1-v1_5 (RFC 8017 §9.2) with anything in place of the `DigestInfo`.
pub fn pkcs1(digest_info: &[u8], bits: usize) -> Vec<u8> {
    let padding = vec![0xff; bits.div_ceil(8) - 3 - digest_info.len()];
    [&[0, 1], &padding[..], &[0], digest_info].concat()
}

/// EMSA-PSS-ENCODE (RFC 8017 §9.1.1), with a zero octet in front where the modulus has one more.
pub fn pss(algorithm: Algorithm, message: &[u8], salt: &[u8], bits: usize) -> Vec<u8> {
    let em_bits = bits - 1;
    let em_len = em_bits.div_ceil(8);
    let salted = [&[0; 8], &hash(algorithm, message)[..], salt].concat();
    let h = hash(algorithm, &salted);
    let mut db = vec![0; em_len - salt.len() - h.len() - 2];
    db.push(1);
    db.extend(salt);
    let mask = mgf1(algorithm, &h, db.len());
    let mut masked: Vec<u8> = db.iter().zip(&mask).map(|(octet, mask)| octet ^ mask).collect();
    masked[0] &= 0xff >> (8 * em_len - em_bits);
    let leading = vec![0; bits.div_ceil(8) - em_len];
    [&leading[..], &masked, &h, &[0xbc]].concat()
}

/// MGF1 (RFC 8017 §B.2.1).
fn mgf1(algorithm: Algorithm, seed: &[u8], len: usize) -> Vec<u8> {
    let mut mask = Vec::new();
    for counter in 0u32.. {
        if mask.len() >= len {
            break;
        }
        mask.extend(hash(algorithm, &[seed, &counter.to_be_bytes()].concat()));
    }
    mask.truncate(len);
    mask
}
