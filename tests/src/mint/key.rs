use p256::ecdsa::signature::Signer;
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha384};
use tollgate_core::Algorithm;

use super::encoding::base64url;

/// A private key. Its signatures are deterministic (RFC 6979).
#[derive(Clone, Debug)]
pub enum SigningKey {
    /// For ES256.
    P256(p256::ecdsa::SigningKey),
    /// For ES384.
    P384(Box<p384::ecdsa::SigningKey>),
}

impl SigningKey {
    /// The P-256 key that grows from this seed.
    pub fn p256(seed: &str) -> Self {
        Self::P256(p256::ecdsa::SigningKey::from_slice(&Sha256::digest(seed)).unwrap())
    }

    /// The P-384 key that grows from this seed.
    pub fn p384(seed: &str) -> Self {
        Self::P384(Box::new(p384::ecdsa::SigningKey::from_slice(&Sha384::digest(seed)).unwrap()))
    }

    /// The algorithm that it signs with.
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::P256(_) => Algorithm::Es256,
            Self::P384(_) => Algorithm::Es384,
        }
    }

    /// R and S over `message`, which is not hashed yet.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
            Self::P384(key) => {
                let signature: p384::ecdsa::Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
        }
    }

    /// The private scalar, big-endian: what `d` in a JWK holds.
    pub fn secret(&self) -> Vec<u8> {
        match self {
            Self::P256(key) => key.to_bytes().to_vec(),
            Self::P384(key) => key.to_bytes().to_vec(),
        }
    }

    /// Both coordinates of the public point, big-endian at full width.
    pub fn coordinates(&self) -> (Vec<u8>, Vec<u8>) {
        let point = match self {
            Self::P256(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Self::P384(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
        };
        let (x, y) = point[1..].split_at(self.algorithm().coordinate_len());
        (x.to_vec(), y.to_vec())
    }

    /// The public key with no more than it must have (RFC 7518 §6.2.1).
    pub fn jwk(&self) -> Value {
        let (x, y) = self.coordinates();
        let crv = self.algorithm().curve();
        json!({ "kty": "EC", "crv": crv, "x": base64url(x), "y": base64url(y) })
    }
}

/// The other signature of the same message: R and n − S, as valid as the first.
pub fn with_other_s(signature: &[u8]) -> Vec<u8> {
    match signature.len() {
        64 => {
            let signature = p256::ecdsa::Signature::from_slice(signature).unwrap();
            let (r, s) = signature.split_scalars();
            p256::ecdsa::Signature::from_scalars(r, -s).unwrap().to_bytes().to_vec()
        }
        _ => {
            let signature = p384::ecdsa::Signature::from_slice(signature).unwrap();
            let (r, s) = signature.split_scalars();
            p384::ecdsa::Signature::from_scalars(r, -s).unwrap().to_bytes().to_vec()
        }
    }
}
