//! Tests gates, their keys and the middleware through the public API alone. The issuers are scripted,
//! and the clock is paused, so days pass in no time.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod demand;
mod discovery;
mod errors;
mod explanations;
mod faults;
mod fetch_rules;
mod herd;
mod isolation;
mod judging;
mod key_files;
mod lifecycle;
mod logs;
mod middleware;
mod nested;
mod network;
mod opt_ins;
mod private_server;
mod replacement;
mod scripted_web;
mod signature_memory;
mod snapshots;
mod stale;
mod synchronous;
mod table_memory;
mod tenants;
mod trust_domain;
