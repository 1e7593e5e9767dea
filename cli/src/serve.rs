//! `tollgate serve`: the server that tells a proxy whether a request may pass (forward auth).
//!
//! | file | content |
//! |---|---|
//! | `settings` | the settings, each declared once for its flag, its variable and the file |
//! | `flags` | the settings as flags, and the flags of one issuer |
//! | `config` | reads the file, combines it with the flags, and checks all |
//! | `byte_size` | amounts of memory as people write them |
//! | `original_request` | reads what the client asked the proxy for from the proxy's headers |
//! | `path` | parses a path, and finds its readings if servers differ |
//! | `rules` | finds what a method and a path require |
//! | `token_source` | finds the token of a request |
//! | `cookie` | reads one cookie |
//! | `origins` | origins of browsers, as settings list them |
//! | `cors` | lets scripts of other origins read refusals |
//! | `cross_site` | refuses requests that another site makes a browser send with a cookie |
//! | `identity_headers` | the headers that say who makes a request |
//! | `claim_pointer` | finds a claim by its JSON Pointer |
//! | `field_name` | the names that configured header fields may have |
//! | `decision` | decides whether a request may pass, and writes the response |
//! | `grpc` | Envoy's external authorization over gRPC (feature `grpc`) |
//! | `lifecycle` | starts the server, runs it and stops it |
//! | `reload` | reloads the configuration at a signal, or when its file changes |
//! | `watched_config` | notices when the file changes |
//! | `endpoints` | answers the requests to each endpoint |
//! | `listener` | the sockets that accept connections: TCP, Unix, and those of systemd |
//! | `limits` | limits of connections and their defaults |
//! | `connections` | the connections, up to the limit |
//! | `protocol` | the HTTP versions of a connection |
//! | `write_timeout` | a stream whose writes time out |
//! | `sign_in` | sign-in for browsers, in front of an app that knows nothing of it |
//! | `recipe` | the configuration of a proxy that suits this one |
//! | `signals` | the signals to stop and to reload |
//! | `notify` | tells systemd what the server is doing |
//! | `metrics` | the metrics for Prometheus |
//! | `resource` | a protected resource, by its identifier (RFC 9728) |
//! | `metadata` | protected resource metadata (RFC 9728) |
//! | `refusal`, `refusal_log` | what the log says about a refused request, and how often |
//! | `log_text` | untrusted text as the log may show it |
//! | `trace_parent` | the trace that a request belongs to |
//! | `demo` | an OpenID provider and a sample API in this process, for trying it out |

mod byte_size;
mod claim_pointer;
mod config;
mod connections;
mod cookie;
mod cors;
mod cross_site;
mod decision;
mod demo;
mod endpoints;
mod field_name;
mod flags;
#[cfg(feature = "grpc")]
mod grpc;
mod identity_headers;
mod lifecycle;
mod limits;
mod listener;
mod log_text;
mod metadata;
mod metrics;
mod notify;
mod original_request;
mod origins;
mod path;
mod protocol;
mod recipe;
mod refusal;
mod refusal_log;
mod reload;
mod resource;
mod rules;
mod settings;
mod sign_in;
mod signals;
mod token_source;
mod trace_parent;
mod watched_config;
mod write_timeout;

pub(crate) use config::{Config, ConfigError};
pub(crate) use decision::{Decision, Forbidden, authorize};
pub(crate) use demo::serve as serve_demo;
pub(crate) use flags::{ServeFlags, beyond_demo as flags_beyond_demo};
pub(crate) use lifecycle::{ServeError, serve};
pub(crate) use listener::{HandedOver, ListenAddress};
pub(crate) use original_request::{OriginalRequest, OriginalRequestError, Proxy};
pub(crate) use recipe::recipe;
pub(crate) use rules::{
    Access, Credentials, Decided, Fallback, PathRules, Requirement, Rule, Rules,
};
