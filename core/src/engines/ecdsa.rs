//! Engines that verify with precomputed tables, fast and small.
//!
//! A gateway knows its keys before tokens arrive. A [`ProvisionedKey`] has a table of multiples of its
//! point, so verifying a signature takes few additions and almost no doublings. The size of the table
//! trades memory for time: see [`Comb`]. An [`UntabledKey`] verifies without a table, for keys that are
//! used only a few times.
//!
//! Tables are bytes in one format for all machines. `tollgate provision` writes them for flash, as Rust
//! source or as a [`Blob`](crate::engines::Blob); [`ProvisionedKey::build_in`] computes them in memory that
//! the caller owns. No other crate's curve code is linked. A [`BuiltGenerator`] is a larger table for the
//! curve's generator than those that the program contains.
//!
//! All data is public, so verification takes variable time, and function names say so.
//!
//! ```
//! use tollgate_core::engines::ecdsa::{Comb, P256, ProvisionedKey, PublicKey, table_bytes};
//! use tollgate_core::{Key, KeySet};
//!
//! # fn hex<const N: usize>(digits: &str) -> [u8; N] {
//! #     core::array::from_fn(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap())
//! # }
//! // The key of RFC 6979 §A.2.5.
//! let x: [u8; 32] = hex("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6");
//! let y: [u8; 32] = hex("7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
//! let key = PublicKey::<P256>::from_coordinates(&x, &y)?;
//!
//! // A table of 4 KiB, in memory of the caller.
//! type Size = Comb<6, 2>;
//! let mut memory = [0; table_bytes::<P256, Size>()];
//! let key = ProvisionedKey::<P256, Size, _>::build_in(&key, &mut memory[..])?;
//!
//! // A signature of "sample" with SHA-256, from RFC 6979.
//! let prehash: [u8; 32] = hex("af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf");
//! let signature: [u8; 64] = hex(concat!(
//!     "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
//!     "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
//! ));
//! key.verify_prehash_vartime(&prehash, &signature)?;
//!
//! // The key is an engine like any other.
//! let mut keys = KeySet::<_, 1>::new();
//! keys.insert(Key::new(key))?;
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

pub(crate) mod curve;
pub(crate) mod engine;
pub(crate) mod equation;
pub(crate) mod error;
pub(crate) mod field;
pub(crate) mod generator;
mod jwk;
pub(crate) mod key;
pub(crate) mod point;
pub(crate) mod table;
#[cfg(test)]
mod toy;
mod without_table;

/// The arithmetic of fields and scalars, for the fuzz target that compares it with fiat-crypto.
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod arithmetic {
    pub use crate::engines::arithmetic::field::Field;
    pub use crate::engines::arithmetic::scalar::Scalar;
}

pub use curve::{Curve, P256, P384, P521};
pub use engine::{JoseCurve, UntabledKey};
pub use error::InvalidPublicKey;
pub use generator::{BuiltGenerator, Generator, GeneratorTable};
pub use jwk::EcPublicKey;
pub use key::{ProvisionedKey, PublicKey};
pub use table::table_bytes;

pub use crate::engines::comb::table::InvalidTable;
pub use crate::engines::comb::{Comb, CombSize};
