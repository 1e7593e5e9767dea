//! `tollgate serve` with real parts: an OpenID provider, nginx, Caddy, Envoy and Traefik.
//!
//! `.ci/real-parts` installs them, and runs these tests. Whatever a test starts has a port of its
//! own, and ends with the test.
//!
//! | file | what it has |
//! |---|---|
//! | `proxies` | the examples of proxies: what they let pass, and what reaches the API |
//! | `keys` | rotations, outages, herds and floods |
//! | `lifecycle` | reloads, signals, metrics, logs, and the commands that fetch keys |
//! | `logto` | Logto's permission models |
//! | `provider`, `gateway`, `upstream`, `parts`, `http` | the parts, and how they are spoken to |

// Signals, and permissions of files.
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

mod gateway;
mod http;
mod keys;
mod lifecycle;
mod logto;
mod parts;
mod provider;
mod proxies;
mod upstream;
