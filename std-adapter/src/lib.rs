//! Tollgate where there is an operating system: what [`tollgate_core`] leaves to its surroundings.
//!
//! The core judges a token at a time that it is told, with keys that it is given. This crate has
//! the [`clock`], and the `tollgate` command line on top. The verification itself is the core's,
//! re-exported as [`core`], and nothing here changes a verdict.

#![forbid(unsafe_code)]

mod aligned;
pub mod clock;
pub mod keys;
pub mod table_size;

pub use tollgate_core as core;

/// The README's example is a test.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
