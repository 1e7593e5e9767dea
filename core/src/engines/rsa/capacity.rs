//! How long a modulus an engine has room for: [`Bits2048`], [`Bits3072`], [`Bits4096`].

use super::block::{BLOCK_BYTES, Block, ZERO};

/// The room that an engine has for a modulus, and so the stack that it needs.
///
/// Shorter moduli fit, too. The time follows the length of the modulus, not the capacity.
///
/// ```
/// use tollgate_core::engines::rsa::{Bits2048, Bits3072, Bits4096, Capacity, provisioned_bytes};
///
/// /// The most bytes of a key that such an engine has.
/// const fn most_bytes<C: Capacity>() -> usize {
///     provisioned_bytes(C::BITS)
/// }
///
/// assert_eq!(most_bytes::<Bits2048>(), 516);
/// assert_eq!(most_bytes::<Bits3072>(), 772);
/// assert_eq!(most_bytes::<Bits4096>(), 1028);
/// ```
pub trait Capacity: Room {
    /// The length in bits of the longest modulus.
    const BITS: usize;
}

/// Room for moduli of 2,048 bits.
///
/// See the example of [`Capacity`].
#[derive(Clone, Copy, Debug)]
pub enum Bits2048 {}

/// Room for moduli of 2,048 to 3,072 bits.
///
/// See the example of [`Capacity`].
#[derive(Clone, Copy, Debug)]
pub enum Bits3072 {}

/// Room for every modulus: 2,048 to 4,096 bits.
///
/// See the example of [`Capacity`].
#[derive(Clone, Copy, Debug)]
pub enum Bits4096 {}

/// The memory of a capacity. Its items are not public, so no other type can implement it.
pub trait Room {
    /// As many blocks as the longest modulus has.
    type Number: AsMut<[Block]>;
    /// Twice as many.
    type Product: AsMut<[Block]>;
    /// As many bytes as a number.
    type Bytes: AsMut<[u8]>;
    /// The number zero.
    const NUMBER: Self::Number;
    /// The product zero.
    const PRODUCT: Self::Product;
    /// The number zero, as bytes.
    const BYTES: Self::Bytes;
}

macro_rules! capacity {
    ($name:ident, $bits:literal) => {
        impl Capacity for $name {
            const BITS: usize = $bits;
        }

        impl Room for $name {
            type Number = [Block; $bits / 8 / BLOCK_BYTES];
            type Product = [Block; 2 * $bits / 8 / BLOCK_BYTES];
            type Bytes = [u8; $bits / 8];
            const NUMBER: Self::Number = [ZERO; $bits / 8 / BLOCK_BYTES];
            const PRODUCT: Self::Product = [ZERO; 2 * $bits / 8 / BLOCK_BYTES];
            const BYTES: Self::Bytes = [0; $bits / 8];
        }
    };
}

capacity!(Bits2048, 2048);
capacity!(Bits3072, 3072);
capacity!(Bits4096, 4096);
