//! Keys in files: a JWK set, a single JWK, or PEM.
//!
//! | file | what it has |
//! |---|---|
//! | `pem` | the blocks of a PEM file (RFC 7468) |
//! | `der` | a reader of DER, as far as public keys need it |
//! | `public_key` | a public key or a certificate, as a JWK |

mod der;
mod pem;
mod public_key;

use std::fmt;
use std::io;
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;
use tollgate_core::{Jwk, KeySetError, KeyUse};

use crate::bounded_file;
use crate::jwks::MAX_DOCUMENT_LEN;
use pem::PemError;
use public_key::PublicKeyError;

/// The keys of a file, as a JWK set (RFC 7517 §5).
///
/// ```
/// use tollgate::key_file::{InvalidBlock, KeyFile, KeyFileError, Note};
///
/// let pem = "\
/// -----BEGIN PUBLIC KEY-----
/// MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
/// -----END PUBLIC KEY-----
/// ";
/// assert_eq!(KeyFile::parse(pem.into())?.notes(), [Note::KeyWithoutId]);
///
/// let private = pem.replace("PUBLIC", "PRIVATE");
/// let Err(KeyFileError::Pem { block: 1, error }) = KeyFile::parse(private.into()) else { panic!() };
/// let error: InvalidBlock = error;
/// assert!(error.to_string().starts_with("is a private key"));
/// # Ok::<(), KeyFileError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFile {
    jwk_set: Vec<u8>,
    notes: Vec<Note>,
}

/// What the user of a file should know.
///
/// See the example of [`KeyFile`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// Certificates are taken for the keys that they carry.
    CertificateNotJudged,
    /// A key in PEM has no id.
    KeyWithoutId,
}

/// Why there are no keys in a file.
///
/// See the example of [`KeyFile`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// The file cannot be read, or is longer than [`MAX_DOCUMENT_LEN`].
    #[error("{0}")]
    File(#[from] io::Error),
    /// The file is neither JSON nor PEM.
    #[error(
        "it is neither a JWK set nor a JWK nor PEM: {0}. A JWK set looks like {{\"keys\":[{{\"kty\":\"EC\",…}}]}}"
    )]
    KeySet(KeySetError),
    /// A block of a PEM file cannot be read.
    #[error("block {block} of the PEM file {error}")]
    Pem {
        /// Which block, counted from 1.
        block: usize,
        /// What is wrong with it.
        error: InvalidBlock,
    },
    /// The file has no key that can verify tokens.
    #[error("it has no usable key")]
    NoUsableKey,
}

/// Why a block of a PEM file is not a public key.
///
/// See the example of [`KeyFile`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct InvalidBlock(#[from] Invalid);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Invalid {
    #[error(transparent)]
    Pem(#[from] PemError),
    #[error(
        "is a private key: give its public key, as `openssl pkey -in FILE -pubout` prints it. If others could \
         read the file, replace the key, since they can sign tokens"
    )]
    PrivateKey,
    #[error("is a {0:?}, and not a PUBLIC KEY or a CERTIFICATE")]
    Label(String),
    #[error(transparent)]
    Key(#[from] PublicKeyError),
}

impl KeyFile {
    /// Reads a file with a JWK set, a single JWK, or PEM.
    ///
    /// # Errors
    ///
    /// See [`KeyFileError`].
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        Self::parse(bounded_file::read(path, MAX_DOCUMENT_LEN)?)
    }

    /// Reads the content of a file: a JWK set, a single JWK, or PEM with public keys (`BEGIN PUBLIC KEY`,
    /// RFC 7468 §13) and certificates (`BEGIN CERTIFICATE`, §5). A certificate is taken for the key that it
    /// carries: neither its chain nor its validity is judged.
    ///
    /// A key in PEM gets its id from a line `kid: ID` above its block. Without one, it verifies only tokens
    /// without `kid`.
    ///
    /// ```
    /// use tollgate::key_file::KeyFile;
    ///
    /// let pem = "\
    /// kid: 2026-11
    /// -----BEGIN PUBLIC KEY-----
    /// MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
    /// -----END PUBLIC KEY-----
    /// ";
    /// let file = KeyFile::parse(pem.into()).unwrap();
    /// assert_eq!(
    ///     file.jwk_set(),
    ///     br#"{"keys":[{"kid":"2026-11","kty":"OKP","crv":"Ed25519","x":"Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE"}]}"#
    /// );
    /// ```
    ///
    /// # Errors
    ///
    /// See [`KeyFileError`]. Unusable keys of a JWK set are not errors: they are left out when the set is read.
    pub fn parse(content: Vec<u8>) -> Result<Self, KeyFileError> {
        let content = without_byte_order_mark(content);
        if let Some(text) = std::str::from_utf8(&content).ok().filter(|text| pem::is_pem(text)) {
            return from_pem(text);
        }
        let jwk_set = match Jwk::parse_set(&content, KeyUse::JwtSvid).map(drop) {
            Ok(()) => content,
            Err(KeySetError::NoKeys) if is_jwk(&content) => {
                [b"{\"keys\":[", &*content, b"]}"].concat()
            }
            Err(error) => return Err(KeyFileError::KeySet(error)),
        };
        Ok(Self { jwk_set, notes: Vec::new() })
    }

    /// Returns the JWK set.
    #[must_use]
    pub fn jwk_set(&self) -> &[u8] {
        &self.jwk_set
    }

    /// Returns what the user of the file should know.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CertificateNotJudged => {
                "certificates are taken for their keys: neither their chain nor their validity is judged"
            }
            Self::KeyWithoutId => {
                "a key in PEM without an id verifies only tokens without kid: write a line \"kid: ID\" above \
                 its block"
            }
        })
    }
}

/// Removes the byte order mark that some servers and editors write before JSON. RFC 8259 §8.1 lets readers
/// ignore it.
pub(crate) fn without_byte_order_mark(mut text: Vec<u8>) -> Vec<u8> {
    if text.starts_with(b"\xEF\xBB\xBF") {
        text.drain(..3);
    }
    text
}

/// Whether a JSON object that is not a JWK set is a single key.
fn is_jwk(json: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Members {
        #[serde(rename = "kty")]
        _kty: IgnoredAny,
    }
    serde_json::from_slice::<Members>(json).is_ok()
}

fn from_pem(text: &str) -> Result<KeyFile, KeyFileError> {
    let (mut keys, mut notes) = (Vec::new(), Vec::new());
    let mut note = |note| {
        if !notes.contains(&note) {
            notes.push(note);
        }
    };
    for (index, block) in pem::blocks(text).enumerate() {
        let error = |error| KeyFileError::Pem {
            block: index.saturating_add(1),
            error: InvalidBlock(error),
        };
        let block = block.map_err(|cause| error(cause.into()))?;
        let key = match block.label {
            "PUBLIC KEY" => public_key::from_spki(&block.der),
            "CERTIFICATE" => {
                note(Note::CertificateNotJudged);
                public_key::from_certificate(&block.der)
            }
            label if label.ends_with("PRIVATE KEY") => return Err(error(Invalid::PrivateKey)),
            label => return Err(error(Invalid::Label(label.chars().take(64).collect()))),
        };
        let key = key.map_err(|cause| error(cause.into()))?;
        if block.key_id.is_none() {
            note(Note::KeyWithoutId);
        }
        keys.push(key.to_jwk(block.key_id));
    }
    Ok(KeyFile { jwk_set: format!("{{\"keys\":[{}]}}", keys.join(",")).into_bytes(), notes })
}

#[cfg(test)]
mod tests;
