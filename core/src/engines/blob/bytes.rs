//! Reads and writes the parts of a blob, and computes its checksum.

/// Keys and tables begin at multiples of this many bytes, the length of a cache line.
pub(super) const ALIGNMENT: usize = 64;

/// Writes to zeroed memory, from its start.
pub(super) struct Writer<'o>(pub(super) &'o mut [u8]);

impl Writer<'_> {
    pub(super) fn put(&mut self, bytes: &[u8]) -> Option<()> {
        let (room, rest) = core::mem::take(&mut self.0).split_at_mut_checked(bytes.len())?;
        room.copy_from_slice(bytes);
        self.0 = rest;
        Some(())
    }

    pub(super) fn skip(&mut self, len: usize) -> Option<()> {
        (_, self.0) = core::mem::take(&mut self.0).split_at_mut_checked(len)?;
        Some(())
    }

    /// Skips the padding after a part of this length, to a multiple of [`ALIGNMENT`].
    pub(super) fn align(&mut self, len: usize) -> Option<()> {
        self.skip(len.checked_next_multiple_of(ALIGNMENT)?.checked_sub(len)?)
    }
}

/// Reads bytes from their start.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(|bytes| u16::from_le_bytes(*bytes))
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(|bytes| u32::from_le_bytes(*bytes))
    }

    /// Reads a length of four bytes.
    pub(super) fn length(&mut self) -> Option<usize> {
        usize::try_from(self.u32()?).ok()
    }

    /// Skips zeros up to a multiple of [`ALIGNMENT`], counted from where `start` bytes were left.
    pub(super) fn align(&mut self, start: usize) -> Option<()> {
        let used = start.checked_sub(self.0.len())?;
        let padding = self.take(used.next_multiple_of(ALIGNMENT).checked_sub(used)?)?;
        padding.iter().all(|byte| *byte == 0).then_some(())
    }
}

/// Returns the CRC-32 of IEEE 802.3. Bit by bit, because it runs once and a table would take 1 KiB.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ if crc & 1 == 1 { POLYNOMIAL } else { 0 }
        })
    })
}
