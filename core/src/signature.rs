//! Verifies the signature, [`SelectedKey`] → [`VerifiedPayload`]: RFC 7515 §5.2.

use core::fmt;

use crate::base64url;
use crate::engine::InvalidSignature;
use crate::header::{Candidate, Header};
use crate::key_set::SelectedKey;
use crate::part::Part;
use crate::rejection::Rejection;
use crate::scratch::Arena;

/// Stage 5: a payload that the selected key signed.
///
/// See the example of the [stages](crate#stages).
pub struct VerifiedPayload<'k, 'b> {
    pub(crate) payload: &'b [u8],
    pub(crate) header: Header<'b>,
    pub(crate) key_issuer: Option<&'k str>,
    pub(crate) scratch: Arena<'b>,
}

impl<'k, 'b> SelectedKey<'k, '_, 'b> {
    /// Verifies the signature of the received bytes, and only then decodes the payload.
    ///
    /// # Errors
    ///
    /// [`SignatureInvalid`](Rejection::SignatureInvalid),
    /// [`SignatureLength`](Rejection::SignatureLength) or
    /// [`Misencoded`](Rejection::Misencoded).
    pub fn verify(self) -> Result<VerifiedPayload<'k, 'b>, Rejection> {
        let Self { verifier, issuer, candidate } = self;
        let Candidate { jws, header, mut scratch, .. } = candidate;
        let decode = |part, encoded: &str, out: &mut [u8]| {
            base64url::decode(encoded.as_bytes(), out)
                .map_err(|error| Rejection::Misencoded { part, offset: error.offset })
        };

        let encoded = jws.signature();
        let expected = verifier.signature_len();
        let found = base64url::decoded_len(encoded.len());
        if found != expected {
            // If it is not base64url, the encoding is the error, not the length.
            return Err(match base64url::check(encoded.as_bytes()) {
                Err(error) => Rejection::Misencoded { part: Part::Signature, offset: error.offset },
                Ok(()) => Rejection::SignatureLength { expected, found },
            });
        }
        // Decoded where the payload will be.
        let signature = scratch.lend(found)?;
        decode(Part::Signature, encoded, signature)?;
        verifier
            .verify(header.algorithm(), jws.signing_input().as_bytes(), signature)
            .map_err(|InvalidSignature| Rejection::SignatureInvalid)?;

        let payload = scratch.take(base64url::decoded_len(jws.payload().len()))?;
        decode(Part::Payload, jws.payload(), payload)?;
        Ok(VerifiedPayload { payload, header, key_issuer: issuer, scratch })
    }
}

impl<'k, 'b> VerifiedPayload<'k, 'b> {
    /// Returns the signed bytes, which may not be JSON.
    #[must_use]
    pub const fn bytes(&self) -> &[u8] {
        self.payload
    }

    /// Returns the header that was signed with the payload.
    #[must_use]
    pub const fn header(&self) -> &Header<'b> {
        &self.header
    }

    /// Returns the issuer that the verifying key is bound to.
    #[must_use]
    pub const fn key_issuer(&self) -> Option<&'k str> {
        self.key_issuer
    }
}

/// Hides the token, because it is a credential.
impl fmt::Debug for VerifiedPayload<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedPayload").field("header", &self.header).finish_non_exhaustive()
    }
}
