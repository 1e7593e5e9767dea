//! Reading the claims of an accepted token by name.

use core::ffi::c_char;

use tollgate_core::json::{Text, Value};
use tollgate_core::{Claims, NumericDate, UnixTime};

use crate::buffer::Buffer;
use crate::memory;
use crate::result::{Checked, Code, Outcome};
use crate::text::Str;
use crate::verdict::{self, Verdict};

/// The type of a claim.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimType {
    /// The claim is not there, or no token was accepted.
    Absent = 0,
    /// `null`
    Null = 1,
    /// `false`
    False = 2,
    /// `true`
    True = 3,
    /// A number.
    Number = 4,
    /// A string.
    String = 5,
    /// An array.
    Array = 6,
    /// An object.
    Object = 7,
}

/// Returns the type of a claim, which also tells whether it is there and whether it is true.
///
/// - `verdict`: the verdict on an accepted token.
/// - `name`: the claim's name, as unescaped UTF-8.
///
/// # Safety
///
/// `verdict` is NULL or points to a `tollgate_verdict`, whose scratch memory has not changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tollgate_claim_type(verdict: *const Verdict, name: Str) -> ClaimType {
    // SAFETY: the same promises.
    let value = unsafe { verdict::accepted(verdict).and_then(|token| get(&token.claims, name)) };
    match value {
        Err(_) => ClaimType::Absent,
        Ok(Value::Null) => ClaimType::Null,
        Ok(Value::Bool(false)) => ClaimType::False,
        Ok(Value::Bool(true)) => ClaimType::True,
        Ok(Value::Number(_)) => ClaimType::Number,
        Ok(Value::String(_)) => ClaimType::String,
        Ok(Value::Array(_)) => ClaimType::Array,
        Ok(Value::Object(_)) => ClaimType::Object,
    }
}

/// Copies a string claim as unescaped UTF-8, with a NUL at the end. For `aud`, which may be an array,
/// copies the audience that matched the policy.
///
/// Refuses a string that contains U+0000, so `strlen` always returns the right length.
///
/// - `verdict`, `name`: as for `tollgate_claim_type`.
/// - `buffer`, `size`: the memory to copy to, and its size in bytes. Pass NULL and 0 to get the length.
/// - `len`: receives the length without the NUL, even if the buffer is too small.
///
/// After an error the buffer holds the empty string, unless `buffer` or `len` caused the error.
///
/// # Safety
///
/// As for `tollgate_claim_type`; and `size` bytes at `buffer` are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tollgate_claim_string(
    verdict: *const Verdict,
    name: Str,
    buffer: *mut c_char,
    size: usize,
    len: *mut usize,
) -> Code {
    // SAFETY: the same promises.
    let copy = || unsafe {
        let buffer = Buffer::new(buffer, size, len)?;
        let token = verdict::accepted(verdict);
        let scratch = token.map_or(0..0, |token| token.scratch.clone());
        let read = [memory::span(verdict, 1), name.span(), scratch];
        memory::check_disjoint(&buffer.spans(), read)?;
        buffer.clear();
        let token = token?;
        buffer.write(match (name.bytes()?, token.audience) {
            (b"aud", Some(audience)) => audience,
            _ => text(get(&token.claims, name)?)?,
        })
    };
    Code::of(copy())
}

/// Reads an integer claim. It must be written as an integer and fit into `int64_t`. Times may have
/// a fraction or an exponent: `exp` is rounded down, and `nbf`, `iat` and `auth_time` are rounded up, to
/// seconds since 1970-01-01T00:00:00Z.
///
/// - `verdict`, `name`: as for `tollgate_claim_type`.
/// - `value`: receives the integer. Unchanged after an error.
///
/// # Safety
///
/// As for `tollgate_claim_type`; and `value` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tollgate_claim_integer(
    verdict: *const Verdict,
    name: Str,
    value: *mut i64,
) -> Code {
    // SAFETY: the same promises.
    let copy = || unsafe {
        let token = verdict::accepted(verdict)?;
        let Value::Number(number) = get(&token.claims, name)? else {
            return Err(Outcome::ClaimOtherType);
        };
        let time = match name.bytes()? {
            b"exp" => token.claims.expiration().map(NumericDate::floor),
            b"nbf" => token.claims.not_before().map(NumericDate::ceil),
            b"iat" => token.claims.issued_at().map(NumericDate::ceil),
            b"auth_time" => token.claims.auth_time().ok().flatten().map(NumericDate::ceil),
            _ => None,
        };
        let integer = match time {
            Some(UnixTime(time)) => time,
            None => number.parse().map_err(|_| Outcome::ClaimOtherType)?,
        };
        let read = [memory::span(verdict, 1), name.span(), token.scratch.clone()];
        memory::check_disjoint(&[memory::span(value, 1)], read)?;
        memory::write(value, integer)
    };
    Code::of(copy())
}

/// Looks for a word in a string claim of words separated by single spaces, such as `scope`. Returns
/// `TOLLGATE_RESULT_OK` if the word is there, and `TOLLGATE_RESULT_CLAIM_ABSENT` if not.
///
/// - `verdict`, `name`: as for `tollgate_claim_type`.
/// - `word`: the word to look for.
///
/// # Safety
///
/// As for `tollgate_claim_type`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tollgate_claim_has_word(
    verdict: *const Verdict,
    name: Str,
    word: Str,
) -> Code {
    // SAFETY: the same promises.
    let look = || unsafe {
        let text = text(get(&verdict::accepted(verdict)?.claims, name)?)?;
        if text.has_word(word.text()?) { Ok(()) } else { Err(Outcome::ClaimAbsent) }
    };
    Code::of(look())
}

/// # Safety
///
/// As for [`Str::text`].
unsafe fn get<'b>(claims: &Claims<'b>, name: Str) -> Checked<Value<'b>> {
    // SAFETY: the same promise.
    let name = unsafe { name.text() }?;
    claims.get(name).ok_or(Outcome::ClaimAbsent)
}

fn text(value: Value<'_>) -> Checked<Text<'_>> {
    value.as_text().ok_or(Outcome::ClaimOtherType)
}
