//! Sessions: how they end, and what a store that does not work does to them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tollgate::sign_in::Sessions;
use tollgate::sign_in::store::{
    Lease, MemoryStore, OwnerKey, Record, RecordKey, Rule, Saved, SessionStore, StoreError, Storing,
};

use super::app::{self, settings};
use super::provider::Provider;
use super::time;

/// A store that counts calls, keeps what it has seen, and fails on request.
pub(crate) struct CountingStore {
    inner: MemoryStore,
    calls: AtomicUsize,
    pub(crate) is_down: AtomicBool,
    /// How many of the next saves fail.
    pub(crate) failing_saves: AtomicUsize,
    /// How many leases were asked for.
    pub(crate) leases: AtomicUsize,
    /// How long the next lease takes, in milliseconds.
    pub(crate) lease_delay: AtomicU64,
    /// Whether everybody gets a lease, as when one is over before its work is done.
    pub(crate) leases_end_early: AtomicBool,
}

impl Default for CountingStore {
    fn default() -> Self {
        Self {
            inner: MemoryStore::new(),
            calls: AtomicUsize::new(0),
            is_down: AtomicBool::new(false),
            failing_saves: AtomicUsize::new(0),
            leases: AtomicUsize::new(0),
            lease_delay: AtomicU64::new(0),
            leases_end_early: AtomicBool::new(false),
        }
    }
}

impl CountingStore {
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    fn call<'a, T: 'a>(&'a self, answer: Storing<'a, T>) -> Storing<'a, T> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        match self.is_down.load(Ordering::Relaxed) {
            true => Box::pin(async { Err(StoreError("it is down".to_owned())) }),
            false => answer,
        }
    }
}

impl SessionStore for CountingStore {
    fn load<'a>(&'a self, key: &'a RecordKey) -> Storing<'a, Option<Record>> {
        self.call(self.inner.load(key))
    }

    fn save<'a>(
        &'a self,
        key: &'a RecordKey,
        bytes: Vec<u8>,
        rule: Rule,
        owners: &'a [OwnerKey],
        time: Duration,
    ) -> Storing<'a, Saved> {
        // Neither tokens nor claims are legible.
        for secret in ["access.", "refresh.", "user_1", "eyJ"] {
            assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret}");
        }
        let failing = &self.failing_saves;
        if failing
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |it| it.checked_sub(1))
            .is_ok()
        {
            return Box::pin(async { Err(StoreError("the disk is full".to_owned())) });
        }
        self.call(self.inner.save(key, bytes, rule, owners, time))
    }

    fn remove<'a>(&'a self, key: &'a RecordKey) -> Storing<'a, bool> {
        self.call(self.inner.remove(key))
    }

    fn remove_all<'a>(&'a self, owner: &'a OwnerKey) -> Storing<'a, usize> {
        self.call(self.inner.remove_all(owner))
    }

    fn lease<'a>(&'a self, key: &'a RecordKey, time: Duration) -> Storing<'a, Option<Lease>> {
        self.leases.fetch_add(1, Ordering::Relaxed);
        let delay = Duration::from_millis(self.lease_delay.swap(0, Ordering::Relaxed));
        self.call(Box::pin(async move {
            tokio::time::sleep(delay).await;
            let ends_early = self.leases_end_early.load(Ordering::Relaxed);
            self.inner.lease(key, if ends_early { Duration::ZERO } else { time }).await
        }))
    }

    fn release<'a>(&'a self, key: &'a RecordKey, lease: Lease) -> Storing<'a, ()> {
        self.call(self.inner.release(key, lease))
    }
}

#[tokio::test(start_paused = true)]
async fn sessions_end() {
    let provider = Provider::new();
    provider.state().expires_in = 1_000_000;
    let (_, mut browser) = app::start(settings(&provider)).await;
    // Idle.
    browser.sign_in(&provider).await;
    time::pass(3599).await;
    assert_eq!(browser.user().await, "user_1");
    time::pass(3599).await;
    assert_eq!(browser.user().await, "user_1");
    time::pass(3600).await;
    assert_eq!(browser.user().await, "nobody");
    // Twelve hours, although it is used all the time.
    browser.sign_in(&provider).await;
    for _ in 0..23 {
        time::pass(1800).await;
        assert_eq!(browser.user().await, "user_1");
    }
    time::pass(1800).await;
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_ahead_ends_sessions_at_the_next_request() {
    let provider = Provider::new();
    provider.state().expires_in = 1_000_000;
    let (_, mut browser) = app::start(settings(&provider)).await;
    browser.sign_in(&provider).await;
    time::step(3600);
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_back_prolongs_nothing() {
    let provider = Provider::new();
    provider.state().expires_in = 1_000_000;
    let sessions = Sessions::memory().max_age(Duration::from_secs(1000));
    let (_, mut browser) = app::start(settings(&provider).sessions(sessions)).await;
    browser.sign_in(&provider).await;
    time::step(-500);
    time::pass(999).await;
    assert_eq!(browser.user().await, "user_1");
    time::pass(1).await;
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_back_across_a_restart_prolongs_nothing() {
    let provider = Provider::new();
    provider.state().expires_in = 1_000_000;
    let store = Arc::new(CountingStore::default());
    let sessions = || Sessions::stored(store.clone()).max_age(Duration::from_secs(1000));
    let (_, mut browser) = app::start(settings(&provider).sessions(sessions())).await;
    browser.sign_in(&provider).await;
    time::pass(900).await;
    // The time of this use is recorded.
    assert_eq!(browser.user().await, "user_1");
    time::step(-900);
    let (_, restarted) = app::start(settings(&provider).sessions(sessions())).await;
    browser.app = restarted.app;
    time::pass(50).await;
    assert_eq!(browser.user().await, "user_1");
    time::pass(50).await;
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_the_store_is_no_sign_out() {
    let provider = Provider::new();
    let store = Arc::new(CountingStore::default());
    let (sign_in, mut browser) =
        app::start(settings(&provider).sessions(Sessions::stored(store.clone()))).await;
    browser.sign_in(&provider).await;
    store.is_down.store(true, Ordering::Relaxed);
    let unavailable = "503 Service Unavailable store-unavailable";
    assert_eq!(browser.user().await, unavailable);
    assert_eq!(sign_in.statistics().store_errors, [("load", 1)].into());
    for path in ["/orders", "/sign-out"] {
        let page = browser.open(path).await;
        assert_eq!((page.status.as_u16(), page.code()), (503, "store-unavailable"), "{path}");
    }
    time::pass(601).await;
    assert_eq!(browser.user().await, unavailable);
    store.is_down.store(false, Ordering::Relaxed);
    assert_eq!(browser.user().await, "user_1");
}

#[tokio::test(start_paused = true)]
async fn a_restart_is_not_noticed_if_the_store_survives() {
    let provider = Provider::new();
    let store = Arc::new(CountingStore::default());
    let secrets = [[7_u8; 32]];
    let sessions = || Sessions::stored(store.clone());
    let (_, mut browser) =
        app::start(settings(&provider).sessions(sessions()).secrets(secrets)).await;
    browser.sign_in(&provider).await;
    let mut other = super::browser::Browser::new(browser.app.clone());
    let url = other.begin("/sign-in").await;
    let (_, restarted) =
        app::start(settings(&provider).sessions(sessions()).secrets(secrets)).await;
    (browser.app, other.app) = (restarted.app.clone(), restarted.app);
    assert_eq!(browser.user().await, "user_1");
    // A sign-in that was under way goes on, too.
    other.come_back(&provider.authorize(&url)).await;
    assert_eq!(other.user().await, "user_1");
}

#[tokio::test(start_paused = true)]
async fn a_session_is_of_one_client_alone() {
    use tollgate::sign_in::{Provider as Discovered, SignIn};
    let provider = Provider::new();
    let store = Arc::new(CountingStore::default());
    let sessions = || Sessions::stored(store.clone());
    let (_, mut browser) = app::start(settings(&provider).sessions(sessions())).await;
    browser.sign_in(&provider).await;
    let another =
        SignIn::builder(Discovered::discover(super::provider::ISSUER), "admin", app::ORIGIN)
            .fetcher(provider.clone())
            .clock(time::clock)
            .sessions(sessions());
    let (_, other) = app::start(another).await;
    let app = std::mem::replace(&mut browser.app, other.app);
    assert_eq!(browser.user().await, "nobody");
    browser.app = app;
    assert_eq!(browser.user().await, "user_1");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_for_a_moment_loses_no_refresh_token() {
    let provider = Provider::new();
    let store = Arc::new(CountingStore::default());
    let (_, mut browser) =
        app::start(settings(&provider).sessions(Sessions::stored(store.clone()))).await;
    browser.sign_in(&provider).await;
    time::pass(601).await;
    store.failing_saves.store(2, Ordering::Relaxed);
    assert_eq!(browser.user().await, "user_1");
    assert_eq!(store.failing_saves.load(Ordering::Relaxed), 0);
    time::pass(601).await;
    assert_eq!(browser.user().await, "user_1");
}

#[tokio::test(start_paused = true)]
async fn a_short_idle_time_is_kept_by_requests() {
    let provider = Provider::new();
    let sessions = Sessions::memory().idle_timeout(Duration::from_secs(40));
    let (_, mut browser) = app::start(settings(&provider).sessions(sessions)).await;
    browser.sign_in(&provider).await;
    for _ in 0..10 {
        time::pass(20).await;
        assert_eq!(browser.user().await, "user_1");
    }
    time::pass(40).await;
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn a_use_is_recorded_once_a_minute_or_a_quarter_of_a_short_idle_time() {
    for (idle, interval) in [(3600, 60), (40, 10)] {
        // A use that is recorded counts, and one before that does not.
        for (first, second, user) in
            [(interval, idle - 1, "user_1"), (interval - 1, idle - interval + 1, "nobody")]
        {
            let provider = Provider::new();
            provider.state().expires_in = 1_000_000;
            let sessions = Sessions::memory().idle_timeout(Duration::from_secs(idle));
            let (_, mut browser) = app::start(settings(&provider).sessions(sessions)).await;
            browser.sign_in(&provider).await;
            time::pass(first).await;
            assert_eq!(browser.user().await, "user_1", "{idle} {first}");
            time::pass(second).await;
            assert_eq!(browser.user().await, user, "{idle} {first}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_too_large_to_keep_is_refused_with_advice() {
    let provider = Provider::new();
    // A provider need not issue an at_hash.
    provider.state().id_token = Arc::new(|token| token.without("at_hash"));
    provider.state().answer = Arc::new(|mut answer| {
        answer["access_token"] = "a".repeat(33 * 1024).into();
        answer
    });
    let (_, mut browser) = app::start(settings(&provider)).await;
    let page = browser.sign_in(&provider).await;
    assert_eq!(page.code(), "session-too-large");
    assert_eq!(browser.user().await, "nobody");
}
