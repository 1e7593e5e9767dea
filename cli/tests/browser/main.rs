//! `tollgate serve --demo` in a real browser: Chromium, by WebDriver.
//!
//! `.ci/browser` installs it, and runs these tests. Each has its own server, browser and profile, and keeps a
//! picture of each page in `target/ci/browser`.
//!
//! | file | content |
//! |---|---|
//! | `bookstore` | the demo's app, as a customer sees it |
//! | `provider` | the pages of the demo's OpenID provider |
//! | `demo` | the demo, and an app that signs in there |
//! | `browser`, `chromedriver` | the browser, and the program that steers it |

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod bookstore;
mod browser;
mod chromedriver;
mod demo;
mod provider;
#[path = "../cli/server.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod server;
