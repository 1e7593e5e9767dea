//! The curve: −x² + y² = 1 + d·x²·y² over a prime field.

use crate::engines::arithmetic::constants;
use crate::engines::arithmetic::field::Field;
use crate::engines::arithmetic::scalar::{Order, Residue};
use crate::engines::arithmetic::word::{Word, words};
use crate::engines::comb::Group;
use crate::engines::eddsa::field::Element;
use crate::engines::eddsa::point::{AffinePoint, Entry};

/// A curve −x² + y² = 1 + d·x²·y² where −1 is a square and d is not, so that one formula adds all
/// points, and its subgroup of prime order n.
pub(crate) trait Edwards: Group<Entry = Entry<<Self as Edwards>::Field>> {
    /// The field of the coordinates.
    type Field: Field;

    /// The coefficient d.
    const D: Self::Field;
    /// 1 / 2.
    const HALF: Self::Field;
}

/// The curve of Ed25519 (RFC 8032 §5.1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ed25519;

impl Order<{ words(256) }> for Ed25519 {
    const ORDER: [Word; words(256)] =
        constants::from_hex("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed");
}

impl Group for Ed25519 {
    type Scalar = Residue<Self, { words(256) }>;
    type Entry = Entry<Element>;

    const ORDER_BITS: usize = 253;
    const ENTRY_BYTES: usize = Entry::<Element>::BYTES;

    #[inline(always)]
    fn read_entry(bytes: &[u8], negative: bool) -> Entry<Element> {
        Entry::read(bytes, negative)
    }
}

impl Edwards for Ed25519 {
    type Field = Element;

    const D: Element =
        Element::from_hex("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3");
    const HALF: Element =
        Element::from_hex("3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7");
}

/// The generator of the subgroup, from which tables are built. Engines read its multiples from them.
pub(crate) const GENERATOR: AffinePoint<Element> = AffinePoint {
    x: Element::from_hex("216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51a"),
    y: Element::from_hex("6666666666666666666666666666666666666666666666666666666666666658"),
};
