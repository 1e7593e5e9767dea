//! Libraries that verify signatures; the time includes hashing the message.

use ::graviola::hashing::{Sha256, Sha384};
use ::graviola::signing::ecdsa as graviola;
use ::ring::signature as ring;
use aws_lc_rs::signature as aws;
use p256::ecdsa::signature::Verifier as _;
use tollgate_core::Algorithm;

use super::Peer;
use crate::fixtures::Issuer;

const PARSED: &str = "parsed key";

/// Returns all that run on this machine.
pub fn all(issuer: &Issuer) -> Vec<Peer> {
    let mut peers = vec![rust_crypto(issuer), ring(issuer), aws_lc_rs(issuer)];
    // graviola needs instructions that old processors lack.
    if ::graviola::util::is_cpu_supported() {
        peers.push(graviola(issuer));
    }
    peers
}

fn rust_crypto(issuer: &Issuer) -> Peer {
    match issuer.algorithm() {
        Algorithm::Es256 => {
            let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(issuer.point()).unwrap();
            Peer::new("p256", PARSED, move |specimen| {
                p256::ecdsa::Signature::from_slice(specimen.signature())
                    .is_ok_and(|signature| key.verify(specimen.signing_input(), &signature).is_ok())
            })
        }
        Algorithm::Es384 => {
            let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(issuer.point()).unwrap();
            Peer::new("p384", PARSED, move |specimen| {
                p384::ecdsa::Signature::from_slice(specimen.signature())
                    .is_ok_and(|signature| key.verify(specimen.signing_input(), &signature).is_ok())
            })
        }
    }
}

/// ring keeps a key as bytes, and parses it for every signature.
fn ring(issuer: &Issuer) -> Peer {
    let algorithm = match issuer.algorithm() {
        Algorithm::Es256 => &ring::ECDSA_P256_SHA256_FIXED,
        Algorithm::Es384 => &ring::ECDSA_P384_SHA384_FIXED,
    };
    let key = ring::UnparsedPublicKey::new(algorithm, issuer.point().to_vec());
    Peer::new("ring", "parses the key each time", move |specimen| {
        key.verify(specimen.signing_input(), specimen.signature()).is_ok()
    })
}

fn aws_lc_rs(issuer: &Issuer) -> Peer {
    let algorithm = match issuer.algorithm() {
        Algorithm::Es256 => &aws::ECDSA_P256_SHA256_FIXED,
        Algorithm::Es384 => &aws::ECDSA_P384_SHA384_FIXED,
    };
    let key = aws::ParsedPublicKey::new(algorithm, issuer.point()).unwrap();
    Peer::new("aws-lc-rs", PARSED, move |specimen| {
        key.verify_sig(specimen.signing_input(), specimen.signature()).is_ok()
    })
}

fn graviola(issuer: &Issuer) -> Peer {
    match issuer.algorithm() {
        Algorithm::Es256 => {
            let key =
                graviola::VerifyingKey::<graviola::P256>::from_x962_uncompressed(issuer.point());
            let key = key.unwrap();
            Peer::new("graviola", PARSED, move |specimen| {
                key.verify::<Sha256>(&[specimen.signing_input()], specimen.signature()).is_ok()
            })
        }
        Algorithm::Es384 => {
            let key =
                graviola::VerifyingKey::<graviola::P384>::from_x962_uncompressed(issuer.point());
            let key = key.unwrap();
            Peer::new("graviola", PARSED, move |specimen| {
                key.verify::<Sha384>(&[specimen.signing_input()], specimen.signature()).is_ok()
            })
        }
    }
}
