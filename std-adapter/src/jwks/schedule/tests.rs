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
