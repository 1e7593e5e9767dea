//! The errors of blobs: [`BlobError`].

use crate::algorithm::Algorithm;
use crate::engines::rsa::InvalidRsaKey;
use crate::reasons_macro::reasons;

reasons! {
/// The reasons why bytes are not a valid blob, or why a key in it cannot be used.
///
/// See the example of [`Blob`](super::Blob).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BlobError: (reason, reason_names) {
    /// The bytes do not begin with `TOLLGATE`.
    #[reason("blob-unknown")]
    #[text("not a blob of provisioned keys")]
    NotABlob,

    /// The version of the format is not supported.
    #[reason("blob-version")]
    #[text("the blob has version {found}, but only versions 1 and 2 are supported")]
    Version {
        /// The version of the blob.
        found: u16,
    },

    /// The blob has another length than its header says.
    #[reason("blob-length")]
    #[text("the length is wrong: {expected} bytes are needed")]
    Length {
        /// The length that the header says.
        expected: u32,
    },

    /// There are more keys than a blob can hold.
    #[reason("blob-too-large")]
    #[text("there are more keys than a blob can hold")]
    TooLarge,

    /// The checksum does not match, so the blob is damaged.
    #[reason("blob-damaged")]
    #[text("the blob is damaged: its checksum does not match")]
    Checksum,

    /// The content is invalid, although the checksum matches.
    #[reason("blob-malformed")]
    #[text("the blob is invalid, although its checksum matches")]
    Malformed,

    /// The key is for another algorithm or curve.
    #[reason("blob-other-algorithm")]
    #[text("the key is for {found}, but another algorithm is needed")]
    Algorithm {
        /// The key's algorithm. For an RSA key without `alg`, RS256.
        found: Algorithm,
    },

    /// The key's table has another size than requested.
    #[reason("blob-other-size")]
    #[text(
        "the key's table has {teeth} teeth and {blocks} blocks, which is not the size requested here"
    )]
    Size {
        /// The teeth of the table.
        teeth: u8,
        /// The blocks of the table.
        blocks: u8,
    },

    /// The point is not on the curve, or for Ed25519, not in the group of prime order.
    #[reason("blob-not-on-curve")]
    #[text("the key's point is not a public key on its curve")]
    NotOnCurve,

    /// The table does not belong to the point.
    #[reason("blob-foreign-table")]
    #[text("the key's table does not belong to its point")]
    ForeignTable,

    /// The RSA key does not satisfy the rules for keys, has a foreign constant, or is too long for the
    /// engine.
    #[reason("blob-rsa-key")]
    #[text("the RSA key cannot be used: {error}")]
    RsaKey {
        /// What is wrong with the key.
        error: InvalidRsaKey,
    },
}
}

impl core::error::Error for BlobError {}
