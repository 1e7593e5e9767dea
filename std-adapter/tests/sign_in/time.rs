//! The wall clock of the tests: that of tokio, which they advance, and steps that somebody sets it by.

use std::cell::Cell;
use std::time::Duration;

use tokio::time::Instant;
use tollgate::tollgate_core::{Now, UnixTime};
use tollgate_tests::mint::NOW;

thread_local! {
    static START: Cell<Option<Instant>> = const { Cell::new(None) };
    static STEP: Cell<i64> = const { Cell::new(0) };
}

/// In seconds since 1970. All of a test runs on one thread.
pub(crate) fn now() -> i64 {
    let start = START.get().unwrap_or_else(|| {
        START.set(Some(Instant::now()));
        Instant::now()
    });
    NOW + i64::try_from(start.elapsed().as_secs()).unwrap() + STEP.get()
}

/// Forgets the test before, if several run on one thread.
pub(crate) fn start_anew() {
    START.set(None);
    STEP.set(0);
}

pub(crate) fn clock() -> Now {
    Now::Exact(UnixTime(now()))
}

/// Sets the wall clock by so many seconds.
pub(crate) fn step(secs: i64) {
    now();
    STEP.set(STEP.get() + secs);
}

/// Lets time pass.
pub(crate) async fn pass(secs: u64) {
    now();
    tokio::time::advance(Duration::from_secs(secs)).await;
    // Background tasks that are due get their turn.
    for _ in 0..32 {
        tokio::task::yield_now().await;
    }
}
