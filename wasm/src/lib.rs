//! Verifies JWT bearer tokens for JavaScript. [README.md](https://www.npmjs.com/package/tollgate-jwt) describes the
//! package; `js/verifier.js` is the only caller of this module.
//!
//! An instance of the module is one verifier. JavaScript writes arguments to [`tollgate_input`], calls a function, which
//! returns the length of its answer, and reads the answer, JSON, at [`tollgate_answer`]. Only numbers cross the
//! border, so nothing here needs unsafe code, apart from the names of the functions.

#![cfg_attr(not(target_family = "wasm"), forbid(unsafe_code))]

mod answer;
mod engines;
mod settings;
mod verifier;

use std::cell::RefCell;
use std::iter;

use tollgate::tollgate_core::{BearerToken, Now, Rejection, UnixTime};

use answer::Answer;
use verifier::Verifier;

thread_local! {
    static INSTANCE: RefCell<Instance> = const { RefCell::new(Instance::new()) };
}

/// What an instance keeps between two calls.
struct Instance {
    input: Vec<u8>,
    answer: String,
    verifier: Option<Verifier>,
}

impl Instance {
    const fn new() -> Self {
        Self { input: Vec::new(), answer: String::new(), verifier: None }
    }

    /// Judges the token that `parse` finds in the input, whose length is `len`.
    fn judge(
        &mut self,
        len: usize,
        now: f64,
        parse: impl FnOnce(&[u8]) -> Result<BearerToken<'_>, Rejection>,
    ) -> usize {
        let Self { input, answer, verifier } = self;
        // JavaScript does not pass what is too long: memory that has grown stays.
        let is_passed = len <= input.len();
        let token = if is_passed { parse(input) } else { Err(Rejection::TokenTooLong { len }) };
        *answer = match verifier {
            Some(verifier) => verifier.verify(token, seconds(now)),
            None => Answer::rejection(Rejection::NoUsableKey, &[]),
        };
        answer.len()
    }
}

/// The time, of which only whole seconds count.
fn seconds(now: f64) -> Now {
    #[allow(clippy::as_conversions, reason = "a conversion from float saturates")]
    let secs = now.floor() as i64;
    Now::Exact(UnixTime(secs))
}

/// Makes room for an argument of this many bytes, and returns where to write it.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
#[must_use]
pub extern "C" fn tollgate_input(len: usize) -> *mut u8 {
    INSTANCE.with_borrow_mut(|instance| {
        instance.input.clear();
        instance.input.resize(len, 0);
        instance.input.as_mut_ptr()
    })
}

/// Returns where the answer of the last function is, which is UTF-8.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
#[must_use]
pub extern "C" fn tollgate_answer() -> *const u8 {
    INSTANCE.with_borrow(|instance| instance.answer.as_ptr())
}

/// Takes keys and settings. The input is the JWK set, which has `jwks_len` bytes, and then the settings.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
#[must_use]
pub extern "C" fn tollgate_open(jwks_len: usize) -> usize {
    INSTANCE.with_borrow_mut(|instance| {
        let (jwks, settings) = instance.input.split_at_checked(jwks_len).unwrap_or_default();
        instance.answer = match Verifier::open(jwks, settings) {
            Ok((verifier, left_out)) => {
                let key_count = verifier.key_count();
                instance.verifier = Some(verifier);
                Answer::opened(key_count, &left_out)
            }
            Err(error) => Answer::error(&error),
        };
        instance.answer.len()
    })
}

/// Verifies the token in the input, whose length is `len`, at this time in seconds since 1970.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
#[must_use]
pub extern "C" fn tollgate_verify(len: usize, now: f64) -> usize {
    INSTANCE.with_borrow_mut(|instance| {
        instance.judge(len, now, |token| BearerToken::from_token68(token))
    })
}

/// Verifies the token in the value of an `Authorization` header, of which a request has `lines` lines.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
#[must_use]
pub extern "C" fn tollgate_verify_header(len: usize, lines: usize, now: f64) -> usize {
    INSTANCE.with_borrow_mut(|instance| {
        instance.judge(len, now, |line| BearerToken::from_field_lines(iter::repeat_n(line, lines)))
    })
}
