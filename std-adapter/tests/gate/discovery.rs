//! Discovery of the keys.

use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE};
use serde_json::json;
use tokio::time::sleep;
use tollgate::issuer_url::Plaintext;
use tollgate_tests::mint::{self, ISSUER, Token};

use super::scripted_web::{
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
    // Otherwise any coding would be acceptable.
    assert!(asked.iter().all(|asked| asked.headers[ACCEPT_ENCODING] == "identity"));
}

/// What Go, CDNs and servers of static files send.
#[tokio::test(start_paused = true)]
async fn documents_of_any_type_and_with_a_byte_order_mark_are_read() {
    for content_type in ["text/plain; charset=utf-8", "application/octet-stream", "text/json"] {
        let of_type = |document: &serde_json::Value| {
            Reply::ok(format!("\u{feff}{document}")).header(CONTENT_TYPE, content_type)
        };
        let web = Web::default();
        web.answer(DISCOVERY, of_type(&metadata(JWKS)));
        web.answer(JWKS, of_type(&mint::good_jwks()));
        let gate = ready(&web).await;
        assert_eq!(now(&gate, &Token::good()), Ok(()), "{content_type}");
    }
}

#[tokio::test(start_paused = true)]
async fn rfc_8414_is_tried_if_openid_metadata_is_absent() {
    for (first, is_tried) in [
        (Reply::status(400), true),
        (Reply::status(401), true),
        (Reply::status(403), true),
        (Reply::status(404), true),
        (Reply::status(405), true),
        (Reply::status(410), true),
        (Reply::html(), true),
        (Reply::status(408), false),
        (Reply::status(425), false),
        (Reply::status(429), false),
        (Reply::status(500), false),
        (Reply::redirect(OAUTH_METADATA), false),
        (Reply::no_connection(), false),
        (Reply::ok("{"), false),
        (Reply::json(&json!({ "issuer": "https://evil.example", "jwks_uri": JWKS })), false),
    ] {
        let web = Web::good();
        web.answer(DISCOVERY, first);
        web.answer(OAUTH_METADATA, Reply::json(&metadata(JWKS)));
        let gate = gate(&web);
        assert_eq!(later(&gate, &Token::good()).await.is_ok(), is_tried);
        assert_eq!(web.count(OAUTH_METADATA), usize::from(is_tried));
        assert_eq!(web.count(JWKS), usize::from(is_tried));
    }
}

#[tokio::test(start_paused = true)]
async fn without_any_metadata_the_first_answer_says_why() {
    for (second, reason) in [
        (Reply::status(404), "content-type"),
        (Reply::status(503), "status"),
        (Reply::no_connection(), "network"),
    ] {
        let web = Web::good();
        web.answer(DISCOVERY, Reply::html());
        web.answer(OAUTH_METADATA, second);
        let gate = gate(&web);
        assert_eq!(later(&gate, &Token::good()).await, Err("keys-unavailable"));
        assert_eq!(outcomes(&gate, reason), 1, "{reason}: {gate:?}");
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

/// Otherwise a remote issuer could make the gate send requests to services of this machine.
#[tokio::test(start_paused = true)]
async fn the_metadata_of_a_remote_issuer_cannot_name_this_machine() {
    for jwks_uri in ["http://127.0.0.1/jwks", "http://localhost:8080/admin", "http://[::1]/"] {
        let web = Web::good();
        web.answer(DISCOVERY, Reply::json(&metadata(jwks_uri)));
        web.answer(jwks_uri, Reply::json(&mint::good_jwks()));
        let trusted = issuer();
        let gate = builder(&web).issuer(trusted).plaintext(Plaintext::Loopback).build().unwrap();
        assert_eq!(later(&gate, &Token::good()).await, Err("keys-unavailable"), "{jwks_uri}");
        assert_eq!(outcomes(&gate, "jwks-uri"), 1, "{jwks_uri}");
        assert_eq!((web.total(), web.count(jwks_uri)), (1, 0), "{jwks_uri}");

        let trusted = issuer().jwks_uri(jwks_uri);
        let gate = builder(&web).issuer(trusted).plaintext(Plaintext::Loopback).build().unwrap();
        assert_eq!(later(&gate, &Token::good()).await, Ok(()), "{jwks_uri}: configured");
    }
}

#[tokio::test(start_paused = true)]
async fn an_issuer_on_this_machine_can_name_this_machine() {
    let (iss, jwks_uri) = ("http://localhost:3000", "http://127.0.0.1:3000/jwks");
    let web = Web::default();
    web.answer(
        "http://localhost:3000/.well-known/openid-configuration",
        Reply::json(&json!({ "issuer": iss, "jwks_uri": jwks_uri })),
    );
    web.answer(jwks_uri, Reply::json(&mint::good_jwks()));
    let trusted = tollgate::gate::Issuer::new(iss).audience(mint::AUDIENCE);
    let gate = builder(&web).issuer(trusted).plaintext(Plaintext::Loopback).build().unwrap();
    assert_eq!(later(&gate, &Token::good().claim("iss", json!(iss))).await, Ok(()));
}

/// RFC 7519 §4.1.1: `iss` is any string or URI.
#[tokio::test(start_paused = true)]
async fn an_issuer_whose_keys_are_named_may_have_any_name() {
    for iss in
        ["my-service", "http://keycloak:8080/realms/shop", "urn:example:issuer", "https://a/?b#c"]
    {
        let web = Web::good();
        let named = || tollgate::gate::Issuer::new(iss).audience(mint::AUDIENCE);
        let gate = builder(&web).issuer(named().jwks_uri(JWKS)).build().unwrap();
        assert_eq!(later(&gate, &Token::good().claim("iss", json!(iss))).await, Ok(()), "{iss}");
        assert_eq!(now(&gate, &Token::good()), Err("issuer-mismatch"), "{iss}");
        assert_eq!(web.count(JWKS), web.total(), "nothing is fetched from the name");
        let error = builder(&web).issuer(named()).build().unwrap_err().to_string();
        assert!(error.contains("set jwks_uri"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn plain_http_is_for_hosts_that_are_named() {
    let web = Web::good();
    let iss = "http://keycloak:8080/realms/shop";
    let metadata = json!({ "issuer": iss, "jwks_uri": format!("{iss}/certs") });
    let discovery = format!("{iss}/.well-known/openid-configuration");
    web.answer(&discovery, Reply::json(&metadata));
    web.answer(&format!("{iss}/certs"), Reply::json(&mint::good_jwks()));
    let with = |hosts: &[&str]| {
        let issuer = tollgate::gate::Issuer::new(iss).audience(mint::AUDIENCE);
        builder(&web).allow_http_hosts(hosts.iter().copied()).issuer(issuer).build()
    };
    let gate = with(&["keycloak:8080"]).unwrap();
    assert_eq!(later(&gate, &Token::good().claim("iss", json!(iss))).await, Ok(()));
    for hosts in [&[][..], &["keycloak:80"], &["keycloak:80800", "other:8080"]] {
        assert!(with(hosts).is_err(), "{hosts:?}");
    }
    let error = with(&["keycloak"]).unwrap_err().to_string();
    assert_eq!(
        error,
        "allow_http_hosts: \"keycloak\" does not name a host and its port: write it like \"keycloak:8080\""
    );
}

/// Otherwise an issuer with TLS could make the gate do without.
#[tokio::test(start_paused = true)]
async fn the_metadata_of_an_issuer_with_tls_cannot_name_plain_http() {
    let web = Web::good();
    web.answer(DISCOVERY, Reply::json(&metadata("http://keycloak:8080/certs")));
    let builder = builder(&web).allow_http_hosts(["keycloak:8080"]);
    let gate = builder.issuer(issuer()).build().unwrap();
    assert_eq!(later(&gate, &Token::good()).await, Err("keys-unavailable"));
    assert_eq!((outcomes(&gate, "jwks-uri"), web.total()), (1, 1));
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
