//! RFC 7518 §3.3 to §3.5, RFC 8017, FIPS 186-5 §6.4.2, RFC 8032 §5.1.

use num_bigint::BigUint;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::draft::{Draft, any_ed25519, any_rsa};
use super::mutation::Change;
use crate::mint::{RsaHash, RsaSecret, SigningKey, ed25519, pkcs1, with_other_s};
use crate::random::Random;

/// A number in this many bytes; what does not fit is cut off. Those of Ed25519 are little-endian.
fn wide(number: &BigUint, width: usize, key: &SigningKey) -> Vec<u8> {
    let mut bytes = number.to_bytes_le();
    bytes.resize(width, 0);
    if !matches!(key, SigningKey::Ed25519(_)) {
        bytes.reverse();
    }
    bytes
}

/// Replaces one half of the signature or both; the whole if it is RSA's. `new` makes a number of the old
/// one and of the number that it must be below.
fn halves(
    signature: &mut [u8],
    draft: &Draft,
    random: &mut Random,
    new: impl Fn(BigUint, BigUint) -> BigUint,
) {
    let key = draft.signer();
    let width = match key {
        SigningKey::Rsa(..) => signature.len(),
        _ => signature.len() / 2,
    };
    let which = 1 + random.below(3);
    for (index, half) in signature.chunks_mut(width).enumerate() {
        if which >> index & 1 == 1 || half.len() > 66 {
            let old = match key {
                SigningKey::Ed25519(_) => BigUint::from_bytes_le(half),
                _ => BigUint::from_bytes_be(half),
            };
            let new = wide(&new(old, key.order()), half.len(), key);
            half.copy_from_slice(&new);
        }
    }
}

pub(super) fn changes() -> Vec<(&'static str, Change)> {
    vec![
        (
            "the other S",
            Change::Signature(|signature, draft, random| match draft.signer() {
                SigningKey::Ed25519(_) | SigningKey::Rsa(..) => {
                    halves(signature, draft, random, |old, order| &order - old % &order);
                }
                _ => *signature = with_other_s(signature),
            }),
        ),
        (
            "a bit flipped",
            Change::Signature(|signature, _, random| {
                let place = random.below(signature.len());
                signature[place] ^= 1 << random.below(8);
            }),
        ),
        (
            "any bytes",
            Change::Signature(|signature, _, random| {
                signature.fill_with(|| random.byte());
            }),
        ),
        (
            "zero",
            Change::Signature(|signature, draft, random| {
                halves(signature, draft, random, |_, _| BigUint::ZERO);
            }),
        ),
        (
            "one",
            Change::Signature(|signature, draft, random| {
                halves(signature, draft, random, |_, _| BigUint::from(1u8));
            }),
        ),
        (
            "the order",
            Change::Signature(|signature, draft, random| {
                halves(signature, draft, random, |_, order| order);
            }),
        ),
        (
            "the order and a little",
            Change::Signature(|signature, draft, random| {
                let little = random.below(4);
                halves(signature, draft, random, |_, order| order - 2u8 + little);
            }),
        ),
        (
            "all ones",
            Change::Signature(|signature, draft, random| {
                let ones = (BigUint::from(1u8) << (8 * signature.len())) - 1u8;
                halves(signature, draft, random, |_, _| ones.clone());
            }),
        ),
        (
            "the order added",
            Change::Signature(|signature, draft, random| {
                halves(signature, draft, random, |old, order| old + order);
            }),
        ),
        (
            "taken from the order",
            Change::Signature(|signature, draft, random| {
                // What is not below the order comes from another mutation.
                halves(signature, draft, random, |old, order| {
                    (&order + &order - old % &order) % order
                });
            }),
        ),
        (
            "swapped",
            Change::Signature(|signature, _, _| {
                let half = signature.len() / 2;
                signature.rotate_left(half);
            }),
        ),
        (
            "R twice",
            Change::Signature(|signature, _, _| {
                let half = signature.len() / 2;
                let rest = signature.len() - half;
                signature.copy_within(..half, rest);
            }),
        ),
        (
            "little-endian",
            Change::Signature(|signature, _, random| {
                let half = signature.len() / 2;
                if random.percent(50) {
                    signature[..half].reverse();
                }
                signature[half..].reverse();
            }),
        ),
        (
            "in DER",
            Change::Signature(|signature, draft, _| {
                *signature = match draft.signer() {
                    SigningKey::P256(_) => p256::ecdsa::Signature::from_slice(signature)
                        .unwrap()
                        .to_der()
                        .as_bytes()
                        .to_vec(),
                    SigningKey::P384(_) => p384::ecdsa::Signature::from_slice(signature)
                        .unwrap()
                        .to_der()
                        .as_bytes()
                        .to_vec(),
                    SigningKey::P521(_) => p521::ecdsa::Signature::from_slice(signature)
                        .unwrap()
                        .to_der()
                        .as_bytes()
                        .to_vec(),
                    // OCTET STRING
                    SigningKey::Ed25519(_) | SigningKey::Rsa(..) => {
                        let len = u8::try_from(signature.len() & 0x7f).unwrap();
                        [&[4, len], &signature[..]].concat()
                    }
                };
            }),
        ),
        (
            "of any length",
            Change::Signature(|signature, _, random| {
                let len = 1 + random.below(2 * signature.len());
                signature.resize(len, random.byte());
            }),
        ),
        (
            "of another algorithm's length",
            Change::Signature(|signature, _, random| {
                signature.resize(random.one(&[64, 96, 132, 256, 257, 384, 512]), 0);
            }),
        ),
        (
            "widened by zeros",
            Change::Signature(|signature, _, _| {
                let half = signature.len() / 2;
                signature.insert(half, 0);
                signature.insert(0, 0);
            }),
        ),
        (
            "R alone",
            Change::Signature(|signature, _, _| {
                let half = signature.len() / 2;
                signature.truncate(half);
            }),
        ),
        ("of a thousand bytes", Change::Signature(|signature, _, _| signature.resize(1000, 1))),
        (
            "by another's key",
            Change::Draft(|draft, _| draft.signer = super::draft::attacker(draft.signer)),
        ),
        (
            "over something else",
            Change::Signature(|signature, draft, _| {
                *signature = draft.signer().sign(b"something.else");
            }),
        ),
        (
            "over the decoded claims",
            Change::Signature(|signature, draft, _| {
                *signature = draft.signer().sign(draft.claims.to_string().as_bytes());
            }),
        ),
        (
            "over an empty message",
            Change::Signature(|signature, draft, _| *signature = draft.signer().sign(b"")),
        ),
        (
            "with another hash",
            Change::Signature(|signature, draft, _| {
                let message = &draft.signing_input;
                *signature = match draft.signer() {
                    SigningKey::P256(key) => {
                        let hash = Sha384::digest(message);
                        let signed: p256::ecdsa::Signature = key.sign_prehash(&hash).unwrap();
                        signed.to_bytes().to_vec()
                    }
                    SigningKey::P384(key) => {
                        let hash = Sha256::digest(message);
                        let signed: p384::ecdsa::Signature = key.sign_prehash(&hash).unwrap();
                        signed.to_bytes().to_vec()
                    }
                    SigningKey::P521(key) => {
                        let hash = Sha384::digest(message);
                        let signed: p521::ecdsa::Signature = key.sign_prehash(&hash).unwrap();
                        signed.to_bytes().to_vec()
                    }
                    // As Ed25519ph signs, but for its context.
                    SigningKey::Ed25519(_) => draft.signer().sign(&Sha512::digest(message)),
                    SigningKey::Rsa(key, algorithm) => {
                        let hash = RsaHash::of(*algorithm);
                        let message = message.as_bytes();
                        let encoded = match algorithm.name().starts_with("RS") {
                            true => pkcs1(&hash.other().digest_info(message), key.width()),
                            false => key.pss(message, hash.other(), &[7; 32], hash.other()),
                        };
                        key.sign_encoded(&encoded)
                    }
                };
            }),
        ),
        (
            "as another RSA signer would",
            Change::Draft(|draft, random| {
                let rsa = any_rsa(random);
                draft.become_signed_by(rsa, random);
                draft.forge = true;
            }),
        ),
        (
            "as another Ed25519 signer would",
            Change::Draft(|draft, random| {
                let key = any_ed25519(random);
                draft.become_signed_by(key, random);
                draft.forge = true;
            }),
        ),
    ]
}

/// The signature of a signer who has the private key, and signs what the standard does not let it sign.
pub(super) fn forged(draft: &Draft, random: &mut Random) -> Vec<u8> {
    let message = draft.signing_input.as_bytes();
    match draft.signer() {
        SigningKey::Rsa(key, algorithm) if algorithm.name().starts_with("RS") => {
            key.sign_encoded(&forged_pkcs1(key, RsaHash::of(*algorithm), message, random))
        }
        SigningKey::Rsa(key, algorithm) => {
            key.sign_encoded(&forged_pss(key, RsaHash::of(*algorithm), message, random))
        }
        SigningKey::Ed25519(key) => {
            let r = random.below(2) as u64 * random.number();
            let point = match random.below(4) {
                // Good, even with R = 0.
                0 => ed25519::base_times(r),
                1 => ed25519::plus_small_order(ed25519::base_times(r), random.below(8)),
                2 => random.one(&ed25519::small_orders()),
                _ => ed25519::beyond(u8::try_from(random.below(19)).unwrap()),
            };
            ed25519::signature_with(key, message, r, point)
        }
        other => other.sign(message),
    }
}

fn forged_pkcs1(key: &RsaSecret, hash: RsaHash, message: &[u8], random: &mut Random) -> Vec<u8> {
    let width = key.width();
    let mut good = pkcs1(&hash.digest_info(message), width);
    match random.below(7) {
        0 => good,
        1 => pkcs1(&hash.digest_info_without_null(message), width),
        2 => pkcs1(&hash.hash(message), width),
        // Bleichenbacher's forgery: what follows the hash is not looked at.
        3 => {
            let short = pkcs1(&hash.digest_info(message), width - 100);
            let rest: Vec<u8> = (0..100).map(|_| random.byte()).collect();
            [short, rest].concat()
        }
        4 => {
            good[0] = 1;
            good
        }
        5 => key.pss(message, hash, &hash.hash(message), hash),
        _ => {
            let place = random.below(good.len());
            good[place] ^= 1 << random.below(8);
            good
        }
    }
}

fn forged_pss(key: &RsaSecret, hash: RsaHash, message: &[u8], random: &mut Random) -> Vec<u8> {
    let salt = |len: usize| vec![0x5a; len];
    let len = hash.hash(b"").len();
    let mut good = key.pss(message, hash, &salt(len), hash);
    match random.below(7) {
        0 => good,
        1 => key.pss(message, hash, &salt(0), hash),
        2 => key.pss(message, hash, &salt(random.one(&[20, len - 1, len + 1, len + 8])), hash),
        3 => key.pss(message, hash, &salt(len), hash.other()),
        // For a modulus of 8 k + 1 bits, an octet before the encoded message; else its first bit.
        4 => match good.len() < key.width() {
            true => [&[1], &good[..]].concat(),
            false => {
                good[0] |= 0x80;
                good
            }
        },
        5 => pkcs1(&hash.digest_info(message), key.width()),
        _ => {
            let place = random.below(good.len());
            good[place] ^= 1 << random.below(8);
            good
        }
    }
}
