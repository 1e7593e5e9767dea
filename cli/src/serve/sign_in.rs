//! Sign-in for browsers, in front of an app that knows nothing of it: the table `[sign_in]`.
//!
//! | file | content |
//! |---|---|
//! | `table` | the table, as it is in the file |
//! | `config` | the table, checked |
//! | `browsers` | the running sign-in, under each public origin |
//! | `host` | the host name under which a browser sees the app |
//! | `judge` | decides about a request with a session, or without any credentials |
//! | `access_of_session` | whether a session meets what a rule demands |
//! | `routes` | the pages of sign-in, below the prefix |

mod access_of_session;
mod browsers;
mod config;
mod host;
mod judge;
mod routes;
mod table;

pub(super) use browsers::Browsers;
pub(super) use config::SignInConfig;
pub(crate) use config::SignInConfigError;
pub(super) use judge::{Asked, judge, visitor};
pub(super) use routes::route;
pub(super) use table::RawSignIn;
