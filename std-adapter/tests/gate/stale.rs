//! Outages: keys are used for a day, but not longer.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tollgate::gate::Gate;
use tollgate::jwks::FetchRules;
use tollgate_tests::mint::{Token, good_jwks};

use super::scripted_web::{
    BACKOFF, JWKS, REFRESH, Reply, Web, bearer, builder, hours, issuer, later, now, ready, secs,
};

/// Begins an outage right after the keys have arrived.
async fn outage(web: &Web, gate: &Gate, max_stale: Duration) {
    web.answer(JWKS, Reply::status(503));
    let start = Instant::now();
    while start.elapsed() + max_stale / 48 < max_stale {
        assert_eq!(now(gate, &Token::good()), Ok(()), "{:?}", start.elapsed());
        sleep(max_stale / 48).await;
    }
    sleep(max_stale - secs(1) - start.elapsed()).await;
    assert_eq!(later(gate, &Token::good()).await, Ok(()));
    assert!(gate.is_ready());
    sleep(secs(2)).await;
    assert_eq!(now(gate, &Token::good()), Err("keys-unavailable"));
    assert!(!gate.is_ready());
    assert_eq!(gate.issuers().next().unwrap().usable_keys, 0);
}

#[tokio::test(start_paused = true)]
async fn keys_outlive_an_outage_for_a_day() {
    let web = Web::good();
    let gate = ready(&web).await;
    outage(&web, &gate, hours(24)).await;
    sleep(hours(24)).await;
    assert_eq!(later(&gate, &Token::good()).await, Err("keys-unavailable"));
    web.answer(JWKS, Reply::json(&good_jwks()));
    sleep(BACKOFF).await;
    assert_eq!(now(&gate, &Token::good()), Ok(()));
    assert!(gate.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_day_may_be_short() {
    for max_stale in [secs(120), hours(1), hours(100)] {
        let web = Web::good();
        let rules = FetchRules { max_stale, ..FetchRules::DEFAULT };
        let gate = builder(&web).issuer(issuer().fetch_rules(rules)).build().unwrap();
        gate.ready().await;
        outage(&web, &gate, max_stale).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_short_day_is_refreshed_in_time() {
    let web = Web::good();
    let rules = FetchRules { max_stale: secs(60), ..FetchRules::DEFAULT };
    let gate = builder(&web).issuer(issuer().fetch_rules(rules)).build().unwrap();
    gate.ready().await;
    for _ in 0..600 {
        sleep(secs(1)).await;
        assert_eq!(now(&gate, &Token::good()), Ok(()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_day_begins_anew_whenever_the_keys_are_confirmed() {
    let web = Web::good();
    let gate = ready(&web).await;
    for _ in 0..3 {
        web.answer(JWKS, Reply::no_connection());
        sleep(hours(20)).await;
        assert_eq!(now(&gate, &Token::good()), Ok(()));
        web.answer(JWKS, Reply::json(&good_jwks()));
        sleep(BACKOFF).await;
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_day_a_request_waits_for_keys_as_at_a_cold_start() {
    let web = Web::good();
    let gate = ready(&web).await;
    web.answer(JWKS, Reply::status(503));
    sleep(hours(25)).await;
    assert!(!gate.is_ready());
    web.answer(JWKS, Reply::json(&good_jwks()));
    // A request triggers a fetch at once, before the gate's own next attempt.
    let start = Instant::now();
    while gate.authorize(bearer(&Token::good())).await.is_err() {
        sleep(secs(1)).await;
    }
    assert!(start.elapsed() <= secs(1), "{:?}", start.elapsed());
}

/// An issuer that withdraws all of its keys has made a mistake: the old ones stay in use for as long
/// as in an outage.
#[tokio::test(start_paused = true)]
async fn an_empty_set_is_an_outage() {
    let web = Web::good();
    let gate = ready(&web).await;
    web.publish([]);
    sleep(hours(23)).await;
    assert_eq!(now(&gate, &Token::good()), Ok(()));
    sleep(hours(1) + REFRESH).await;
    assert_eq!(now(&gate, &Token::good()), Err("keys-unavailable"));
}
