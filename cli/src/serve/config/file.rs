//! The configuration file, in TOML.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use serde::Deserialize;
use tollgate::duration::HumanDuration;
use tollgate::gate::Issuer;
use tollgate_core::UnixTime;

use super::error::ConfigError;
use crate::serve::limits::RawLimits;
use crate::serve::original_request::Proxy;
use crate::serve::rules::RawRule;

/// The whole file.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) listen: Option<SocketAddr>,
    pub(super) proxy: Option<Proxy>,
    pub(super) resource: Option<String>,
    pub(super) realm: Option<String>,
    #[serde(default)]
    pub(super) allow_insecure_loopback: bool,
    pub(super) current_date: Option<Date>,
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
        let text =
            fs::read_to_string(path).map_err(|error| ConfigError::File(path.to_owned(), error))?;
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
