//! The tables of the curves' generators.
//!
//! They are binary files, because as source text they would be five times as long, slow to compile, and
//! no easier to review. `cargo run -p tollgate-tests --bin generator_tables` writes them, and the test
//! `generator_tables_are_regenerated_exactly` computes them again from the curve's constants.
//!
//! A table is linked only if its size is used. A server computes a larger one when it starts, and shares it
//! among its keys: [`BuiltGenerator`].

use core::marker::PhantomData;

use crate::engines::comb::table::{Aligned, InvalidTable};
use crate::engines::comb::{Comb, CombSize, Shape};
use crate::engines::ecdsa::curve::{Curve, P256, P384, P521};
use crate::engines::ecdsa::table::{self, table_bytes};

/// A table for the generator of a curve: one of the core's own, named by its size, or a
/// [`BuiltGenerator`].
///
/// ```
/// use tollgate_core::engines::ecdsa::{Comb, Curve, Generator, GeneratorTable, P256};
///
/// fn len<C: Curve>(generator: &impl Generator<C>) -> usize {
///     generator.table().len()
/// }
///
/// // The core's own table of this size.
/// assert_eq!(len::<P256>(&Comb::<6, 2>), 4096);
/// assert_eq!(<P256 as GeneratorTable<Comb<6, 2>>>::generator_table().len(), 4096);
/// ```
pub trait Generator<C: Curve> {
    /// The size of the table.
    type Size: CombSize;

    /// Returns the bytes of the table.
    fn table(&self) -> &[u8];
}

impl<C: GeneratorTable<S>, S: CombSize> Generator<C> for S {
    type Size = S;

    #[inline]
    fn table(&self) -> &[u8] {
        C::generator_table()
    }
}

/// A table of size `S` for a curve's generator, computed by the program, in memory `B`.
///
/// Tables that are too large for a program's binary make signatures faster still. All keys of a curve share
/// one:
///
/// ```
/// use std::sync::OnceLock;
/// use tollgate_core::engines::ecdsa::{
///     BuiltGenerator, Comb, P256, ProvisionedKey, PublicKey, table_bytes,
/// };
///
/// type Large = Comb<11, 3>;
/// static GENERATOR: OnceLock<BuiltGenerator<P256, Large, Vec<u8>>> = OnceLock::new();
///
/// fn provision(key: &PublicKey<P256>) -> impl tollgate_core::SignatureVerifier + use<> {
///     let generator = GENERATOR.get_or_init(|| {
///         let memory = vec![0; table_bytes::<P256, Large>()];
///         BuiltGenerator::build_in(memory).expect("the length is that of the table")
///     });
///     let memory = vec![0; table_bytes::<P256, Comb<6, 2>>()];
///     ProvisionedKey::<P256, Comb<6, 2>, _>::build_in(key, memory)
///         .expect("the length is that of the table")
///         .with_generator(generator.borrowed())
/// }
/// ```
///
/// It is fastest if its memory begins at a multiple of 64, the length of a cache line.
#[derive(Clone, Copy, Debug)]
pub struct BuiltGenerator<C, S, B> {
    table: B,
    types: PhantomData<(C, S)>,
}

impl<C: Curve, S: CombSize, B: AsRef<[u8]>> BuiltGenerator<C, S, B> {
    /// Computes the table in the given memory. This takes milliseconds for the largest sizes.
    ///
    /// # Errors
    ///
    /// [`InvalidTable`] if the memory has another length than the table ([`table_bytes`]).
    pub fn build_in(mut memory: B) -> Result<Self, InvalidTable>
    where
        B: AsMut<[u8]>,
    {
        let bytes = memory.as_mut();
        if bytes.len() != Shape::<C, S>::TABLE_BYTES {
            return Err(InvalidTable);
        }
        table::build::<C, S>(&C::GENERATOR, bytes).ok_or(InvalidTable)?;
        Ok(Self { table: memory, types: PhantomData })
    }

    /// Returns the same table as a reference, which is copied to each key.
    pub fn borrowed(&self) -> BuiltGenerator<C, S, &[u8]> {
        BuiltGenerator { table: self.table.as_ref(), types: PhantomData }
    }
}

impl<C: Curve, S: CombSize, B: AsRef<[u8]>> Generator<C> for BuiltGenerator<C, S, B> {
    type Size = S;

    #[inline]
    fn table(&self) -> &[u8] {
        self.table.as_ref()
    }
}

/// A curve that has a table of size `S` for its generator.
///
/// See the example of [`Generator`].
pub trait GeneratorTable<S: CombSize>: Curve {
    /// Returns the bytes of the table.
    fn generator_table() -> &'static [u8];
}

macro_rules! tables {
    ($($curve:ident, $teeth:literal x $blocks:literal: $file:literal;)*) => { $(
        impl GeneratorTable<Comb<$teeth, $blocks>> for $curve {
            fn generator_table() -> &'static [u8] {
                const LENGTH: usize = table_bytes::<$curve, Comb<$teeth, $blocks>>();
                static TABLE: Aligned<LENGTH> = Aligned(*include_bytes!($file));
                &TABLE.0
            }
        }
    )* };
}

tables! {
    P256, 5 x 2: "generator/p256_5x2.bin";
    P256, 6 x 2: "generator/p256_6x2.bin";
    P256, 8 x 2: "generator/p256_8x2.bin";
    P256, 10 x 2: "generator/p256_10x2.bin";
    P384, 5 x 2: "generator/p384_5x2.bin";
    P384, 6 x 2: "generator/p384_6x2.bin";
    P384, 8 x 2: "generator/p384_8x2.bin";
    P384, 10 x 2: "generator/p384_10x2.bin";
    P521, 5 x 2: "generator/p521_5x2.bin";
    P521, 6 x 2: "generator/p521_6x2.bin";
    P521, 8 x 2: "generator/p521_8x2.bin";
    P521, 10 x 2: "generator/p521_10x2.bin";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares the file with a table computed from the curve's constants.
    fn check<C: GeneratorTable<S>, S: CombSize>() {
        let mut computed = std::vec![0; table_bytes::<C, S>()];
        table::build::<C, S>(&C::GENERATOR, &mut computed);
        assert!(C::generator_table() == computed, "{}x{}", S::TEETH, S::BLOCKS);
        assert!(table::matches::<C, S>(&C::GENERATOR, C::generator_table()));
        assert!(C::GENERATOR.is_on_curve(&C::B));
    }

    #[test]
    fn generator_tables_are_regenerated_exactly() {
        check::<P256, Comb<5, 2>>();
        check::<P256, Comb<6, 2>>();
        check::<P256, Comb<8, 2>>();
        check::<P256, Comb<10, 2>>();
        check::<P384, Comb<5, 2>>();
        check::<P384, Comb<6, 2>>();
        check::<P384, Comb<8, 2>>();
        check::<P384, Comb<10, 2>>();
        check::<P521, Comb<5, 2>>();
        check::<P521, Comb<6, 2>>();
        check::<P521, Comb<8, 2>>();
        check::<P521, Comb<10, 2>>();
    }
}
