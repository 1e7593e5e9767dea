//! [`Throttle`]: slows down the guessing of passwords.

use std::time::Duration;

use super::accounts::UserName;
use super::bounded::Bounded;

const MAX_NAMES: usize = 1000;
/// So many wrong passwords for a name cost no time.
const FREE: u32 = 4;
/// After them, one password per second is tried for a name, and so many may wait.
const MAX_WAIT: i64 = 5;

/// The wrong passwords for each name, whether a user has it or not.
pub(super) struct Throttle(Bounded<UserName, Failures>);

#[derive(Clone, Copy, Default)]
struct Failures {
    count: u32,
    /// When the last try is answered.
    last: i64,
}

/// Too many tries wait already.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooManyTries;

impl Default for Throttle {
    fn default() -> Self {
        Self(Bounded::new(MAX_NAMES))
    }
}

impl Throttle {
    /// Admits a try, and says how long its answer must wait. It counts as a wrong one until
    /// [`succeeded`](Self::succeeded), so that tries at the same time cannot pass together.
    pub(super) fn admit(&mut self, name: &UserName, now: i64) -> Result<Duration, TooManyTries> {
        let mut failures = self.0.get(name).copied().unwrap_or_default();
        if failures.count >= FREE {
            let turn = failures.last.max(now).saturating_add(1);
            let wait = turn.saturating_sub(now);
            if wait > MAX_WAIT {
                return Err(TooManyTries);
            }
            failures.last = turn;
        } else {
            failures.last = now;
        }
        failures.count = failures.count.saturating_add(1);
        let wait = failures.last.saturating_sub(now);
        self.0.insert(name.clone(), failures);
        Ok(Duration::from_secs(u64::try_from(wait).unwrap_or_default()))
    }

    /// Forgets the failures of a name.
    pub(super) fn succeeded(&mut self, name: &UserName) {
        self.0.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(throttle: &mut Throttle, name: &str, now: i64, tries: usize) -> Vec<Option<u64>> {
        let name = UserName::new(name);
        let tries = (0..tries).map(|_| throttle.admit(&name, now));
        tries.map(|wait| wait.ok().map(|wait| wait.as_secs())).collect()
    }

    #[test]
    fn wrong_passwords_are_slowed_down_and_then_refused() {
        let mut throttle = Throttle::default();
        let expected = [
            [Some(0), Some(0), Some(0), Some(0), Some(1), Some(2)],
            [Some(3), Some(4), Some(5), None, None, None],
        ];
        assert_eq!(waits(&mut throttle, "ada", 100, 12), expected.concat());
        // Refused ones do not prolong it.
        assert_eq!(waits(&mut throttle, "ada", 104, 1), [Some(2)]);
        assert_eq!(waits(&mut throttle, "ada", 200, 1), [Some(1)]);
        assert_eq!(waits(&mut throttle, "bob", 100, 1), [Some(0)]);
    }

    #[test]
    fn the_right_password_ends_it() {
        let mut throttle = Throttle::default();
        waits(&mut throttle, "ada", 100, 6);
        throttle.succeeded(&UserName::new("Ada"));
        assert_eq!(waits(&mut throttle, "ada", 100, 1), [Some(0)]);
    }
}
