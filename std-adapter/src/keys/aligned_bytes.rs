//! [`AlignedBytes`]: memory that begins at a cache line.

/// The length of a cache line: an entry of a P-256 table fills exactly one.
const ALIGNMENT: usize = 64;

/// Owned bytes whose address is a multiple of 64.
pub(crate) struct AlignedBytes {
    bytes: Box<[u8]>,
    start: usize,
    len: usize,
}

impl AlignedBytes {
    pub(crate) fn zeroed(len: usize) -> Self {
        let bytes = vec![0; len.saturating_add(ALIGNMENT)].into_boxed_slice();
        // Moving the box does not move its bytes.
        let address = bytes.as_ptr().addr();
        let start = address.next_multiple_of(ALIGNMENT).saturating_sub(address);
        Self { bytes, start, len }
    }
}

impl AsRef<[u8]> for AlignedBytes {
    fn as_ref(&self) -> &[u8] {
        let end = self.start.saturating_add(self.len);
        self.bytes.get(self.start..end).unwrap_or_default()
    }
}

impl AsMut<[u8]> for AlignedBytes {
    fn as_mut(&mut self) -> &mut [u8] {
        let end = self.start.saturating_add(self.len);
        self.bytes.get_mut(self.start..end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_begin_at_a_cache_line_wherever_the_allocator_puts_them() {
        let many: Vec<_> = (1..100).map(AlignedBytes::zeroed).collect();
        for (index, bytes) in many.iter().enumerate() {
            assert_eq!(bytes.as_ref().as_ptr().addr() % ALIGNMENT, 0);
            assert_eq!(bytes.as_ref().len(), index + 1);
        }
    }
}
