//! [`Schedule`]: when keys are fetched, and how long they may be used. This state machine does no I/O
//! and has no clock, so each of its rules has a fast test.

use std::time::Duration;

use super::bucket::Bucket;

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
    /// How often tokens may cause a fetch, for instance because they name an unknown key: 30 s. Two such
    /// fetches may follow each other at once, and then there is one per cooldown, whether they succeed or
    /// not. So tokens cannot be used to flood the issuer. Other fetches do not count.
    pub cooldown: Duration,
    /// How long keys are used after they were last fetched, also across restarts: 24 hours. An issuer
    /// outage does not take the gateway down, and withdrawn keys still expire.
    pub max_stale: Duration,
    /// The backoff after the first failure: 1 s. It doubles with each further one.
    pub first_backoff: Duration,
    /// The maximum backoff: 5 minutes, and 10 s while there are no usable keys.
    pub max_backoff: Duration,
    /// The timeout for one document: 5 s.
    pub fetch_timeout: Duration,
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
        fetch_timeout: Duration::from_secs(5),
    };
}

impl Default for FetchRules {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The minimum time between two attempts, whatever the rules say.
const MIN_PAUSE: Duration = Duration::from_millis(500);

/// The maximum backoff while there are no usable keys. A gate that is not ready gets no requests that
/// could ask for keys, so it has to notice by itself that the issuer is back.
const MAX_BACKOFF_WITHOUT_KEYS: Duration = Duration::from_secs(10);

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Fetch the keys now, then report the result.
    Fetch(Cause),
    /// Wait until this moment, or until a request asks for newer keys.
    Sleep(Moment),
    /// Wait for the fetch that is in progress.
    Busy,
}

/// Why keys are fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The start, a refresh, or a retry.
    Schedule,
    /// A token that needs newer keys than those we have. What a cache has is not new enough either.
    Token,
}

/// The answer to a request for newer keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// A fetch starts now or is in progress: wait for its end.
    Wait,
    /// Tokens have caused too many fetches, or the issuer has sent `Retry-After`: do not wait.
    Ignored {
        /// When tokens may cause a fetch again.
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
    /// A token has brought the next fetch forward.
    asked: bool,
    /// The fetches that tokens may cause.
    bucket: Bucket,
    /// Not even tokens cause a fetch before this moment, since the issuer has sent `Retry-After`.
    retry_at: Moment,
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
            asked: false,
            bucket: Bucket::new(rules.cooldown),
            retry_at: Moment::ZERO,
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
            let cause = if self.asked { Cause::Token } else { Cause::Schedule };
            self.asked = false;
            Step::Fetch(cause)
        } else {
            Step::Sleep(self.next)
        }
    }

    /// Asks for newer keys: a token names an unknown key, or there are no keys at all.
    pub(super) fn ask(&mut self, now: Moment) -> Answer {
        // A fetch that is due anyway takes nothing from the bucket.
        if self.fetching || self.asked || now >= self.next {
            Answer::Wait
        } else if now >= self.retry_at && self.bucket.take(now) {
            self.next = now;
            self.asked = true;
            Answer::Wait
        } else {
            Answer::Ignored { until: self.quiet_until() }
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
        self.ended(now, ahead.max(min_refresh.min(half_stale)));
        self.failures = 0;
        self.usable_until = Some(now.saturating_add(max_stale));
    }

    /// Reports a failure. The issuer may say how long not to retry.
    pub(super) fn failed(&mut self, now: Moment, retry_after: Option<Duration>) {
        let FetchRules { first_backoff, max_backoff, .. } = self.rules;
        let doubled = 2u32.saturating_pow(self.failures);
        let backoff = first_backoff.saturating_mul(doubled).min(max_backoff);
        // From the moment at which the keys expire, the backoff is short.
        let usable_for = self.usable_until.unwrap_or_default().saturating_sub(now);
        let backoff = backoff.min(usable_for.saturating_add(MAX_BACKOFF_WITHOUT_KEYS));
        let half = backoff.checked_div(2).unwrap_or_default();
        let backoff = self.jitter.between(half, backoff);
        let wish = retry_after.unwrap_or_default().min(max_backoff);
        self.retry_at = now.saturating_add(wish);
        self.ended(now, backoff.max(wish));
        self.failures = self.failures.saturating_add(1);
    }

    fn ended(&mut self, now: Moment, pause: Duration) {
        self.fetching = false;
        self.next = now.saturating_add(pause.max(MIN_PAUSE));
    }

    /// Returns the moment until which requests for newer keys are ignored.
    pub(super) fn quiet_until(&self) -> Moment {
        if self.fetching { Moment::ZERO } else { self.bucket.filled_at().max(self.retry_at) }
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
    const SCHEDULED: Step = Step::Fetch(Cause::Schedule);
    const ASKED: Step = Step::Fetch(Cause::Token);

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    /// A schedule that has begun its first fetch at 0.
    fn started() -> Schedule {
        let mut schedule = Schedule::new(RULES, 7);
        assert_eq!(schedule.step(secs(0)), SCHEDULED);
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
        assert_eq!(Schedule::new(RULES, 7).step(secs(0)), SCHEDULED);
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
    fn a_token_causes_a_fetch_right_after_the_start() {
        let mut schedule = with_keys();
        assert_eq!(schedule.ask(secs(0)), Answer::Wait);
        assert_eq!(schedule.step(secs(0)), ASKED);
        schedule.succeeded(secs(1), None);
        assert!(matches!(schedule.step(secs(1)), Step::Sleep(_)));
    }

    #[test]
    fn a_token_causes_a_fetch_right_after_a_refresh() {
        let mut schedule = with_keys();
        let next = schedule.next();
        assert_eq!(schedule.step(next), SCHEDULED);
        schedule.succeeded(next, None);
        assert_eq!(schedule.ask(next), Answer::Wait);
        assert_eq!(schedule.step(next), ASKED);
    }

    #[test]
    fn tokens_cause_two_fetches_at_once_and_then_one_per_cooldown() {
        let mut schedule = with_keys();
        for _ in 0..2 {
            assert_eq!(schedule.ask(secs(10)), Answer::Wait);
            assert_eq!(schedule.step(secs(10)), ASKED);
            schedule.succeeded(secs(10), None);
        }
        assert_eq!(schedule.ask(secs(39)), Answer::Ignored { until: secs(40) });
        assert!(matches!(schedule.step(secs(39)), Step::Sleep(_)));
        assert_eq!(schedule.ask(secs(40)), Answer::Wait);
        assert_eq!(schedule.step(secs(40)), ASKED);
        schedule.succeeded(secs(41), None);
        assert_eq!(schedule.ask(secs(42)), Answer::Ignored { until: secs(70) });
    }

    #[test]
    fn a_crowd_of_tokens_takes_one_fetch_from_the_bucket() {
        let mut schedule = with_keys();
        for _ in 0..100 {
            assert_eq!(schedule.ask(secs(10)), Answer::Wait);
        }
        assert_eq!(schedule.step(secs(10)), ASKED);
        for _ in 0..100 {
            assert_eq!(schedule.ask(secs(11)), Answer::Wait);
        }
        schedule.succeeded(secs(12), None);
        assert_eq!(schedule.ask(secs(12)), Answer::Wait, "the second one is left");
    }

    #[test]
    fn failures_count_towards_the_cooldown() {
        let mut schedule = with_keys();
        for _ in 0..2 {
            assert_eq!(schedule.ask(secs(100)), Answer::Wait);
            assert_eq!(schedule.step(secs(100)), ASKED);
            schedule.failed(secs(100), None);
        }
        assert_eq!(schedule.ask(secs(100)), Answer::Ignored { until: secs(130) });
    }

    #[test]
    fn a_flood_of_unknown_kids_causes_no_more_than_the_bucket_has() {
        let mut schedule = with_keys();
        let mut fetches = 0;
        // A request every 10 ms for five minutes.
        for tick in 0..30_000 {
            let now = Duration::from_millis(tick * 10);
            schedule.ask(now);
            if schedule.step(now) == ASKED {
                fetches += 1;
                schedule.succeeded(now, None);
            }
        }
        assert_eq!(fetches, 2 + 9, "in ten cooldowns");
    }

    /// The pauses after failures in a row, the first of which is at `now`.
    fn pauses(schedule: &mut Schedule, mut now: Moment, count: usize) -> Vec<Duration> {
        let pauses = (0..count).map(|_| {
            schedule.failed(now, None);
            let pause = schedule.next().saturating_sub(now);
            now = schedule.next();
            assert_eq!(schedule.step(now), SCHEDULED);
            pause
        });
        pauses.collect()
    }

    #[test]
    fn failures_back_off_from_one_second_to_five_minutes() {
        let pauses = pauses(&mut with_keys(), secs(0), 20);
        for (attempt, pause) in (0..).zip(&pauses) {
            let nominal = secs(1 << attempt).min(secs(300));
            assert!(*pause >= nominal / 2 && *pause <= nominal, "{attempt}: {pause:?}");
        }
        assert!(pauses.iter().max() > Some(&secs(150)));
    }

    #[test]
    fn without_keys_the_backoff_ends_at_ten_seconds() {
        let pauses = pauses(&mut started(), secs(0), 20);
        for (attempt, pause) in (0..).zip(&pauses) {
            let nominal = secs(1 << attempt).min(secs(10));
            assert!(*pause >= nominal / 2 && *pause <= nominal, "{attempt}: {pause:?}");
        }
        assert!(pauses.iter().max() > Some(&secs(5)));
    }

    #[test]
    fn keys_that_expire_during_the_backoff_are_fetched_within_ten_seconds() {
        let mut schedule = with_keys();
        let expiry = schedule.usable_until().unwrap();
        let mut now = secs(23 * HOUR);
        let mut after = Vec::new();
        while now < expiry + secs(60) {
            schedule.failed(now, None);
            now = schedule.next();
            assert_eq!(schedule.step(now), SCHEDULED);
            after.extend((now >= expiry).then(|| now - expiry));
        }
        assert!(after[0] <= secs(10), "{after:?}");
        assert!(after.windows(2).all(|pair| pair[1] - pair[0] <= secs(10)), "{after:?}");
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
        assert_eq!(schedule.ask(secs(100)), Answer::Ignored { until: secs(240) });
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
            fetch_timeout: zero,
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
        assert_eq!(schedule.step(secs(5)), SCHEDULED, "refreshed at once");
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
