//! `tollgate_str`: text that C lends.

use core::ffi::c_char;
use core::ops::Range;

use crate::memory;
use crate::result::{Checked, Outcome};

/// Bytes with their length, without a NUL at the end. `{NULL, 0}` and `{0}` are empty.
///
/// An argument is borrowed for the call, or for as long as the function says. A result has static
/// storage duration.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Str {
    /// The first byte; may be NULL if `len` is 0.
    pub data: *const c_char,
    /// The number of bytes.
    pub len: usize,
}

impl Str {
    pub(crate) const fn of(text: &'static str) -> Self {
        Self { data: text.as_ptr().cast(), len: text.len() }
    }

    pub(crate) fn span(self) -> Range<usize> {
        memory::span(self.data, self.len)
    }

    /// The bytes.
    ///
    /// # Safety
    ///
    /// `len` bytes at `data` are readable, and do not change, for `'a`.
    pub(crate) unsafe fn bytes<'a>(self) -> Checked<&'a [u8]> {
        // SAFETY: the same promise.
        unsafe { memory::bytes(self.data.cast(), self.len) }
    }

    /// The bytes as UTF-8.
    ///
    /// # Safety
    ///
    /// As for [`bytes`](Self::bytes).
    pub(crate) unsafe fn text<'a>(self) -> Checked<&'a str> {
        // SAFETY: the same promise.
        let bytes = unsafe { self.bytes() }?;
        core::str::from_utf8(bytes).map_err(|_| Outcome::ArgumentNotUtf8)
    }

    /// The bytes as UTF-8, or `None` if neither the pointer nor the length is set.
    ///
    /// # Safety
    ///
    /// As for [`bytes`](Self::bytes).
    pub(crate) unsafe fn optional_text<'a>(self) -> Checked<Option<&'a str>> {
        if self.data.is_null() && self.len == 0 {
            return Ok(None);
        }
        // SAFETY: the same promise.
        unsafe { self.text() }.map(Some)
    }
}
