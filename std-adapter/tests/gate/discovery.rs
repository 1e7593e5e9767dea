//! Discovery of the keys.

use http::header::ACCEPT;
use serde_json::json;
use tokio::time::sleep;
use tollgate::issuer_url::Plaintext;
use tollgate_tests::mint::{self, ISSUER, Token};

use super::issuer::{
    BACKOFF, COOLDOWN, DISCOVERY, JWKS, OAUTH_METADATA, REFRESH, Reply, Web, builder, gate, hours,
    issuer, k3_jwk, k3_token, later, metadata, now, outcomes, ready, secs,
};

const ELSEWHERE: &str = "https://keys.example.net/1?format=jwks";

#[tokio::test(start_paused = true)]
async fn keys_are_found_by_openid_connect_discovery() {
    let web = Web::good();
    ready(&web).await;
    let asked = web.asked();
    let urls: Vec<_> = asked.iter().map(|asked| asked.url.as_str()).collect();
    assert_eq!(urls, [DISCOVERY, JWKS]);
    assert_eq!(asked[0].headers[ACCEPT], "application/json");
    assert_eq!(asked[1].headers[ACCEPT], "application/jwk-set+json, application/json");
}

#[tokio::test(start_paused = true)]
async fn rfc_8414_is_tried_after_404_only() {
    for (first, is_found) in [
        (Reply::status(404), true),
        (Reply::status(403), false),
        (Reply::status(410), false),
        (Reply::status(500), false),
        (Reply::redirect(OAUTH_METADATA), false),
        (Reply::html(), false),
        (Reply::no_connection(), false),
        (Reply::ok("{"), false),
        (Reply::json(&json!({ "issuer": "https://evil.example", "jwks_uri": JWKS })), false),
    ] {
        let web = Web::good();
        web.answer(DISCOVERY, first);
        web.answer(OAUTH_METADATA, Reply::json(&metadata(JWKS)));
        let gate = gate(&web);
        assert_eq!(later(&gate, &Token::good()).await.is_ok(), is_found);
        assert_eq!(web.count(OAUTH_METADATA), usize::from(is_found));
        assert_eq!(web.count(JWKS), usize::from(is_found));
    }
}

#[tokio::test(start_paused = true)]
async fn metadata_of_another_issuer_is_refused() {
    for other in ["https://evil.example", "https://auth.example.com/oidc/", ""] {
        for url in [DISCOVERY, OAUTH_METADATA] {
            let web = Web::good();
            web.answer(DISCOVERY, Reply::status(404));
            web.answer(url, Reply::json(&json!({ "issuer": other, "jwks_uri": JWKS })));
            let gate = gate(&web);
            assert_eq!(later(&gate, &Token::good()).await, Err("keys-unavailable"));
            assert_eq!(outcomes(&gate, "issuer-mismatch"), 1);
            assert_eq!(web.count(JWKS), 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_jwks_uri_without_tls_is_refused() {
    for (jwks_uri, plaintext) in [
        ("http://auth.example.com/oidc/jwks", Plaintext::Refuse),
        ("http://auth.example.com/oidc/jwks", Plaintext::Loopback),
        ("http://127.0.0.1/jwks", Plaintext::Refuse),
        ("ftp://auth.example.com/jwks", Plaintext::Loopback),
        ("/oidc/jwks", Plaintext::Loopback),
        ("https://user:secret@auth.example.com/jwks", Plaintext::Loopback),
    ] {
        let web = Web::good();
        web.answer(DISCOVERY, Reply::json(&metadata(jwks_uri)));
        let gate = builder(&web).issuer(issuer()).plaintext(plaintext).build().unwrap();
        assert_eq!(later(&gate, &Token::good()).await, Err("keys-unavailable"), "{jwks_uri}");
        assert_eq!(outcomes(&gate, "jwks-uri"), 1, "{jwks_uri}");
        assert_eq!(web.total(), 1, "{jwks_uri}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_redirect_is_not_followed() {
    for url in [DISCOVERY, JWKS] {
        let web = Web::good();
        web.answer(url, Reply::redirect(ELSEWHERE));
        web.answer(ELSEWHERE, Reply::json(&mint::good_jwks()));
        let gate = gate(&web);
        assert_eq!(later(&gate, &Token::good()).await, Err("keys-unavailable"), "{url}");
        assert_eq!(outcomes(&gate, "redirect"), 1, "{url}");
        assert_eq!(web.count(ELSEWHERE), 0, "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fixed_jwks_uri_takes_no_discovery() {
    let web = Web::good();
    web.answer(ELSEWHERE, Reply::json(&mint::good_jwks()));
    let gate = builder(&web).issuer(issuer().jwks_uri(ELSEWHERE)).build().unwrap();
    assert_eq!(later(&gate, &Token::good()).await, Ok(()));
    web.answer(ELSEWHERE, Reply::status(503));
    sleep(hours(30)).await;
    assert!(web.count(ELSEWHERE) > 100);
    assert_eq!(web.count(ELSEWHERE), web.total(), "no discovery even after failures or a day");
}

/// The gate does not fetch from a token's `jku`, `x5u` or `iss` either.
#[tokio::test(start_paused = true)]
async fn nothing_of_a_token_is_in_any_request() {
    const MARK: &str = "3f8a1c";
    let web = Web::good();
    let gate = ready(&web).await;
    for round in 0..5 {
        sleep(COOLDOWN).await;
        let token = Token::good()
            .member("kid", json!(format!("../{MARK}?a=b#{round}")))
            .member("jku", json!(format!("https://{MARK}.example/jwks")))
            .member("x5u", json!(format!("https://{MARK}.example/x5u")))
            .claim("iss", json!(format!("https://{MARK}.example")));
        assert_eq!(later(&gate, &token).await, Err("unknown-key"));
    }
    let asked = web.asked();
    assert_eq!(asked.len(), 2 + 5, "each has caused a fetch");
    assert!(asked[2..].iter().all(|asked| asked.url == JWKS));
    assert!(!format!("{asked:?}").contains(MARK));
}

#[tokio::test(start_paused = true)]
async fn where_the_keys_are_is_not_asked_at_each_refresh() {
    let web = Web::good();
    let _gate = ready(&web).await;
    sleep(hours(23)).await;
    assert_eq!(web.count(DISCOVERY), 1);
    assert!(web.count(JWKS) > 100);
}

#[tokio::test(start_paused = true)]
async fn keys_that_moved_are_found_after_a_failure() {
    let web = Web::good();
    let gate = ready(&web).await;
    web.answer(JWKS, Reply::status(404));
    web.answer(DISCOVERY, Reply::json(&metadata(ELSEWHERE)));
    web.answer(ELSEWHERE, Reply::json(&mint::jwks([k3_jwk()])));
    sleep(REFRESH + secs(1)).await;
    assert_eq!(outcomes(&gate, "status"), 1);
    assert_eq!(now(&gate, &k3_token()), Ok(()));
    assert_eq!(now(&gate, &Token::good()), Err("unknown-key"));
}

#[tokio::test(start_paused = true)]
async fn keys_that_moved_silently_are_found_within_a_day() {
    let web = Web::good();
    let gate = ready(&web).await;
    web.answer(DISCOVERY, Reply::json(&metadata(ELSEWHERE)));
    web.answer(ELSEWHERE, Reply::json(&mint::jwks([k3_jwk()])));
    sleep(hours(24) + REFRESH).await;
    assert_eq!(now(&gate, &k3_token()), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn an_etag_of_one_url_is_not_shown_to_another() {
    let web = Web::good();
    let tagged = |keys| Reply::json(&keys).header(http::header::ETAG, "\"1\"");
    web.answer(JWKS, tagged(mint::good_jwks()));
    let gate = ready(&web).await;
    web.answer(DISCOVERY, Reply::json(&metadata(ELSEWHERE)));
    web.answer(ELSEWHERE, tagged(mint::jwks([k3_jwk()])));
    sleep(hours(24) + REFRESH).await;
    assert_eq!(now(&gate, &k3_token()), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn an_issuer_may_have_a_slash_at_its_end() {
    let web = Web::good();
    let iss = format!("{ISSUER}/");
    web.answer(DISCOVERY, Reply::json(&json!({ "issuer": iss, "jwks_uri": JWKS })));
    let trusted = tollgate::gate::Issuer::new(&iss).audience(mint::AUDIENCE);
    let gate = builder(&web).issuer(trusted).build().unwrap();
    assert_eq!(later(&gate, &Token::good().claim("iss", json!(iss))).await, Ok(()));
    assert_eq!(now(&gate, &Token::good()), Err("issuer-mismatch"));
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_is_discovered_late_is_discovered() {
    let web = Web::default();
    let gate = gate(&web);
    sleep(hours(1)).await;
    assert!(!gate.is_ready());
    web.answer(DISCOVERY, Reply::json(&metadata(JWKS)));
    web.answer(JWKS, Reply::json(&mint::good_jwks()));
    sleep(BACKOFF).await;
    assert_eq!(now(&gate, &Token::good()), Ok(()));
}
