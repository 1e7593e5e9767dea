//! [`HumanDuration`]: durations as people write them.

use std::str::FromStr;
use std::time::Duration;

use jiff::{Span, SpanRelativeTo};
use serde::{Deserialize, Deserializer, de};

/// A duration as people write it: `300`, `"300"`, `"5 minutes"`, `"12h"`, `"30 days"`, `"PT5M"`.
///
/// A plain number is in seconds. A day has 24 hours. Months and years are rejected, since their
/// length varies.
///
/// ```
/// use tollgate::duration::{HumanDuration, NotADuration};
///
/// let age: HumanDuration = "5 minutes".parse().unwrap();
/// assert_eq!(age.as_secs(), Some(300));
/// assert_eq!("5 months".parse::<HumanDuration>(), Err(NotADuration));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HumanDuration(pub Duration);

/// The text is not a duration.
///
/// See the example of [`HumanDuration`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give seconds, or a duration such as \"5 minutes\", \"12h\" or \"30 days\"")]
pub struct NotADuration;

impl HumanDuration {
    /// Returns whole seconds, rounded down; `None` if a `u32` cannot hold them.
    #[must_use]
    pub fn as_secs(self) -> Option<u32> {
        u32::try_from(self.0.as_secs()).ok()
    }
}

impl FromStr for HumanDuration {
    type Err = NotADuration;

    fn from_str(text: &str) -> Result<Self, NotADuration> {
        if let Ok(secs) = text.parse() {
            return Ok(Self(Duration::from_secs(secs)));
        }
        let span: Span = text.parse().map_err(|_| NotADuration)?;
        let duration = span.to_duration(SpanRelativeTo::days_are_24_hours());
        let duration = duration.ok().and_then(|duration| Duration::try_from(duration).ok());
        duration.map(Self).ok_or(NotADuration)
    }
}

impl<'de> Deserialize<'de> for HumanDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Seconds(u64),
            Text(String),
        }
        match Written::deserialize(deserializer) {
            Ok(Written::Seconds(secs)) => Ok(Self(Duration::from_secs(secs))),
            Ok(Written::Text(text)) => text.parse().map_err(de::Error::custom),
            Err(_) => Err(de::Error::custom(NotADuration)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(text: &str) -> Option<u32> {
        text.parse::<HumanDuration>().ok()?.as_secs()
    }

    #[test]
    fn durations_are_understood_as_people_write_them() {
        for (text, expected) in [
            ("0", 0),
            ("300", 300),
            ("5 minutes", 300),
            ("5m", 300),
            ("12h", 43_200),
            ("1 hour 30 minutes", 5_400),
            ("2 days", 172_800),
            ("1 week", 604_800),
            ("PT5M", 300),
        ] {
            assert_eq!(secs(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn durations_of_unclear_length_are_rejected() {
        for text in ["", "soon", "-5", "-5 minutes", "5 months", "1 year", "5 parsecs", "1e3"] {
            assert_eq!(secs(text), None, "{text}");
        }
        assert_eq!(secs("99999999999"), None, "beyond u32");
    }
}
