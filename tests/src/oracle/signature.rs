//! R and S at full width over the bytes received: RFC 7515 §5.2, RFC 7518 §3.4.

use super::base64url;
use super::fault::{Faults, fault};
use super::keys::Key;

/// Checks the signature, or relies on the caller who knows whether it `holds`.
pub(super) fn check(
    key: &Key,
    signing_input: &str,
    part: &str,
    holds: Option<bool>,
) -> Result<(), Faults> {
    let signature = base64url::decode(part).ok_or_else(|| fault("misencoded signature"))?;
    let expected = 2 * key.public.curve().width;
    if signature.len() != expected {
        return Err(fault(format!("signature-length {expected} {}", signature.len())));
    }
    match holds.unwrap_or_else(|| key.public.verifies(signing_input.as_bytes(), &signature)) {
        true => Ok(()),
        false => Err(fault("signature-invalid")),
    }
}
