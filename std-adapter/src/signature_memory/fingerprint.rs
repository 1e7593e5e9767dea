//! [`Fingerprint`]: a hash that stands for a signature, and for all that makes it valid.

use sha2::{Digest, Sha256};
use tollgate_core::Algorithm;

use super::key_number::KeyNumber;

/// The SHA-256 hash of a key's number, an algorithm, signed bytes and their signature.
///
/// Two inputs with the same hash would be a collision of SHA-256, which would break ES256 and RS256 as well. The
/// hash is made of public data only, so comparisons may take variable time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(super) fn of(
        key: &KeyNumber,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Self {
        // No two inputs make the same bytes: both numbers have a fixed length, names of algorithms have no zero in
        // them, the length of the message is known, and the signature is the rest.
        let hash = Sha256::new()
            .chain_update(key.to_bytes())
            .chain_update(message.len().to_le_bytes())
            .chain_update(algorithm.name())
            .chain_update([0])
            .chain_update(message)
            .chain_update(signature);
        Self(hash.finalize().into())
    }

    /// Returns bits that are distributed evenly.
    pub(super) fn bits(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }

    #[cfg(test)]
    pub(super) fn for_test(number: u64) -> Self {
        Self(Sha256::digest(number.to_le_bytes()).into())
    }
}
