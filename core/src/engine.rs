//! The trait of engines, which verify signatures: [`SignatureVerifier`].

use core::fmt;
use core::ops::Deref;

use crate::algorithm::{Algorithm, KeyAlgorithms};

/// An engine: verifies signatures with one public key.
///
/// Implement it to plug in a hardware accelerator. It is object-safe, so one
/// [`KeySet`](crate::KeySet) can hold keys of several engines as `&dyn SignatureVerifier`, or as boxes;
/// see [`KeySet::map`](crate::KeySet::map).
///
/// Check the public key when you make an engine: the point in a JWK may not be on its curve.
///
/// ```
/// use tollgate_core::engines::ecdsa::EcPublicKey;
/// use tollgate_core::{Algorithm, InvalidSignature, KeyAlgorithms, SignatureVerifier};
///
/// /// A P-256 key that a chip verifies with.
/// struct ChipKey {
///     point: EcPublicKey,
/// }
///
/// impl SignatureVerifier for ChipKey {
///     fn algorithms(&self) -> KeyAlgorithms {
///         KeyAlgorithms::only(Algorithm::Es256)
///     }
///
///     fn signature_len(&self) -> usize {
///         64
///     }
///
///     fn verify(
///         &self,
///         algorithm: Algorithm,
///         message: &[u8],
///         signature: &[u8],
///     ) -> Result<(), InvalidSignature> {
///         let (x, y) = (self.point.x(), self.point.y());
///         match algorithm == Algorithm::Es256 && chip_verifies(x, y, message, signature) {
///             true => Ok(()),
///             false => Err(InvalidSignature),
///         }
///     }
/// }
/// # fn chip_verifies(_: &[u8], _: &[u8], _: &[u8], _: &[u8]) -> bool { false }
/// ```
pub trait SignatureVerifier {
    /// Returns the algorithms that the key is for: one, unless it is an RSA key without `alg`.
    fn algorithms(&self) -> KeyAlgorithms;

    /// Returns the length of the key's signatures, in bytes: 64 for ES256, the length of the modulus
    /// for RSA. Tokens whose signature has another length are rejected before the engine is asked.
    fn signature_len(&self) -> usize;

    /// Returns the only issuer that the key serves, if the engine knows it. The policy then rejects the tokens
    /// of any other, as for [`Key::with_issuer`](crate::Key::with_issuer).
    fn issuer(&self) -> Option<&str> {
        None
    }

    /// Verifies the signature of `message`, which the engine hashes itself, by one of its algorithms.
    ///
    /// Any length other than [`signature_len`](Self::signature_len) is invalid, and so is an algorithm
    /// that is not one of [`algorithms`](Self::algorithms). An ECDSA signature is R and S, big-endian at
    /// full width, side by side, from 1 to n − 1 (RFC 7518 §3.4). All data is public, so verification
    /// may take variable time.
    ///
    /// # Errors
    ///
    /// The signature is invalid.
    fn verify(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature>;
}

/// References, boxes and shared pointers verify with the engine they point to.
impl<P> SignatureVerifier for P
where
    P: Deref,
    P::Target: SignatureVerifier,
{
    fn algorithms(&self) -> KeyAlgorithms {
        (**self).algorithms()
    }

    fn signature_len(&self) -> usize {
        (**self).signature_len()
    }

    fn issuer(&self) -> Option<&str> {
        (**self).issuer()
    }

    fn verify(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        (**self).verify(algorithm, message, signature)
    }
}

/// The error for a signature that does not verify. It has no details on purpose.
///
/// See the example of [`SignatureVerifier`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidSignature;

impl fmt::Display for InvalidSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the signature does not verify")
    }
}

impl core::error::Error for InvalidSignature {}
