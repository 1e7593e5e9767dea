//! Text that C lends.

use core::ffi::c_char;
use core::ops::Range;

use crate::memory;
use crate::result::{Checked, Outcome};

/// Some bytes, with their length; no NUL ends them. `{NULL, 0}` is empty, as `{0}` is.
///
/// In arguments: borrowed for the call, or for as long as the function says. In results: of static
/// storage duration.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Str {
    /// The first byte; may be NULL if `len` is 0.
    pub data: *const c_char,
    /// How many bytes there are.
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

    /// The bytes as UTF-8; none, if neither a pointer nor a length was set.
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
