//! Tables of a point's combs, as views of bytes.
//!
//! A table is a sequence of blocks, and a block is a sequence of entries, in a format of the group's own
//! that is the same for every word width. Any bytes of the right length can be read: wrong bytes make a
//! wrong table, but cause no panic.

use core::error::Error;
use core::fmt;
use core::hint::black_box;
use core::marker::PhantomData;

use crate::engines::comb::{CombSize, DIGITS_FIRST, Digit, Group, Recoded, Shape};

/// The length of a cache line, on most processors.
const CACHE_LINE: usize = 64;
/// The length from which a table hardly stays in the first cache.
const LARGE: usize = 32 * 1024;

/// A table, as a view of its bytes.
pub(crate) struct Table<'t, C, S> {
    bytes: &'t [u8],
    shape: PhantomData<Shape<C, S>>,
}

impl<'t, C: Group, S: CombSize> Table<'t, C, S> {
    /// Takes bytes of exactly the right length.
    pub(crate) fn new(bytes: &'t [u8]) -> Option<Self> {
        (bytes.len() == Shape::<C, S>::TABLE_BYTES).then_some(Self { bytes, shape: PhantomData })
    }

    /// Reads something of all entries that a scalar's digits select, so that the processor loads them
    /// together. Each addition needs only one entry, so loading them there would wait for each.
    #[inline(always)]
    pub(crate) fn touch(&self, scalar: &Recoded<'_, C, S>) {
        if !DIGITS_FIRST || Shape::<C, S>::TABLE_BYTES < LARGE {
            return;
        }
        let mut all = 0;
        for block in 0..S::BLOCKS {
            for column in 0..Shape::<C, S>::COLUMNS {
                let entry = self.entry(block, scalar.digit(block, column));
                all = entry
                    .iter()
                    .step_by(CACHE_LINE)
                    .chain(entry.last())
                    .fold(all, |all, byte| all | byte);
            }
        }
        black_box(all);
    }

    /// Returns the point that a digit selects in a block.
    #[inline(always)]
    pub(crate) fn point(&self, block: usize, digit: Digit) -> C::Entry {
        C::read_entry(self.entry(block, digit), digit.negative)
    }

    /// Returns the bytes of the entry that a digit selects in a block.
    #[inline(always)]
    fn entry(&self, block: usize, digit: Digit) -> &[u8] {
        let index = block.wrapping_mul(Shape::<C, S>::ENTRIES).wrapping_add(digit.entry);
        let start = index.wrapping_mul(Shape::<C, S>::ENTRY_BYTES);
        let end = start.wrapping_add(Shape::<C, S>::ENTRY_BYTES);
        // Always present, because `new` checked the length, and digits are within the shape.
        self.bytes.get(start..end).unwrap_or_default()
    }
}

/// Bytes aligned to a cache line, so that an entry of P-256 fills exactly one line.
#[repr(align(64))]
pub(crate) struct Aligned<const LENGTH: usize>(pub(crate) [u8; LENGTH]);

/// The error for a table that has the wrong length or does not belong to the key.
///
/// ```
/// use tollgate_core::engines::ecdsa::{Comb, InvalidTable, P256, ProvisionedKey, table_bytes};
///
/// let table = [0; table_bytes::<P256, Comb<5, 2>>()];
/// let key = ProvisionedKey::<P256, Comb<6, 2>, _>::from_trusted_table(table);
/// assert_eq!(key.unwrap_err(), InvalidTable);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidTable;

impl fmt::Display for InvalidTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the table does not belong to the key")
    }
}

impl Error for InvalidTable {}
