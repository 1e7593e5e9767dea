//! The configuration of the server, from the file and the flags.

mod error;
pub(super) mod file;
#[cfg(test)]
mod tests;

use std::path::Path;

use tollgate::gate::{Gate, GateBuilder, Issuer};
use tollgate::issuer_url::Plaintext;
use tollgate::signature_memory::SignatureMemory;
use tollgate::table_memory::TableMemory;
use tollgate_core::{Now, UnixTime};

use super::cors::CorsOrigins;
use super::cross_site::PublicOrigins;
use super::decision::AuthConfig;
use super::flags::ServeFlags;
use super::identity_headers::IdentityHeaders;
use super::limits::{self, Limits};
use super::listener::{ListenAddress, SocketAccess};
use super::metadata::Resources;
use super::original_request::Proxy;
use super::origins::Origins;
use super::resource::Resource;
use super::rules::{Fallback, Rules, Surroundings};
use super::settings::Settings;
use super::sign_in::{Browsers, SignInConfig};
use super::token_source::TokenSources;
use crate::key_flags::plaintext;
pub(crate) use error::ConfigError;

/// The maximum of `remembered_signatures`, which takes half a GiB.
const MAX_REMEMBERED_SIGNATURES: u64 = 1 << 24;

/// The configuration.
pub(crate) struct Config {
    /// What the file says, to notice when that changes.
    pub(crate) text: Option<String>,
    /// The setting `watch_config`.
    pub(crate) is_watched: bool,
    pub(crate) listen: Vec<ListenAddress>,
    /// Who may connect to the Unix sockets.
    pub(crate) socket_access: SocketAccess,
    pub(crate) limits: Limits,
    /// The proxy whose headers tell the log what a refused client asked for.
    pub(crate) proxy: Option<Proxy>,
    pub(crate) access: AuthConfig,
    pub(crate) resources: Resources,
    pub(crate) sign_in: Option<SignInConfig>,
    /// How many bytes the tables of all keys may take.
    pub(crate) table_memory: usize,
    /// How many valid signatures to remember.
    pub(crate) remembered_signatures: usize,
    realm: Option<String>,
    plaintext: Plaintext,
    http_hosts: Vec<String>,
    current_date: Option<UnixTime>,
    issuers: Vec<Issuer>,
}

/// How much the process remembers.
#[derive(Clone, Copy)]
pub(crate) struct MemoryLimits {
    tables: usize,
    signatures: usize,
}

impl MemoryLimits {
    /// Sets it for the process. Keys that have a table keep it.
    pub(crate) fn set(self) {
        TableMemory::global().set_limit(self.tables);
        SignatureMemory::global().set_capacity(self.signatures);
    }
}

impl Config {
    /// Where a server with this file listens. Nothing else is read, so a file that is being changed does not matter.
    pub(crate) fn listen_addresses(path: &Path) -> Result<Vec<ListenAddress>, ConfigError> {
        let listens = file::parse_listen(path, &file::read(path)?)?;
        Ok(listens.unwrap_or_else(|| vec![ListenAddress::default()]))
    }

    /// Reads the file, if the flags name one. Flags take precedence over the file.
    pub(crate) fn load(flags: &ServeFlags) -> Result<Self, ConfigError> {
        let text = flags.config.as_deref().map(file::read).transpose()?;
        let file = match (&flags.config, &text) {
            (Some(path), Some(text)) => file::parse(path, text)?,
            _ => Settings::default(),
        };
        let mut settings = flags.settings.clone().or(file);
        let limits = Limits::new(&settings)?;
        let issuers = settings.issuer.take().unwrap_or_default();
        let issuers = match flags.issuer()? {
            Some(_) if !issuers.is_empty() => return Err(ConfigError::TwoSources),
            Some(issuer) => vec![issuer],
            None => issuers,
        };
        if issuers.is_empty() && settings.sign_in.is_none() {
            return Err(ConfigError::NoIssuer);
        }
        let sources = settings.token_from.take().map(TokenSources::new).transpose()?;
        let sources = sources.unwrap_or_default();
        let plaintext = plaintext(settings.allow_insecure_loopback.unwrap_or_default());
        let public_url = Origins::new("public_url", non_empty(settings.public_url.take()))?;
        let sign_in = settings.sign_in.take();
        let sign_in = sign_in.map(|table| {
            SignInConfig::new(table, &public_url, settings.proxy, plaintext, &issuers)
        });
        let sign_in = sign_in.transpose()?;
        let facts = sign_in.as_ref().map(SignInConfig::facts);
        let surroundings = Surroundings { issuers: &issuers, plaintext, sign_in: facts };
        let rules = settings.rule.take().unwrap_or_default();
        let fallback = settings.default.unwrap_or_default();
        if rules.is_empty() && fallback == Fallback::Deny {
            return Err(ConfigError::NothingPasses);
        }
        let original = match (settings.proxy, rules) {
            // Nothing needs the headers that carry the method and the path, so they do not decide.
            (_, rules) if rules.is_empty() && !sources.include_a_cookie() && sign_in.is_none() => {
                None
            }
            (Some(proxy), rules) => Some((proxy, Rules::new(&rules, fallback, surroundings)?)),
            (None, rules) if rules.is_empty() => return Err(ConfigError::NoProxyForCookie),
            (None, _) => return Err(ConfigError::NoProxy),
        };
        let identity = IdentityHeaders::new(
            &settings.headers.unwrap_or_default(),
            &settings.percent_encode_identity.unwrap_or_default(),
            &sources,
            sign_in.as_ref().is_some_and(SignInConfig::passes_access_token),
        )?;
        let resource = settings.resource.map(|url| Resource::new(url, plaintext)).transpose()?;
        let rules = original.iter().flat_map(|(_, rules)| rules.token_rules());
        let resources = Resources::new(resource, rules, &issuers)?;
        let cors_origins = Origins::new("cors_origins", non_empty(settings.cors_origins))?;
        let remembered_signatures = limits::count(
            "remembered_signatures",
            settings.remembered_signatures,
            0..=MAX_REMEMBERED_SIGNATURES,
        )?;
        let socket_access =
            SocketAccess { mode: settings.socket_mode, owner: settings.socket_owner };
        Ok(Self {
            text,
            is_watched: settings.watch_config.unwrap_or(true),
            listen: settings.listen.unwrap_or_else(|| vec![ListenAddress::default()]),
            socket_access,
            limits,
            proxy: settings.proxy,
            access: AuthConfig {
                original,
                sources,
                origins: PublicOrigins(public_url),
                cors: CorsOrigins(cors_origins),
                identity,
            },
            resources,
            sign_in,
            remembered_signatures: remembered_signatures
                .unwrap_or(SignatureMemory::DEFAULT_CAPACITY),
            table_memory: settings.table_memory.map_or(TableMemory::DEFAULT_LIMIT, |size| size.0),
            realm: settings.realm,
            plaintext,
            http_hosts: non_empty(settings.allow_http_hosts),
            current_date: settings.current_date.map(|date| date.0),
            issuers,
        })
    }

    /// The rules, if there are any.
    pub(crate) fn rules(&self) -> Option<&Rules> {
        self.access.original.as_ref().map(|(_, rules)| rules)
    }

    /// How much the process remembers.
    pub(crate) fn memory(&self) -> MemoryLimits {
        MemoryLimits { tables: self.table_memory, signatures: self.remembered_signatures }
    }

    /// Builds the gate. It starts with the keys of its predecessor.
    pub(crate) fn gate(&self, predecessor: Option<&Gate>) -> Result<Gate, ConfigError> {
        let mut builder = self.issuers.iter().cloned().fold(Gate::builder(), GateBuilder::issuer);
        builder = builder.plaintext(self.plaintext).allow_http_hosts(&self.http_hosts);
        if let Some(realm) = &self.realm {
            builder = builder.realm(realm);
        }
        if let Some(url) = self.resources.default_url() {
            builder = builder.resource_metadata(url);
        }
        if let Some(date) = self.current_date {
            tracing::warn!(current_date = %date, "judging all tokens as of a fixed date, which is for tests only");
            builder = builder.clock(move || Now::Exact(date));
        }
        if let Some((proxy @ (Proxy::Envoy | Proxy::Haproxy | Proxy::Traefik), _)) =
            &self.access.original
            && self.access.sources.include_a_cookie()
        {
            tracing::warn!(
                ?proxy,
                "tokens may come by cookie: let the proxy pass Sec-Fetch-Site, Origin, Sec-WebSocket-Key and \
                 Sec-WebSocket-Version on to the check, or other sites can use the cookie"
            );
        }
        for (place, [itself, below]) in self.rules().into_iter().flat_map(Rules::unreachable) {
            let (itself, below) = (&itself.pattern, &below.pattern);
            tracing::warn!(
                path = place.pattern.path(),
                "the rules for this path never decide: those for {itself} and {below} decide about all of it. \
                 Remove one of the three"
            );
        }
        if let Some(predecessor) = predecessor {
            builder = builder.replaces(predecessor);
        }
        if self.issuers.is_empty() {
            builder = builder.without_issuers();
        }
        if self.sign_in.is_some() {
            // Sign-in shares them.
            builder = builder.keep_metadata();
        }
        Ok(builder.build()?)
    }

    /// Opens sign-in, if it is configured. Its sessions are those of its predecessor.
    pub(crate) fn browsers(
        &self,
        gate: &Gate,
        predecessor: Option<&Browsers>,
    ) -> Result<Option<Browsers>, ConfigError> {
        let sign_in = self.sign_in.as_ref();
        Ok(sign_in.map(|sign_in| sign_in.open(gate, predecessor)).transpose()?)
    }
}

/// The values of a list. In a variable, two spaces in a row delimit an empty one.
fn non_empty(values: Option<Vec<String>>) -> Vec<String> {
    values.unwrap_or_default().into_iter().filter(|value| !value.is_empty()).collect()
}
