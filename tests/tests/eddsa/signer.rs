//! Signatures from chosen scalars, so that tests can reach values that a signer never makes.

use curve25519_dalek::{EdwardsPoint, Scalar};
use sha2::{Digest, Sha512};

/// A secret scalar and its public key.
pub(crate) struct Signer {
    secret: Scalar,
    pub(crate) public: [u8; 32],
}

impl Signer {
    pub(crate) fn new(secret: Scalar) -> Self {
        Self { secret, public: EdwardsPoint::mul_base(&secret).compress().to_bytes() }
    }

    /// Returns the k of RFC 8032 §5.1.7.
    pub(crate) fn challenge(&self, r: &[u8; 32], message: &[u8]) -> Scalar {
        let hash = Sha512::new().chain_update(r).chain_update(self.public).chain_update(message);
        Scalar::from_bytes_mod_order_wide(&hash.finalize().into())
    }

    /// Signs with R = nonce·B, but hashes and sends the given bytes as R.
    pub(crate) fn sign_as(&self, nonce: &Scalar, r: &[u8; 32], message: &[u8]) -> [u8; 64] {
        let s = nonce + self.challenge(r, message) * self.secret;
        join(r, s.as_bytes())
    }

    /// Signs with R = nonce·B.
    pub(crate) fn sign(&self, nonce: &Scalar, message: &[u8]) -> [u8; 64] {
        let r = EdwardsPoint::mul_base(nonce).compress().to_bytes();
        self.sign_as(nonce, &r, message)
    }
}

pub(crate) fn join(r: &[u8; 32], s: &[u8; 32]) -> [u8; 64] {
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(r);
    signature[32..].copy_from_slice(s);
    signature
}
