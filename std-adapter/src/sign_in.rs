//! Signs users in at an OpenID provider, and keeps their sessions: the authorization code flow with PKCE
//! (OpenID Connect Core §3.1, RFC 9700), for web apps with axum.
//!
//! | file | what it has |
//! |---|---|
//! | `provider` | where the provider is, and what it can |
//! | `connector` | the same from a connector's JSON |
//! | `secret` | texts that no log shows |
//! | `return_path` | where the browser goes after sign-in: never to another origin |
//! | `seal` | texts that only this app can make and read |
//! | `cookies` | the names and attributes of cookies |
//! | `settings` | what a client asks of a provider |
//! | `session_id` | the secret that a browser keeps |
//! | `store` | where sessions are kept |

mod connector;
#[allow(dead_code, reason = "used once sign-in is complete")]
mod cookies;
mod provider;
mod return_path;
#[allow(dead_code, reason = "used once sign-in is complete")]
mod seal;
mod secret;
#[allow(dead_code, reason = "used once sign-in is complete")]
mod session_id;
mod settings;
pub mod store;

pub use return_path::{InvalidReturnPath, ReturnPath};
pub use seal::{InvalidSecrets, NoRandomness};
