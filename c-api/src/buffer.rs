//! The caller's buffer, into which text is written for C.

use core::ffi::c_char;
use core::fmt;
use core::ops::Range;

use crate::memory;
use crate::result::{Checked, Outcome};

/// Where a text goes, and the NUL that ends it; and where its length goes, without that.
pub(crate) struct Buffer {
    start: *mut c_char,
    size: usize,
    len: *mut usize,
}

impl Buffer {
    /// # Safety
    ///
    /// `size` bytes at `start` can be written, and `len`; they are nobody else's as long as the
    /// buffer is used.
    pub(crate) unsafe fn new(start: *mut c_char, size: usize, len: *mut usize) -> Checked<Self> {
        memory::check_bytes(start.cast(), size)?;
        memory::check_pointer(len)?;
        let buffer = Self { start, size, len };
        let [text, len] = buffer.spans();
        memory::check_disjoint(&[text], [len])?;
        Ok(buffer)
    }

    pub(crate) fn spans(&self) -> [Range<usize>; 2] {
        [memory::span(self.start, self.size), memory::span(self.len, 1)]
    }

    /// Leaves the empty text, so that after an error there is no other.
    pub(crate) fn clear(&self) {
        // SAFETY: the promise of `new`; and no text needs no bytes.
        unsafe {
            if self.size > 0 {
                self.start.write(0);
            }
            self.len.write(0);
        }
    }

    /// Writes a text that borrows nothing of the buffer. If it does not fit, the buffer is empty,
    /// and the length is nevertheless that of the text.
    pub(crate) fn write(self, text: impl fmt::Display) -> Checked<()> {
        // SAFETY: the promise of `new`, which has checked the pointer.
        let bytes = unsafe { memory::zeroed(self.start.cast(), self.size) }?;
        let mut writer = Writer { bytes, len: 0, has_nul: false };
        // Neither the writer nor any text of the core's fails to be written.
        _ = fmt::write(&mut writer, format_args!("{text}"));
        // SAFETY: the promise of `new`, which has checked the pointer.
        unsafe { self.len.write(writer.len) };
        let outcome = if writer.has_nul {
            Outcome::ClaimContainsNul
        } else if writer.len >= self.size {
            Outcome::BufferTooSmall
        } else {
            return Ok(());
        };
        writer.bytes.fill(0);
        Err(outcome)
    }
}

/// Writes what fits, and counts what does not.
struct Writer<'a> {
    bytes: &'a mut [u8],
    len: usize,
    has_nul: bool,
}

impl fmt::Write for Writer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.get_mut(self.len..).and_then(|room| room.get_mut(..text.len()));
        if let Some(room) = room {
            room.copy_from_slice(text.as_bytes());
        }
        self.len = self.len.saturating_add(text.len());
        self.has_nul |= text.as_bytes().contains(&0);
        Ok(())
    }
}
