//! The configuration file, in TOML.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;

use serde::Deserialize;
use tollgate::duration::HumanDuration;
use tollgate::gate::Issuer;
use tollgate::one_or_many;
use tollgate_core::UnixTime;

use super::error::ConfigError;
use crate::serve::byte_size::ByteSize;
use crate::serve::identity_headers::PercentEncoded;
use crate::serve::limits::RawLimits;
use crate::serve::original_request::Proxy;
use crate::serve::rules::RawRule;
use crate::serve::token_source::RawTokenSources;

/// The maximum size of the file, in bytes: far more than the largest number of rules takes.
pub(super) const MAX_LEN: u64 = 16 << 20;

/// The whole file.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) listen: Option<SocketAddr>,
    pub(super) proxy: Option<Proxy>,
    pub(super) resource: Option<String>,
    pub(super) token_from: Option<RawTokenSources>,
    #[serde(default, deserialize_with = "one_or_many::deserialize")]
    pub(super) public_url: Vec<String>,
    #[serde(default, deserialize_with = "one_or_many::deserialize")]
    pub(super) cors_origins: Vec<String>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) percent_encode_identity: PercentEncoded,
    pub(super) realm: Option<String>,
    #[serde(default)]
    pub(super) allow_insecure_loopback: bool,
    #[serde(default, deserialize_with = "one_or_many::deserialize")]
    pub(super) allow_http_hosts: Vec<String>,
    pub(super) current_date: Option<Date>,
    pub(super) table_memory: Option<ByteSize>,
    max_connections: Option<u64>,
    max_header_bytes: Option<u64>,
    idle_timeout: Option<HumanDuration>,
    drain_timeout: Option<HumanDuration>,
    #[serde(default)]
    pub(super) issuer: Vec<Issuer>,
    #[serde(default)]
    pub(super) rule: Vec<RawRule>,
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "give seconds since 1970, or a time such as \"2026-11-21T18:50:00Z\""
)]
pub(super) enum Date {
    Seconds(i64),
    Toml(toml::value::Datetime),
    Text(String),
}

impl File {
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        let unreadable = |error| ConfigError::File(path.to_owned(), error);
        let mut text = String::new();
        let file = fs::File::open(path).map_err(unreadable)?;
        file.take(MAX_LEN.saturating_add(1)).read_to_string(&mut text).map_err(unreadable)?;
        if u64::try_from(text.len()).is_ok_and(|len| len > MAX_LEN) {
            return Err(ConfigError::TooLarge(path.to_owned()));
        }
        toml::from_str(&text).map_err(|error| ConfigError::Toml(path.to_owned(), error.to_string()))
    }

    pub(super) fn limits(&self) -> RawLimits {
        let &Self { max_connections, max_header_bytes, idle_timeout, drain_timeout, .. } = self;
        RawLimits { max_connections, max_header_bytes, idle_timeout, drain_timeout }
    }
}

pub(super) fn parse_date(date: Date) -> Result<UnixTime, ConfigError> {
    let text = match date {
        Date::Seconds(secs) => return Ok(UnixTime(secs)),
        Date::Toml(date) => date.to_string(),
        Date::Text(text) => text,
    };
    let timestamp: Result<jiff::Timestamp, _> = text.parse();
    timestamp.map(|at| UnixTime(at.as_second())).map_err(|_| ConfigError::CurrentDate(text))
}
