//! The tables of the generator.
//!
//! `cargo run -p tollgate-tests --bin generator_tables` writes them, and the test
//! `generator_tables_are_regenerated_exactly` computes them again from the curve's constants. A table is
//! linked only if its size is used. A server computes a larger one when it starts, and shares it among its
//! keys: [`BuiltGenerator`].

use core::marker::PhantomData;

use crate::engines::comb::table::{Aligned, InvalidTable};
use crate::engines::comb::{Comb, CombSize};
use crate::engines::eddsa::curve::{Ed25519, GENERATOR};
use crate::engines::eddsa::table::{self, table_bytes};

/// A table for the generator: one of the core's own, named by its size, or a [`BuiltGenerator`].
///
/// ```
/// use tollgate_core::engines::eddsa::{Comb, Generator, GeneratorTable};
///
/// fn len(generator: &impl Generator) -> usize {
///     generator.table().len()
/// }
///
/// // The core's own table of this size.
/// assert_eq!(len(&Comb::<6, 2>), 6144);
/// assert_eq!(Comb::<6, 2>::generator_table().len(), 6144);
/// ```
pub trait Generator {
    /// The size of the table.
    type Size: CombSize;

    /// Returns the bytes of the table.
    fn table(&self) -> &[u8];
}

impl<S: GeneratorTable> Generator for S {
    type Size = S;

    #[inline]
    fn table(&self) -> &[u8] {
        S::generator_table()
    }
}

/// A table of size `S` for the generator, computed by the program, in memory `B`.
///
/// Tables that are too large for a program's binary make signatures faster still. All keys share one, as
/// those of [`ecdsa`](crate::engines::ecdsa::BuiltGenerator) do:
///
/// ```
/// use tollgate_core::engines::eddsa::{
///     BuiltGenerator, Comb, Ed25519Key, Ed25519PublicKey, InvalidTable, table_bytes,
/// };
///
/// type Large = Comb<11, 3>;
///
/// fn provision<'g>(
///     key: &Ed25519PublicKey,
///     generator: &'g BuiltGenerator<Large, Vec<u8>>,
/// ) -> Result<impl tollgate_core::SignatureVerifier + use<'g>, InvalidTable> {
///     let memory = vec![0; table_bytes::<Comb<6, 2>>()];
///     let key = Ed25519Key::<Comb<6, 2>, _>::build_in(key, memory)?;
///     Ok(key.with_generator(generator.borrowed()))
/// }
///
/// let generator = BuiltGenerator::<Large, _>::build_in(vec![0; table_bytes::<Large>()])?;
/// # let key = [
/// #     0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
/// #     0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
/// # ];
/// let key = provision(&Ed25519PublicKey::from_bytes(&key)?, &generator)?;
/// # let _ = key;
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
///
/// It is fastest if its memory begins at a multiple of 64, the length of a cache line.
#[derive(Clone, Copy, Debug)]
pub struct BuiltGenerator<S, B> {
    table: B,
    size: PhantomData<S>,
}

impl<S: CombSize, B: AsRef<[u8]>> BuiltGenerator<S, B> {
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
        if bytes.len() != table_bytes::<S>() {
            return Err(InvalidTable);
        }
        table::build::<Ed25519, S>(&GENERATOR, bytes).ok_or(InvalidTable)?;
        Ok(Self { table: memory, size: PhantomData })
    }

    /// Returns the same table as a reference, which is copied to each key.
    pub fn borrowed(&self) -> BuiltGenerator<S, &[u8]> {
        BuiltGenerator { table: self.table.as_ref(), size: PhantomData }
    }
}

impl<S: CombSize, B: AsRef<[u8]>> Generator for BuiltGenerator<S, B> {
    type Size = S;

    #[inline]
    fn table(&self) -> &[u8] {
        self.table.as_ref()
    }
}

/// A size for which the generator has a table.
///
/// See the example of [`Generator`].
pub trait GeneratorTable: CombSize {
    /// Returns the bytes of the table.
    fn generator_table() -> &'static [u8];
}

macro_rules! tables {
    ($($teeth:literal x $blocks:literal: $file:literal;)*) => { $(
        impl GeneratorTable for Comb<$teeth, $blocks> {
            fn generator_table() -> &'static [u8] {
                const LENGTH: usize = table_bytes::<Comb<$teeth, $blocks>>();
                static TABLE: Aligned<LENGTH> = Aligned(*include_bytes!($file));
                &TABLE.0
            }
        }
    )* };
}

tables! {
    5 x 2: "generator/ed25519_5x2.bin";
    6 x 2: "generator/ed25519_6x2.bin";
    8 x 2: "generator/ed25519_8x2.bin";
    10 x 2: "generator/ed25519_10x2.bin";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares the file with a table computed from the curve's constants.
    fn check<S: GeneratorTable>() {
        let mut computed = std::vec![0; table_bytes::<S>()];
        table::build::<Ed25519, S>(&GENERATOR, &mut computed).unwrap();
        assert!(S::generator_table() == computed, "{}x{}", S::TEETH, S::BLOCKS);
        assert!(table::matches::<Ed25519, S>(&GENERATOR, S::generator_table()));
    }

    #[test]
    fn generator_tables_are_regenerated_exactly() {
        check::<Comb<5, 2>>();
        check::<Comb<6, 2>>();
        check::<Comb<8, 2>>();
        check::<Comb<10, 2>>();
    }
}
