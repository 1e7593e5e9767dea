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
#[path = "../../../examples/bookstore.rs"]
#[allow(dead_code, reason = "main listens on a fixed port")]
mod bookstore;
mod browser;
mod provider;
mod time;

mod backchannel;
mod callback;
mod connector;
mod cookie_sessions;
mod flow;
mod gateway;
mod id_tokens;
mod layers;
mod model;
mod refreshes;
mod request;
mod sessions;
mod settings;
mod sign_out;
mod token_endpoint;
mod user_info;
