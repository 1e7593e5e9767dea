//! What connections may take, whoever is at their other end.

use std::ops::RangeInclusive;
use std::time::Duration;

use tollgate::duration::HumanDuration;

/// What connections may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// How many there may be at a time.
    pub(crate) max_connections: usize,
    /// The most bytes of a request's head.
    pub(crate) max_header_bytes: usize,
    /// How long one is kept while the head of its next request is not complete, or its client does
    /// not take an answer.
    pub(crate) idle_timeout: Duration,
    /// How long requests that are under way may take after the signal to stop.
    pub(crate) drain_timeout: Duration,
}

impl Limits {
    pub(crate) const DEFAULT: Self = Self {
        // Twice as many as may wait for the keys of an issuer, so that with one issuer a flood of
        // unknown keys does not stop all of them; and no more than 128 MiB of heads that never end.
        max_connections: 2048,
        // A token of the greatest length, and as much of other fields as proxies hand on.
        max_header_bytes: 64 * 1024,
        // Longer than proxies keep theirs (nginx: 60 s), so that they are the ones to close them.
        idle_timeout: Duration::from_secs(75),
        drain_timeout: Duration::from_secs(10),
    };
}

/// The limits as they are written: by flags, or in the file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RawLimits {
    pub(super) max_connections: Option<u64>,
    pub(super) max_header_bytes: Option<u64>,
    pub(super) idle_timeout: Option<HumanDuration>,
    pub(super) drain_timeout: Option<HumanDuration>,
}

/// A limit that would keep everybody out, or nobody.
#[derive(Debug, thiserror::Error)]
#[error("{key}: give {least} to {most}{unit}")]
pub(crate) struct LimitError {
    key: &'static str,
    least: u64,
    most: u64,
    unit: &'static str,
}

impl RawLimits {
    /// What is said here, or else there.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            max_connections: self.max_connections.or(other.max_connections),
            max_header_bytes: self.max_header_bytes.or(other.max_header_bytes),
            idle_timeout: self.idle_timeout.or(other.idle_timeout),
            drain_timeout: self.drain_timeout.or(other.drain_timeout),
        }
    }

    pub(super) fn checked(self) -> Result<Limits, LimitError> {
        const HOUR: u64 = 60 * 60;
        let Limits { max_connections, max_header_bytes, idle_timeout, drain_timeout } =
            Limits::DEFAULT;
        Ok(Limits {
            max_connections: count("max_connections", self.max_connections, 1..=1_000_000)?
                .unwrap_or(max_connections),
            // The buffers of the server are no smaller; and a head takes all that it may at once.
            max_header_bytes: count("max_header_bytes", self.max_header_bytes, 8192..=1_048_576)?
                .unwrap_or(max_header_bytes),
            idle_timeout: seconds("idle_timeout", self.idle_timeout, 1..=HOUR)?
                .unwrap_or(idle_timeout),
            drain_timeout: seconds("drain_timeout", self.drain_timeout, 0..=HOUR)?
                .unwrap_or(drain_timeout),
        })
    }
}

fn count(
    key: &'static str,
    value: Option<u64>,
    range: RangeInclusive<u64>,
) -> Result<Option<usize>, LimitError> {
    let Some(value) = value else { return Ok(None) };
    match usize::try_from(value) {
        Ok(count) if range.contains(&value) => Ok(Some(count)),
        _ => Err(LimitError { key, least: *range.start(), most: *range.end(), unit: "" }),
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
    Err(LimitError { key, least: *range.start(), most: *range.end(), unit: " seconds" })
}
