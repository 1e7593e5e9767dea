//! What the client is told of a rejection.

use core::ffi::c_char;

use crate::policy::{Policy, Rules};
use crate::result::Outcome;
use crate::text::Str;
use crate::verdict::{self, Verdict};
use crate::{buffer, memory};

/// Writes the value of `WWW-Authenticate` for the answer to a rejected token (RFC 6750 §3), ended
/// by a NUL.
///
/// - `realm`: what is protected; none, if `data` is NULL.
/// - `policy`: names the scopes that are required; may be NULL, and then it names none.
/// - `buffer`, `size`, `len`: as for `tollgate_claim_string`. 512 bytes suffice without scopes.
///
/// # Safety
///
/// As for `tollgate_claim_string`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tollgate_challenge(
    verdict: *const Verdict,
    realm: Str,
    policy: *const Policy,
    buffer: *mut c_char,
    size: usize,
    len: *mut usize,
) -> Outcome {
    // SAFETY: the same promises.
    let write = || unsafe {
        let rejection = verdict::rejection(verdict)?;
        let rules = if policy.is_null() { None } else { Some(Rules::read(policy)?) };
        let scopes = rules.as_ref().map_or(&[][..], Rules::scopes);
        let realm_text = if realm.is_null() { None } else { Some(realm.text()?) };
        let written = memory::span(buffer, size);
        memory::check_disjoint(&written, &memory::span(verdict, 1))?;
        rules.as_ref().map_or(Ok(()), |rules| rules.check_disjoint(&written))?;
        let challenge = rejection.challenge(realm_text, scopes);
        buffer::write(buffer, size, len, &realm.span(), challenge)
    };
    Outcome::of(write())
}

/// Writes a sentence that says why the token was rejected, ended by a NUL. It may be reworded;
/// `tollgate_reason` is stable.
///
/// - `buffer`, `size`, `len`: as for `tollgate_claim_string`. 256 bytes suffice.
///
/// # Safety
///
/// As for `tollgate_claim_string`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tollgate_message(
    verdict: *const Verdict,
    buffer: *mut c_char,
    size: usize,
    len: *mut usize,
) -> Outcome {
    // SAFETY: the same promises.
    let write = || unsafe {
        let rejection = verdict::rejection(verdict)?;
        buffer::write(buffer, size, len, &memory::span(verdict, 1), rejection)
    };
    Outcome::of(write())
}
