//! [`SelectedKey`] → [`VerifiedPayload`]: the signature, RFC 7515 §5.2, RFC 7518 §3.4.

use core::fmt;
use core::ops::Deref;

use crate::algorithm::Algorithm;
use crate::base64url;
use crate::header::{Candidate, Header};
use crate::key_set::SelectedKey;
use crate::part::Part;
use crate::rejection::Rejection;
use crate::scratch::Arena;

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

/// Stage 5: a payload that was signed by the selected key.
pub struct VerifiedPayload<'k, 'b> {
    pub(crate) payload: &'b [u8],
    pub(crate) header: Header<'b>,
    pub(crate) key_issuer: Option<&'k str>,
    pub(crate) scratch: Arena<'b>,
}

impl<'k, 'b> SelectedKey<'k, '_, 'b> {
    /// Verifies the signature over the bytes that were received, and only then decodes the payload.
    ///
    /// # Errors
    ///
    /// [`SignatureInvalid`](Rejection::SignatureInvalid),
    /// [`SignatureLength`](Rejection::SignatureLength) or
    /// [`Misencoded`](Rejection::Misencoded).
    pub fn verify(self) -> Result<VerifiedPayload<'k, 'b>, Rejection> {
        let Self { verifier, issuer, candidate } = self;
        let Candidate { jws, header, mut scratch } = candidate;
        let decode = |part, encoded: &str, out: &mut [u8]| {
            base64url::decode(encoded.as_bytes(), out)
                .map_err(|error| Rejection::Misencoded { part, offset: error.offset })
        };

        let encoded = jws.signature();
        let expected = verifier.algorithm().signature_len();
        let found = base64url::decoded_len(encoded.len());
        let mut buffer = [0; Algorithm::Es384.signature_len()];
        let signature = match buffer.get_mut(..found) {
            Some(signature) if found == expected => signature,
            // The length of what is no base64url says nothing.
            _ => match base64url::check(encoded.as_bytes()) {
                Err(error) => {
                    let (part, offset) = (Part::Signature, error.offset);
                    return Err(Rejection::Misencoded { part, offset });
                }
                Ok(()) => return Err(Rejection::SignatureLength { expected, found }),
            },
        };
        decode(Part::Signature, encoded, signature)?;
        verifier
            .verify(jws.signing_input().as_bytes(), signature)
            .map_err(|InvalidSignature| Rejection::SignatureInvalid)?;

        let payload = scratch.take(base64url::decoded_len(jws.payload().len()))?;
        decode(Part::Payload, jws.payload(), payload)?;
        Ok(VerifiedPayload { payload, header, key_issuer: issuer, scratch })
    }
}

impl<'k, 'b> VerifiedPayload<'k, 'b> {
    /// The signed bytes. They need not be JSON.
    #[must_use]
    pub const fn bytes(&self) -> &[u8] {
        self.payload
    }

    /// The header that was signed with them.
    #[must_use]
    pub const fn header(&self) -> &Header<'b> {
        &self.header
    }

    /// The issuer to whom the verifying key belongs, if it belongs to one.
    #[must_use]
    pub const fn key_issuer(&self) -> Option<&'k str> {
        self.key_issuer
    }
}

/// A token is a credential, so it is never shown.
impl fmt::Debug for VerifiedPayload<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedPayload").field("header", &self.header).finish_non_exhaustive()
    }
}
