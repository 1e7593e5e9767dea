//! [`GateBuilder`] checks the settings of a gate, and starts the tasks that fetch its keys.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tollgate_core::Now;

use super::open_issuer::OpenIssuer;
use super::{Clock, Gate, GateError, Inner, Issuer};
use crate::clock;
use crate::issuer_url::{self, IssuerUrl, Plaintext};
use crate::jwks::{self, Fetch, SnapshotFile, Source, Start};
use crate::owned_policy::OwnedPolicy;

/// The maximum number of issuers of a gate. A token may be tried with a key of each.
pub(super) const MAX_ISSUERS: usize = 16;

/// The minimum time for which keys may be used. They are refreshed after half of it.
const MIN_MAX_STALE: Duration = Duration::from_secs(1);

/// How long a request waits for newer keys by default.
const WAIT_LIMIT: Duration = Duration::from_secs(2);

/// Builds a [`Gate`].
#[must_use = "call build() to get a gate"]
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

/// An issuer whose settings have been checked.
struct Checked {
    url: IssuerUrl,
    policy: OwnedPolicy,
    issuer: Issuer,
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

    /// Also trusts this issuer.
    pub fn issuer(mut self, issuer: Issuer) -> Self {
        self.issuers.push(issuer);
        self
    }

    /// Fetches keys with this client instead of the default one.
    pub fn fetcher(self, fetcher: impl Fetch) -> Self {
        Self { fetcher: Some(Arc::new(fetcher)), ..self }
    }

    /// Says whether keys may be fetched without TLS. By default they may not.
    pub fn plaintext(self, plaintext: Plaintext) -> Self {
        Self { plaintext, ..self }
    }

    /// Judges times by this clock instead of the system's.
    pub fn clock(self, clock: impl Fn() -> Now + Send + Sync + 'static) -> Self {
        Self { clock: Box::new(clock), ..self }
    }

    /// Sets how long a request waits for newer keys: 2 seconds by default.
    pub fn wait_limit(self, wait_limit: Duration) -> Self {
        Self { wait_limit, ..self }
    }

    /// Names the protected realm in challenges (RFC 9110 §11.5).
    pub fn realm(self, realm: impl Into<String>) -> Self {
        Self { realm: Some(realm.into()), ..self }
    }

    /// Links the API's protected resource metadata in challenges (RFC 9728 §5.1).
    pub fn resource_metadata(self, url: impl Into<String>) -> Self {
        Self { resource_metadata: Some(url.into()), ..self }
    }

    /// Starts with the keys of the gate that this one replaces, for the issuers that both have.
    pub fn replaces(self, predecessor: &Gate) -> Self {
        Self { predecessor: Some(predecessor.clone()), ..self }
    }

    /// Checks the settings and starts to fetch keys. A new gate has no keys yet, except those of
    /// snapshots and of its predecessor.
    ///
    /// Call it inside a tokio runtime, which then fetches the keys. In a program without one, make a
    /// [`tokio::runtime::Runtime`], [enter](tokio::runtime::Runtime::enter) it, and keep it as long as the
    /// gate.
    ///
    /// # Errors
    ///
    /// A setting is invalid; see [`GateError`].
    pub fn build(self) -> Result<Gate, GateError> {
        if self.issuers.is_empty() {
            return Err(GateError::NoIssuer);
        }
        if self.issuers.len() > MAX_ISSUERS {
            return Err(GateError::TooManyIssuers);
        }
        if let Some(url) = &self.resource_metadata
            && HeaderValue::from_str(url).is_err()
        {
            return Err(GateError::ResourceMetadata(url.clone()));
        }
        let mut files: Vec<_> = self.issuers.iter().filter_map(|it| it.snapshot.as_ref()).collect();
        files.sort_unstable();
        if let Some([file, ..]) = files.windows(2).find(|pair| pair.first() == pair.last()) {
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
        for Checked { url, policy, issuer } in checked {
            let Issuer { jwks_uri, snapshot, fetch_rules, .. } = issuer;
            let predecessor = self.predecessor.as_ref().and_then(|predecessor| {
                let mut issuers = predecessor.0.issuers.iter();
                let same = |old: &&OpenIssuer| old.url == url.as_str() && old.jwks_uri == jwks_uri;
                Some(Arc::clone(&issuers.find(same)?.store))
            });
            let fetcher = Arc::clone(&fetcher);
            let (store, task) = jwks::start(Start {
                source: Source::new(fetcher, url.clone(), self.plaintext, jwks_uri.clone()),
                rules: fetch_rules,
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

fn check(issuer: Issuer, plaintext: Plaintext) -> Result<Checked, GateError> {
    if issuer.any_issuer {
        return Err(GateError::AnyIssuer);
    }
    let name = issuer.issuer.first().ok_or(GateError::NoIssuer)?;
    let url_error =
        |setting, url: &String, error| GateError::Url { setting, url: url.clone(), error };
    let url =
        IssuerUrl::parse(name, plaintext).map_err(|error| url_error("issuer", name, error))?;
    if let Some(jwks_uri) = &issuer.jwks_uri {
        issuer_url::parse(jwks_uri, plaintext)
            .map_err(|error| url_error("jwks_uri", jwks_uri, error))?;
    }
    let contradiction = |any, other| GateError::Contradiction { issuer: name.clone(), any, other };
    match (issuer.any_audience, issuer.audience.is_empty(), issuer.audience_prefix.is_empty()) {
        (false, true, true) => return Err(GateError::NoAudience { issuer: name.clone() }),
        (true, false, _) => return Err(contradiction("any_audience", "audience")),
        (true, true, false) => return Err(contradiction("any_audience", "audience_prefix")),
        _ => {}
    }
    if issuer.any_typ && issuer.typ.is_some() {
        return Err(contradiction("any_typ", "typ"));
    }
    if issuer.fetch_rules.max_stale < MIN_MAX_STALE {
        return Err(GateError::MaxStale { issuer: name.clone() });
    }
    let policy = OwnedPolicy::new(&issuer)
        .map_err(|error| GateError::Policy { issuer: name.clone(), error })?;
    Ok(Checked { url, policy, issuer })
}

#[cfg(feature = "reqwest")]
fn default_fetcher() -> Result<Arc<dyn Fetch>, GateError> {
    match jwks::HttpFetcher::new() {
        Ok(fetcher) => Ok(Arc::new(fetcher)),
        Err(error) => Err(GateError::NoFetcher(error.to_string())),
    }
}

#[cfg(not(feature = "reqwest"))]
fn default_fetcher() -> Result<Arc<dyn Fetch>, GateError> {
    Err(GateError::NoFetcher("set a fetcher, or enable the feature `reqwest`".to_owned()))
}
