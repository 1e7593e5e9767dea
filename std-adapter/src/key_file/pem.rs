//! The blocks of a PEM file: RFC 7468 §3.

use base64ct::{Base64, Encoding};

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// A block: `-----BEGIN LABEL-----` to `-----END LABEL-----`.
#[derive(Debug)]
pub(super) struct Block<'a> {
    pub(super) label: &'a str,
    /// The value of the line `kid: ID` above the block. RFC 7468 §2 allows text there.
    pub(super) key_id: Option<&'a str>,
    pub(super) der: Vec<u8>,
}

/// Why a block cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PemError {
    #[error("has no matching -----END line")]
    NoEnd,
    #[error("is not base64")]
    NotBase64,
}

/// Whether a text has a block.
pub(super) fn is_pem(text: &str) -> bool {
    text.lines().any(|line| label(line, BEGIN).is_some())
}

/// Returns the blocks of a text. None follows an error.
pub(super) fn blocks(text: &str) -> impl Iterator<Item = Result<Block<'_>, PemError>> {
    let mut lines = text.lines();
    std::iter::from_fn(move || {
        let mut key_id = None;
        let label = loop {
            let line = lines.next()?;
            if let Some(label) = label(line, BEGIN) {
                break label;
            }
            key_id = line.strip_prefix("kid:").map(str::trim).or(key_id);
        };
        let block = read_body(label, &mut lines).map(|der| Block { label, key_id, der });
        if block.is_err() {
            lines = "".lines();
        }
        Some(block)
    })
}

fn read_body<'a>(of: &str, lines: &mut impl Iterator<Item = &'a str>) -> Result<Vec<u8>, PemError> {
    // Never decoded: a private key goes no further than this.
    let is_private = of.ends_with("PRIVATE KEY");
    let mut encoded = String::new();
    for line in lines {
        if line.starts_with(BEGIN) {
            return Err(PemError::NoEnd);
        }
        if line.starts_with(END) {
            return match label(line, END) {
                Some(label) if label == of && is_private => Ok(Vec::new()),
                Some(label) if label == of => {
                    Base64::decode_vec(&encoded).map_err(|_| PemError::NotBase64)
                }
                _ => Err(PemError::NoEnd),
            };
        }
        encoded.push_str(line.trim());
    }
    Err(PemError::NoEnd)
}

/// The label of a line that begins or ends a block.
fn label<'a>(line: &'a str, start: &str) -> Option<&'a str> {
    line.trim_end().strip_prefix(start)?.strip_suffix(DASHES)
}
