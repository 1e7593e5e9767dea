//! The configuration of the server, from the file and the flags.

mod error;
mod file;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tollgate::gate::{Gate, GateBuilder, Issuer};
use tollgate::issuer_url::Plaintext;
use tollgate_core::{Now, UnixTime};

use super::flags::ServeFlags;
use super::limits::Limits;
use super::original_request::Proxy;
use super::resource::Resource;
use super::rules::Rules;
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
    /// The rules, and the proxy that passes on the original request.
    pub(crate) access: Option<(Proxy, Rules)>,
    pub(crate) resource: Option<Resource>,
    realm: Option<String>,
    plaintext: Plaintext,
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
        let access = match (flags.proxy.or(file.proxy), file.rule) {
            // Without rules, the headers that carry the path are not even read.
            (_, rules) if rules.is_empty() => None,
            (Some(proxy), rules) => Some((proxy, Rules::new(rules)?)),
            (None, _) => return Err(ConfigError::NoProxy),
        };
        let mut scopes: Vec<_> = issuers.iter().flat_map(|issuer| issuer.scope.clone()).collect();
        if let Some((_, rules)) = &access {
            scopes.extend(rules.scopes());
        }
        scopes.sort_unstable();
        scopes.dedup();
        let plaintext =
            plaintext(flags.policy.allow_insecure_loopback || file.allow_insecure_loopback);
        let resource = flags.resource.clone().or(file.resource);
        let resource = resource.map(|url| Resource::new(url, plaintext, scopes)).transpose()?;
        Ok(Self {
            listen: flags.listen.or(file.listen).unwrap_or(DEFAULT_LISTEN),
            limits,
            access,
            resource,
            realm: file.realm,
            plaintext,
            current_date: file.current_date.map(parse_date).transpose()?,
            issuers,
        })
    }

    /// Builds the gate. It starts with the keys of its predecessor.
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
            tracing::warn!(current_date = %date, "judging all tokens as of a fixed date, which is for tests only");
            builder = builder.clock(move || Now::Exact(date));
        }
        if let Some(predecessor) = predecessor {
            builder = builder.replaces(predecessor);
        }
        Ok(builder.build()?)
    }
}
