//! An issuer's keys, which look after themselves: fetched, refreshed, replaced, and given up when
//! nobody has confirmed them for too long.
//!
//! | file | what it knows |
//! |---|---|
//! | `schedule` | when to fetch, and how long keys may be used: no I/O, no clock |
//! | `fetch` | how a document is fetched: a trait, and what can go wrong |
//! | `http_fetcher` | the fetcher for those who bring none |
//! | `document` | what an answer over HTTP says |
//! | `source` | one attempt: discovery, key set, tables |
//! | `snapshot` | the keys of one moment, and the file that keeps them |
//! | `store` | the task that does it all, and what requests see of it |

mod document;
mod fetch;
#[cfg(feature = "reqwest")]
mod http_fetcher;
mod schedule;
mod snapshot;
mod source;
mod store;

pub use fetch::{FETCH_TIMEOUT, Fetch, FetchError, Fetching, MAX_DOCUMENT_LEN, MAX_KEYS};
#[cfg(feature = "reqwest")]
pub use http_fetcher::{HttpFetcher, NoHttpClient};
pub use schedule::FetchRules;
pub use source::fetch_key_set;

pub(crate) use snapshot::SnapshotFile;
pub(crate) use source::Source;
pub(crate) use store::{KeyStore, Start};

use crate::issuer_url::UrlError;
