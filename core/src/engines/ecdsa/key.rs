//! Public keys and keys with tables: [`PublicKey`], [`ProvisionedKey`].

use core::marker::PhantomData;

use crate::engine::InvalidSignature;
use crate::engines::comb::table::{InvalidTable, Table};
use crate::engines::comb::{CombSize, Recoded, Shape};
use crate::engines::ecdsa::curve::Curve;
use crate::engines::ecdsa::equation::Equation;
use crate::engines::ecdsa::error::InvalidPublicKey;
use crate::engines::ecdsa::field::Field;
use crate::engines::ecdsa::generator::Generator;
use crate::engines::ecdsa::point::{AffinePoint, XyzzPoint};
use crate::engines::ecdsa::table;

/// A public key: a point on the curve other than the identity.
///
/// See the example of the [module](super).
#[derive(Clone, Copy, Debug)]
pub struct PublicKey<C: Curve> {
    pub(crate) point: AffinePoint<C::Field>,
}

impl<C: Curve> PublicKey<C> {
    /// Takes the coordinates as big-endian bytes at full width (32 for P-256, 48 for P-384, 66 for P-521), as in the
    /// members `x` and `y` of a JWK (RFC 7518 §6.2.1).
    ///
    /// # Errors
    ///
    /// [`InvalidPublicKey`] if a coordinate has another length or is not below the field's prime, or if
    /// the point is not on the curve. The group's order is prime, so no further check is needed: every
    /// point except the identity, which has no coordinates, is a valid public key.
    pub fn from_coordinates(x: &[u8], y: &[u8]) -> Result<Self, InvalidPublicKey> {
        let x = C::Field::from_be_bytes(x).ok_or(InvalidPublicKey)?;
        let y = C::Field::from_be_bytes(y).ok_or(InvalidPublicKey)?;
        let point = AffinePoint { x, y };
        if point.is_on_curve(&C::B) { Ok(Self { point }) } else { Err(InvalidPublicKey) }
    }
}

/// An engine with a table for its key: `S` is the size of the table, `B` its bytes, and `G` the size of
/// the generator's table, or a [`BuiltGenerator`](crate::engines::ecdsa::BuiltGenerator).
///
/// Larger tables are faster; [`Comb`](crate::engines::ecdsa::Comb) lists the sizes.
///
/// See the example of the [module](super).
#[derive(Clone, Copy, Debug)]
pub struct ProvisionedKey<C, S, B, G = S> {
    table: B,
    generator: G,
    types: PhantomData<(C, S)>,
}

impl<C: Curve, S: CombSize, G: CombSize> ProvisionedKey<C, S, &'static [u8], G> {
    /// Takes a table that is part of the program, as `tollgate provision` writes it. Usable in a
    /// `static`. Returns `None` if the table has another length.
    ///
    /// It trusts the table, as [`from_trusted_table`](Self::from_trusted_table) does.
    #[must_use]
    pub const fn from_trusted_static_table(table: &'static [u8]) -> Option<Self> {
        if table.len() == Shape::<C, S>::TABLE_BYTES {
            Some(Self { table, generator: G::VALUE, types: PhantomData })
        } else {
            None
        }
    }
}

impl<C, S, B, G> ProvisionedKey<C, S, B, G>
where
    C: Curve,
    S: CombSize,
    B: AsRef<[u8]>,
    G: CombSize,
{
    /// Takes a table without checking more than its length
    /// ([`table_bytes`](crate::engines::ecdsa::table_bytes)).
    ///
    /// **The table is the key**: anyone who can write it decides which signatures verify. A damaged or
    /// wrong table never panics and takes no more time, but its results are meaningless. To trust only
    /// the key, use [`from_table`](Self::from_table).
    ///
    /// # Errors
    ///
    /// [`InvalidTable`] if the table has another length.
    pub fn from_trusted_table(table: B) -> Result<Self, InvalidTable> {
        Table::<C, S>::new(table.as_ref()).ok_or(InvalidTable)?;
        Ok(Self { table, generator: G::VALUE, types: PhantomData })
    }

    /// Takes a table and compares all of it with its key.
    ///
    /// # Errors
    ///
    /// [`InvalidTable`] if the table has another length or does not belong to the key.
    pub fn from_table(key: &PublicKey<C>, table: B) -> Result<Self, InvalidTable> {
        let provisioned = Self::from_trusted_table(table)?;
        if provisioned.has_table_of(key) { Ok(provisioned) } else { Err(InvalidTable) }
    }

    /// Computes the table of a key in the given memory.
    ///
    /// # Errors
    ///
    /// [`InvalidTable`] if the memory has another length than the table.
    pub fn build_in(key: &PublicKey<C>, mut memory: B) -> Result<Self, InvalidTable>
    where
        B: AsMut<[u8]>,
    {
        let bytes = memory.as_mut();
        if bytes.len() != Shape::<C, S>::TABLE_BYTES {
            return Err(InvalidTable);
        }
        table::build::<C, S>(&key.point, bytes).ok_or(InvalidTable)?;
        Self::from_trusted_table(memory)
    }
}

impl<C, S, B, G> ProvisionedKey<C, S, B, G>
where
    C: Curve,
    S: CombSize,
    B: AsRef<[u8]>,
{
    /// Uses another table for the generator.
    pub fn with_generator<H: Generator<C>>(self, generator: H) -> ProvisionedKey<C, S, B, H> {
        ProvisionedKey { table: self.table, generator, types: PhantomData }
    }

    /// Returns whether the table belongs to a key, after comparing all of it.
    #[must_use]
    pub fn has_table_of(&self, key: &PublicKey<C>) -> bool {
        table::matches::<C, S>(&key.point, self.table.as_ref())
    }

    /// Returns the bytes of the table, as [`from_table`](Self::from_table) takes them.
    pub fn table(&self) -> &[u8] {
        self.table.as_ref()
    }

    /// Verifies a signature of a message's hash.
    ///
    /// The hash is SHA-256 with P-256, SHA-384 with P-384 and SHA-512 with P-521. Any number with as many
    /// bytes as the curve's order, and no more bits, is taken, too; anything else is invalid. The signature is R‖S, two big-endian numbers
    /// as long as the order (RFC 7518 §3.4). High and low S are
    /// both valid. It takes variable time, because nothing is secret.
    ///
    /// # Errors
    ///
    /// [`InvalidSignature`], without details.
    pub fn verify_prehash_vartime(
        &self,
        prehash: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature>
    where
        G: Generator<C>,
    {
        let equation = Equation::<C>::from_prehash_and_signature(prehash, signature)?;
        let generator = Table::new(self.generator.table()).ok_or(InvalidSignature)?;
        let key = Table::new(self.table.as_ref()).ok_or(InvalidSignature)?;
        check_vartime::<C, G::Size, S>(equation, &generator, &key)
    }
}

/// Checks the equation with both tables. All keys with tables of these sizes share this code, wherever their bytes are.
///
/// Not inlined, and neither is making the equation, so that they use the same stack.
#[inline(never)]
fn check_vartime<C: Curve, G: CombSize, S: CombSize>(
    mut equation: Equation<C>,
    generator: &Table<'_, C, G>,
    key: &Table<'_, C, S>,
) -> Result<(), InvalidSignature> {
    let u1 = Recoded::new(&mut equation.u1);
    generator.touch(&u1);
    let u2 = Recoded::new(&mut equation.u2);
    key.touch(&u2);
    let point = sum_vartime(generator, &u1, key, &u2);
    equation.holds_for(|x| point.has_x(x))
}

/// Returns u1·G + u2·Q from both tables, with common doublings.
pub(crate) fn sum_vartime<C: Curve, G: CombSize, S: CombSize>(
    generator: &Table<'_, C, G>,
    u1: &Recoded<'_, C, G>,
    key: &Table<'_, C, S>,
    u2: &Recoded<'_, C, S>,
) -> XyzzPoint<C::Field> {
    let mut sum = XyzzPoint::IDENTITY;
    for column in (0..Shape::<C, G>::COLUMNS.max(Shape::<C, S>::COLUMNS)).rev() {
        sum.double_vartime();
        add_column_vartime(&mut sum, generator, u1, column);
        add_column_vartime(&mut sum, key, u2, column);
    }
    sum
}

/// Adds the entries that the digits of a column select. All tables of one size share this code.
#[inline(never)]
fn add_column_vartime<C: Curve, S: CombSize>(
    sum: &mut XyzzPoint<C::Field>,
    table: &Table<'_, C, S>,
    scalar: &Recoded<'_, C, S>,
    column: usize,
) {
    if column < Shape::<C, S>::COLUMNS {
        for block in 0..S::BLOCKS {
            sum.add_affine_vartime(&table.point(block, scalar.digit(block, column)));
        }
    }
}
