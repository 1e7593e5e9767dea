//! The caller's buffer, to write text to.

use core::ffi::c_char;
use core::fmt;
use core::ops::Range;

use crate::memory;
use crate::result::{Checked, Outcome};

/// Memory for a text with a NUL at its end, and for its length without the NUL.
pub(crate) struct Buffer {
    start: *mut c_char,
    size: usize,
    len: *mut usize,
}

impl Buffer {
    /// # Safety
    ///
    /// Unless they are NULL, `size` bytes at `start` are writable, and so is `len`. Nothing else uses them
    /// while the buffer exists.
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

    /// Writes the empty text, so that no other text is there after an error.
    pub(crate) fn clear(&self) {
        // SAFETY: the promise of `new`, which has checked the pointers; and there is a byte to write.
        unsafe {
            if self.size > 0 {
                self.start.write(0);
            }
            self.len.write(0);
        }
    }

    /// Writes a text that does not borrow from the buffer. If it does not fit, writes the empty text and the
    /// length that was needed.
    pub(crate) fn write(self, text: impl fmt::Display) -> Checked<()> {
        // SAFETY: the promise of `new`, which has checked the pointer.
        let bytes = unsafe { memory::zeroed(self.start.cast(), self.size) }?;
        let mut writer = Writer { bytes, len: 0, has_nul: false };
        // Neither the writer nor the core's texts ever return an error.
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

/// Writes what fits, and counts the rest.
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
