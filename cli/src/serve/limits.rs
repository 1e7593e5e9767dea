//! [`Limits`]: of connections, and of the time that a stop takes.

use std::ops::RangeInclusive;
use std::time::Duration;

use tollgate::duration::HumanDuration;

use super::settings::Settings;

/// The limits of connections, and of the time that a stop takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// The maximum number of open connections.
    pub(crate) max_connections: usize,
    /// The maximum length of a request's head, in bytes.
    pub(crate) max_header_bytes: usize,
    /// How long to wait for the complete head of a connection's next request, and for a client
    /// that does not read its response.
    pub(crate) idle_timeout: Duration,
    /// How long to go on accepting connections after the signal to stop.
    pub(crate) shutdown_delay: Duration,
    /// How long requests in flight may take after the last connection was accepted.
    pub(crate) drain_timeout: Duration,
}

impl Limits {
    pub(crate) const DEFAULT: Self = Self {
        // At most 1,024 requests wait for the keys of an issuer. With twice as many connections, a
        // flood of unknown key ids cannot block all of them. Incomplete heads take 128 MiB at most.
        max_connections: 2048,
        // The longest token, and all other header fields that a proxy forwards.
        max_header_bytes: 64 * 1024,
        // Longer than proxies keep idle connections (nginx: 60 s), so that the proxy closes first.
        idle_timeout: Duration::from_secs(75),
        shutdown_delay: Duration::ZERO,
        drain_timeout: Duration::from_secs(10),
    };
}

/// A limit that is out of its range.
#[derive(Debug, thiserror::Error)]
#[error("{key} is {found}: give {least} to {most}{unit}")]
pub(crate) struct LimitError {
    key: &'static str,
    found: u64,
    least: u64,
    most: u64,
    unit: &'static str,
}

impl Limits {
    /// Checks the settings, and takes the default for each that is not set.
    pub(super) fn new(settings: &Settings) -> Result<Self, LimitError> {
        const HOUR: u64 = 60 * 60;
        let default = Self::DEFAULT;
        Ok(Self {
            max_connections: count("max_connections", settings.max_connections, 1..=1_000_000)?
                .unwrap_or(default.max_connections),
            // hyper buffers at least 8 KiB. A connection may allocate the whole maximum at once.
            max_header_bytes: count(
                "max_header_bytes",
                settings.max_header_bytes,
                8192..=1_048_576,
            )?
            .unwrap_or(default.max_header_bytes),
            idle_timeout: seconds("idle_timeout", settings.idle_timeout, 1..=HOUR)?
                .unwrap_or(default.idle_timeout),
            shutdown_delay: seconds("shutdown_delay", settings.shutdown_delay, 0..=HOUR)?
                .unwrap_or(default.shutdown_delay),
            drain_timeout: seconds("drain_timeout", settings.drain_timeout, 0..=HOUR)?
                .unwrap_or(default.drain_timeout),
        })
    }
}

/// Checks a setting that is a number.
pub(super) fn count(
    key: &'static str,
    value: Option<u64>,
    range: RangeInclusive<u64>,
) -> Result<Option<usize>, LimitError> {
    let Some(value) = value else { return Ok(None) };
    match usize::try_from(value) {
        Ok(count) if range.contains(&value) => Ok(Some(count)),
        _ => Err(LimitError {
            key,
            found: value,
            least: *range.start(),
            most: *range.end(),
            unit: "",
        }),
    }
}

fn seconds(
    key: &'static str,
    value: Option<HumanDuration>,
    range: RangeInclusive<u64>,
) -> Result<Option<Duration>, LimitError> {
    let Some(HumanDuration(duration)) = value else { return Ok(None) };
    let longest = Duration::from_secs(*range.end());
    if duration <= longest && range.contains(&duration.as_secs()) {
        return Ok(Some(duration));
    }
    Err(LimitError {
        key,
        found: duration.as_secs(),
        least: *range.start(),
        most: *range.end(),
        unit: " seconds",
    })
}
