//! `tollgate serve`: the server that tells a proxy whether a request may pass (forward auth).
//!
//! | file | content |
//! |---|---|
//! | `flags` | the flags and the environment variables |
//! | `config` | reads the file, and combines it with the flags |
//! | `byte_size` | amounts of memory as people write them |
//! | `original_request` | reads what the client asked the proxy for from the proxy's headers |
//! | `path` | parses a path, and rejects what servers read in different ways |
//! | `rules` | finds what a method and a path require |
//! | `token_source` | finds the token of a request |
//! | `cookie` | reads one cookie |
//! | `origins` | origins of browsers, as settings list them |
//! | `cors` | lets scripts of other origins read refusals |
//! | `cross_site` | refuses requests that another site makes a browser send with a cookie |
//! | `identity_headers` | the headers that say who makes a request |
//! | `claim_pointer` | finds a claim by its JSON Pointer |
//! | `field_name` | the names that configured header fields may have |
//! | `auth` | decides whether a request may pass, and writes the response |
//! | `server` | the endpoints, and the reload |
//! | `limits` | limits of connections and their defaults |
//! | `connections` | the connections, up to the limit |
//! | `write_timeout` | a stream whose writes time out |
//! | `signals` | the signals to stop and to reload |
//! | `metrics` | the metrics for Prometheus |
//! | `resource` | a protected resource, by its identifier (RFC 9728) |
//! | `metadata` | protected resource metadata (RFC 9728) |
//! | `demo` | an issuer and a sample API in this process, for trying it out |

mod auth;
mod byte_size;
mod claim_pointer;
mod config;
mod connections;
mod cookie;
mod cors;
mod cross_site;
mod demo;
mod field_name;
mod flags;
mod identity_headers;
mod limits;
mod metadata;
mod metrics;
mod original_request;
mod origins;
mod path;
mod resource;
mod rules;
mod server;
mod signals;
mod token_source;
mod write_timeout;

pub(crate) use config::ConfigError;
pub(crate) use demo::serve as serve_demo;
pub(crate) use flags::ServeFlags;
pub(crate) use server::{ServeError, serve};
