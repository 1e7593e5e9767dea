//! The claims of an accepted token, by their names.

use core::ffi::c_char;

use tollgate_core::json::{Text, Value};
use tollgate_core::{Claims, NumericDate, UnixTime};

use crate::buffer::Buffer;
use crate::memory;
use crate::result::{Checked, Outcome};
use crate::text::Str;
use crate::verdict::{self, Verdict};

/// What a claim is.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimType {
    /// It is not there, or there is no accepted token.
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

/// The type of a claim: whether it is there, and whether it is true.
///
/// - `verdict`: of a token that was accepted.
/// - `name`: the claim's name, unescaped UTF-8.
///
/// # Safety
///
/// `verdict` is NULL or leads to a `tollgate_verdict`, whose scratch memory is as it was.
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

/// Copies a claim that is a string as UTF-8, unescaped and ended by a NUL. Of `aud`, which may be an
/// array, it is the audience that the policy matched.
///
/// A string with U+0000 in it is refused, so that `strlen` is never mistaken.
///
/// - `verdict`, `name`: as for `tollgate_claim_type`.
/// - `buffer`, `size`: where it goes, and its bytes. NULL and 0 ask for the length.
/// - `len`: becomes the length without the NUL, also if the buffer is too small for it.
///
/// After an error, the buffer holds the empty string, unless `buffer` or `len` was the error.
///
/// # Safety
///
/// As for `tollgate_claim_type`, and `size` bytes at `buffer` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tollgate_claim_string(
    verdict: *const Verdict,
    name: Str,
    buffer: *mut c_char,
    size: usize,
    len: *mut usize,
) -> Outcome {
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
    Outcome::of(copy())
}

/// A claim that is an integer. It must be written as one, and fit. Times may be written otherwise:
/// `exp` is rounded down, `nbf`, `iat` and `auth_time` are rounded up, to seconds since
/// 1970-01-01T00:00:00Z.
///
/// - `verdict`, `name`: as for `tollgate_claim_type`.
/// - `value`: becomes the integer, and stays as it is after an error.
///
/// # Safety
///
/// As for `tollgate_claim_type`, and `value` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tollgate_claim_integer(
    verdict: *const Verdict,
    name: Str,
    value: *mut i64,
) -> Outcome {
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
            b"auth_time" => token.claims.auth_time().map(NumericDate::ceil),
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
    Outcome::of(copy())
}

/// Whether a string has a word among those that single spaces separate: whether `scope` has a scope.
/// `TOLLGATE_RESULT_OK` if so, `TOLLGATE_RESULT_CLAIM_ABSENT` if not.
///
/// - `verdict`, `name`: as for `tollgate_claim_type`.
/// - `word`: what is looked for.
///
/// # Safety
///
/// As for `tollgate_claim_type`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tollgate_claim_has_word(
    verdict: *const Verdict,
    name: Str,
    word: Str,
) -> Outcome {
    // SAFETY: the same promises.
    let look = || unsafe {
        let text = text(get(&verdict::accepted(verdict)?.claims, name)?)?;
        if text.has_word(word.text()?) { Ok(()) } else { Err(Outcome::ClaimAbsent) }
    };
    Outcome::of(look())
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
