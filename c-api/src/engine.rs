//! One engine type for all algorithms and all sizes of tables. Only the code of the engines in use is linked.
//!
//! An enum of engines would link the code of all its variants. Here, each constructor refers to its own
//! function.

#[cfg(feature = "ecdsa")]
mod ecdsa;
#[cfg(feature = "eddsa")]
mod eddsa;
#[cfg(feature = "rsa")]
mod rsa;
#[cfg(any(feature = "ecdsa", feature = "eddsa"))]
mod sizes;

use core::ops::Range;

use tollgate_core::engines::{BlobError, BlobKey, BlobKind};
use tollgate_core::{
    Algorithm, InvalidSignature, Jwk, KeyAlgorithms, SignatureVerifier, UnusableKey,
};

use crate::memory;

/// The size of the generators' tables, which take 4 to 9 KiB of the program for each curve.
#[cfg(any(feature = "ecdsa", feature = "eddsa"))]
type Generator = tollgate_core::engines::ecdsa::Comb<6, 2>;

type Verify = fn(&Material, Algorithm, &[u8], &[u8]) -> Result<(), InvalidSignature>;

#[derive(Clone, Copy)]
pub(crate) struct Engine {
    algorithms: KeyAlgorithms,
    signature_len: u16,
    verify: Verify,
    material: Material,
}

/// What the engines keep of their keys. The C caller promises that the blob, which some of them borrow,
/// outlives the key set.
#[derive(Clone, Copy)]
enum Material {
    /// Both coordinates of an ECDSA key of a JWK set.
    #[cfg(feature = "ecdsa")]
    #[cfg_attr(
        not(any(feature = "es256", feature = "es384", feature = "large-jwks-keys")),
        allow(dead_code, reason = "then every ECDSA key is in a blob")
    )]
    Point(ecdsa::Coordinates),
    /// The table of an ECDSA key in a blob.
    #[cfg(feature = "ecdsa")]
    Table(&'static [u8]),
    /// An Ed25519 key of a JWK set.
    #[cfg(feature = "eddsa")]
    Ed25519(eddsa::Untabled),
    /// An Ed25519 key in a blob, and its table.
    #[cfg(feature = "eddsa")]
    Ed25519Table([u8; 32], &'static [u8]),
    /// An RSA key in a blob.
    #[cfg(feature = "rsa")]
    Rsa(rsa::Borrowed),
    /// An RSA key of a JWK set.
    #[cfg(all(feature = "rsa", feature = "large-jwks-keys"))]
    RsaOfJwk(rsa::Own),
}

impl SignatureVerifier for Engine {
    fn algorithms(&self) -> KeyAlgorithms {
        self.algorithms
    }

    fn signature_len(&self) -> usize {
        self.signature_len.into()
    }

    fn verify(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        (self.verify)(&self.material, algorithm, message, signature)
    }
}

impl Engine {
    /// The engine for a key of a JWK set.
    pub(crate) fn from_jwk(jwk: &Jwk<'_>) -> Result<Self, UnusableKey> {
        match jwk.key_type() {
            #[cfg(feature = "ecdsa")]
            tollgate_core::KeyType::Ec => ecdsa::from_jwk(jwk),
            #[cfg(feature = "eddsa")]
            tollgate_core::KeyType::Okp => eddsa::from_jwk(jwk),
            #[cfg(all(feature = "rsa", feature = "large-jwks-keys"))]
            tollgate_core::KeyType::Rsa => rsa::from_jwk(jwk),
            #[allow(unreachable_patterns, reason = "unless all features are chosen")]
            _ => Err(UnusableKey::NotForThisEngine),
        }
    }

    /// The engine for a key of a blob. Checks the table against the key unless it is trusted. That is a
    /// const parameter, so that the check is linked only where it is used.
    pub(crate) fn from_blob<const TRUSTED: bool>(
        key: &BlobKey<'static>,
    ) -> Result<Self, BlobError> {
        match key.kind() {
            #[cfg(feature = "es256")]
            BlobKind::P256 => ecdsa::from_blob::<TRUSTED, tollgate_core::engines::ecdsa::P256>(key),
            #[cfg(feature = "es384")]
            BlobKind::P384 => ecdsa::from_blob::<TRUSTED, tollgate_core::engines::ecdsa::P384>(key),
            #[cfg(feature = "es512")]
            BlobKind::P521 => ecdsa::from_blob::<TRUSTED, tollgate_core::engines::ecdsa::P521>(key),
            #[cfg(feature = "eddsa")]
            BlobKind::Ed25519 => eddsa::from_blob::<TRUSTED>(key),
            #[cfg(feature = "rsa")]
            BlobKind::Rsa => rsa::from_blob(key),
            _ => {
                let found = key.algorithms().usual().unwrap_or(Algorithm::Rs256);
                Err(BlobError::Algorithm { found })
            }
        }
    }

    /// The addresses of the part of the blob that the engine borrows.
    pub(crate) fn span(&self) -> Range<usize> {
        let borrowed = match &self.material {
            #[cfg(feature = "ecdsa")]
            Material::Table(table) => *table,
            #[cfg(feature = "eddsa")]
            Material::Ed25519Table(_, table) => *table,
            #[cfg(feature = "rsa")]
            Material::Rsa(key) => key.bytes(),
            #[allow(unreachable_patterns, reason = "with RSA alone, every key is in a blob")]
            _ => return 0..0,
        };
        memory::span(borrowed.as_ptr(), borrowed.len())
    }
}
