//! The interface of engines, which verify signatures: [`SignatureVerifier`].

use core::fmt;
use core::ops::Deref;

use crate::algorithm::Algorithm;

/// An engine that verifies signatures with one public key.
///
/// Implement it to plug in a hardware accelerator. It is object-safe, so that keys of several
/// engines can stand in one [`KeySet`](crate::KeySet): use `&dyn SignatureVerifier` for `V` there.
pub trait SignatureVerifier {
    /// The one algorithm that the key is for, by its curve.
    fn algorithm(&self) -> Algorithm;

    /// Verifies R and S, big-endian side by side at full width, over `message`, which is not
    /// hashed yet. `signature` has [`Algorithm::signature_len`] bytes; anything else is invalid,
    /// and so are R and S outside of 1 … n − 1.
    ///
    /// Verification handles no secret, so it may take variable time.
    ///
    /// # Errors
    ///
    /// The signature does not verify.
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature>;
}

/// References, boxes and shared pointers verify as what they point to.
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

/// A signature that does not verify. There is nothing more to know about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidSignature;

impl fmt::Display for InvalidSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the signature does not verify")
    }
}

impl core::error::Error for InvalidSignature {}
