//! The configuration of the server, from the file and the flags.

mod error;
mod file;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tollgate::gate::{Gate, GateBuilder, Issuer};
use tollgate::issuer_url::Plaintext;
use tollgate::table_memory::TableMemory;
use tollgate_core::{Now, UnixTime};

use super::auth::Access;
use super::cors::CorsOrigins;
use super::cross_site::PublicOrigins;
use super::flags::ServeFlags;
use super::identity_headers::{IdentityHeaders, PercentEncoded};
use super::limits::Limits;
use super::metadata::Resources;
use super::original_request::Proxy;
use super::origins::Origins;
use super::resource::Resource;
use super::rules::{Rules, Surroundings};
use super::token_source::TokenSources;
use crate::policy_flags::plaintext;
pub(crate) use error::ConfigError;
use file::{File, parse_date};

/// Where the server listens by default.
pub(crate) const DEFAULT_LISTEN: SocketAddr =
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4180);

/// The configuration.
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) limits: Limits,
    pub(crate) access: Access,
    pub(crate) resources: Resources,
    /// How many bytes the tables of all keys may take.
    pub(crate) table_memory: usize,
    realm: Option<String>,
    plaintext: Plaintext,
    http_hosts: Vec<String>,
    current_date: Option<UnixTime>,
    issuers: Vec<Issuer>,
}

impl Config {
    /// Reads the file, if the flags name one. Flags take precedence over the file.
    pub(crate) fn load(flags: &ServeFlags) -> Result<Self, ConfigError> {
        let file = match &flags.config {
            Some(path) => File::read(path)?,
            None => File::default(),
        };
        let limits = flags.limits().or(file.limits()).checked()?;
        let issuers = match flags.issuer()? {
            Some(_) if !file.issuer.is_empty() => return Err(ConfigError::TwoSources),
            Some(issuer) => vec![issuer],
            None => file.issuer,
        };
        if issuers.is_empty() {
            return Err(ConfigError::NoIssuer);
        }
        let sources = match (flags.token_from.as_slice(), file.token_from) {
            ([], None) => TokenSources::default(),
            ([], Some(sources)) => TokenSources::new(sources.into())?,
            (sources, _) => TokenSources::new(sources.to_vec())?,
        };
        let public_url = listed(&flags.public_url, file.public_url);
        let cors_origins = listed(&flags.cors_origin, file.cors_origins);
        let plaintext =
            plaintext(flags.policy.allow_insecure_loopback || file.allow_insecure_loopback);
        let surroundings = Surroundings { issuers: &issuers, plaintext };
        let original = match (flags.proxy.or(file.proxy), file.rule) {
            // Nothing needs the headers that carry the method and the path, so they are not even read.
            (_, rules) if rules.is_empty() && !sources.include_a_cookie() => None,
            (Some(proxy), rules) => Some((proxy, Rules::new(rules, surroundings)?)),
            (None, rules) if rules.is_empty() => return Err(ConfigError::NoProxyForCookie),
            (None, _) => return Err(ConfigError::NoProxy),
        };
        let percent_encoded = match flags.percent_encode_identity {
            true => PercentEncoded::All(true),
            false => file.percent_encode_identity,
        };
        let identity = IdentityHeaders::new(&file.headers, &percent_encoded, &sources)?;
        let mut http_hosts = flags.keys.allow_http_host.clone();
        // Two spaces in a row delimit an empty value.
        http_hosts.retain(|host| !host.is_empty());
        http_hosts.extend(file.allow_http_hosts);
        let table_memory = flags.table_memory.or(file.table_memory);
        let resource = flags.resource.clone().or(file.resource);
        let resource = resource.map(|url| Resource::new(url, plaintext)).transpose()?;
        let rules = original.iter().flat_map(|(_, rules)| rules.token_rules());
        let resources = Resources::new(resource, rules, &issuers)?;
        Ok(Self {
            listen: flags.listen.or(file.listen).unwrap_or(DEFAULT_LISTEN),
            limits,
            access: Access {
                original,
                sources,
                origins: PublicOrigins(Origins::new("public_url", public_url)?),
                cors: CorsOrigins(Origins::new("cors_origins", cors_origins)?),
                identity,
            },
            resources,
            table_memory: table_memory.map_or(TableMemory::DEFAULT_LIMIT, |size| size.0),
            realm: file.realm,
            plaintext,
            http_hosts,
            current_date: file.current_date.map(parse_date).transpose()?,
            issuers,
        })
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
        if let Some(predecessor) = predecessor {
            builder = builder.replaces(predecessor);
        }
        Ok(builder.build()?)
    }
}

/// A list that a flag sets, or else the file. Two spaces in a row delimit an empty value of a variable.
fn listed(flag: &[String], file: Vec<String>) -> Vec<String> {
    let values: Vec<_> = flag.iter().filter(|value| !value.is_empty()).cloned().collect();
    if values.is_empty() { file } else { values }
}
