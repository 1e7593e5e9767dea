//! What to tell the client about a rejection: the challenge and a message.

use core::ffi::c_char;

use crate::buffer::Buffer;
use crate::memory;
use crate::policy::{Policy, Rules};
use crate::result::Code;
use crate::text::Str;
use crate::verdict::{self, Verdict};

/// Writes the value of `WWW-Authenticate` for the response to a rejected token (RFC 6750 §3), with a NUL
/// at the end.
///
/// - `verdict`: the verdict on a rejected token.
/// - `realm`: the realm, or `{0}` for none.
/// - `policy`: the policy whose required scopes the challenge names, or NULL to name none.
/// - `buffer`, `size`, `len`: as for `tollgate_claim_string`. 512 bytes are enough without scopes.
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
) -> Code {
    // SAFETY: the same promises.
    let write = || unsafe {
        let buffer = Buffer::new(buffer, size, len)?;
        let arguments = [memory::span(verdict, 1), realm.span(), memory::span(policy, 1)];
        memory::check_disjoint(&buffer.spans(), arguments)?;
        let rules = if policy.is_null() { Ok(None) } else { Rules::read(policy).map(Some) };
        if let Ok(Some(rules)) = &rules {
            memory::check_disjoint(&buffer.spans(), rules.spans())?;
        }
        buffer.clear();
        let rules = rules?;
        let scopes = rules.as_ref().map_or(&[][..], Rules::scopes);
        let rejection = verdict::rejection(verdict)?;
        buffer.write(rejection.challenge(realm.optional_text()?, scopes))
    };
    Code::of(write())
}

/// Writes a sentence that says why the token was rejected, with a NUL at the end. The wording may change;
/// `tollgate_reason` is stable.
///
/// - `verdict`: the verdict on a rejected token.
/// - `buffer`, `size`, `len`: as for `tollgate_claim_string`. 256 bytes are enough.
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
) -> Code {
    // SAFETY: the same promises.
    let write = || unsafe {
        let buffer = Buffer::new(buffer, size, len)?;
        memory::check_disjoint(&buffer.spans(), [memory::span(verdict, 1)])?;
        buffer.clear();
        buffer.write(verdict::rejection(verdict)?)
    };
    Code::of(write())
}
