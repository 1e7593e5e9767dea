//! [`Schedule`]: when keys are fetched, and how long they may be used. This state machine does no I/O
//! and has no clock, so each of its rules has a fast test.

use std::time::Duration;

/// A point in time: the time since a fixed origin.
pub(crate) type Moment = Duration;

/// Rules for fetching keys, and for how long they may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchRules {
    /// How long keys are fresh if the issuer does not say: 10 minutes.
    pub refresh: Duration,
    /// The minimum time that an issuer can set: 1 minute.
    pub min_refresh: Duration,
    /// The maximum time that an issuer can set: 24 hours.
    pub max_refresh: Duration,
    /// How long unknown keys trigger no new fetch after a fetch has ended, successful or not: 30 s.
    /// So tokens cannot be used to flood the issuer.
    pub cooldown: Duration,
    /// How long keys are used after they were last fetched, also across restarts: 24 hours. An issuer
    /// outage does not take the gateway down, and withdrawn keys still expire.
    pub max_stale: Duration,
    /// The backoff after the first failure: 1 s. It doubles with each further one.
    pub first_backoff: Duration,
    /// The maximum backoff: 5 minutes.
    pub max_backoff: Duration,
}

impl FetchRules {
    /// The defaults.
    pub const DEFAULT: Self = Self {
        refresh: Duration::from_secs(10 * 60),
        min_refresh: Duration::from_secs(60),
        max_refresh: Duration::from_secs(24 * 60 * 60),
        cooldown: Duration::from_secs(30),
        max_stale: Duration::from_secs(24 * 60 * 60),
        first_backoff: Duration::from_secs(1),
        max_backoff: Duration::from_secs(5 * 60),
    };
}

impl Default for FetchRules {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The minimum time between two attempts, whatever the rules say.
const MIN_PAUSE: Duration = Duration::from_millis(500);

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Fetch the keys now, then report the result.
    Fetch,
    /// Wait until this moment, or until a request asks for newer keys.
    Sleep(Moment),
    /// Wait for the fetch that is in progress.
    Busy,
}

/// The answer to a request for newer keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// A fetch starts now or is in progress: wait for its end.
    Wait,
    /// The last attempt is too recent: do not wait.
    Cooldown {
        /// When the cooldown ends.
        until: Moment,
    },
}

/// The schedule of one issuer's keys.
#[derive(Debug)]
pub(super) struct Schedule {
    rules: FetchRules,
    jitter: Jitter,
    /// A fetch is in progress.
    fetching: bool,
    /// When to fetch next.
    next: Moment,
    /// Requests for newer keys are ignored until this moment.
    quiet_until: Moment,
    /// The number of failures since the last success.
    failures: u32,
    /// When the keys expire.
    usable_until: Option<Moment>,
}

impl Schedule {
    /// Makes a schedule without keys, which fetches at once. The seed is for the jitter.
    pub(super) const fn new(rules: FetchRules, seed: u64) -> Self {
        Self {
            rules,
            jitter: Jitter::new(seed),
            fetching: false,
            next: Moment::ZERO,
            quiet_until: Moment::ZERO,
            failures: 0,
            usable_until: None,
        }
    }

    /// Starts with keys that were fetched `age` ago; returns `false` if they are too old. They are
    /// still refreshed at once, since they may have been rotated.
    pub(super) fn resume(&mut self, now: Moment, age: Duration) -> bool {
        match self.rules.max_stale.checked_sub(age) {
            Some(rest) if !rest.is_zero() => {
                self.usable_until = Some(now.saturating_add(rest));
                true
            }
            _ => false,
        }
    }

    /// Says what to do now.
    pub(super) fn step(&mut self, now: Moment) -> Step {
        if self.fetching {
            Step::Busy
        } else if now >= self.next {
            self.fetching = true;
            Step::Fetch
        } else {
            Step::Sleep(self.next)
        }
    }

    /// Asks for newer keys: a token names an unknown key, or there are no keys at all.
    pub(super) fn ask(&mut self, now: Moment) -> Answer {
        let until = self.quiet_until();
        if self.fetching {
            Answer::Wait
        } else if now < until {
            Answer::Cooldown { until }
        } else {
            self.next = self.next.min(now);
            Answer::Wait
        }
    }

    /// Reports a success. The issuer may say how long the keys are fresh.
    pub(super) fn succeeded(&mut self, now: Moment, fresh_for: Option<Duration>) {
        let FetchRules { refresh, min_refresh, max_refresh, max_stale, .. } = self.rules;
        // Half of the stale window is always left for an outage.
        let half_stale = max_stale.checked_div(2).unwrap_or_default();
        let tenth = fresh_for.unwrap_or(refresh).min(max_refresh).min(half_stale).checked_div(10);
        let tenth = tenth.unwrap_or_default();
        // Ahead of the expiry, and not at the same time as all other gateways.
        let ahead = self.jitter.between(tenth.saturating_mul(8), tenth.saturating_mul(9));
        self.ended(now, ahead.max(min_refresh.min(half_stale)), self.rules.cooldown);
        self.failures = 0;
        self.usable_until = Some(now.saturating_add(max_stale));
    }

    /// Reports a failure. The issuer may say how long not to retry.
    pub(super) fn failed(&mut self, now: Moment, retry_after: Option<Duration>) {
        let FetchRules { first_backoff, max_backoff, .. } = self.rules;
        let doubled = 2u32.saturating_pow(self.failures);
        let backoff = first_backoff.saturating_mul(doubled).min(max_backoff);
        let half = backoff.checked_div(2).unwrap_or_default();
        let backoff = self.jitter.between(half, backoff);
        // Tokens do not override `Retry-After` either.
        let wish = retry_after.unwrap_or_default().min(max_backoff);
        self.ended(now, backoff.max(wish), self.rules.cooldown.max(wish));
        self.failures = self.failures.saturating_add(1);
    }

    fn ended(&mut self, now: Moment, pause: Duration, cooldown: Duration) {
        self.fetching = false;
        self.quiet_until = now.saturating_add(cooldown);
        self.next = now.saturating_add(pause.max(MIN_PAUSE));
    }

    /// Returns the moment until which requests for newer keys are ignored.
    pub(super) const fn quiet_until(&self) -> Moment {
        if self.fetching { Moment::ZERO } else { self.quiet_until }
    }

    /// Returns when the next attempt begins, unless a request triggers one earlier.
    pub(super) const fn next(&self) -> Moment {
        self.next
    }

    /// Returns when the keys expire; `None` if there have been none.
    pub(super) const fn usable_until(&self) -> Option<Moment> {
        self.usable_until
    }
}

/// Random numbers that differ between gateways. Nothing depends on their quality, so xorshift64 is
/// enough.
#[derive(Debug)]
struct Jitter(u64);

impl Jitter {
    const fn new(seed: u64) -> Self {
        // A xorshift of 0 stays 0.
        Self(seed | 1)
    }

    fn between(&mut self, low: Duration, high: Duration) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let parts = u32::try_from(self.0 >> 48).unwrap_or_default();
        let width = high.saturating_sub(low);
        low.saturating_add(width.saturating_mul(parts).checked_div(1 << 16).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: FetchRules = FetchRules::DEFAULT;
    const HOUR: u64 = 60 * 60;

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    /// A schedule that has begun its first fetch at 0.
    fn started() -> Schedule {
        let mut schedule = Schedule::new(RULES, 7);
        assert_eq!(schedule.step(secs(0)), Step::Fetch);
        schedule
    }

    /// A schedule that has had keys since 0.
    fn with_keys() -> Schedule {
        let mut schedule = started();
        schedule.succeeded(secs(0), None);
        schedule
    }

    fn next_after(fresh_for: Option<Duration>, seed: u64) -> Duration {
        let mut schedule = Schedule::new(RULES, seed);
        schedule.step(secs(0));
        schedule.succeeded(secs(0), fresh_for);
        schedule.next()
    }

    #[test]
    fn the_first_fetch_is_at_once() {
        assert_eq!(Schedule::new(RULES, 7).step(secs(0)), Step::Fetch);
    }

    #[test]
    fn one_fetch_at_a_time() {
        let mut schedule = started();
        assert_eq!(schedule.step(secs(1)), Step::Busy);
        assert_eq!(schedule.ask(secs(1)), Answer::Wait);
        assert_eq!(schedule.step(secs(1_000)), Step::Busy);
    }

    #[test]
    fn keys_are_refreshed_ahead_of_ten_minutes_by_default() {
        for seed in 0..100 {
            let next = next_after(None, seed);
            assert!(next >= secs(480) && next <= secs(540), "{next:?}");
        }
    }

    #[test]
    fn gateways_do_not_all_refresh_at_once() {
        assert_ne!(next_after(None, 1), next_after(None, 2_000_000_001));
    }

    #[test]
    fn an_issuer_cannot_cause_rapid_fetches() {
        for fresh_for in [0, 1, 59, 60, 66] {
            assert_eq!(next_after(Some(secs(fresh_for)), 7), secs(60), "{fresh_for}");
        }
    }

    #[test]
    fn an_issuer_cannot_delay_a_fetch_beyond_half_the_stale_window() {
        for fresh_for in [13 * HOUR, 24 * HOUR, 365 * 24 * HOUR, u64::MAX] {
            let next = next_after(Some(secs(fresh_for)), 7);
            assert!(next > secs(9 * HOUR) && next < secs(12 * HOUR), "{next:?}");
        }
    }

    #[test]
    fn a_freshness_within_the_bounds_is_honoured() {
        let next = next_after(Some(secs(2 * HOUR)), 7);
        assert!(next > secs(5_700) && next < secs(6_500), "{next:?}");
    }

    #[test]
    fn an_unknown_kid_causes_one_fetch_after_the_cooldown() {
        let mut schedule = with_keys();
        assert_eq!(schedule.ask(secs(29)), Answer::Cooldown { until: secs(30) });
        assert!(matches!(schedule.step(secs(29)), Step::Sleep(_)));
        assert_eq!(schedule.ask(secs(30)), Answer::Wait);
        assert_eq!(schedule.step(secs(30)), Step::Fetch);
        schedule.succeeded(secs(31), None);
        assert_eq!(schedule.ask(secs(32)), Answer::Cooldown { until: secs(61) });
    }

    #[test]
    fn failures_count_towards_the_cooldown() {
        let mut schedule = with_keys();
        assert_eq!(schedule.ask(secs(100)), Answer::Wait);
        assert_eq!(schedule.step(secs(100)), Step::Fetch);
        schedule.failed(secs(105), None);
        assert_eq!(schedule.ask(secs(106)), Answer::Cooldown { until: secs(135) });
    }

    #[test]
    fn a_flood_of_unknown_kids_causes_no_more_than_one_fetch_per_cooldown() {
        let mut schedule = with_keys();
        let mut fetches = 0;
        // A request every 10 ms for five minutes.
        for tick in 0..30_000 {
            let now = Duration::from_millis(tick * 10);
            schedule.ask(now);
            if schedule.step(now) == Step::Fetch {
                fetches += 1;
                schedule.succeeded(now, None);
            }
        }
        assert!(fetches <= 10, "{fetches} fetches in ten cooldowns");
        assert!(fetches >= 9, "{fetches} fetches in ten cooldowns");
    }

    #[test]
    fn failures_back_off_from_one_second_to_five_minutes() {
        let mut schedule = started();
        let mut now = secs(0);
        let mut longest = Duration::ZERO;
        for attempt in 0..20 {
            schedule.failed(now, None);
            let pause = schedule.next() - now;
            let nominal = secs(1 << attempt.min(20)).min(secs(300));
            assert!(pause >= nominal / 2 && pause <= nominal, "{attempt}: {pause:?}");
            longest = longest.max(pause);
            now = schedule.next();
            assert_eq!(schedule.step(now), Step::Fetch);
        }
        assert!(longest > secs(150));
    }

    #[test]
    fn backoff_begins_anew_after_a_success() {
        let mut schedule = started();
        for now in 0..10 {
            schedule.failed(secs(now), None);
        }
        schedule.succeeded(secs(10), None);
        schedule.failed(secs(20), None);
        assert!(schedule.next() <= secs(21));
    }

    #[test]
    fn retry_after_is_honoured_up_to_the_longest_backoff() {
        let mut schedule = started();
        schedule.failed(secs(0), Some(secs(7)));
        assert_eq!(schedule.next(), secs(7));
        schedule.failed(secs(7), Some(secs(999_999)));
        assert_eq!(schedule.next(), secs(307));
    }

    #[test]
    fn tokens_do_not_override_retry_after() {
        let mut schedule = started();
        schedule.failed(secs(0), Some(secs(240)));
        assert_eq!(schedule.ask(secs(100)), Answer::Cooldown { until: secs(240) });
        assert_eq!(schedule.ask(secs(240)), Answer::Wait);
    }

    #[test]
    fn rules_cannot_cause_rapid_fetches() {
        let zero = Duration::ZERO;
        let rules = FetchRules {
            refresh: zero,
            min_refresh: zero,
            max_refresh: zero,
            cooldown: zero,
            max_stale: zero,
            first_backoff: zero,
            max_backoff: zero,
        };
        let mut schedule = Schedule::new(rules, 7);
        schedule.succeeded(secs(1), None);
        assert_eq!(
            schedule.step(Duration::from_millis(1_499)),
            Step::Sleep(Duration::from_millis(1_500))
        );
        schedule.failed(secs(2), None);
        assert_eq!(schedule.next(), Duration::from_millis(2_500));
    }

    #[test]
    fn stale_keys_are_used_for_a_day_and_no_longer() {
        let mut schedule = with_keys();
        for hour in 1..30 {
            schedule.failed(secs(hour * HOUR), None);
        }
        assert_eq!(schedule.usable_until(), Some(secs(24 * HOUR)));
    }

    #[test]
    fn each_success_begins_a_new_stale_window() {
        let mut schedule = with_keys();
        schedule.succeeded(secs(HOUR), None);
        assert_eq!(schedule.usable_until(), Some(secs(25 * HOUR)));
    }

    #[test]
    fn a_snapshot_is_used_for_the_rest_of_its_day() {
        let mut schedule = Schedule::new(RULES, 7);
        assert!(schedule.resume(secs(5), secs(23 * HOUR)));
        assert_eq!(schedule.usable_until(), Some(secs(5 + HOUR)));
        assert_eq!(schedule.step(secs(5)), Step::Fetch, "refreshed at once");
    }

    #[test]
    fn a_snapshot_that_is_too_old_is_refused() {
        for age in [24 * HOUR, 25 * HOUR, u64::MAX] {
            let mut schedule = Schedule::new(RULES, 7);
            assert!(!schedule.resume(secs(5), secs(age)));
            assert_eq!(schedule.usable_until(), None);
        }
    }

    #[test]
    fn nothing_overflows() {
        let mut schedule = started();
        schedule.succeeded(Duration::MAX, Some(Duration::MAX));
        for _ in 0..100 {
            schedule.failed(Duration::MAX, Some(Duration::MAX));
        }
        schedule.ask(Duration::MAX);
        schedule.step(Duration::MAX);
    }
}
