//! Tests sessions in redis, each with a server of its own: the store, and two apps that share it.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

#[path = "../sign_in/app.rs"]
#[allow(dead_code, reason = "the tests of sign-in need more")]
mod app;
#[path = "../sign_in/browser.rs"]
#[allow(dead_code, reason = "the tests of sign-in need more")]
mod browser;
#[path = "../sign_in/provider.rs"]
#[allow(dead_code, reason = "the tests of sign-in need more")]
mod provider;
#[path = "../sign_in/time.rs"]
#[allow(dead_code, reason = "the tests of sign-in need more")]
mod time;

mod forwarder;
mod server;

mod processes;
mod store;
