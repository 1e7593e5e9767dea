//! [`Leases`]: who may refresh a session, within one process.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use tokio::time::Instant;

use super::{Lease, RecordKey, StoreError};

/// The maximum number of leases at once.
const MAX_LEASES: usize = 65_536;

/// Times beyond this, 10 years, mean the same, and cannot overflow.
const MAX_TIME: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// The moment at which a time from now is over.
pub(super) fn end_of(time: Duration, now: Instant) -> Instant {
    now.checked_add(time.min(MAX_TIME)).unwrap_or(now)
}

/// The leases that are held.
#[derive(Debug, Default)]
pub(super) struct Leases {
    held: HashMap<RecordKey, (Lease, Instant)>,
    by_end: BTreeSet<(Instant, RecordKey)>,
    last: u64,
}

impl Leases {
    /// Takes a lease. `None` while somebody else has it.
    ///
    /// # Errors
    ///
    /// There are [`MAX_LEASES`] others.
    pub(super) fn take(
        &mut self,
        key: RecordKey,
        time: Duration,
        now: Instant,
    ) -> Result<Option<Lease>, StoreError> {
        while let Some((end, ended)) = self.by_end.first().copied().filter(|(end, _)| *end <= now) {
            self.by_end.remove(&(end, ended));
            self.held.remove(&ended);
        }
        if self.held.contains_key(&key) {
            return Ok(None);
        }
        if self.held.len() >= MAX_LEASES {
            return Err(StoreError(format!("{MAX_LEASES} sessions are being refreshed at once")));
        }
        self.last = self.last.wrapping_add(1);
        let (lease, end) = (Lease(self.last), end_of(time, now));
        self.held.insert(key, (lease, end));
        self.by_end.insert((end, key));
        Ok(Some(lease))
    }

    /// Returns a lease, if it is still held.
    pub(super) fn release(&mut self, key: RecordKey, lease: Lease) {
        if let Some((_, end)) = self.held.get(&key).copied().filter(|(held, _)| *held == lease) {
            self.held.remove(&key);
            self.by_end.remove(&(end, key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> RecordKey {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&number.to_le_bytes());
        RecordKey(key)
    }

    #[test]
    fn leases_that_are_over_take_no_memory() {
        let (mut leases, start) = (Leases::default(), Instant::now());
        for (number, seconds) in (0..1000).zip(0..) {
            let now = start + Duration::from_secs(seconds);
            leases.take(key(number), Duration::from_secs(10), now).unwrap().unwrap();
        }
        assert_eq!((leases.held.len(), leases.by_end.len()), (10, 10));
    }

    #[test]
    fn too_many_leases_are_an_error_until_some_are_over() {
        let (mut leases, now, time) = (Leases::default(), Instant::now(), Duration::from_secs(10));
        for number in 0..MAX_LEASES {
            leases.take(key(number), time, now).unwrap().unwrap();
        }
        assert!(leases.take(key(MAX_LEASES), time, now).is_err());
        assert_eq!(leases.take(key(0), time, now), Ok(None));
        assert!(leases.take(key(MAX_LEASES), time, now + time).unwrap().is_some());
    }

    #[test]
    fn times_beyond_ten_years_mean_ten_years() {
        let (now, ten_years) = (Instant::now(), Duration::from_secs(315_360_000));
        for (time, expected) in [
            (Duration::MAX, ten_years),
            (ten_years + Duration::from_secs(1), ten_years),
            (ten_years - Duration::from_secs(1), ten_years - Duration::from_secs(1)),
        ] {
            assert_eq!(end_of(time, now), now + expected);
        }
    }

    #[test]
    fn a_very_long_lease_does_not_overflow() {
        let (mut leases, now) = (Leases::default(), Instant::now());
        assert!(leases.take(key(0), Duration::MAX, now).unwrap().is_some());
        assert_eq!(leases.take(key(0), Duration::MAX, now + Duration::from_secs(1)), Ok(None));
    }
}
