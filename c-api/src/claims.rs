//! The claims of an accepted token, by their names.

use core::ffi::c_char;

use tollgate_core::json::{Text, Value};
use tollgate_core::{Claims, NumericDate, UnixTime};

use crate::result::{Checked, Outcome};
use crate::text::Str;
use crate::verdict::{self, Verdict};
use crate::{buffer, memory};

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

/// The type of the claim called `name`: whether it is there, and whether it is true.
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

/// Copies the string called `name` as UTF-8, unescaped and ended by a NUL. Of `aud`, which may be
/// an array, it is the audience that the policy matched.
///
/// A string with U+0000 in it is refused, so that `strlen` is never mistaken.
///
/// - `buffer`, `size`: where it goes. After an error, the buffer is empty. NULL and 0 ask for the
///   length.
/// - `len`: becomes the length without the NUL, also if the buffer is too small for it.
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
        let token = verdict::accepted(verdict)?;
        let text = match (name.bytes()?, token.audience) {
            (b"aud", Some(audience)) => audience,
            _ => text(get(&token.claims, name)?)?,
        };
        memory::check_disjoint(&memory::span(buffer, size), &memory::span(verdict, 1))?;
        buffer::write(buffer, size, len, &token.scratch, text)
    };
    Outcome::of(copy())
}

/// The integer called `name`. It must be written as one, and fit. Times may be written otherwise:
/// `exp` is rounded down, `nbf`, `iat` and `auth_time` are rounded up, to seconds since
/// 1970-01-01T00:00:00Z.
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
        let span = memory::span(value, 1);
        memory::check_disjoint(&span, &token.scratch)?;
        memory::check_disjoint(&span, &memory::span(verdict, 1))?;
        memory::write(value, integer)
    };
    Outcome::of(copy())
}

/// Whether the string called `name` has `word` among the words that single spaces separate:
/// whether `scope` has a scope. `TOLLGATE_RESULT_OK` if so, `TOLLGATE_RESULT_CLAIM_ABSENT` if not.
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
