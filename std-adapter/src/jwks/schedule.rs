//! [`Schedule`]: when keys are fetched, and how long they may be used. This state machine does no I/O
//! and has no clock, so each of its rules has a fast test.

use std::time::Duration;

use super::fetch_limit::FetchLimit;

/// A point in time: the time since a fixed origin.
pub(crate) type Moment = Duration;

/// Rules for fetching keys, and for how long they may be used.
///
/// ```
/// use std::time::Duration;
/// use tollgate::gate::Issuer;
/// use tollgate::jwks::FetchRules;
///
/// // Withdrawn keys expire within an hour, even if the issuer is unreachable.
/// let rules = FetchRules { max_stale: Duration::from_secs(60 * 60), ..FetchRules::DEFAULT };
/// let issuer = Issuer::new("https://auth.example.com/oidc").fetch_rules(rules);
/// ```
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
    fetch_limit: FetchLimit,
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
            fetch_limit: FetchLimit::new(rules.cooldown),
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
        } else if now >= self.retry_at && self.fetch_limit.take(now) {
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
        if self.fetching { Moment::ZERO } else { self.fetch_limit.filled_at().max(self.retry_at) }
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
mod tests;
