//! Engines that verify EdDSA signatures with Ed25519 (RFC 8037, RFC 8032), fast and small.
//!
//! They work like those of [`ecdsa`](super::ecdsa): an [`Ed25519Key`] has a table of multiples of its
//! point, of a size that [`Comb`] chooses, in one format for all machines. An [`UntabledEd25519Key`]
//! verifies without a table, for keys that are used only a few times. A [`BuiltGenerator`] is a larger
//! table for the generator than those that the program contains.
//!
//! Verifiers differ in what they accept beyond honest keys and signatures. This one accepts exactly one
//! form of everything: a key must be canonical and in the group of prime order, S must be below the
//! group's order, and R must be canonical and match the equation without the cofactor. So signatures
//! cannot be altered, and no key verifies a signature for two messages.
//!
//! All data is public, so verification takes variable time, and function names say so.
//!
//! ```
//! use tollgate_core::engines::eddsa::{Comb, Ed25519Key, Ed25519PublicKey, table_bytes};
//!
//! # fn hex<const N: usize>(digits: &str) -> [u8; N] {
//! #     core::array::from_fn(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap())
//! # }
//! // The key and the signature of RFC 8037 §A.
//! let x: [u8; 32] = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
//! let key = Ed25519PublicKey::from_bytes(&x)?;
//!
//! // A table of 6 KiB, in memory of the caller.
//! type Size = Comb<6, 2>;
//! let mut memory = [0; table_bytes::<Size>()];
//! let key = Ed25519Key::<Size, _>::build_in(&key, &mut memory[..])?;
//!
//! let message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
//! let signature: [u8; 64] = hex(concat!(
//!     "860c98d2297f3060a33f42739672d61b53cf3adefed3d3c672f320dc021b411e",
//!     "9d59b8628dc351e248b88b29468e0e41855b0fb7d83bb15be902bfccb8cd0a02",
//! ));
//! key.verify_vartime(message, &signature)?;
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

pub(crate) mod curve;
mod encoding;
mod engine;
mod equation;
mod error;
mod field;
mod generator;
mod key;
mod point;
mod table;
#[cfg(test)]
mod toy;
mod without_table;

pub use error::InvalidEd25519Key;
pub use generator::{BuiltGenerator, Generator, GeneratorTable};
pub use key::{Ed25519Key, Ed25519PublicKey};
pub use table::table_bytes;
pub use without_table::UntabledEd25519Key;

pub use crate::engines::comb::table::InvalidTable;
pub use crate::engines::comb::{Comb, CombSize};
