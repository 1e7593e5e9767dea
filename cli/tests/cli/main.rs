//! Runs the `tollgate` command as its users do.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod check;
mod check_connector;
mod discovery;
mod explanation;
mod guides;
mod health;
mod init;
mod issuer;
mod key_files;
#[cfg(feature = "manual")]
mod manual;
mod opt_ins;
mod output;
mod provider_tokens;
mod provision;
mod provision_families;
mod rules;
mod secret;
mod serve;
mod server;
mod support;
mod untrusted;
mod verify;
