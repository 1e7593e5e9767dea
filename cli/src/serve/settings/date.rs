//! [`Date`]: a point in time as people write it, the setting `current_date`.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};
use tollgate_core::UnixTime;

/// A point in time: seconds since 1970, or a time such as `2026-11-21T18:50:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Date(pub(crate) UnixTime);

/// The text is not a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give seconds since 1970, or a time such as \"2026-11-21T18:50:00Z\"")]
pub(crate) struct NotADate;

impl FromStr for Date {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        let secs = text.parse().or_else(|_| {
            let timestamp: jiff::Timestamp = text.parse().map_err(|_| NotADate)?;
            Ok(timestamp.as_second())
        });
        secs.map(|secs| Self(UnixTime(secs)))
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Seconds(i64),
            Toml(toml::value::Datetime),
            Text(String),
        }
        let parsed = match Written::deserialize(deserializer) {
            Ok(Written::Seconds(secs)) => Ok(Self(UnixTime(secs))),
            Ok(Written::Toml(date)) => date.to_string().parse(),
            Ok(Written::Text(text)) => text.parse(),
            Err(_) => Err(NotADate),
        };
        parsed.map_err(de::Error::custom)
    }
}
