//! Many concurrent requests: the issuer gets a single fetch, however many there are.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, advance, sleep};
use tollgate::gate::Gate;
use tollgate_tests::mint::{Token, good_jwks, jwk, k1};

use super::scripted_web::{
    COOLDOWN, DISCOVERY, JWKS, Reply, Verdict, Web, bearer, builder, gate, issuer, k3_jwk,
    k3_token, later, millis, now, outcomes, ready, secs,
};

/// Sends `count` requests at once. Returns each verdict, and how long the request waited.
async fn crowd(gate: &Gate, count: usize, token: &Token) -> Vec<(Verdict, Duration)> {
    let value = bearer(token);
    let mut requests = JoinSet::new();
    for _ in 0..count {
        let (gate, value) = (gate.clone(), value.clone());
        requests.spawn(async move {
            let start = Instant::now();
            let verdict = gate.authorize(value).await;
            (verdict.map(drop).map_err(|denied| denied.reason()), start.elapsed())
        });
    }
    requests.join_all().await
}

fn unknown(kid: usize) -> Token {
    Token::good().member("kid", json!(format!("unknown-{kid}")))
}

#[tokio::test(start_paused = true)]
async fn a_crowd_at_a_cold_start_causes_one_fetch() {
    let web = Web::good();
    web.answer(JWKS, Reply::json(&good_jwks()).after(millis(300)));
    let gate = gate(&web);
    let verdicts = crowd(&gate, 1_000, &Token::good()).await;
    assert!(verdicts.iter().all(|(verdict, _)| *verdict == Ok(())));
    assert_eq!((web.count(DISCOVERY), web.count(JWKS)), (1, 1));
    sleep(COOLDOWN * 2).await;
    assert_eq!(web.total(), 2, "no fetch is left over");
}

/// On several threads, so that the keys arrive at any point of a request: even between reading the
/// keys and asking for newer ones.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_that_meets_the_keys_on_their_way_is_accepted() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gate-herd.json");
    for round in 0..40 {
        let web = Web::good();
        let held = Arc::new(Notify::new());
        web.answer(JWKS, Reply::json(&good_jwks()).held_by(&held));
        // With and without a snapshot file, since writing one takes a while.
        let _ = fs::remove_file(&file);
        let issuer = if round % 2 == 0 { issuer() } else { issuer().snapshot(&file) };
        let gate = builder(&web).issuer(issuer).wait_limit(secs(600)).build().unwrap();
        let mut requests = JoinSet::new();
        let value = bearer(&Token::good());
        for index in 0..1_000 {
            if index == 300 {
                held.notify_one();
            }
            let (gate, value) = (gate.clone(), value.clone());
            requests.spawn(async move {
                gate.authorize(value).await.map(drop).map_err(|denied| denied.reason())
            });
        }
        let refused = requests.join_all().await.into_iter().find(|verdict| verdict.is_err());
        assert_eq!(refused, None, "round {round}");
        assert_eq!((web.count(DISCOVERY), web.count(JWKS)), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_crowd_with_a_new_key_causes_one_fetch() {
    let web = Web::good();
    let gate = ready(&web).await;
    sleep(COOLDOWN).await;
    web.answer(JWKS, Reply::json(&json!({ "keys": [k3_jwk()] })).after(millis(300)));
    let verdicts = crowd(&gate, 1_000, &k3_token()).await;
    assert!(verdicts.iter().all(|(verdict, _)| *verdict == Ok(())));
    assert_eq!((web.count(DISCOVERY), web.count(JWKS)), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn known_keys_do_not_wait_behind_a_crowd() {
    let web = Web::good();
    let gate = ready(&web).await;
    sleep(COOLDOWN).await;
    web.answer(JWKS, Reply::never());
    let waiting = tokio::spawn({
        let gate = gate.clone();
        async move { crowd(&gate, 1_024, &k3_token()).await }
    });
    sleep(millis(1)).await;
    let start = Instant::now();
    assert_eq!(later(&gate, &Token::good()).await, Ok(()));
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert!(waiting.await.unwrap().iter().all(|(verdict, _)| *verdict == Err("unknown-key")));
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_unknown_kids_causes_two_fetches_at_once_and_then_one_per_cooldown() {
    const FETCH: Duration = millis(200);
    let web = Web::good();
    let gate = ready(&web).await;
    web.answer(JWKS, Reply::json(&good_jwks()).after(FETCH));
    let start = Instant::now();
    let mut waits = 0;
    for kid in 0.. {
        let asked = Instant::now();
        if asked - start >= secs(600) {
            break;
        }
        assert_eq!(later(&gate, &unknown(kid)).await, Err("unknown-key"));
        let waited = asked.elapsed();
        assert!(waited == Duration::ZERO || waited == FETCH, "{waited:?}");
        waits += usize::from(!waited.is_zero());
        sleep(millis(250)).await;
    }
    // The first one is that of the start.
    let asked: Vec<_> = web.asked().into_iter().filter(|asked| asked.url == JWKS).skip(1).collect();
    assert!((21..=22).contains(&asked.len()), "{}", asked.len());
    for pair in asked[1..].windows(2) {
        assert!(pair[1].at - pair[0].at >= COOLDOWN - secs(1), "{pair:?}");
    }
    assert_eq!(waits, asked.len(), "only the requests that trigger a fetch wait for it");
    assert_eq!(web.most_running(), 1);
    assert_eq!(now(&gate, &Token::good()), Ok(()));
}

/// The cooldown includes its last moment: a request at that time does not wait without a fetch.
#[tokio::test(start_paused = true)]
async fn nobody_waits_in_the_last_microseconds_of_a_cooldown() {
    let web = Web::good();
    let gate = ready(&web).await;
    for kid in 0..2 {
        assert_eq!(later(&gate, &unknown(kid)).await, Err("unknown-key"));
    }
    assert_eq!(web.count(JWKS), 3);
    advance(COOLDOWN - Duration::from_micros(1)).await;
    let start = Instant::now();
    assert_eq!(later(&gate, &unknown(2)).await, Err("unknown-key"));
    let (waited, fetches) = (start.elapsed(), web.count(JWKS) - 3);
    assert!(waited.is_zero() || fetches == 1, "{waited:?} for {fetches} fetches");
}

#[tokio::test(start_paused = true)]
async fn no_more_than_1024_requests_wait() {
    let web = Web::good();
    web.answer(JWKS, Reply::never());
    let gate = gate(&web);
    let verdicts = crowd(&gate, 1_500, &Token::good()).await;
    assert!(verdicts.iter().all(|(verdict, _)| *verdict == Err("keys-unavailable")));
    let waited = |limit| verdicts.iter().filter(|(_, waited)| *waited == limit).count();
    assert_eq!((waited(Duration::ZERO), waited(secs(2))), (476, 1_024));
    assert_eq!(crowd(&gate, 10, &Token::good()).await[0].1, secs(2), "there is room again");
}

#[tokio::test(start_paused = true)]
async fn waiting_is_bounded_if_the_issuer_never_answers() {
    for limit in [Duration::ZERO, millis(1), secs(4)] {
        let web = Web::good();
        web.answer(DISCOVERY, Reply::never());
        let gate = builder(&web).issuer(issuer()).wait_limit(limit).build().unwrap();
        for (verdict, waited) in crowd(&gate, 20, &Token::good()).await {
            assert_eq!((verdict, waited), (Err("keys-unavailable"), limit));
        }
        assert_eq!(web.total(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_for_one_attempt_and_no_more() {
    let web = Web::good();
    web.answer(JWKS, Reply::status(503));
    let gate = builder(&web).issuer(issuer()).wait_limit(secs(600)).build().unwrap();
    let start = Instant::now();
    assert_eq!(later(&gate, &Token::good()).await, Err("keys-unavailable"));
    assert_eq!((start.elapsed(), outcomes(&gate, "status")), (Duration::ZERO, 1));
}

#[tokio::test(start_paused = true)]
async fn requests_that_go_away_leave_their_places() {
    let web = Web::good();
    web.answer(JWKS, Reply::never());
    let gate = builder(&web).issuer(issuer()).wait_limit(secs(3)).build().unwrap();
    let value = bearer(&Token::good());
    for _ in 0..2_000 {
        let request = gate.authorize(&value);
        assert!(tokio::time::timeout(Duration::ZERO, request).await.is_err(), "it waits");
    }
    web.publish([jwk(&k1(), "k1")]);
    gate.ready().await;
    assert_eq!(later(&gate, &Token::good()).await, Ok(()));
}
