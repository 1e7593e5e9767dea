//! The rules as data, and the harness that holds Tollgate to them.
//!
//! - [`blob`] makes blobs of provisioned keys.
//! - [`mint`] makes keys and tokens. They are good by default, so that a test changes just one thing.
//! - [`corpus`] holds the rules as data; `cargo run -p tollgate-tests --bin corpus` writes them to a file.
//! - [`oracle`] is a second verifier, which shares no code with the core but the hash functions.
//! - [`generator`] generates requests of every kind, from [`random`] numbers.
//! - [`verify`] sends tokens and requests through the core.
//! - [`compare`] compares the core with the oracle and with other libraries, for tests and fuzzers.
//! - [`fuzz_seeds`] writes the inputs that fuzzers start with.

pub mod blob;
pub mod compare;
pub mod corpus;
pub mod fuzz_seeds;
pub mod generator;
pub mod mint;
pub mod oracle;
pub mod random;
pub mod verify;
