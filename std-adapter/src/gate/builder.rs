//! How a [`Gate`] is made, and which ones cannot be.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tollgate_core::Now;
use tollgate_core::policy::PolicyError;

use super::issuer::OpenIssuer;
use super::{Clock, Gate, Inner, Issuer};
use crate::clock;
use crate::issuer_url::{self, IssuerUrl, Plaintext, UrlError};
use crate::jwks::{Fetch, KeyStore, SnapshotFile, Source, Start};
use crate::owned_policy::OwnedPolicy;

/// The most issuers of a gate. A token may be tried with a key of each.
const MAX_ISSUERS: usize = 16;

/// The shortest time for which keys can be used. They are refreshed after half of it.
const SHORTEST_STALE: Duration = Duration::from_secs(1);

/// How long a request waits for newer keys.
const WAIT_LIMIT: Duration = Duration::from_secs(2);

/// A gate in the making.
#[must_use = "a gate is made by build()"]
pub struct GateBuilder {
    issuers: Vec<Issuer>,
    fetcher: Option<Arc<dyn Fetch>>,
    plaintext: Plaintext,
    clock: Box<Clock>,
    wait_limit: Duration,
    realm: Option<String>,
    resource_metadata: Option<String>,
    predecessor: Option<Gate>,
}

/// Why a gate cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GateError {
    /// Nobody is trusted.
    #[error("no issuer is named")]
    NoIssuer,
    /// There are too many.
    #[error("there are more than {MAX_ISSUERS} issuers")]
    TooManyIssuers,
    /// A URL of an issuer is none from which keys can be fetched.
    #[error("{setting} {url:?} {error}")]
    Url {
        /// Which one: `issuer` or `jwks_uri`.
        setting: &'static str,
        /// What it is set to.
        url: String,
        /// What is wrong with it.
        error: UrlError,
    },
    /// An issuer has no audience: tokens for somebody else would be accepted, or none at all.
    #[error("{issuer:?} has no audience: name the API that its tokens are meant for")]
    NoAudience {
        /// The issuer.
        issuer: String,
    },
    /// Keys would be used for so short a time that they had to be fetched all the time.
    #[error("{issuer:?} is to be asked for keys all the time: let max_stale be a second or more")]
    MaxStale {
        /// The issuer.
        issuer: String,
    },
    /// Two issuers would overwrite each other's keys.
    #[error("two issuers have the snapshot {0:?}: name a file for each")]
    SharedSnapshot(PathBuf),
    /// The settings of an issuer make no policy.
    #[error("the policy for {issuer:?} is none: {error}")]
    Policy {
        /// The issuer.
        issuer: String,
        /// What is wrong with it.
        error: PolicyError,
    },
    /// The keys are fetched by a task, and nobody runs tasks here.
    #[error("a gate is built within a tokio runtime")]
    NoRuntime,
    /// Nothing can be fetched.
    #[error("there is no way to fetch keys: {0}")]
    NoFetcher(String),
    /// The resource's metadata cannot be named in a header.
    #[error("the URL of the resource's metadata is not visible ASCII")]
    ResourceMetadata,
}

impl GateBuilder {
    pub(super) fn new() -> Self {
        Self {
            issuers: Vec::new(),
            fetcher: None,
            plaintext: Plaintext::Refuse,
            clock: Box::new(clock::now),
            wait_limit: WAIT_LIMIT,
            realm: None,
            resource_metadata: None,
            predecessor: None,
        }
    }

    /// Trusts this issuer, too.
    pub fn issuer(mut self, issuer: Issuer) -> Self {
        self.issuers.push(issuer);
        self
    }

    /// Fetches keys by this client, instead of the default one.
    pub fn fetcher(self, fetcher: impl Fetch) -> Self {
        Self { fetcher: Some(Arc::new(fetcher)), ..self }
    }

    /// Whether keys may be fetched without TLS.
    pub fn plaintext(self, plaintext: Plaintext) -> Self {
        Self { plaintext, ..self }
    }

    /// Judges times by this clock, instead of the system's.
    pub fn clock(self, clock: impl Fn() -> Now + Send + Sync + 'static) -> Self {
        Self { clock: Box::new(clock), ..self }
    }

    /// Lets a request wait so long for newer keys, instead of 2 seconds.
    pub fn wait_limit(self, wait_limit: Duration) -> Self {
        Self { wait_limit, ..self }
    }

    /// Names the protected realm in challenges (RFC 9110 §11.5).
    pub fn realm(self, realm: impl Into<String>) -> Self {
        Self { realm: Some(realm.into()), ..self }
    }

    /// Tells in challenges where the resource describes itself (RFC 9728 §5.1).
    pub fn resource_metadata(self, url: impl Into<String>) -> Self {
        Self { resource_metadata: Some(url.into()), ..self }
    }

    /// Begins with the keys of a gate that is to be replaced, where the issuer is the same.
    pub fn replaces(self, predecessor: &Gate) -> Self {
        Self { predecessor: Some(predecessor.clone()), ..self }
    }

    /// The gate. It begins to fetch keys at once, and has none yet, but for those of a snapshot.
    ///
    /// # Errors
    ///
    /// See [`GateError`].
    pub fn build(self) -> Result<Gate, GateError> {
        if self.issuers.is_empty() {
            return Err(GateError::NoIssuer);
        }
        if self.issuers.len() > MAX_ISSUERS {
            return Err(GateError::TooManyIssuers);
        }
        if self.resource_metadata.as_deref().is_some_and(|url| HeaderValue::from_str(url).is_err())
        {
            return Err(GateError::ResourceMetadata);
        }
        let mut files: Vec<_> = self.issuers.iter().filter_map(|it| it.snapshot.as_ref()).collect();
        files.sort_unstable();
        if let Some([file, _]) = files.array_windows().find(|[file, next]| file == next) {
            return Err(GateError::SharedSnapshot(PathBuf::clone(file)));
        }
        let runtime = Handle::try_current().map_err(|_| GateError::NoRuntime)?;
        let fetcher = match self.fetcher {
            Some(fetcher) => fetcher,
            None => default_fetcher()?,
        };
        let checked = self.issuers.into_iter().map(|issuer| check(issuer, self.plaintext));
        let checked: Vec<_> = checked.collect::<Result<_, _>>()?;
        let mut tasks = JoinSet::new();
        let mut issuers = Vec::new();
        for (url, issuer) in checked {
            let (Issuer { jwks_uri, snapshot, rules, .. }, policy) = issuer;
            let predecessor = self.predecessor.as_ref().and_then(|predecessor| {
                let mut issuers = predecessor.0.issuers.iter();
                let same = |old: &&OpenIssuer| old.url == url.as_str() && old.jwks_uri == jwks_uri;
                Some(Arc::clone(&issuers.find(same)?.store))
            });
            let fetcher = Arc::clone(&fetcher);
            let (store, task) = KeyStore::new(Start {
                source: Source::new(fetcher, url.clone(), self.plaintext, jwks_uri.clone()),
                rules,
                file: snapshot.map(SnapshotFile::new),
                predecessor,
            });
            tasks.spawn_on(task, &runtime);
            issuers.push(OpenIssuer { url: url.as_str().to_owned(), jwks_uri, policy, store });
        }
        Ok(Gate(Arc::new(Inner {
            issuers,
            clock: self.clock,
            wait_limit: self.wait_limit,
            realm: self.realm,
            resource_metadata: self.resource_metadata,
            _tasks: tasks,
        })))
    }
}

type Checked = (IssuerUrl, (Issuer, OwnedPolicy));

fn check(issuer: Issuer, plaintext: Plaintext) -> Result<Checked, GateError> {
    let url = IssuerUrl::parse(&issuer.url, plaintext).map_err(|error| GateError::Url {
        setting: "issuer",
        url: issuer.url.clone(),
        error,
    })?;
    if let Some(jwks_uri) = &issuer.jwks_uri {
        issuer_url::parse(jwks_uri, plaintext).map_err(|error| GateError::Url {
            setting: "jwks_uri",
            url: jwks_uri.clone(),
            error,
        })?;
    }
    if issuer.policy.audiences.as_ref().is_some_and(Vec::is_empty) {
        return Err(GateError::NoAudience { issuer: issuer.url });
    }
    if issuer.rules.max_stale < SHORTEST_STALE {
        return Err(GateError::MaxStale { issuer: issuer.url });
    }
    match issuer.policy.policy() {
        Ok(policy) => Ok((url, (issuer, policy))),
        Err(error) => Err(GateError::Policy { issuer: issuer.url, error }),
    }
}

#[cfg(feature = "reqwest")]
fn default_fetcher() -> Result<Arc<dyn Fetch>, GateError> {
    match crate::jwks::HttpFetcher::new() {
        Ok(fetcher) => Ok(Arc::new(fetcher)),
        Err(error) => Err(GateError::NoFetcher(error.to_string())),
    }
}

#[cfg(not(feature = "reqwest"))]
fn default_fetcher() -> Result<Arc<dyn Fetch>, GateError> {
    Err(GateError::NoFetcher("bring a fetcher, or enable the feature reqwest".to_owned()))
}
