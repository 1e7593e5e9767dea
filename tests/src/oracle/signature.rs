//! The signature over the bytes received: RFC 7515 §5.2.

use super::base64url;
use super::fault::{Faults, fault};
use super::keys::Key;

/// Checks the signature by the header's algorithm, or relies on the caller who knows whether it
/// `holds`.
pub(super) fn check(
    key: &Key,
    alg: &str,
    signing_input: &str,
    part: &str,
    holds: Option<bool>,
) -> Result<(), Faults> {
    let signature = base64url::decode(part).ok_or_else(|| fault("misencoded signature"))?;
    let expected = key.public.signature_len();
    if signature.len() != expected {
        return Err(fault(format!("signature-length {expected} {}", signature.len())));
    }
    match holds.unwrap_or_else(|| key.public.verifies(alg, signing_input.as_bytes(), &signature)) {
        true => Ok(()),
        false => Err(fault("signature-invalid")),
    }
}
