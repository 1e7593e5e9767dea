//! The trait of engines, which verify signatures: [`SignatureVerifier`].

use core::fmt;
use core::ops::Deref;

use crate::algorithm::Algorithm;

/// An engine: verifies signatures with one public key.
///
/// Implement it to plug in a hardware accelerator. It is object-safe, so one
/// [`KeySet`](crate::KeySet) can hold keys of several engines as `&dyn SignatureVerifier`, or as boxes;
/// see [`KeySet::map`](crate::KeySet::map).
///
/// Check the public key when you make an engine: the point in a JWK may not be on its curve.
///
/// ```
/// use tollgate_core::{Algorithm, EcPublicKey, InvalidSignature, SignatureVerifier};
///
/// /// A P-256 key that a chip verifies with.
/// struct ChipKey {
///     point: EcPublicKey,
/// }
///
/// impl SignatureVerifier for ChipKey {
///     fn algorithm(&self) -> Algorithm {
///         Algorithm::Es256
///     }
///
///     fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
///         match chip_verifies(self.point.x(), self.point.y(), message, signature) {
///             true => Ok(()),
///             false => Err(InvalidSignature),
///         }
///     }
/// }
/// # fn chip_verifies(_: &[u8], _: &[u8], _: &[u8], _: &[u8]) -> bool { false }
/// ```
pub trait SignatureVerifier {
    /// Returns the one algorithm that the key is for, which follows from its curve.
    fn algorithm(&self) -> Algorithm;

    /// Verifies the signature of `message`, which the engine hashes itself.
    ///
    /// `signature` is R and S, big-endian at full width, side by side. Any length other than
    /// [`Algorithm::signature_len`] is invalid, and so are R and S outside 1 … n − 1. All data is
    /// public, so verification may take variable time.
    ///
    /// # Errors
    ///
    /// The signature is invalid.
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature>;
}

/// References, boxes and shared pointers verify with the engine they point to.
impl<P> SignatureVerifier for P
where
    P: Deref,
    P::Target: SignatureVerifier,
{
    fn algorithm(&self) -> Algorithm {
        (**self).algorithm()
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        (**self).verify(message, signature)
    }
}

/// The error for a signature that does not verify. It has no details on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidSignature;

impl fmt::Display for InvalidSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the signature does not verify")
    }
}

impl core::error::Error for InvalidSignature {}
