//! The harness that holds Tollgate to its rules.
//!
//! - [`mint`] makes keys and tokens, good by default, so that a test changes just one thing.
//! - [`verify`] sends them through the library.
//! - [`against`] compares them with another verifier's verdicts.
//! - [`corpus`] is the rules as data; `cargo run -p tollgate-tests --bin corpus` writes them down.
//! - [`differential`] compares engines, for tests and fuzzers.
//! - [`json`] is a second opinion about JSON, for both.
//! - [`seeds`] are their inputs, for fuzzers.

pub mod against;
pub mod corpus;
pub mod differential;
pub mod json;
pub mod mint;
pub mod seeds;
pub mod verify;
