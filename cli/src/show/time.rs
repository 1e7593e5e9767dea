//! Shows times as dates, relative to now.

use std::fmt;

use tollgate_core::UnixTime;

/// Shows a time relative to `now`: `2026-11-21 19:45:40 UTC (in 42 minutes)`.
pub(crate) struct When {
    pub(crate) time: UnixTime,
    pub(crate) now: UnixTime,
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(date) = jiff::Timestamp::from_second(self.time.0) else {
            // Before the year -9999 or after 9999.
            return write!(f, "{} seconds since 1970", self.time);
        };
        let secs = self.time.0.saturating_sub(self.now.0);
        let amount = Amount(secs.unsigned_abs());
        write!(f, "{} (", date.strftime("%F %T UTC"))?;
        match secs {
            0 => f.write_str("now)"),
            1.. => write!(f, "in {amount})"),
            _ => write!(f, "{amount} ago)"),
        }
    }
}

/// A duration in its largest unit, rounded down.
struct Amount(u64);

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 4] =
            [(365 * 86_400, "year"), (86_400, "day"), (3600, "hour"), (60, "minute")];
        let unit = UNITS.iter().find(|(secs, _)| self.0 >= *secs);
        let (secs, name) = unit.copied().unwrap_or((1, "second"));
        let amount = self.0.checked_div(secs).unwrap_or_default();
        write!(f, "{amount} {name}{}", if amount == 1 { "" } else { "s" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_as_dates_relative_to_now() {
        let now = UnixTime(1_795_286_740);
        for (secs, expected) in [
            (0, "2026-11-21 18:45:40 UTC (now)"),
            (1, "2026-11-21 18:45:41 UTC (in 1 second)"),
            (42 * 60 + 59, "2026-11-21 19:28:39 UTC (in 42 minutes)"),
            (-7200, "2026-11-21 16:45:40 UTC (2 hours ago)"),
            (-86_400, "2026-11-20 18:45:40 UTC (1 day ago)"),
            (366 * 86_400, "2027-11-22 18:45:40 UTC (in 1 year)"),
        ] {
            let time = UnixTime(now.0 + secs);
            assert_eq!(When { time, now }.to_string(), expected);
        }
        let time = UnixTime(1 << 53);
        assert_eq!(When { time, now }.to_string(), "9007199254740992 seconds since 1970");
    }
}
