//! Keys of issuers: discovered, fetched, refreshed and rotated in the background.
//!
//! | file | what it has |
//! |---|---|
//! | `location` | where the configuration says that the keys are |
//! | `bearer_token` | the credential for key sets that need one |
//! | `discovery` | the issuer's metadata, which has the URL of its keys |
//! | `kept_metadata` | all of the metadata, for sign-in |
//! | `schedule` | when to fetch, and how long keys may be used: no I/O, no clock |
//! | `fetch_limit` | how many fetches tokens may cause |
//! | `fetch` | [`Fetch`], the trait of HTTP clients, and what can go wrong |
//! | `http_fetcher` | the default HTTP client |
//! | `document` | an HTTP response: the document, and how long it is fresh |
//! | `bound_key` | keys that serve one tenant alone |
//! | `issuer_keys` | the keys of one issuer, on the heap |
//! | `source` | one attempt: discovery, key set, tables |
//! | `snapshot` | the keys of one moment, and the file that keeps them |
//! | `store` | the current keys as requests see them |
//! | `watched_file` | keys in a file instead |
//! | `task` | the background task that keeps the store current |

mod bearer_token;
mod bound_key;
mod discovery;
mod document;
mod fetch;
mod fetch_limit;
#[cfg(feature = "reqwest")]
mod http_fetcher;
mod issuer_keys;
#[cfg_attr(not(feature = "sign-in"), expect(dead_code, reason = "only sign-in asks for it"))]
mod kept_metadata;
mod location;
mod schedule;
mod snapshot;
mod source;
mod store;
mod task;
mod watched_file;

pub use bearer_token::BearerTokenError;
pub use fetch::{Fetch, FetchError, Fetching, MAX_DOCUMENT_LEN, MAX_KEYS};
#[cfg(feature = "redis")]
pub(crate) use http_fetcher::system_tls;
#[cfg(feature = "reqwest")]
pub use http_fetcher::{HttpFetcher, NoHttpClient};
pub use schedule::FetchRules;
pub use source::{KeySetUnavailable, fetch_key_set};

pub(crate) use kept_metadata::KeptMetadata;
#[cfg(feature = "sign-in")]
pub(crate) use kept_metadata::RawMetadata;
pub(crate) use location::Location;
pub(crate) use snapshot::SnapshotFile;
pub(crate) use source::Source;
pub(crate) use store::KeyStore;
pub(crate) use task::{Start, start};
pub(crate) use watched_file::WatchedFile;
