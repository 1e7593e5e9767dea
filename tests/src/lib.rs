//! The harness that holds Tollgate to its rules.
//!
//! - [`mint`] makes keys and tokens, good by default, so that a test changes just one thing.
//! - [`verify`] sends them through the library.
//! - [`against`] compares them with another verifier's verdicts.
//! - [`corpus`] is the rules as data; `cargo run -p tollgate-tests --bin corpus` writes them down.
//! - [`oracle`] is a second verifier, which shares no code with the core but the hash functions;
//!   [`generated`] makes requests of every kind, and [`comparison`] holds the core to what the oracle
//!   says of them.
//! - [`declared`] reads from the sources what a test must not forget.
//! - [`differential`] compares engines, for tests and fuzzers.
//! - [`json`] is a second opinion about JSON, for both.
//! - [`seeds`] are their inputs, for fuzzers.

pub mod against;
pub mod comparison;
pub mod corpus;
pub mod differential;
pub mod generated;
pub mod json;
pub mod mint;
pub mod oracle;
pub mod seeds;
pub mod verify;
