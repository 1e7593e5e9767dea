//! `tollgate serve`: a gate that any proxy can ask.
//!
//! | file | what it knows |
//! |---|---|
//! | `config` | the configuration: a file, flags and the environment in, a checked one out |
//! | `origin` | what the client asked the proxy for, as one named proxy says it |
//! | `path` | paths that can be read in one way only |
//! | `rules` | what a path and a method need |
//! | `auth` | the verdict about a request, and its answer |
//! | `server` | the endpoints, and the reload |
//! | `limits` | what connections may take |
//! | `connections` | how many there are, and which one makes room |
//! | `patient` | a stream whose other side must take what it is sent |
//! | `signals` | when to stop, and when to reload |
//! | `metrics` | what Prometheus reads |
//! | `resource` | what clients read about the API (RFC 9728) |
//! | `demo` | an issuer and an API inside of the process, to try it all |

mod auth;
mod config;
mod connections;
mod demo;
mod limits;
mod metrics;
mod origin;
mod path;
mod patient;
mod resource;
mod rules;
mod server;
mod signals;

pub(crate) use config::{ConfigError, Overrides};
pub(crate) use demo::serve as serve_demo;
pub(crate) use server::{ServeError, serve};
