//! Public keys and keys with tables: [`Ed25519PublicKey`], [`Ed25519Key`].

#![allow(clippy::arithmetic_side_effects, reason = "a shape has at least three columns")]

use core::marker::PhantomData;

use crate::engine::InvalidSignature;
use crate::engines::arithmetic::scalar::Order;
use crate::engines::arithmetic::word::WORD_BITS;
use crate::engines::comb::table::{InvalidTable, Table};
use crate::engines::comb::{CombSize, Recoded, Shape};
use crate::engines::eddsa::curve::{Ed25519, Edwards};
use crate::engines::eddsa::encoding::{self, Encoding};
use crate::engines::eddsa::equation::Equation;
use crate::engines::eddsa::error::InvalidEd25519Key;
use crate::engines::eddsa::field::Element;
use crate::engines::eddsa::generator::Generator;
use crate::engines::eddsa::point::{AffinePoint, Entry, Point};
use crate::engines::eddsa::table;

/// A public key: a point of the group of prime order other than the identity.
///
/// See the example of the [module](super).
#[derive(Clone, Copy, Debug)]
pub struct Ed25519PublicKey {
    encoded: [u8; encoding::LEN],
    /// −A, because a verification adds −k·A.
    pub(crate) opposite: AffinePoint<Element>,
}

impl Ed25519PublicKey {
    /// Takes the 32 bytes of an encoded point, as in the member `x` of a JWK (RFC 8037 §2).
    ///
    /// # Errors
    ///
    /// [`InvalidEd25519Key`] if the bytes are not the one encoding of a point on the curve (RFC 8032
    /// §5.1.3), or if the point is the identity or has a component of small order. Honest keys never
    /// have: RFC 8032 §5.1.5 makes them multiples of the generator.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidEd25519Key> {
        let encoded = bytes.try_into().map_err(|_| InvalidEd25519Key::Length)?;
        let encoding = Encoding::from_bytes(&encoded).ok_or(InvalidEd25519Key::NotCanonical)?;
        let point = encoding.decode().ok_or(InvalidEd25519Key::NotOnCurve)?;
        if Point::from_affine(&point).is_identity() || !is_in_prime_order_group(&point) {
            return Err(InvalidEd25519Key::NotInPrimeOrderGroup);
        }
        Ok(Self { encoded, opposite: point.negated() })
    }

    /// Returns the 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.encoded
    }
}

/// Returns whether the order of the group times the point is the identity.
fn is_in_prime_order_group(point: &AffinePoint<Element>) -> bool {
    let entry = Entry::new::<Ed25519>(point);
    let mut multiple = Point::IDENTITY;
    for word in Ed25519::ORDER.iter().rev() {
        for bit in (0..WORD_BITS).rev() {
            multiple.double();
            if word.wrapping_shr(u32::try_from(bit).unwrap_or(0)) & 1 == 1 {
                multiple.add(&entry);
            }
        }
    }
    multiple.is_identity()
}

/// An engine with a table for its key: `S` is the size of the table, `B` its bytes, and `G` the size of
/// the generator's table, or a [`BuiltGenerator`](crate::engines::eddsa::BuiltGenerator).
///
/// Larger tables are faster; [`Comb`](crate::engines::eddsa::Comb) lists the sizes. The table is that of
/// the opposite point −A. The key's own bytes stand beside it, because they are hashed with every message.
///
/// See the example of the [module](super).
#[derive(Clone, Copy, Debug)]
pub struct Ed25519Key<S, B, G = S> {
    encoded: [u8; encoding::LEN],
    table: B,
    generator: G,
    size: PhantomData<S>,
}

impl<S: CombSize, G: CombSize> Ed25519Key<S, &'static [u8], G> {
    /// Takes a public key and a table that are part of the program. Usable in a `static`. Returns
    /// `None` if the table has another length.
    ///
    /// It trusts both, as [`from_trusted_table`](Self::from_trusted_table) does.
    #[must_use]
    pub const fn from_trusted_static_table(key: [u8; 32], table: &'static [u8]) -> Option<Self> {
        if table.len() == table::table_bytes::<S>() {
            Some(Self { encoded: key, table, generator: G::VALUE, size: PhantomData })
        } else {
            None
        }
    }
}

impl<S, B, G> Ed25519Key<S, B, G>
where
    S: CombSize,
    B: AsRef<[u8]>,
    G: CombSize,
{
    /// Takes the 32 bytes of a public key and its table without checking more than the table's length
    /// ([`table_bytes`](crate::engines::eddsa::table_bytes)).
    ///
    /// **The table is the key**: anyone who can write it decides which signatures verify. A damaged or
    /// wrong table never panics and takes no more time, but its results are meaningless. To trust only
    /// the key, use [`from_table`](Self::from_table).
    ///
    /// # Errors
    ///
    /// [`InvalidTable`] if the table has another length.
    pub fn from_trusted_table(key: [u8; 32], table: B) -> Result<Self, InvalidTable> {
        Table::<Ed25519, S>::new(table.as_ref()).ok_or(InvalidTable)?;
        Ok(Self { encoded: key, table, generator: G::VALUE, size: PhantomData })
    }

    /// Takes a table and compares all of it with its key.
    ///
    /// # Errors
    ///
    /// [`InvalidTable`] if the table has another length or does not belong to the key.
    pub fn from_table(key: &Ed25519PublicKey, table: B) -> Result<Self, InvalidTable> {
        let provisioned = Self::from_trusted_table(key.encoded, table)?;
        if provisioned.has_table_of(key) { Ok(provisioned) } else { Err(InvalidTable) }
    }

    /// Computes the table of a key in the given memory.
    ///
    /// # Errors
    ///
    /// [`InvalidTable`] if the memory has another length than the table.
    pub fn build_in(key: &Ed25519PublicKey, mut memory: B) -> Result<Self, InvalidTable>
    where
        B: AsMut<[u8]>,
    {
        let bytes = memory.as_mut();
        if bytes.len() != Shape::<Ed25519, S>::TABLE_BYTES {
            return Err(InvalidTable);
        }
        table::build::<Ed25519, S>(&key.opposite, bytes).ok_or(InvalidTable)?;
        Self::from_trusted_table(key.encoded, memory)
    }
}

impl<S, B, G> Ed25519Key<S, B, G>
where
    S: CombSize,
    B: AsRef<[u8]>,
{
    /// Uses another table for the generator.
    pub fn with_generator<H: Generator>(self, generator: H) -> Ed25519Key<S, B, H> {
        Ed25519Key { encoded: self.encoded, table: self.table, generator, size: PhantomData }
    }

    /// Returns whether key and table are those of a public key, after comparing all of the table.
    #[must_use]
    pub fn has_table_of(&self, key: &Ed25519PublicKey) -> bool {
        self.encoded == key.encoded
            && table::matches::<Ed25519, S>(&key.opposite, self.table.as_ref())
    }

    /// Returns the bytes of the table, as [`from_table`](Self::from_table) takes them.
    pub fn table(&self) -> &[u8] {
        self.table.as_ref()
    }

    /// Verifies a signature of a message (RFC 8032 §5.1.7, without the cofactor).
    ///
    /// The signature is the 64 bytes R‖S (RFC 8037 §3.1). R must be canonical, and S below the group's
    /// order. It takes variable time, because nothing is secret.
    ///
    /// # Errors
    ///
    /// [`InvalidSignature`], without details.
    pub fn verify_vartime(&self, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature>
    where
        G: Generator,
    {
        let equation = Equation::new(&self.encoded, message, signature)?;
        let generator = Table::new(self.generator.table()).ok_or(InvalidSignature)?;
        let key = Table::new(self.table.as_ref()).ok_or(InvalidSignature)?;
        check_vartime::<G::Size, S>(equation, &generator, &key)
    }
}

/// Checks the equation with both tables. All keys with tables of these sizes share this code, wherever their bytes are.
///
/// Not inlined, and neither is making the equation, so that they use the same stack.
#[inline(never)]
fn check_vartime<G: CombSize, S: CombSize>(
    mut equation: Equation,
    generator: &Table<'_, Ed25519, G>,
    key: &Table<'_, Ed25519, S>,
) -> Result<(), InvalidSignature> {
    let s = Recoded::new(&mut equation.s);
    let k = Recoded::new(&mut equation.k);
    generator.touch(&s);
    key.touch(&k);
    let sum = sum_vartime(generator, &s, key, &k);
    equation.holds_for(&sum)
}

/// Returns s·B + k·P from both tables, with common doublings.
pub(crate) fn sum_vartime<E: Edwards, G: CombSize, S: CombSize>(
    generator: &Table<'_, E, G>,
    s: &Recoded<'_, E, G>,
    key: &Table<'_, E, S>,
    k: &Recoded<'_, E, S>,
) -> Point<E::Field> {
    let mut sum = Point::IDENTITY;
    let last = Shape::<E, G>::COLUMNS.max(Shape::<E, S>::COLUMNS) - 1;
    for column in (0..=last).rev() {
        // At first, it is the identity.
        if column < last {
            sum.double();
        }
        add_column_vartime(&mut sum, generator, s, column);
        add_column_vartime(&mut sum, key, k, column);
    }
    sum
}

/// Adds the entries that the digits of a column select. All tables of one size share this code.
#[inline(never)]
fn add_column_vartime<E: Edwards, S: CombSize>(
    sum: &mut Point<E::Field>,
    table: &Table<'_, E, S>,
    scalar: &Recoded<'_, E, S>,
    column: usize,
) {
    if column < Shape::<E, S>::COLUMNS {
        for block in 0..S::BLOCKS {
            sum.add(&table.point(block, scalar.digit(block, column)));
        }
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::unwrap_used, reason = "tests")]
mod tests {
    use num_bigint::BigUint;
    use std::vec;
    use std::vec::Vec;

    use super::*;
    use crate::engines::arithmetic::field::Field;
    use crate::engines::arithmetic::non_adjacent::NonAdjacentForm;
    use crate::engines::arithmetic::scalar::Residue;
    use crate::engines::arithmetic::word::words;
    use crate::engines::comb::Comb;
    use crate::engines::eddsa::curve::GENERATOR;
    use crate::engines::eddsa::generator::GeneratorTable;
    use crate::engines::eddsa::without_table;

    type Scalar = Residue<Ed25519, { words(256) }>;

    fn scalar(number: &BigUint) -> Scalar {
        let mut bytes = number.to_bytes_le();
        bytes.resize(32, 0);
        Scalar::from_canonical_le_bytes(&bytes).unwrap()
    }

    fn is(point: &Point<Element>, expected: &Point<Element>) -> bool {
        point.e.mul(&expected.g).equals(&expected.e.mul(&point.g))
            && point.h.mul(&expected.f).equals(&expected.h.mul(&point.f))
    }

    /// Checks s·B + (j − s)·B = j·B for s at the edges and small j. All additions in the tables meet
    /// equal and opposite points.
    fn check<G: GeneratorTable, S: CombSize>() {
        let order =
            (BigUint::from(1u8) << 252) + 27_742_317_777_372_353_535_851_937_790_883_648_493_u128;
        let generator = Table::<Ed25519, G>::new(G::generator_table()).unwrap();
        let mut bytes = vec![0; table::table_bytes::<S>()];
        table::build::<Ed25519, S>(&GENERATOR, &mut bytes).unwrap();
        let key = Table::<Ed25519, S>::new(&bytes).unwrap();

        let mut scalars: Vec<BigUint> = (0..252).map(|bit| BigUint::from(1u8) << bit).collect();
        scalars.extend([BigUint::ZERO, (&order - 1u8) / 2u8, &order / 3u8, &order / 5u8]);
        for near in scalars.clone() {
            scalars.extend([&near + 1u8, &order - &near - 1u8, (&near + &order - 1u8) % &order]);
        }
        let entry = Entry::new::<Ed25519>(&GENERATOR);
        let mut expected = Point::IDENTITY;
        for j in 0..3u8 {
            for s in &scalars {
                let k = (&order + j - s) % &order;
                let (mut first, mut second) = (scalar(s), scalar(&k));
                let digits = NonAdjacentForm::new(&second, [0; 257]);
                let first = Recoded::new(&mut first);
                let sum = sum_vartime(&generator, &first, &key, &Recoded::new(&mut second));
                assert!(is(&sum, &expected), "{s:x}·B + {k:x}·B = {j}·B");
                let sum = without_table::sum_vartime(&generator, &first, &GENERATOR, &digits);
                assert!(is(&sum.unwrap(), &expected), "{s:x}·B + {k:x}·B = {j}·B");
            }
            expected.add(&entry);
        }
    }

    #[test]
    fn scalars_at_the_edges_are_multiplied_exactly() {
        check::<Comb<5, 2>, Comb<4, 1>>();
        check::<Comb<6, 2>, Comb<6, 2>>();
        check::<Comb<8, 2>, Comb<8, 4>>();
        check::<Comb<10, 2>, Comb<11, 3>>();
    }
}
