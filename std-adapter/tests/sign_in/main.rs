//! Tests sign-in through the public API alone. The provider and the browser are scripted, and the clock is paused.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod app;
mod browser;
mod provider;
mod time;

mod callback;
mod flow;
mod id_tokens;
mod layers;
mod refreshes;
mod request;
mod sessions;
mod sign_out;
mod token_endpoint;
