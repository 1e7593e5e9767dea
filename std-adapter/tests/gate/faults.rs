//! Faults of an issuer, with and without earlier keys: good tokens still pass, and the gate recovers
//! without a restart.

use std::time::Duration;

use http::StatusCode;
use http::header::{CONTENT_ENCODING, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tollgate::gate::{Denied, Gate};
use tollgate::keys::{self, BoxedVerifier, FirstKeys};
use tollgate::tollgate_core::{KeySet, KeyUse};
use tollgate_tests::mint::{self, Token, good_jwks, jwk, jwk_with, k1};

use super::scripted_web::{
    BACKOFF, COOLDOWN, DISCOVERY, JWKS, REFRESH, Reply, Web, bearer, builder, gate, hours, issuer,
    k3, k3_jwk, k3_token, later, metadata, millis, now, outcomes, ready, secs,
};

/// Ways in which an issuer fails, each with the reason that the gate reports.
fn faults_of_any_document() -> Vec<(Reply, &'static str)> {
    vec![
        (Reply::status(404), "status"),
        (Reply::status(429).header(RETRY_AFTER, "90"), "status"),
        (Reply::status(500), "status"),
        (Reply::status(503), "status"),
        (Reply::status(204), "status"),
        (Reply::redirect("https://auth.example.com/login"), "redirect"),
        (Reply::html(), "content-type"),
        (Reply::no_connection(), "network"),
        (Reply::never(), "timeout"),
        (Reply::json(&good_jwks()).after(secs(6)), "timeout"),
        (Reply::ok("x").header(CONTENT_ENCODING, "gzip"), "content-encoding"),
        (Reply::ok(vec![b' '; (1 << 20) + 1]), "too-large"),
    ]
}

fn faults_of_a_key_set() -> Vec<(Reply, &'static str)> {
    let good = good_jwks().to_string();
    let rsa = json!({ "kty": "RSA", "kid": "k1", "use": "sig", "n": "sXch", "e": "AQAB" });
    let broken = jwk_with(jwk(&k1(), "k1"), "x", json!("AAAA"));
    let mut faults = faults_of_any_document();
    faults.extend([
        (Reply::ok("\u{0}\u{1f}garbage"), "key-set"),
        (Reply::ok(""), "key-set"),
        (Reply::ok("[]"), "key-set"),
        (Reply::ok("{}"), "key-set"),
        (Reply::ok(&good[..good.len() / 2]), "key-set"),
        (Reply::json(&mint::jwks([])), "no-usable-key"),
        (Reply::json(&mint::jwks([rsa])), "no-usable-key"),
        (Reply::json(&mint::jwks([broken])), "no-usable-key"),
    ]);
    faults
}

fn faults_of_metadata() -> Vec<(Reply, &'static str)> {
    let other = json!({ "issuer": "https://evil.example", "jwks_uri": JWKS });
    let mut faults = faults_of_any_document();
    faults.extend([
        (Reply::ok("garbage"), "metadata"),
        (Reply::ok(r#"{"issuer":"https://auth.exam"#), "metadata"),
        (Reply::ok("{}"), "metadata"),
        (Reply::json(&other), "issuer-mismatch"),
        (Reply::json(&metadata("http://auth.example.com/jwks")), "jwks-uri"),
    ]);
    faults
}

/// Asserts that there are no usable keys, and that the client is told to retry.
fn assert_unavailable(gate: &Gate, denied: &Denied, fault: &str) {
    assert!(matches!(denied, Denied::KeysUnavailable { .. }), "{fault}: {denied:?}");
    let response = denied.response::<String>(gate);
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{fault}");
    let retry_after = response.headers()[RETRY_AFTER].to_str().unwrap();
    assert!(retry_after.parse::<u64>().unwrap() >= 1, "{fault}: {retry_after}");
    assert!(!response.headers().contains_key(WWW_AUTHENTICATE), "{fault}");
}

#[tokio::test(start_paused = true)]
async fn keys_that_are_there_outlive_every_fault_of_the_key_set() {
    for (reply, fault) in faults_of_a_key_set() {
        let web = Web::good();
        let gate = ready(&web).await;
        web.answer(JWKS, reply);
        sleep(REFRESH).await;
        assert!(outcomes(&gate, fault) >= 1, "{fault}: {gate:?}");
        assert_eq!(now(&gate, &Token::good()), Ok(()), "{fault}");
        sleep(REFRESH).await;
        assert_eq!(later(&gate, &Token::good_es384()).await, Ok(()), "{fault}");
        web.publish([k3_jwk()]);
        sleep(BACKOFF + secs(10)).await;
        assert_eq!(now(&gate, &k3_token()), Ok(()), "{fault}: recovered");
        assert_eq!(now(&gate, &Token::good()), Err("unknown-key"), "{fault}");
        assert_eq!(web.most_running(), 1, "{fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn keys_that_are_there_outlive_every_fault_of_the_metadata() {
    for (reply, fault) in faults_of_metadata() {
        let web = Web::good();
        let gate = ready(&web).await;
        // A failure makes the gate discover the URL of the keys again.
        web.answer(JWKS, Reply::status(404));
        web.answer(DISCOVERY, reply);
        sleep(REFRESH).await;
        web.publish([k3_jwk()]);
        sleep(REFRESH).await;
        assert!(outcomes(&gate, fault) >= 1, "{fault}: {gate:?}");
        assert_eq!(now(&gate, &Token::good()), Ok(()), "{fault}");
        web.answer(DISCOVERY, Reply::json(&metadata(JWKS)));
        sleep(BACKOFF + secs(10)).await;
        assert_eq!(now(&gate, &k3_token()), Ok(()), "{fault}: recovered");
    }
}

#[tokio::test(start_paused = true)]
async fn a_start_amid_a_fault_waits_for_its_end() {
    let key_set = faults_of_a_key_set().into_iter().map(|fault| (JWKS, fault));
    let metadata_ = faults_of_metadata().into_iter().map(|fault| (DISCOVERY, fault));
    for (url, (reply, fault)) in key_set.chain(metadata_) {
        let web = Web::good();
        web.answer(url, reply);
        let gate = gate(&web);
        let start = Instant::now();
        let denied = gate.authorize(bearer(&Token::good())).await.unwrap_err();
        assert!(start.elapsed() <= secs(2), "{url} {fault}: {:?}", start.elapsed());
        assert_unavailable(&gate, &denied, fault);
        sleep(secs(11)).await;
        assert!(outcomes(&gate, fault) >= 1, "{url} {fault}: {gate:?}");
        assert!(!gate.is_ready(), "{url} {fault}");
        assert_unavailable(&gate, &gate.authorize_now(bearer(&Token::good())).unwrap_err(), fault);
        web.answer(DISCOVERY, Reply::json(&metadata(JWKS)));
        web.answer(JWKS, Reply::json(&good_jwks()));
        gate.ready().await;
        assert!(start.elapsed() < BACKOFF, "{url} {fault}");
        assert_eq!(now(&gate, &Token::good()), Ok(()), "{url} {fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_issuer_is_waited_for_within_the_limit() {
    let slow = |delay| {
        let web = Web::default();
        web.answer(DISCOVERY, Reply::json(&metadata(JWKS)).after(delay));
        web.answer(JWKS, Reply::json(&good_jwks()).after(delay));
        gate(&web)
    };
    let start = Instant::now();
    assert_eq!(later(&slow(millis(900)), &Token::good()).await, Ok(()));
    assert_eq!(start.elapsed(), millis(1800));

    let gate = slow(millis(4900));
    let start = Instant::now();
    assert_eq!(later(&gate, &Token::good()).await, Err("keys-unavailable"));
    assert_eq!(start.elapsed(), secs(2), "the request gives up, but the gate does not");
    gate.ready().await;
    assert_eq!(start.elapsed(), millis(9800));
    assert_eq!(now(&gate, &Token::good()), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_come_is_given_up_after_five_seconds() {
    for url in [DISCOVERY, JWKS] {
        let web = Web::good();
        web.answer_once(url, Reply::never());
        let gate = gate(&web);
        sleep(secs(5) - millis(1)).await;
        assert_eq!(outcomes(&gate, "timeout"), 0);
        assert_eq!(web.running(), 1);
        sleep(millis(2)).await;
        assert_eq!(outcomes(&gate, "timeout"), 1);
        assert_eq!(web.running(), 0);
        sleep(secs(1)).await;
        assert_eq!(now(&gate, &Token::good()), Ok(()));
    }
}

/// The pauses between the requests for the keys.
fn pauses(web: &Web) -> Vec<Duration> {
    let asked: Vec<_> = web.asked().into_iter().filter(|asked| asked.url == JWKS).collect();
    asked.windows(2).map(|pair| pair[1].at - pair[0].at).collect()
}

/// Asserts that each pause doubles that before it, up to `longest`.
fn assert_doubling(pauses: &[Duration], longest: Duration) {
    for (index, pause) in pauses.iter().enumerate() {
        let nominal = secs(1 << index.min(10)).min(longest);
        // Timers tick in milliseconds.
        assert!(nominal / 2 <= *pause && *pause <= nominal + millis(2), "{index}: {pauses:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn failures_are_repeated_ever_more_rarely() {
    let web = Web::good();
    let _gate = ready(&web).await;
    web.answer(JWKS, Reply::status(503));
    sleep(REFRESH + secs(60 * 60)).await;
    // The first pause ends with the refresh that fails.
    let pauses = &pauses(&web)[1..];
    assert!(pauses.len() >= 18, "{pauses:?}");
    assert_doubling(pauses, BACKOFF);
}

/// A gate that is not ready gets no requests, so tokens cannot wake it.
#[tokio::test(start_paused = true)]
async fn a_gate_without_keys_is_ready_ten_seconds_after_its_issuer_is_back() {
    for outage in [secs(10), secs(60), secs(600), hours(10)] {
        let web = Web::good();
        web.answer(JWKS, Reply::status(503));
        let gate = gate(&web);
        sleep(outage).await;
        assert_doubling(&pauses(&web), secs(10));
        web.answer(JWKS, Reply::json(&good_jwks()));
        let start = Instant::now();
        gate.ready().await;
        assert!(start.elapsed() <= secs(10) + millis(2), "{outage:?}: {:?}", start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_honoured() {
    for status in [429, 503] {
        let web = Web::good();
        web.answer_once(JWKS, Reply::status(status).header(RETRY_AFTER, "120"));
        let gate = gate(&web);
        let denied = gate.authorize(bearer(&Token::good())).await.unwrap_err();
        let Denied::KeysUnavailable { retry_after } = denied else { panic!("{denied:?}") };
        assert!(retry_after > secs(119) && retry_after <= secs(120), "{retry_after:?}");
        let retry_after = denied.response::<String>(&gate).headers()[RETRY_AFTER].clone();
        assert_eq!(retry_after, "120");
        sleep(secs(119)).await;
        assert_eq!(web.count(JWKS), 1, "{status}");
        sleep(secs(2)).await;
        assert_eq!(web.count(JWKS), 2, "{status}");
        assert_eq!(now(&gate, &Token::good()), Ok(()), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_honoured_with_keys_too() {
    let web = Web::good();
    let gate = ready(&web).await;
    web.answer(JWKS, Reply::status(429).header(RETRY_AFTER, "240"));
    sleep(REFRESH).await;
    // Refreshed after 480 to 540 s; the retry, 240 s later, comes after 600 s.
    assert_eq!(web.count(JWKS), 2);
    assert_eq!(now(&gate, &Token::good()), Ok(()));
}

/// An issuer cannot stop fetches forever with one answer.
#[tokio::test(start_paused = true)]
async fn retry_after_is_honoured_for_five_minutes_at_most() {
    let web = Web::good();
    web.answer_once(JWKS, Reply::status(429).header(RETRY_AFTER, "86400"));
    let gate = gate(&web);
    sleep(BACKOFF + secs(1)).await;
    assert_eq!(now(&gate, &Token::good()), Ok(()));
}

/// Tokens must not make the gate ignore its issuer's `Retry-After`.
#[tokio::test(start_paused = true)]
async fn retry_after_is_honoured_whatever_tokens_name() {
    let web = Web::good();
    let gate = ready(&web).await;
    sleep(COOLDOWN).await;
    web.answer(JWKS, Reply::status(429).header(RETRY_AFTER, "240"));
    for _ in 0..200 {
        assert_eq!(later(&gate, &k3_token()).await, Err("unknown-key"));
        sleep(secs(1)).await;
    }
    assert_eq!(web.count(JWKS), 2, "one for the first token, none within 240 s");
}

#[tokio::test(start_paused = true)]
async fn a_failed_fetch_counts_for_the_cooldown() {
    let web = Web::good();
    let gate = ready(&web).await;
    sleep(COOLDOWN).await;
    web.answer(JWKS, Reply::status(429).header(RETRY_AFTER, "30"));
    assert_eq!(later(&gate, &k3_token()).await, Err("unknown-key"));
    assert_eq!(web.count(JWKS), 2);
    let start = Instant::now();
    for _ in 0..29 {
        assert_eq!(later(&gate, &k3_token()).await, Err("unknown-key"));
        sleep(secs(1)).await;
    }
    assert_eq!(web.count(JWKS), 2);
    assert_eq!(start.elapsed(), secs(29), "no request has waited");
}

#[tokio::test(start_paused = true)]
async fn a_broken_key_does_not_spoil_the_good_ones_beside_it() {
    let broken: [Value; 6] = [
        json!(null),
        json!({}),
        json!({ "kty": "RSA", "kid": "r", "n": "sXch", "e": "AQAB" }),
        json!({ "kty": "oct", "kid": "o", "k": "c2VjcmV0" }),
        jwk_with(jwk(&k1(), "b"), "x", json!("AAAA")),
        jwk_with(jwk(&k1(), "e"), "use", json!("enc")),
    ];
    let web = Web::good();
    web.publish(broken.into_iter().chain([jwk(&k1(), "k1")]));
    let gate = ready(&web).await;
    assert_eq!(gate.issuers().next().unwrap().usable_keys, 1);
    assert_eq!(now(&gate, &Token::good()), Ok(()));
    web.publish([jwk_with(jwk(&k1(), "k1"), "y", json!(1)), k3_jwk()]);
    sleep(REFRESH).await;
    assert_eq!(now(&gate, &k3_token()), Ok(()));
    assert_eq!(now(&gate, &Token::good()), Err("unknown-key"), "a broken key is a withdrawn key");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_published_twice_under_its_id_is_one_key() {
    let web = Web::good();
    web.publish([jwk(&k1(), "k1"), jwk_with(jwk(&k1(), "k1"), "x5t", json!("AAAA"))]);
    let gate = ready(&web).await;
    assert_eq!(gate.issuers().next().unwrap().usable_keys, 1);
    assert_eq!(now(&gate, &Token::good()), Ok(()));
    web.publish([jwk(&k1(), "k1"), jwk(&k3(), "k1")]);
    sleep(REFRESH).await;
    assert_eq!(now(&gate, &Token::good()), Err("ambiguous-key"));
}

/// An issuer must not keep a processor busy. A time that grows with the square of the keys is minutes here.
#[test]
fn a_set_of_very_many_keys_is_read_in_seconds() {
    let filler = r#"{"kty":"EC","x":"A"},"#.repeat(45_000);
    let text = format!("{{\"keys\":[{filler}{}]}}", jwk(&k1(), "k1"));
    assert!(text.len() > (1 << 20) * 9 / 10);
    let mut left_out = 0;
    let keys =
        FirstKeys::read(text.as_bytes(), KeyUse::Signature, 8, keys::without_table, |_, _| {
            left_out += 1;
        });
    assert_eq!((keys.unwrap().keys.len(), left_out), (1, 45_000));
    // The same key, thousands of times.
    let repeated =
        format!("{{\"keys\":[{}]}}", vec![jwk(&k1(), "k1").to_string(); 5_000].join(","));
    let read = |limit| {
        let key = keys::without_table;
        FirstKeys::read(repeated.as_bytes(), KeyUse::Signature, limit, key, |_, _| ()).unwrap()
    };
    assert_eq!((read(8).keys.len(), read(8).surplus), (1, 0));
    let set = KeySet::<BoxedVerifier<'_>, 8>::from_jwks_with(text.as_bytes(), keys::without_table);
    assert_eq!(set.unwrap().keys().len(), 1);
}

/// Beyond the limit, the last keys are left out and the set stays. Threads of a runtime have 2 MiB of stack.
#[test]
fn a_thousand_keys_are_taken_and_the_surplus_is_left_out() {
    let thread = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            for count in [9, 65, 257, 1_024, 1_030] {
                let web = Web::good();
                let keys = (0..count).map(|index| jwk(&k1(), &format!("k{index:04}")));
                web.publish(keys);
                let gate = ready(&web).await;
                let usable = count.min(1_024);
                assert_eq!(gate.issuers().next().unwrap().usable_keys, usable);
                let verdict = |index: usize| {
                    now(&gate, &Token::good().member("kid", json!(format!("k{index:04}"))))
                };
                for index in [0, usable / 2, usable - 1] {
                    assert_eq!(verdict(index), Ok(()), "{index} of {count}");
                }
                assert_eq!(verdict(usable), Err("unknown-key"), "{count}");
            }
        });
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(thread).unwrap().join().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_request_that_has_waited_in_vain_is_not_kept_any_longer() {
    let web = Web::good();
    web.answer(JWKS, Reply::never());
    let gate = builder(&web).issuer(issuer()).wait_limit(millis(150)).build().unwrap();
    let start = Instant::now();
    assert_eq!(later(&gate, &Token::good()).await, Err("keys-unavailable"));
    assert_eq!(start.elapsed(), millis(150));
}
