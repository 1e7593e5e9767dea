//! RFC 7518 §3.4, FIPS 186-5 §6.4.2.

use num_bigint::BigUint;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use sha2::{Digest, Sha256, Sha384};

use super::mutation::Change;
use crate::mint::{SigningKey, with_other_s};
use crate::random::Random;

/// The order of the curve's group.
fn order(width: usize) -> BigUint {
    let hex: &[u8] = match width {
        32 => b"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        _ => {
            b"ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf\
              581a0db248b0a77aecec196accc52973"
        }
    };
    BigUint::parse_bytes(hex, 16).unwrap()
}

/// A number at full width; what does not fit is cut off.
fn wide(number: &BigUint, width: usize) -> Vec<u8> {
    let mut bytes = number.to_bytes_le();
    bytes.resize(width, 0);
    bytes.reverse();
    bytes
}

/// Replaces one half of the signature or both.
fn halves(signature: &mut [u8], random: &mut Random, new: impl Fn(&[u8]) -> Vec<u8>) {
    let width = signature.len() / 2;
    let which = 1 + random.below(3);
    for (index, half) in signature.chunks_mut(width).enumerate() {
        if which >> index & 1 == 1 {
            let new = new(half);
            half.copy_from_slice(&new);
        }
    }
}

pub(super) fn changes() -> Vec<(&'static str, Change)> {
    vec![
        ("the other S", Change::Signature(|signature, _, _| *signature = with_other_s(signature))),
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
            Change::Signature(|signature, _, random| {
                halves(signature, random, |half| vec![0; half.len()])
            }),
        ),
        (
            "one",
            Change::Signature(|signature, _, random| {
                halves(signature, random, |half| wide(&BigUint::from(1u8), half.len()));
            }),
        ),
        (
            "the order",
            Change::Signature(|signature, _, random| {
                halves(signature, random, |half| wide(&order(half.len()), half.len()));
            }),
        ),
        (
            "the order and a little",
            Change::Signature(|signature, _, random| {
                let little = random.below(4);
                halves(signature, random, |half| {
                    wide(&(order(half.len()) - 2u8 + little), half.len())
                });
            }),
        ),
        (
            "all ones",
            Change::Signature(|signature, _, random| {
                halves(signature, random, |half| vec![0xff; half.len()])
            }),
        ),
        (
            "the order added",
            Change::Signature(|signature, _, random| {
                halves(signature, random, |half| {
                    wide(&(BigUint::from_bytes_be(half) + order(half.len())), half.len())
                });
            }),
        ),
        (
            "taken from the order",
            Change::Signature(|signature, _, random| {
                halves(signature, random, |half| {
                    wide(&(order(half.len()) - BigUint::from_bytes_be(half)), half.len())
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
                signature.copy_within(..half, half);
            }),
        ),
        (
            "little-endian",
            Change::Signature(|signature, _, random| {
                halves(signature, random, |half| half.iter().rev().copied().collect());
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
                };
            }),
        ),
        (
            "of any length",
            Change::Signature(|signature, _, random| {
                let len = 1 + random.below(130);
                signature.resize(len, random.byte());
            }),
        ),
        (
            "of the other algorithm's length",
            Change::Signature(|signature, _, _| {
                let len = if signature.len() == 64 { 96 } else { 64 };
                signature.resize(len, 0);
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
                let message = draft.claims.to_string();
                *signature = match draft.signer() {
                    SigningKey::P256(key) => {
                        let hash = Sha384::digest(&message);
                        let signed: p256::ecdsa::Signature = key.sign_prehash(&hash).unwrap();
                        signed.to_bytes().to_vec()
                    }
                    SigningKey::P384(key) => {
                        let hash = Sha256::digest(&message);
                        let signed: p384::ecdsa::Signature = key.sign_prehash(&hash).unwrap();
                        signed.to_bytes().to_vec()
                    }
                };
            }),
        ),
    ]
}
