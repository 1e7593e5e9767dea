//! The engines, which verify signatures: a room for each family of algorithms.
//!
//! | engines | algorithms | need |
//! |---|---|---|
//! | [`ecdsa`] | ES256, ES384, ES512 | a table for each key, or none |
//! | [`eddsa`] | EdDSA with Ed25519 | a table for each key, or none |
//! | [`rsa`] | RS256, RS384, RS512, PS256, PS384, PS512 | a constant for each key |
//! | `rustcrypto` | ES256, ES384, and those of RSA | RustCrypto's crates |
//!
//! A [`Blob`] keeps provisioned keys of any family as bytes.
//!
//! All data is public, so verification takes variable time.

mod arithmetic;
mod blob;
pub(crate) mod comb;
pub mod ecdsa;
pub mod eddsa;
pub mod rsa;
#[cfg(feature = "rustcrypto")]
#[cfg_attr(docsrs, doc(cfg(feature = "rustcrypto")))]
pub mod rustcrypto;

pub use blob::{Blob, BlobError, BlobKey, BlobKind};
