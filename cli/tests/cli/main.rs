//! Runs the `tollgate` command as its users do.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod check;
mod discovery;
mod provision;
mod serve;
mod server;
mod support;
mod verify;
