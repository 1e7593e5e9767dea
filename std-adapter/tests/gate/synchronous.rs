//! Callers that never wait: they trigger a fetch of newer keys, which a later request then finds.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde_json::json;
use tokio::time::{Instant, sleep};
use tollgate_tests::mint::{Token, good_jwks};

use super::scripted_web::{
    COOLDOWN, DISCOVERY, JWKS, Reply, Web, bearer, gate, k3, k3_jwk, k3_token, millis, now,
    outcomes, ready, secs, signed,
};

fn unknown(kid: usize) -> Token {
    Token::good().member("kid", json!(format!("unknown-{kid}")))
}

#[tokio::test(start_paused = true)]
async fn a_rotated_key_is_accepted_a_moment_later() {
    let web = Web::good();
    let gate = ready(&web).await;
    sleep(COOLDOWN).await;
    web.publish([k3_jwk()]);
    let start = Instant::now();
    assert_eq!(now(&gate, &k3_token()), Err("unknown-key"));
    sleep(millis(1)).await;
    assert_eq!(now(&gate, &k3_token()), Ok(()));
    assert_eq!((start.elapsed(), web.count(JWKS)), (millis(1), 2));
}

#[tokio::test(start_paused = true)]
async fn a_request_by_its_header_fields_asks_too() {
    let web = Web::good();
    let gate = ready(&web).await;
    sleep(COOLDOWN).await;
    web.publish([k3_jwk()]);
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, bearer(&k3_token()).parse().unwrap());
    let read = ["read:orders"];
    let denied = gate.authorize_request_now(&headers, &read).unwrap_err();
    assert_eq!(denied.reason(), "unknown-key");
    sleep(millis(1)).await;
    assert!(gate.authorize_request_now(&headers, &read).is_ok());
}

/// The gate's task runs in the gate's runtime, whichever thread asks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thread_outside_of_the_runtime_asks_too() {
    let web = Web::good();
    web.answer_once(DISCOVERY, Reply::status(503));
    let gate = gate(&web);
    while outcomes(&gate, "status") == 0 {
        sleep(millis(1)).await;
    }
    let thread = std::thread::spawn(move || {
        let verdict = now(&gate, &Token::good());
        (gate, verdict)
    });
    let (gate, verdict) = thread.join().unwrap();
    assert_eq!(verdict, Err("keys-unavailable"));
    gate.ready().await;
    assert_eq!(now(&gate, &Token::good()), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_gate_without_keys_is_asked_for_them() {
    let web = Web::good();
    web.answer(JWKS, Reply::status(503));
    let gate = gate(&web);
    // The scheduled attempts are seconds apart by then.
    sleep(secs(3_600)).await;
    let failures = outcomes(&gate, "status");
    while outcomes(&gate, "status") == failures {
        sleep(millis(1)).await;
    }
    web.answer(JWKS, Reply::json(&good_jwks()));
    assert_eq!(now(&gate, &Token::good()), Err("keys-unavailable"));
    sleep(millis(1)).await;
    assert_eq!(now(&gate, &Token::good()), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_unknown_kids_causes_two_fetches_at_once_and_then_one_per_cooldown() {
    let web = Web::good();
    let gate = ready(&web).await;
    web.answer(JWKS, Reply::json(&good_jwks()).after(millis(200)));
    let start = Instant::now();
    for kid in 0.. {
        if start.elapsed() >= secs(600) {
            break;
        }
        assert_eq!(now(&gate, &unknown(kid)), Err("unknown-key"));
        sleep(millis(50)).await;
    }
    let asked: Vec<_> = web.asked().into_iter().filter(|asked| asked.url == JWKS).skip(1).collect();
    assert!((21..=22).contains(&asked.len()), "{}", asked.len());
    for pair in asked[1..].windows(2) {
        assert!(pair[1].at - pair[0].at >= COOLDOWN - secs(1), "{pair:?}");
    }
    assert_eq!(web.most_running(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_no_key_can_save_asks_for_none() {
    let web = Web::good();
    let gate = ready(&web).await;
    sleep(COOLDOWN).await;
    for (token, reason) in [
        (Token::good(), None),
        (Token::good().claim("exp", 0), Some("expired")),
        (signed(&k3(), "k1"), Some("signature-invalid")),
        (k3_token().member("typ", json!("JWT")), Some("typ-mismatch")),
        (Token::good().header(r#"{"alg":"none","kid":"k9"}"#), Some("algorithm-unsupported")),
    ] {
        assert_eq!(now(&gate, &token).err(), reason);
    }
    assert!(gate.authorize_now("").is_err());
    sleep(millis(1)).await;
    assert_eq!(web.count(JWKS), 1);
}
