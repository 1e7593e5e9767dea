//! Keys of issuers: discovered, fetched, refreshed and rotated in the background.
//!
//! | file | what it has |
//! |---|---|
//! | `discovery` | the issuer's metadata, which has the URL of its keys |
//! | `schedule` | when to fetch, and how long keys may be used: no I/O, no clock |
//! | `fetch` | [`Fetch`], the trait of HTTP clients, and what can go wrong |
//! | `http_fetcher` | the default HTTP client |
//! | `document` | an HTTP response: the document, and how long it is fresh |
//! | `source` | one attempt: discovery, key set, tables |
//! | `snapshot` | the keys of one moment, and the file that keeps them |
//! | `store` | the current keys as requests see them |
//! | `task` | the background task that keeps the store current |

mod discovery;
mod document;
mod fetch;
#[cfg(feature = "reqwest")]
mod http_fetcher;
mod schedule;
mod snapshot;
mod source;
mod store;
mod task;

pub use fetch::{FETCH_TIMEOUT, Fetch, FetchError, Fetching, MAX_DOCUMENT_LEN, MAX_KEYS};
#[cfg(feature = "reqwest")]
pub use http_fetcher::{HttpFetcher, NoHttpClient};
pub use schedule::FetchRules;
pub use source::fetch_key_set;

pub(crate) use snapshot::SnapshotFile;
pub(crate) use source::Source;
pub(crate) use store::KeyStore;
pub(crate) use task::{Start, start};
