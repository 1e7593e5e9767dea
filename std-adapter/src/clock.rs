//! The clock, which the core does not have.

use std::time::{SystemTime, UNIX_EPOCH};

use tollgate_core::{Leeway, Now, UnixTime};

/// The tolerance for other clocks that the adapter assumes unless it is told otherwise. The core
/// assumes none.
pub const DEFAULT_LEEWAY: Leeway = match Leeway::from_secs(60) {
    Some(leeway) => leeway,
    None => Leeway::ZERO,
};

/// The present by the system's clock.
#[must_use]
pub fn now() -> Now {
    // Before 1970 the clock is wrong, and at time 0 no sane token is accepted.
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Now::Exact(UnixTime(i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX)))
}
