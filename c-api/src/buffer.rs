//! The caller's buffer, into which text is written for C.

use core::ffi::c_char;
use core::fmt;
use core::ops::Range;

use crate::memory;
use crate::result::{Checked, Outcome};

/// Writes what fits, and counts what does not.
pub(crate) struct Buffer<'a> {
    bytes: &'a mut [u8],
    len: usize,
    nul: bool,
}

impl Buffer<'_> {
    fn put(&mut self, bytes: &[u8]) {
        let room = self.bytes.get_mut(self.len..).and_then(|room| room.get_mut(..bytes.len()));
        if let Some(room) = room {
            room.copy_from_slice(bytes);
        }
        self.len = self.len.saturating_add(bytes.len());
        self.nul |= bytes.contains(&0);
    }
}

impl fmt::Write for Buffer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text.as_bytes());
        Ok(())
    }
}

/// Writes text and the NUL that ends it. `*len` becomes the length of the text without that, also
/// if it did not fit; then the buffer is empty.
///
/// # Safety
///
/// `size` bytes at `buffer` can be written, and `len`; they are nobody else's.
pub(crate) unsafe fn write(
    buffer: *mut c_char,
    size: usize,
    len: *mut usize,
    read: &Range<usize>,
    text: impl fmt::Display,
) -> Checked<()> {
    let span = memory::span(buffer, size);
    let len_span = memory::span(len, 1);
    memory::check_pointer(len)?;
    memory::check_bytes(buffer.cast(), size)?;
    memory::check_disjoint(&span, read)?;
    memory::check_disjoint(&span, &len_span)?;
    memory::check_disjoint(&len_span, read)?;
    // SAFETY: the same promise, and the buffer is nothing that `text` borrows.
    let bytes = unsafe { memory::zeroed(buffer.cast(), size) }?;
    let mut written = Buffer { bytes, len: 0, nul: false };
    // Neither the buffer nor any text of the core's fails to be written.
    _ = fmt::write(&mut written, format_args!("{text}"));
    // SAFETY: the same promise; `len` is not in the buffer.
    unsafe { memory::write(len, written.len) }?;
    let outcome = if written.nul {
        Outcome::ClaimContainsNul
    } else if written.len >= size {
        Outcome::BufferTooSmall
    } else {
        return Ok(());
    };
    written.bytes.fill(0);
    Err(outcome)
}
