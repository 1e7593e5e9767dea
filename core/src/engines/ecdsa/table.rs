//! Tables of a point's combs, as bytes.
//!
//! An entry is the affine coordinates x and y, little-endian: in Montgomery form, each as long as a field
//! element, or for P-521 the numbers themselves in 72 bytes.

mod build;

use crate::engines::comb::{CombSize, Group, Shape};
use crate::engines::ecdsa::curve::Curve;
use crate::engines::ecdsa::field::Field;
use crate::engines::ecdsa::point::AffinePoint;

pub(crate) use build::{build, matches};

/// Returns the length in bytes of a table, from its curve and size.
#[must_use]
pub const fn table_bytes<C: Curve, S: CombSize>() -> usize {
    Shape::<C, S>::TABLE_BYTES
}

/// The entries of tables are affine points.
impl<C: Curve> Group for C {
    type Scalar = <C as Curve>::Scalar;
    type Entry = AffinePoint<C::Field>;

    const ORDER_BITS: usize = <C as Curve>::ORDER_BITS;
    const ENTRY_BYTES: usize = 2 * C::Field::TABLE_BYTES;

    #[inline(always)]
    fn read_entry(bytes: &[u8], negative: bool) -> Self::Entry {
        read_point(bytes).negate_if(negative)
    }
}

/// Reads an entry.
#[inline(always)]
fn read_point<F: Field>(entry: &[u8]) -> AffinePoint<F> {
    let (x, y) = entry.split_at_checked(F::TABLE_BYTES).unwrap_or((entry, &[]));
    AffinePoint { x: F::from_table_bytes(x), y: F::from_table_bytes(y) }
}

/// Writes an entry.
fn write_point<F: Field>(point: &AffinePoint<F>, entry: &mut [u8]) {
    if let Some((x, y)) = entry.split_at_mut_checked(F::TABLE_BYTES) {
        point.x.write_table_bytes(x);
        point.y.write_table_bytes(y);
    }
}
