//! Refresh, rotation and withdrawal of keys.

use http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use tokio::time::{Instant, sleep};
use tollgate_tests::mint::{self, SigningKey, Token, good_jwks, jwk, k1, k2};

use super::scripted_web::{
    COOLDOWN, JWKS, REFRESH, Reply, Web, gate, hours, k3, k3_jwk, k3_token, later, now, outcomes,
    ready, secs, signed,
};

#[tokio::test(start_paused = true)]
async fn keys_are_refreshed_ahead_of_ten_minutes() {
    let web = Web::good();
    let _gate = ready(&web).await;
    sleep(secs(479)).await;
    assert_eq!(web.count(JWKS), 1);
    sleep(secs(62)).await;
    assert_eq!(web.count(JWKS), 2);
}

#[tokio::test(start_paused = true)]
async fn an_issuer_says_how_long_its_keys_are_fresh_within_bounds() {
    for (cache_control, least, most) in [
        ("max-age=3600", secs(2880), secs(3241)),
        ("max-age=0", secs(60), secs(61)),
        ("no-store", secs(60), secs(61)),
        ("max-age=31536000", hours(9), hours(12)),
    ] {
        let web = Web::good();
        web.answer(JWKS, Reply::json(&good_jwks()).header(CACHE_CONTROL, cache_control));
        let start = Instant::now();
        let _gate = ready(&web).await;
        while web.count(JWKS) < 2 {
            sleep(secs(1)).await;
        }
        let elapsed = start.elapsed();
        assert!(least <= elapsed && elapsed <= most, "{cache_control}: {elapsed:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_key_beside_the_old_one_is_known_before_it_signs() {
    let web = Web::good();
    let gate = ready(&web).await;
    web.publish([jwk(&k1(), "k1"), k3_jwk()]);
    sleep(REFRESH).await;
    for token in [Token::good(), k3_token()] {
        assert_eq!(now(&gate, &token), Ok(()));
    }
    web.publish([k3_jwk()]);
    sleep(REFRESH).await;
    assert_eq!(now(&gate, &k3_token()), Ok(()));
    assert_eq!(now(&gate, &Token::good()), Err("unknown-key"));
}

#[tokio::test(start_paused = true)]
async fn a_sudden_replacement_is_followed_after_one_fetch() {
    let web = Web::good();
    let gate = ready(&web).await;
    sleep(COOLDOWN).await;
    web.publish([k3_jwk()]);
    assert_eq!(now(&gate, &Token::good()), Ok(()), "no fetch so far");
    assert_eq!(later(&gate, &k3_token()).await, Ok(()));
    assert_eq!(web.count(JWKS), 2);
    assert_eq!(later(&gate, &Token::good()).await, Err("unknown-key"));
}

#[tokio::test(start_paused = true)]
async fn a_replacement_right_after_the_start_is_followed_at_once() {
    let web = Web::good();
    let gate = ready(&web).await;
    web.publish([k3_jwk()]);
    let start = Instant::now();
    assert_eq!(later(&gate, &k3_token()).await, Ok(()));
    assert_eq!((start.elapsed(), web.count(JWKS)), (secs(0), 2));
}

#[tokio::test(start_paused = true)]
async fn a_replacement_right_after_a_refresh_is_followed_at_once() {
    let web = Web::good();
    let gate = ready(&web).await;
    while web.count(JWKS) < 2 {
        sleep(secs(1)).await;
    }
    web.publish([k3_jwk()]);
    let start = Instant::now();
    assert_eq!(later(&gate, &k3_token()).await, Ok(()));
    assert_eq!((start.elapsed(), web.count(JWKS)), (secs(0), 3));
}

#[tokio::test(start_paused = true)]
async fn a_replacement_after_a_forged_token_is_followed_at_once() {
    let web = Web::good();
    let gate = ready(&web).await;
    assert_eq!(later(&gate, &signed(&k3(), "forged")).await, Err("unknown-key"));
    web.publish([k3_jwk()]);
    assert_eq!(later(&gate, &k3_token()).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_third_fetch_within_the_cooldown_waits_for_its_end() {
    let web = Web::good();
    let gate = ready(&web).await;
    for kid in ["forged", "forged, too"] {
        assert_eq!(later(&gate, &signed(&k3(), kid)).await, Err("unknown-key"));
    }
    web.publish([k3_jwk()]);
    sleep(COOLDOWN - secs(1)).await;
    assert_eq!(later(&gate, &k3_token()).await, Err("unknown-key"));
    sleep(secs(1)).await;
    assert_eq!(later(&gate, &k3_token()).await, Ok(()));
    assert_eq!(web.count(JWKS), 4);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_for_a_token_wants_nothing_from_a_cache() {
    let web = Web::good();
    let gate = ready(&web).await;
    sleep(REFRESH).await;
    web.publish([k3_jwk()]);
    assert_eq!(later(&gate, &k3_token()).await, Ok(()));
    let asked: Vec<_> = web.asked().into_iter().filter(|asked| asked.url == JWKS).collect();
    let cached: Vec<_> = asked.iter().map(|asked| asked.headers.get(CACHE_CONTROL)).collect();
    let no_cache = http::HeaderValue::from_static("no-cache");
    assert_eq!(cached, [None, None, Some(&no_cache)]);
}

#[tokio::test(start_paused = true)]
async fn a_replacement_by_another_algorithm_under_the_same_id_is_followed_at_once() {
    let web = Web::good();
    let cached = |keys| Reply::json(&keys).header(CACHE_CONTROL, "max-age=86400");
    web.answer(JWKS, cached(good_jwks()));
    let gate = ready(&web).await;
    let token = signed(&k2(), "k1");
    assert_eq!(now(&gate, &token), Err("algorithm-mismatch"));
    sleep(COOLDOWN).await;
    web.answer(JWKS, cached(mint::jwks([jwk(&k2(), "k1")])));
    assert_eq!(later(&gate, &token).await, Ok(()));
    assert_eq!(later(&gate, &Token::good()).await, Err("algorithm-mismatch"));
}

/// An issuer that gives its keys no ids replaces its key.
#[tokio::test(start_paused = true)]
async fn a_replacement_without_ids_is_followed_at_once() {
    let without_id = |key: &SigningKey| mint::jwk_without(jwk(key, ""), "kid");
    let token = |key: &SigningKey| signed(key, "").without_member("kid");
    let web = Web::good();
    web.publish([without_id(&k1())]);
    let gate = ready(&web).await;
    assert_eq!(now(&gate, &token(&k1())), Ok(()));

    web.publish([without_id(&k3())]);
    assert_eq!(later(&gate, &token(&k3())).await, Ok(()), "after signature-invalid");

    // Both keys fit, so no token without an id is accepted until one of them is gone.
    web.publish([without_id(&k1()), without_id(&k3())]);
    sleep(REFRESH).await;
    assert_eq!(now(&gate, &token(&k3())), Err("ambiguous-key"));
    sleep(COOLDOWN).await;
    web.publish([without_id(&k3())]);
    assert_eq!(later(&gate, &token(&k3())).await, Ok(()), "after ambiguous-key");
}

#[tokio::test(start_paused = true)]
async fn a_replacement_under_the_same_id_is_noticed_at_the_next_refresh() {
    let web = Web::good();
    let gate = ready(&web).await;
    let token = signed(&k3(), "k1");
    web.publish([jwk(&k3(), "k1")]);
    sleep(COOLDOWN).await;
    assert_eq!(later(&gate, &token).await, Err("signature-invalid"));
    assert_eq!(web.count(JWKS), 1, "a bad signature causes no fetch");
    sleep(REFRESH).await;
    assert_eq!(now(&gate, &token), Ok(()));
    assert_eq!(now(&gate, &Token::good()), Err("signature-invalid"));
}

#[tokio::test(start_paused = true)]
async fn a_retired_key_is_refused_after_the_refresh() {
    let web = Web::good();
    let gate = ready(&web).await;
    web.publish([jwk(&k2(), "k2")]);
    assert_eq!(now(&gate, &Token::good()), Ok(()));
    sleep(REFRESH).await;
    assert_eq!(now(&gate, &Token::good()), Err("unknown-key"));
    assert_eq!(now(&gate, &Token::good_es384()), Ok(()));
    assert_eq!(gate.issuers().next().unwrap().usable_keys, 1);
}

#[tokio::test(start_paused = true)]
async fn an_etag_saves_the_keys_and_extends_their_life() {
    let web = Web::good();
    web.answer(JWKS, Reply::json(&good_jwks()).header(ETAG, "\"1\""));
    let gate = ready(&web).await;
    sleep(hours(30)).await;
    assert_eq!(outcomes(&gate, "new"), 1);
    assert!(outcomes(&gate, "same") > 100);
    assert_eq!(now(&gate, &Token::good()), Ok(()), "beyond the stale window of the first fetch");
    let asked: Vec<_> = web.asked().into_iter().filter(|asked| asked.url == JWKS).collect();
    assert!(!asked[0].headers.contains_key(IF_NONE_MATCH));
    assert!(asked[1..].iter().all(|asked| asked.headers[IF_NONE_MATCH] == "\"1\""));
    web.answer(JWKS, Reply::json(&mint::jwks([k3_jwk()])).header(ETAG, "\"2\""));
    sleep(REFRESH).await;
    assert_eq!(now(&gate, &k3_token()), Ok(()));
    assert_eq!(now(&gate, &Token::good()), Err("unknown-key"));
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_body_extends_the_life_of_the_keys_too() {
    let web = Web::good();
    let gate = ready(&web).await;
    sleep(hours(30)).await;
    assert_eq!((outcomes(&gate, "new"), outcomes(&gate, "same") > 100), (1, true));
    assert_eq!(now(&gate, &Token::good()), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn an_etag_is_forgotten_with_a_body_that_was_no_key_set() {
    let web = Web::good();
    web.answer(JWKS, Reply::json(&good_jwks()).header(ETAG, "\"1\""));
    let gate = ready(&web).await;
    web.answer(JWKS, Reply::ok("{").header(ETAG, "\"2\""));
    sleep(REFRESH).await;
    web.answer(JWKS, Reply::json(&mint::jwks([k3_jwk()])).header(ETAG, "\"2\""));
    sleep(REFRESH).await;
    assert!(outcomes(&gate, "key-set") >= 1);
    assert_eq!(now(&gate, &k3_token()), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn not_modified_without_having_been_asked_is_a_failure() {
    let web = Web::good();
    web.answer(JWKS, Reply::status(304));
    let gate = gate(&web);
    assert_eq!(later(&gate, &Token::good()).await, Err("keys-unavailable"));
    assert_eq!(outcomes(&gate, "status"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_gate_says_how_its_issuers_are_doing() {
    let web = Web::good();
    let gate = gate(&web);
    let status = gate.issuers().next().unwrap();
    assert_eq!((status.issuer, status.usable_keys), (mint::ISSUER, 0));
    assert_eq!(status.fetched_at, None);
    assert!(status.fetches.is_empty() && !gate.is_ready());
    gate.ready().await;
    let status = gate.issuers().next().unwrap();
    assert_eq!(status.usable_keys, 2);
    assert!(status.fetched_at.is_some());
    assert_eq!(status.fetches.into_iter().collect::<Vec<_>>(), [("new", 1)]);
    assert!(gate.is_ready());
}
