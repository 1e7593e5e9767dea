//! The system clock. The core has none.

use std::time::{SystemTime, UNIX_EPOCH};

use tollgate_core::{Leeway, Now, UnixTime};

/// The default clock tolerance of this crate: 60 seconds. The core's default is 0.
pub const DEFAULT_LEEWAY: Leeway = match Leeway::from_secs(60) {
    Some(leeway) => leeway,
    None => Leeway::ZERO,
};

/// Returns the current time of the system clock.
#[must_use]
pub fn now() -> Now {
    // A clock before 1970 is wrong. At time 0 no sane token is accepted.
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Now::Exact(UnixTime(i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX)))
}
