//! Public keys, with and without tables.

use core::marker::PhantomData;

use crate::engine::InvalidSignature;
use crate::provisioned::comb::{CombSize, Recoded, Shape};
use crate::provisioned::curve::Curve;
use crate::provisioned::equation::Equation;
use crate::provisioned::error::{InvalidPublicKey, InvalidTable};
use crate::provisioned::field::Field;
use crate::provisioned::generator::GeneratorTable;
use crate::provisioned::point::{AffinePoint, XyzzPoint};
use crate::provisioned::table::{self, Table};

/// A public key: a point of the curve other than the identity.
#[derive(Clone, Copy, Debug)]
pub struct PublicKey<C: Curve> {
    pub(crate) point: AffinePoint<C::Field>,
}

impl<C: Curve> PublicKey<C> {
    /// Takes the coordinates as big-endian bytes at full width (32 for P-256, 48 for P-384), as
    /// the members `x` and `y` of a JWK carry them (RFC 7518 §6.2.1).
    ///
    /// # Errors
    ///
    /// [`InvalidPublicKey`] if a coordinate has another length or is not below the field's prime,
    /// or if the point is not on the curve. (The identity has no such coordinates, and as the
    /// group's order is prime, every other point of the curve is a public key.)
    pub fn from_coordinates(x: &[u8], y: &[u8]) -> Result<Self, InvalidPublicKey> {
        let x = C::Field::from_be_bytes(x).ok_or(InvalidPublicKey)?;
        let y = C::Field::from_be_bytes(y).ok_or(InvalidPublicKey)?;
        let point = AffinePoint { x, y };
        if point.is_on_curve(&C::B) { Ok(Self { point }) } else { Err(InvalidPublicKey) }
    }
}

/// A public key with its table, of size `S`, in the bytes `B`; the generator's table has size `G`.
///
/// The tables' sizes are a choice between memory and time ([`Comb`](crate::provisioned::Comb) lists them).
#[derive(Clone, Copy, Debug)]
pub struct ProvisionedKey<C, S, B, G = S> {
    table: B,
    types: PhantomData<(C, S, G)>,
}

impl<C: Curve, S: CombSize, G> ProvisionedKey<C, S, &'static [u8], G> {
    /// Takes a table that is part of the program, as `tollgate provision` writes it; usable in a
    /// `static`. `None` if the table has another length.
    ///
    /// What is trusted is the same as for [`from_trusted_table`](Self::from_trusted_table).
    #[must_use]
    pub const fn from_trusted_static_table(table: &'static [u8]) -> Option<Self> {
        if table.len() == Shape::<C, S>::TABLE_BYTES {
            Some(Self { table, types: PhantomData })
        } else {
            None
        }
    }
}

impl<C, S, B, G> ProvisionedKey<C, S, B, G>
where
    C: GeneratorTable<G>,
    S: CombSize,
    B: AsRef<[u8]>,
    G: CombSize,
{
    /// Takes a table that is known to be the right one, without looking at more than its length
    /// ([`table_bytes`](crate::provisioned::table_bytes)).
    ///
    /// What is trusted: **the table is the key.** Whoever can write it decides which signatures
    /// verify. A damaged or foreign table never panics and costs no more time, but what it
    /// verifies means nothing. [`from_table`](Self::from_table) trusts only the key.
    ///
    /// # Errors
    ///
    /// [`InvalidTable`] if the table has another length.
    pub fn from_trusted_table(table: B) -> Result<Self, InvalidTable> {
        Table::<C, S>::new(table.as_ref()).ok_or(InvalidTable)?;
        Ok(Self { table, types: PhantomData })
    }

    /// Takes a table and compares all of it with the key.
    ///
    /// # Errors
    ///
    /// [`InvalidTable`] if the table has another length or is not this key's.
    pub fn from_table(key: &PublicKey<C>, table: B) -> Result<Self, InvalidTable> {
        let provisioned = Self::from_trusted_table(table)?;
        if provisioned.has_table_of(key) { Ok(provisioned) } else { Err(InvalidTable) }
    }

    /// Compares all of the table with a key.
    #[must_use]
    pub fn has_table_of(&self, key: &PublicKey<C>) -> bool {
        table::matches::<C, S>(&key.point, self.table.as_ref())
    }

    /// Computes the key's table in the given memory.
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

    /// The table's bytes, as [`from_table`](Self::from_table) takes them.
    pub fn table(&self) -> &[u8] {
        self.table.as_ref()
    }

    /// Verifies a signature of a message by the message's hash.
    ///
    /// The hash is exactly as long as the curve's order (SHA-256 with P-256, SHA-384 with P-384),
    /// the signature is R‖S, two big-endian numbers of that length (RFC 7518 §3.4). Both high and
    /// low S are accepted. Takes variable time: nothing here is secret.
    ///
    /// # Errors
    ///
    /// [`InvalidSignature`], for whatever reason.
    pub fn verify_prehash_vartime(
        &self,
        prehash: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let equation = Equation::<C>::from_prehash_and_signature(prehash, signature)?;
        self.check_vartime(equation)
    }

    /// Out of line, as the equation's making is: so neither's memory adds to the other's.
    #[inline(never)]
    fn check_vartime(&self, mut equation: Equation<C>) -> Result<(), InvalidSignature> {
        let generator = Table::<C, G>::new(C::generator_table()).ok_or(InvalidSignature)?;
        let key = Table::<C, S>::new(self.table.as_ref()).ok_or(InvalidSignature)?;
        let u1 = Recoded::new(&mut equation.u1);
        let u2 = Recoded::new(&mut equation.u2);
        let point = sum_vartime(&generator, &u1, &key, &u2);
        equation.holds_for(|x| point.has_x(x))
    }
}

/// u1·G + u2·Q, both from their tables, with common doublings.
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

/// Adds what a scalar's digits of a column select from a table. Shared by tables of one size.
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
