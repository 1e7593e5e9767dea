//! Engines for RSA: RS256, RS384, RS512, PS256, PS384 and PS512, with keys of 2,048 to 4,096 bits.
//!
//! An [`RsaKey`] is a modulus, an exponent, and one constant that saves each verification a division:
//! 516 bytes for 2,048 bits. There are no tables. The bytes are in one format for all machines, in flash, in
//! memory of the caller, or on the heap, and they prove the constant when they are loaded.
//!
//! All data is public, so verification takes variable time, and function names say so.

mod block;
mod capacity;
mod engine;
mod error;
mod jwk;
mod montgomery;
mod pkcs1;
mod power;
mod provisioned;
mod pss;
mod public_key;
mod roca;
mod scheme;

pub use capacity::{Bits2048, Bits3072, Bits4096, Capacity};
pub use engine::{RsaKey, RsaKeyBytes};
pub use error::InvalidRsaKey;
pub use provisioned::provisioned_bytes;
pub use public_key::RsaPublicKey;
pub use scheme::{
    AllSchemes, JoseHash, Pkcs1, Ps256, Ps384, Ps512, Pss, Rs256, Rs384, Rs512, Scheme, Schemes,
};
