//! Tollgate where there is an operating system: what [`tollgate_core`] leaves to its surroundings.
//!
//! The core judges a token at a time that it is told, with keys that it is given. This crate has
//! the [`clock`], the keys, and what stands in front of a service:
//!
//! | module | what it is |
//! |---|---|
//! | [`gate`] | [`Gate`](gate::Gate): issuers with their policies, and a verdict for each request |
//! | `middleware` | `RequireAuth`, a tower layer, and `Authenticated`, an extractor for axum |
//! | [`jwks`] | keys that look after themselves |
//! | [`discovery`], [`issuer_url`] | where an issuer's keys are |
//! | [`policy_config`], [`owned_policy`], [`duration`] | what is accepted, as configurations say it |
//! | [`keys`], [`table_size`] | the engines of servers |
//!
//! The verification itself is [`tollgate_core`]'s, which is re-exported under its own name, and
//! nothing here changes a verdict. The `tollgate` command is built on this crate.
//!
//! | feature | what it adds |
//! |---|---|
//! | `reqwest` (default) | [`HttpFetcher`](jwks::HttpFetcher), which fetches keys over HTTPS |
//! | `tower` | `middleware::RequireAuth`, for any tower service |
//! | `axum` (default) | `middleware::Authenticated`, for handlers of axum; with `tower` |

#![forbid(unsafe_code)]

mod aligned;
pub mod clock;
pub mod discovery;
pub mod duration;
pub mod gate;
pub mod issuer_url;
pub mod jwks;
pub mod keys;
#[cfg(feature = "tower")]
pub mod middleware;
pub mod owned_policy;
pub mod policy_config;
pub mod table_size;

pub use tollgate_core;

/// The README's example is a test.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
