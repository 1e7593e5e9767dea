//! The configuration of the server: a file, flags and the environment in, a checked one out.

mod file;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use tollgate::duration::HumanDuration;
use tollgate::gate::{Gate, GateBuilder, GateError, Issuer};
use tollgate::issuer_url::Plaintext;
use tollgate_core::{Now, UnixTime};

use super::limits::{LimitError, Limits, RawLimits};
use super::origin::Proxy;
use super::resource::{Resource, ResourceError};
use super::rules::{RuleError, Rules};
pub(super) use file::one_or_many;
use file::{File, IssuerTable, parse_date};

/// Where the server listens unless something else is said.
pub(crate) const DEFAULT_LISTEN: SocketAddr =
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4180);

/// What flags and the environment say.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct Overrides {
    /// Listen on this address [default: 127.0.0.1:4180]
    #[arg(long, value_name = "ADDR", env = "TOLLGATE_LISTEN")]
    pub(crate) listen: Option<SocketAddr>,

    /// Read this configuration file (TOML)
    #[arg(long, value_name = "FILE", env = "TOLLGATE_CONFIG")]
    config: Option<PathBuf>,

    /// Accept tokens of this issuer, and find its keys by discovery
    #[arg(long, value_name = "URL", env = "TOLLGATE_ISSUER")]
    issuer: Option<String>,

    /// Accept tokens for this audience (aud), compared exactly; repeatable
    #[arg(long, value_delimiter = ' ', env = "TOLLGATE_AUDIENCE")]
    audience: Vec<String>,

    /// Require this scope; repeatable
    #[arg(long, value_delimiter = ' ', env = "TOLLGATE_SCOPE")]
    scope: Vec<String>,

    /// Tolerate clocks that are so far apart: in seconds, or as in "1 minute" [default: 60]
    #[arg(long, value_name = "TIME", env = "TOLLGATE_LEEWAY")]
    leeway: Option<HumanDuration>,

    /// Accept this kind of token (typ) instead of access tokens by RFC 9068; repeatable
    #[arg(long, value_delimiter = ' ', env = "TOLLGATE_TYP", conflicts_with = "any_typ")]
    typ: Vec<String>,

    /// Accept any kind of token, ID tokens among them
    #[arg(long)]
    any_typ: bool,

    /// Keep the keys in this file, and start with those in it while the issuer cannot be reached
    #[arg(long, value_name = "FILE", env = "TOLLGATE_SNAPSHOT")]
    snapshot: Option<PathBuf>,

    /// Believe this proxy about the original method and path, if rules are configured
    #[arg(long, value_enum, env = "TOLLGATE_PROXY")]
    proxy: Option<Proxy>,

    /// The API's own URL, for its metadata (RFC 9728) and for challenges
    #[arg(long, value_name = "URL", env = "TOLLGATE_RESOURCE")]
    resource: Option<String>,

    /// Fetch keys over http:// if the issuer is on this machine
    #[arg(long)]
    allow_insecure_loopback: bool,

    /// Have no more connections than this at a time [default: 2048]
    #[arg(long, value_name = "COUNT", env = "TOLLGATE_MAX_CONNECTIONS")]
    max_connections: Option<u64>,

    /// Refuse requests whose head, the line and the header fields, is longer [default: 65536]
    #[arg(long, value_name = "BYTES", env = "TOLLGATE_MAX_HEADER_BYTES")]
    max_header_bytes: Option<u64>,

    /// Wait so long for the whole head of a connection's next request [default: 75]
    #[arg(long, value_name = "TIME", env = "TOLLGATE_IDLE_TIMEOUT")]
    idle_timeout: Option<HumanDuration>,

    /// Let requests that are under way take so long after the signal to stop [default: 10]
    #[arg(long, value_name = "TIME", env = "TOLLGATE_DRAIN_TIMEOUT")]
    drain_timeout: Option<HumanDuration>,
}

/// The configuration.
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) limits: Limits,
    /// The rules, and who tells what they are for.
    pub(crate) access: Option<(Proxy, Rules)>,
    pub(crate) resource: Option<Resource>,
    realm: Option<String>,
    plaintext: Plaintext,
    current_date: Option<UnixTime>,
    issuers: Vec<Issuer>,
}

impl Config {
    /// Reads the file, if one is named; flags go before what it says.
    pub(crate) fn load(overrides: Overrides) -> Result<Self, ConfigError> {
        let file = match &overrides.config {
            Some(path) => File::read(path)?,
            None => File::default(),
        };
        let limits = overrides.limits().or(file.limits()).checked()?;
        let tables = match overrides.issuer_table()? {
            Some(_) if !file.issuer.is_empty() => return Err(ConfigError::TwoSources),
            Some(table) => vec![table],
            None => file.issuer,
        };
        if tables.is_empty() {
            return Err(ConfigError::NoIssuer);
        }
        let mut scopes: Vec<_> = tables.iter().flat_map(|table| table.scope.clone()).collect();
        let issuers = tables.into_iter().map(IssuerTable::issuer).collect::<Result<_, _>>()?;
        let insecure = overrides.allow_insecure_loopback || file.allow_insecure_loopback;
        let plaintext = if insecure { Plaintext::Loopback } else { Plaintext::Refuse };
        let access = match (overrides.proxy.or(file.proxy), file.rule) {
            // Without rules, the headers that tell the path are not even read.
            (_, rules) if rules.is_empty() => None,
            (Some(proxy), rules) => Some((proxy, Rules::new(rules)?)),
            (None, _) => return Err(ConfigError::NoProxy),
        };
        if let Some((_, rules)) = &access {
            scopes.extend(rules.scopes());
        }
        scopes.sort_unstable();
        scopes.dedup();
        let resource = overrides.resource.or(file.resource);
        let resource = resource.map(|url| Resource::new(url, plaintext, scopes)).transpose()?;
        Ok(Self {
            listen: overrides.listen.or(file.listen).unwrap_or(DEFAULT_LISTEN),
            limits,
            access,
            resource,
            realm: file.realm,
            plaintext,
            current_date: file.current_date.map(parse_date).transpose()?,
            issuers,
        })
    }

    /// The gate that is configured.
    pub(crate) fn gate(&self, predecessor: Option<&Gate>) -> Result<Gate, ConfigError> {
        let mut builder = self.issuers.iter().cloned().fold(Gate::builder(), GateBuilder::issuer);
        builder = builder.plaintext(self.plaintext);
        if let Some(realm) = &self.realm {
            builder = builder.realm(realm);
        }
        if let Some(resource) = &self.resource {
            builder = builder.resource_metadata(resource.metadata_url());
        }
        if let Some(date) = self.current_date {
            tracing::warn!(current_date = %date, "times are judged as of a fixed date: for tests only");
            builder = builder.clock(move || Now::Exact(date));
        }
        if let Some(predecessor) = predecessor {
            builder = builder.replaces(predecessor);
        }
        Ok(builder.build()?)
    }
}

impl Overrides {
    fn limits(&self) -> RawLimits {
        let &Self { max_connections, max_header_bytes, idle_timeout, drain_timeout, .. } = self;
        RawLimits { max_connections, max_header_bytes, idle_timeout, drain_timeout }
    }

    fn issuer_table(&self) -> Result<Option<IssuerTable>, ConfigError> {
        let Some(issuer) = &self.issuer else {
            let said = [
                (!self.audience.is_empty(), "audience"),
                (!self.scope.is_empty(), "scope"),
                (self.leeway.is_some(), "leeway"),
                (!self.typ.is_empty(), "typ"),
                (self.any_typ, "any-typ"),
                (self.snapshot.is_some(), "snapshot"),
            ];
            let alone = said.into_iter().find_map(|(is_said, name)| is_said.then_some(name));
            return alone.map_or(Ok(None), |name| Err(ConfigError::NoIssuerFor(name)));
        };
        Ok(Some(IssuerTable {
            issuer: vec![issuer.clone()],
            audience: words(&self.audience),
            scope: words(&self.scope),
            leeway: self.leeway,
            typ: words(&self.typ),
            any_typ: self.any_typ,
            snapshot: self.snapshot.clone(),
            ..IssuerTable::default()
        }))
    }
}

/// Two spaces in a row have nothing between them.
fn words(list: &[String]) -> Vec<String> {
    list.iter().filter(|word| !word.is_empty()).cloned().collect()
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("cannot read {0}: {1}")]
    File(PathBuf, std::io::Error),
    #[error("{}: {}", .0.display(), .1.trim_end())]
    Toml(PathBuf, String),
    #[error(
        "no issuer is configured. Name the one that issues the tokens, and the API they are for:\n  \
         tollgate serve --issuer https://auth.example.com/oidc --audience https://api.example.com\n\
         or try everything without one: tollgate serve --demo"
    )]
    NoIssuer,
    #[error(
        "--{0} belongs to an issuer: name it with --issuer, or write {0} into its [[issuer]] table"
    )]
    NoIssuerFor(&'static str),
    #[error("issuers are configured both in the file and by flags: use one of them")]
    TwoSources,
    #[error("issuer {issuer:?}: {key}: {fix}")]
    Issuer { issuer: String, key: &'static str, fix: String },
    #[error("{0}")]
    Rule(#[from] RuleError),
    #[error(
        "there are rules, but it is not known which headers tell the path. Set proxy (--proxy) to \
         what stands in front: nginx, traefik, caddy or envoy"
    )]
    NoProxy,
    #[error("resource: {0}")]
    Resource(#[from] ResourceError),
    #[error("{0}")]
    Limit(#[from] LimitError),
    #[error("current_date: give seconds since 1970, or a time such as \"2026-11-21T18:50:00Z\"")]
    CurrentDate,
    #[error("{0}")]
    Gate(#[from] GateError),
}
