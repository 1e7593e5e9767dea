use std::sync::Arc;

use num_bigint::BigUint;
use p256::ecdsa::signature::Signer;
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha384, Sha512};
use tollgate_core::Algorithm;

use super::encoding::base64url;
use super::rsa::RsaSecret;

/// A private key. Its signatures are deterministic (RFC 6979, RFC 8032).
#[derive(Clone, Debug)]
pub enum SigningKey {
    /// For ES256.
    P256(p256::ecdsa::SigningKey),
    /// For ES384.
    P384(Box<p384::ecdsa::SigningKey>),
    /// For ES512.
    P521(Box<p521::ecdsa::SigningKey>),
    /// For EdDSA.
    Ed25519(Box<ed25519_dalek::SigningKey>),
    /// For one algorithm of RSA.
    Rsa(Arc<RsaSecret>, Algorithm),
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

    /// The P-521 key that grows from this seed.
    pub fn p521(seed: &str) -> Self {
        let secret = [&[0, 1], &Sha512::digest(seed)[..]].concat();
        Self::P521(Box::new(p521::ecdsa::SigningKey::from_slice(&secret).unwrap()))
    }

    /// The Ed25519 key that grows from this seed.
    pub fn ed25519(seed: &str) -> Self {
        let seed: [u8; 32] = Sha256::digest(seed).into();
        Self::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(&seed)))
    }

    /// The RSA key of this name, such as `2048`, for this algorithm: see [`RsaSecret::named`].
    pub fn rsa(name: &str, algorithm: Algorithm) -> Self {
        Self::Rsa(RsaSecret::named(name), algorithm)
    }

    /// The algorithm that it signs with.
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::P256(_) => Algorithm::Es256,
            Self::P384(_) => Algorithm::Es384,
            Self::P521(_) => Algorithm::Es512,
            Self::Ed25519(_) => Algorithm::EdDsa,
            Self::Rsa(_, algorithm) => *algorithm,
        }
    }

    /// The signature over `message`, which is not hashed yet. That of ECDSA is R and S.
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
            Self::P521(key) => {
                let signature: p521::ecdsa::Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
            Self::Ed25519(key) => key.sign(message).to_bytes().to_vec(),
            Self::Rsa(key, algorithm) => key.sign(*algorithm, message),
        }
    }

    /// The private number, or the seed of Ed25519: what `d` in a JWK holds.
    pub fn secret(&self) -> Vec<u8> {
        match self {
            Self::P256(key) => key.to_bytes().to_vec(),
            Self::P384(key) => key.to_bytes().to_vec(),
            Self::P521(key) => key.to_bytes().to_vec(),
            Self::Ed25519(key) => key.to_bytes().to_vec(),
            Self::Rsa(key, _) => key.private_exponent().to_bytes_be(),
        }
    }

    /// Both coordinates of an EC key's public point, big-endian at full width.
    ///
    /// # Panics
    ///
    /// It is another type of key.
    pub fn coordinates(&self) -> (Vec<u8>, Vec<u8>) {
        let [(_, x), (_, y)] = &self.numbers()[..] else { panic!("{self:?} has no coordinates") };
        (x.clone(), y.clone())
    }

    /// The names and the bytes of the members that hold the public key in a JWK.
    pub fn numbers(&self) -> Vec<(&'static str, Vec<u8>)> {
        let point = match self {
            Self::P256(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Self::P384(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Self::P521(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Self::Ed25519(key) => return vec![("x", key.verifying_key().to_bytes().to_vec())],
            Self::Rsa(key, _) => {
                return vec![
                    ("n", key.modulus().to_bytes_be()),
                    ("e", key.exponent().to_bytes_be()),
                ];
            }
        };
        let (x, y) = point[1..].split_at((point.len() - 1) / 2);
        vec![("x", x.to_vec()), ("y", y.to_vec())]
    }

    /// The public key with no more than it must have (RFC 7518 §6.2.1, §6.3.1, RFC 8037 §2).
    pub fn jwk(&self) -> Value {
        let mut jwk = match self {
            Self::P256(_) => json!({ "kty": "EC", "crv": "P-256" }),
            Self::P384(_) => json!({ "kty": "EC", "crv": "P-384" }),
            Self::P521(_) => json!({ "kty": "EC", "crv": "P-521" }),
            Self::Ed25519(_) => json!({ "kty": "OKP", "crv": "Ed25519" }),
            Self::Rsa(..) => json!({ "kty": "RSA" }),
        };
        for (name, bytes) in self.numbers() {
            jwk[name] = json!(base64url(bytes));
        }
        super::sorted(jwk)
    }

    /// The number below which the numbers of a signature are: the order of the curve's group, or the modulus.
    pub fn order(&self) -> BigUint {
        let hex: &[u8] = match self {
            Self::P256(_) => b"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
            Self::P384(_) => {
                b"ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf\
                  581a0db248b0a77aecec196accc52973"
            }
            Self::P521(_) => {
                b"1ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
                  fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409"
            }
            Self::Ed25519(_) => b"1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed",
            Self::Rsa(key, _) => return key.modulus().clone(),
        };
        BigUint::parse_bytes(hex, 16).unwrap()
    }
}

/// The other ECDSA signature of the same message: R and n − S, as valid as the first.
pub fn with_other_s(signature: &[u8]) -> Vec<u8> {
    match signature.len() {
        64 => {
            let signature = p256::ecdsa::Signature::from_slice(signature).unwrap();
            let (r, s) = signature.split_scalars();
            p256::ecdsa::Signature::from_scalars(r, -s).unwrap().to_bytes().to_vec()
        }
        96 => {
            let signature = p384::ecdsa::Signature::from_slice(signature).unwrap();
            let (r, s) = signature.split_scalars();
            p384::ecdsa::Signature::from_scalars(r, -s).unwrap().to_bytes().to_vec()
        }
        _ => {
            let signature = p521::ecdsa::Signature::from_slice(signature).unwrap();
            let (r, s) = signature.split_scalars();
            p521::ecdsa::Signature::from_scalars(r, -s).unwrap().to_bytes().to_vec()
        }
    }
}
