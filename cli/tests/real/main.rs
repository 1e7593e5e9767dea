//! `tollgate serve`, and the library's sign-in, with real parts: an OpenID provider, clients of MCP, and the proxies.
//!
//! `.ci/real-parts` installs them, and runs these tests. Everything that a test starts has its own
//! port, and ends with the test.
//!
//! | file | content |
//! |---|---|
//! | `proxies` | the proxy examples: which requests pass, and what reaches the API |
//! | `keys` | rotations, outages, herds and floods |
//! | `lifecycle` | reloads, signals, metrics, logs, and the commands that fetch keys |
//! | `logto` | Logto's permission models |
//! | `mcp` | MCP servers, with the official SDK as their client |
//! | `recipes` | the recipes of proxies for sign-in: the same, for browsers |
//! | `sign_in` | an app that signs its users in with the library |
//! | `provider`, `gateway`, `upstream`, `websocket`, `parts`, `http` | the parts, and clients for them |

// For signals and file permissions.
#![cfg(unix)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

// The tests in Chromium are for .ci/browser.
#[path = "../browser/chromedriver.rs"]
mod chromedriver;
#[path = "../browser/browser.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod chromium;
mod gateway;
mod http;
mod key_fetching;
mod lifecycle;
mod logto;
mod mcp;
mod parts;
mod provider;
mod proxies;
mod recipes;
mod sign_in;
mod upstream;
mod websocket;
