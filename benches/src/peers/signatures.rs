//! Libraries that verify signatures; the time includes hashing the message.

use ::graviola::hashing::{Sha256, Sha384};
use ::graviola::signing::{ecdsa as graviola, eddsa, rsa as graviola_rsa};
use ::ring::signature as ring;
use aws_lc_rs::signature as aws;
use p256::ecdsa::signature::Verifier as _;
use rsa::traits::SignatureScheme;
use sha2::Digest as _;
use tollgate_core::Algorithm;

use super::Peer;
use crate::fixtures::Issuer;

const PARSED: &str = "parsed key";

/// Returns the libraries that verify signatures of this algorithm, and run on this machine.
pub fn of_signatures(issuer: &Issuer) -> Vec<Peer> {
    let mut peers = vec![rust_crypto(issuer)];
    peers.extend(ring(issuer));
    peers.push(aws_lc_rs(issuer));
    // graviola needs instructions that old processors lack.
    if ::graviola::util::is_cpu_supported() {
        peers.extend(graviola(issuer));
    }
    peers
}

fn rust_crypto(issuer: &Issuer) -> Peer {
    macro_rules! ecdsa {
        ($curve:ident) => {{
            let key = $curve::ecdsa::VerifyingKey::from_sec1_bytes(&issuer.public_key()).unwrap();
            Peer::new(stringify!($curve), PARSED, move |specimen| {
                $curve::ecdsa::Signature::from_slice(specimen.signature())
                    .is_ok_and(|signature| key.verify(specimen.signing_input(), &signature).is_ok())
            })
        }};
    }
    match issuer.algorithm() {
        Algorithm::Es256 => ecdsa!(p256),
        Algorithm::Es384 => ecdsa!(p384),
        Algorithm::Es512 => ecdsa!(p521),
        Algorithm::EdDsa => {
            let bytes = issuer.public_key().try_into().expect("32 bytes");
            let key = ed25519_dalek::VerifyingKey::from_bytes(&bytes).unwrap();
            Peer::new("ed25519-dalek", PARSED, move |specimen| {
                ed25519_dalek::Signature::from_slice(specimen.signature())
                    .is_ok_and(|signature| key.verify(specimen.signing_input(), &signature).is_ok())
            })
        }
        Algorithm::Rs256 => rsa(issuer, rsa::Pkcs1v15Sign::new::<sha2::Sha256>),
        Algorithm::Ps256 => rsa(issuer, rsa::Pss::<sha2::Sha256>::new),
        other => unreachable!("no row for {other}"),
    }
}

fn rsa<S: SignatureScheme + 'static>(issuer: &Issuer, scheme: fn() -> S) -> Peer {
    let (n, e) = issuer.rsa_components();
    let [n, e] = [n, e].map(|bytes| rsa::BoxedUint::from_be_slice_vartime(&bytes));
    let key = rsa::PublicKey::new(n, e).unwrap();
    Peer::new("rsa", PARSED, move |specimen| {
        let hash = sha2::Sha256::digest(specimen.signing_input());
        key.verify(scheme(), &hash, specimen.signature()).is_ok()
    })
}

/// ring keeps a key as bytes, and parses it for every signature. It has no P-521.
fn ring(issuer: &Issuer) -> Option<Peer> {
    let algorithm: &dyn ring::VerificationAlgorithm = match issuer.algorithm() {
        Algorithm::Es256 => &ring::ECDSA_P256_SHA256_FIXED,
        Algorithm::Es384 => &ring::ECDSA_P384_SHA384_FIXED,
        Algorithm::EdDsa => &ring::ED25519,
        Algorithm::Rs256 => &ring::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Ps256 => &ring::RSA_PSS_2048_8192_SHA256,
        _ => return None,
    };
    let key = ring::UnparsedPublicKey::new(algorithm, issuer.public_key());
    Some(Peer::new("ring", "parses the key each time", move |specimen| {
        key.verify(specimen.signing_input(), specimen.signature()).is_ok()
    }))
}

fn aws_lc_rs(issuer: &Issuer) -> Peer {
    let key = issuer.public_key();
    let key = match issuer.algorithm() {
        Algorithm::Es256 => aws::ParsedPublicKey::new(&aws::ECDSA_P256_SHA256_FIXED, key),
        Algorithm::Es384 => aws::ParsedPublicKey::new(&aws::ECDSA_P384_SHA384_FIXED, key),
        Algorithm::Es512 => aws::ParsedPublicKey::new(&aws::ECDSA_P521_SHA512_FIXED, key),
        Algorithm::EdDsa => aws::ParsedPublicKey::new(&aws::ED25519, key),
        Algorithm::Rs256 => aws::ParsedPublicKey::new(&aws::RSA_PKCS1_2048_8192_SHA256, key),
        Algorithm::Ps256 => aws::ParsedPublicKey::new(&aws::RSA_PSS_2048_8192_SHA256, key),
        other => unreachable!("no row for {other}"),
    };
    let key = key.unwrap();
    Peer::new("aws-lc-rs", PARSED, move |specimen| {
        key.verify_sig(specimen.signing_input(), specimen.signature()).is_ok()
    })
}

/// graviola has no P-521.
fn graviola(issuer: &Issuer) -> Option<Peer> {
    let key = issuer.public_key();
    Some(match issuer.algorithm() {
        Algorithm::Es256 => {
            let key = graviola::VerifyingKey::<graviola::P256>::from_x962_uncompressed(&key);
            let key = key.unwrap();
            Peer::new("graviola", PARSED, move |specimen| {
                key.verify::<Sha256>(&[specimen.signing_input()], specimen.signature()).is_ok()
            })
        }
        Algorithm::Es384 => {
            let key = graviola::VerifyingKey::<graviola::P384>::from_x962_uncompressed(&key);
            let key = key.unwrap();
            Peer::new("graviola", PARSED, move |specimen| {
                key.verify::<Sha384>(&[specimen.signing_input()], specimen.signature()).is_ok()
            })
        }
        Algorithm::EdDsa => {
            let key = eddsa::Ed25519VerifyingKey::from_bytes(&key).unwrap();
            Peer::new("graviola", PARSED, move |specimen| {
                key.verify(specimen.signature(), specimen.signing_input()).is_ok()
            })
        }
        Algorithm::Rs256 => {
            let key = graviola_rsa::VerifyingKey::from_pkcs1_der(&key).unwrap();
            Peer::new("graviola", PARSED, move |specimen| {
                key.verify_pkcs1_sha256(specimen.signature(), specimen.signing_input()).is_ok()
            })
        }
        Algorithm::Ps256 => {
            let key = graviola_rsa::VerifyingKey::from_pkcs1_der(&key).unwrap();
            Peer::new("graviola", PARSED, move |specimen| {
                key.verify_pss_sha256(specimen.signature(), specimen.signing_input()).is_ok()
            })
        }
        _ => return None,
    })
}
