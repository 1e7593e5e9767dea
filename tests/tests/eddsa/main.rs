//! The engines for Ed25519, with every size of table and without one.

mod dalek;
mod edges;
mod engines;
mod keys;
mod signer;
mod tables;
mod wycheproof;
