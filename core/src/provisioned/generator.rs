//! The tables of the curves' generators.
//!
//! They are binary files, because as source text they would be five times as long, slow to compile, and
//! no easier to review. `cargo run -p tollgate-tests --bin generator_tables` writes them, and the test
//! `generator_tables_are_regenerated_exactly` computes them again from the curve's constants.
//!
//! A table is linked only if its size is used.

use crate::provisioned::comb::{Comb, CombSize};
use crate::provisioned::curve::{Curve, P256, P384};
use crate::provisioned::table::table_bytes;

/// A curve that has a table of size `S` for its generator.
pub trait GeneratorTable<S: CombSize>: Curve {
    /// Returns the bytes of the table.
    fn generator_table() -> &'static [u8];
}

/// Bytes aligned to a cache line, so that an entry of P-256 fills exactly one line.
#[repr(align(64))]
struct Aligned<const LENGTH: usize>([u8; LENGTH]);

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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provisioned::table;

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
    }
}
