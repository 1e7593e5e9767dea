//! [`GateBuilder`] checks the settings of a gate, and starts the tasks that fetch its keys.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tollgate_core::Now;

use super::open_issuer::OpenIssuer;
use super::{Clock, Gate, GateError, Inner, Issuer};
use crate::clock;
use crate::issuer_template::{IssuerTemplate, Tenants};
use crate::issuer_url::{AllowedHttp, Plaintext};
use crate::jwks::{
    self, Fetch, FetchRules, KeptMetadata, KeyStore, Location, SnapshotFile, Source, Start,
    WatchedFile,
};
use crate::memory::Memory;
use crate::owned_policy::OwnedPolicy;
use crate::signature_memory::SignatureMemory;
use crate::table_memory::TableMemory;
use crate::trust_domain;

/// The maximum number of issuers of a gate. A token may be tried with a key of each.
pub(super) const MAX_ISSUERS: usize = 64;

/// The minimum time for which keys may be used. They are refreshed after half of it.
const MIN_MAX_STALE: Duration = Duration::from_secs(1);

/// How long a request waits for newer keys by default.
const WAIT_LIMIT: Duration = Duration::from_secs(2);

/// Builds a [`Gate`].
///
/// ```
/// use std::time::Duration;
/// use tollgate::gate::{Gate, GateError, Issuer};
///
/// fn gate(issuer: Issuer) -> Result<Gate, GateError> {
///     let builder = Gate::builder().issuer(issuer);
///     builder.realm("orders").wait_limit(Duration::from_secs(1)).build()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let error = gate(Issuer::new("https://auth.example.com/oidc")).unwrap_err();
/// assert!(matches!(error, GateError::NoAudience { .. }));
/// # Ok(())
/// # }
/// ```
#[must_use = "call build() to get a gate"]
pub struct GateBuilder {
    issuers: Vec<Issuer>,
    fetcher: Option<Arc<dyn Fetch>>,
    plaintext: Plaintext,
    http_hosts: Vec<String>,
    clock: Box<Clock>,
    wait_limit: Duration,
    realm: Option<String>,
    resource_metadata: Option<String>,
    memory: Memory,
    predecessor: Option<Gate>,
    shared: Option<Gate>,
    keeps_metadata: bool,
    trusts_any_url: bool,
    is_without_issuers: bool,
}

/// An issuer whose settings have been checked.
struct Checked {
    name: String,
    location: Location,
    policy: OwnedPolicy,
    template: Option<(IssuerTemplate, Tenants)>,
    /// Where an issuer may be, if it is not named.
    any_url: Option<AllowedHttp>,
    fetch_rules: FetchRules,
    issuer: Issuer,
}

impl GateBuilder {
    pub(super) fn new() -> Self {
        Self {
            issuers: Vec::new(),
            fetcher: None,
            plaintext: Plaintext::Refuse,
            http_hosts: Vec::new(),
            clock: Box::new(clock::now),
            wait_limit: WAIT_LIMIT,
            realm: None,
            resource_metadata: None,
            memory: Memory::global(),
            predecessor: None,
            shared: None,
            keeps_metadata: false,
            trusts_any_url: false,
            is_without_issuers: false,
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

    /// Allows to fetch keys without TLS from these hosts, each with its port: `keycloak:8080`. They are
    /// compared exactly. A gate warns of each, since anyone on the network path can replace the keys.
    pub fn allow_http_hosts(mut self, hosts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.http_hosts.extend(hosts.into_iter().map(Into::into));
        self
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

    /// Takes the memory for the keys' tables from this budget instead of the
    /// [process's](TableMemory::global).
    pub fn table_memory(mut self, table_memory: &TableMemory) -> Self {
        self.memory.tables = table_memory.clone();
        self
    }

    /// Remembers valid signatures in this memory instead of the
    /// [process's](SignatureMemory::global).
    pub fn signature_memory(mut self, signature_memory: &SignatureMemory) -> Self {
        self.memory.signatures = signature_memory.clone();
        self
    }

    /// Starts with the keys of the gate that this one replaces, for the issuers that both have.
    pub fn replaces(self, predecessor: &Gate) -> Self {
        Self { predecessor: Some(predecessor.clone()), ..self }
    }

    /// Builds a gate even if it has no issuer. It refuses every token: for a server whose users only sign in.
    pub fn without_issuers(self) -> Self {
        Self { is_without_issuers: true, ..self }
    }

    /// Keeps the metadata of issuers, so that sign-in can
    /// [share](crate::sign_in::SignInBuilder::share_keys) them.
    #[cfg(feature = "sign-in")]
    pub fn keep_metadata(self) -> Self {
        Self { keeps_metadata: true, ..self }
    }

    /// Shares the keys of the issuers that both gates have, instead of fetching them again.
    #[cfg(feature = "sign-in")]
    pub(crate) fn share_keys(self, gate: &Gate) -> Self {
        Self { shared: Some(gate.clone()), ..self }
    }

    /// Lets [`Issuer::any_issuer`] stand for every issuer whose URL begins with https, or with http where that is
    /// allowed. [`Issuer::jwks_uri`] must name the keys.
    #[cfg(feature = "sign-in")]
    pub(crate) fn trust_any_url(self) -> Self {
        Self { trusts_any_url: true, ..self }
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
        if self.issuers.is_empty() && !self.is_without_issuers {
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
        let allowed_http = AllowedHttp::from(self.plaintext).with_hosts(self.http_hosts)?;
        for host in allowed_http.hosts() {
            tracing::warn!(%host, "keys may be fetched without TLS: anyone on the network path can replace them");
        }
        let any_url = self.trusts_any_url;
        let checked = self.issuers.into_iter().map(|issuer| check(issuer, &allowed_http, any_url));
        let checked: Vec<_> = checked.collect::<Result<_, _>>()?;
        let mut fetchers = Fetchers { own: self.fetcher, default: None };
        let mut prepared = Vec::new();
        for checked in checked {
            let shared = self.shared.as_ref().and_then(|gate| checked.store_in(gate));
            if let Some(store) = shared.filter(|it| !self.keeps_metadata || it.metadata().is_some())
            {
                prepared.push((checked, Keys::Shared(store)));
                continue;
            }
            let old = self.predecessor.as_ref().and_then(|old| checked.store_in(old));
            let kept = old.as_ref().and_then(|old| old.metadata().cloned());
            let kept = self.keeps_metadata.then(|| kept.unwrap_or_default());
            let keys = checked.keys(&mut fetchers, &allowed_http, &self.memory, old, kept)?;
            prepared.push((checked, keys));
        }
        // Only now does anything run, since no setting can be wrong any more.
        let mut tasks = JoinSet::new();
        let issuers = prepared.into_iter().map(|(checked, keys)| {
            let store = keys.start(&mut tasks, &runtime);
            let Checked { name, location, policy, template, any_url, issuer: settings, .. } =
                checked;
            OpenIssuer { name, location, policy, template, any_url, settings, store }
        });
        let issuers = issuers.collect();
        Ok(Gate(Arc::new(Inner {
            issuers,
            clock: self.clock,
            wait_limit: self.wait_limit,
            realm: self.realm,
            resource_metadata: self.resource_metadata,
            _tasks: tasks,
            _shared: self.shared,
        })))
    }
}

impl Checked {
    /// The keys that a gate has for this issuer.
    fn store_in(&self, gate: &Gate) -> Option<Arc<KeyStore>> {
        let mut issuers = gate.0.issuers.iter();
        let same = issuers.find(|old| old.name == self.name && old.location == self.location);
        same.map(|old| Arc::clone(&old.store))
    }

    /// Prepares for getting the keys.
    fn keys(
        &self,
        fetchers: &mut Fetchers,
        allowed_http: &AllowedHttp,
        memory: &Memory,
        predecessor: Option<Arc<KeyStore>>,
        kept: Option<Arc<KeptMetadata>>,
    ) -> Result<Keys, GateError> {
        let memory = memory.clone();
        if let Location::File(path) = &self.location {
            let (name, path, cooldown) =
                (self.name.clone(), path.clone(), self.fetch_rules.cooldown);
            let file = WatchedFile::open(name, path.clone(), cooldown, memory);
            let file = file.map_err(|error| GateError::JwksFile { path, error })?;
            return Ok(Keys::InFile(file, predecessor));
        }
        let fetcher = fetchers.of(&self.issuer)?;
        let location = self.location.clone();
        let source = Source::new(fetcher, &self.issuer, location, allowed_http.clone())?;
        Ok(Keys::Fetched(Box::new(Start {
            source: source.keeping_metadata(kept),
            rules: self.fetch_rules,
            file: self.issuer.snapshot.clone().map(SnapshotFile::new),
            memory,
            predecessor,
        })))
    }
}

/// The keys of an issuer before their task runs.
enum Keys {
    Fetched(Box<Start>),
    /// The store before a reload has no newer keys than the file.
    InFile(WatchedFile, Option<Arc<KeyStore>>),
    /// Another gate keeps them current.
    Shared(Arc<KeyStore>),
}

impl Keys {
    fn start(self, tasks: &mut JoinSet<()>, runtime: &Handle) -> Arc<KeyStore> {
        match self {
            Self::Fetched(start) => {
                let (store, task) = jwks::start(*start);
                tasks.spawn_on(task, runtime);
                store
            }
            Self::InFile(file, predecessor) => {
                let (store, task) = file.start(predecessor.as_deref());
                tasks.spawn_on(task, runtime);
                store
            }
            Self::Shared(store) => store,
        }
    }
}

fn check(
    issuer: Issuer,
    allowed_http: &AllowedHttp,
    trusts_any_url: bool,
) -> Result<Checked, GateError> {
    if issuer.any_issuer && !trusts_any_url {
        return Err(GateError::AnyIssuer);
    }
    let any_url = issuer.any_issuer.then(|| allowed_http.clone());
    let name = &issuer.name().ok_or(GateError::NoIssuer)?;
    check_trust_domain(&issuer)?;
    let template = checked_template(&issuer)?;
    let location = Location::of(&issuer, allowed_http)?;
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
    if issuer.any_typ && issuer.typ_absent {
        return Err(contradiction("any_typ", "typ_absent"));
    }
    if issuer.typ_absent && issuer.typ.is_none() {
        return Err(GateError::TypAbsentAlone { issuer: name.clone() });
    }
    let fetch_rules = issuer.checked_fetch_rules()?;
    if fetch_rules.max_stale < MIN_MAX_STALE {
        return Err(GateError::MaxStale { issuer: name.clone() });
    }
    let mut judged = issuer.clone();
    // The template judges it.
    judged.any_issuer |= template.is_some();
    let policy = OwnedPolicy::new(&judged)
        .map_err(|error| GateError::Policy { issuer: name.clone(), error })?;
    Ok(Checked { name: name.clone(), location, policy, template, any_url, fetch_rules, issuer })
}

fn check_trust_domain(issuer: &Issuer) -> Result<(), GateError> {
    let Some(name) = &issuer.trust_domain else { return Ok(()) };
    let are_keys_named = issuer.jwks_uri.is_some() || issuer.jwks_file.is_some();
    if trust_domain::is_name(name) && are_keys_named && issuer.tenants.is_none() {
        Ok(())
    } else {
        Err(GateError::TrustDomain { name: name.clone() })
    }
}

fn checked_template(issuer: &Issuer) -> Result<Option<(IssuerTemplate, Tenants)>, GateError> {
    let name = || issuer.issuer.first().cloned().unwrap_or_default();
    let mut templates = issuer.issuer.iter().filter_map(|text| IssuerTemplate::parse(text));
    match (&issuer.tenants, templates.next()) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(GateError::NoTenants { issuer: name() }),
        (Some(tenants), Some(template))
            if issuer.issuer.len() == 1
                && (issuer.jwks_uri.is_some()
                    || issuer.metadata_url.is_some()
                    || issuer.jwks_file.is_some()) =>
        {
            match tenants.mistake() {
                Some(tenant) => {
                    Err(GateError::Tenant { issuer: name(), tenant: tenant.to_owned() })
                }
                None => Ok(Some((template, tenants.clone()))),
            }
        }
        (Some(_), _) => Err(GateError::NoTemplate { issuer: name() }),
    }
}

/// The HTTP clients of a gate.
struct Fetchers {
    /// The caller's own one.
    own: Option<Arc<dyn Fetch>>,
    /// The default one, once an issuer has needed it.
    default: Option<Arc<dyn Fetch>>,
}

impl Fetchers {
    /// Returns the client for an issuer, which has one of its own if it has its own authorities.
    fn of(&mut self, issuer: &Issuer) -> Result<Arc<dyn Fetch>, GateError> {
        match (&self.own, &self.default, &issuer.ca_file) {
            (Some(_), _, Some(_)) => {
                let issuer = issuer.name().unwrap_or_default();
                Err(GateError::CaFileForFetcher { issuer })
            }
            (Some(own), _, None) => Ok(Arc::clone(own)),
            (None, _, Some(file)) => fetcher_with_authorities(file),
            (None, Some(default), None) => Ok(Arc::clone(default)),
            (None, None, None) => {
                let fetcher = default_fetcher()?;
                self.default = Some(Arc::clone(&fetcher));
                Ok(fetcher)
            }
        }
    }
}

#[cfg(feature = "reqwest")]
fn default_fetcher() -> Result<Arc<dyn Fetch>, GateError> {
    match jwks::HttpFetcher::new() {
        Ok(fetcher) => Ok(Arc::new(fetcher)),
        Err(error) => Err(GateError::NoFetcher(error.to_string())),
    }
}

#[cfg(feature = "reqwest")]
fn fetcher_with_authorities(file: &Path) -> Result<Arc<dyn Fetch>, GateError> {
    let fetcher = jwks::HttpFetcher::with_ca_file(file)?;
    Ok(Arc::new(fetcher))
}

#[cfg(not(feature = "reqwest"))]
fn default_fetcher() -> Result<Arc<dyn Fetch>, GateError> {
    Err(GateError::NoFetcher("set a fetcher, or enable the feature `reqwest`".to_owned()))
}

#[cfg(not(feature = "reqwest"))]
fn fetcher_with_authorities(_: &Path) -> Result<Arc<dyn Fetch>, GateError> {
    default_fetcher()
}
