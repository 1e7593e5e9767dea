//! Tables of a point's combs, as bytes.
//!
//! A table is a sequence of blocks, and a block is a sequence of entries. An entry is the affine
//! coordinates x and y in Montgomery form, little-endian, each as long as a field element. The format is
//! the same for every word width. Any bytes of the right length can be read: wrong bytes make a wrong
//! table, but cause no panic.

mod build;

use core::marker::PhantomData;

use crate::provisioned::comb::{CombSize, Digit, Shape};
use crate::provisioned::curve::Curve;
use crate::provisioned::field::Field;
use crate::provisioned::point::AffinePoint;

pub(crate) use build::{build, matches};

/// Returns the length in bytes of a table, from its curve and size.
#[must_use]
pub const fn table_bytes<C: Curve, S: CombSize>() -> usize {
    Shape::<C, S>::TABLE_BYTES
}

/// A table, as a view of its bytes.
pub(crate) struct Table<'t, C, S> {
    bytes: &'t [u8],
    shape: PhantomData<Shape<C, S>>,
}

impl<'t, C: Curve, S: CombSize> Table<'t, C, S> {
    /// Takes bytes of exactly the right length.
    pub(crate) fn new(bytes: &'t [u8]) -> Option<Self> {
        (bytes.len() == Shape::<C, S>::TABLE_BYTES).then_some(Self { bytes, shape: PhantomData })
    }

    /// Returns the point that a digit selects in a block.
    #[inline(always)]
    pub(crate) fn point(&self, block: usize, digit: Digit) -> AffinePoint<C::Field> {
        let index = block.wrapping_mul(Shape::<C, S>::ENTRIES).wrapping_add(digit.entry);
        let start = index.wrapping_mul(Shape::<C, S>::ENTRY_BYTES);
        let end = start.wrapping_add(Shape::<C, S>::ENTRY_BYTES);
        // Always present, because `new` checked the length, and digits are within the shape.
        let entry = self.bytes.get(start..end).unwrap_or_default();
        read_point(entry).negate_if(digit.negative)
    }
}

/// Reads an entry.
#[inline(always)]
fn read_point<F: Field>(entry: &[u8]) -> AffinePoint<F> {
    let (x, y) = entry.split_at_checked(F::BYTES).unwrap_or((entry, &[]));
    AffinePoint { x: F::from_table_bytes(x), y: F::from_table_bytes(y) }
}

/// Writes an entry.
fn write_point<F: Field>(point: &AffinePoint<F>, entry: &mut [u8]) {
    if let Some((x, y)) = entry.split_at_mut_checked(F::BYTES) {
        point.x.write_table_bytes(x);
        point.y.write_table_bytes(y);
    }
}
