//! Back-channel logout: which tokens end which sessions, and sign-ins that are under way meanwhile.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tollgate::sign_in::store::{
    Lease, MemoryStore, OwnerKey, Record, RecordKey, Rule, Saved, SessionStore, StoreError, Storing,
};
use tollgate::sign_in::{LogoutError, Sessions, SignIn, SignInBuilder};
use tollgate_tests::mint::{SigningKey, Token};

use super::app::{self, settings, signed_in};
use super::browser::{Browser, Page};
use super::provider::{CLIENT, ISSUER, Provider};
use super::sessions::CountingStore;
use super::time;

const PATH: &str = "/backchannel-logout";
const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];

/// Sends a form as the provider does.
async fn send(app: &Browser, form: &str) -> Page {
    Browser::new(app.app.clone()).send_body("POST", PATH, &FORM, form.to_owned()).await
}

async fn send_token(app: &Browser, token: &Token) -> Page {
    send(app, &format!("logout_token={}", token.mint())).await
}

/// The provider ends sessions.
async fn log_out(app: &Browser, token: &Token) {
    let page = send_token(app, token).await;
    assert_eq!((page.status, page.body.as_str()), (StatusCode::OK, ""));
    assert_eq!(page.headers["cache-control"], "no-store");
}

/// What the provider is told about a token that ends nothing.
async fn refused(app: &Browser, token: &Token) -> String {
    let page = send_token(app, token).await;
    refusal(&page, StatusCode::BAD_REQUEST, "invalid_request")
}

fn refusal(page: &Page, status: StatusCode, error: &str) -> String {
    assert_eq!(page.status, status, "{}", page.body);
    assert_eq!(page.headers["cache-control"], "no-store");
    assert_eq!(page.headers["content-type"], "application/json");
    let body: Value = serde_json::from_str(&page.body).unwrap();
    assert_eq!(body["error"], error);
    body["error_description"].as_str().unwrap().to_owned()
}

fn sid(token: Token, sid: &str) -> Token {
    token.claim("sid", json!(sid))
}

#[tokio::test(start_paused = true)]
async fn a_logout_token_with_sid_ends_the_sessions_of_that_sid() {
    let (mut first, provider) = signed_in().await;
    let mut second = Browser::new(first.app.clone());
    second.sign_in(&provider).await;
    log_out(&first, &sid(provider.logout_token(), "sid-1")).await;
    assert_eq!((first.user().await, second.user().await), ("nobody".into(), "user_1".into()));
    // A sid belongs to one issuer's one session, so it decides alone.
    log_out(&first, &sid(provider.logout_token(), "sid-3").without("sub")).await;
    assert_eq!(second.user().await, "nobody");
    second.sign_in(&provider).await;
    log_out(&first, &sid(provider.logout_token(), "sid-5").claim("sub", json!("user_2"))).await;
    assert_eq!(second.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn a_logout_token_without_sid_ends_all_sessions_of_the_user() {
    let provider = Provider::new();
    let (sign_in, mut first) = app::start(settings(&provider)).await;
    first.sign_in(&provider).await;
    let mut second = Browser::new(first.app.clone());
    second.sign_in(&provider).await;
    provider.state().subject = "user_2".to_owned();
    let mut other = Browser::new(first.app.clone());
    other.sign_in(&provider).await;
    let token = provider.logout_token().mint();
    assert_eq!(sign_in.end_by_logout_token(&token).await, Ok(2));
    assert_eq!((first.user().await, second.user().await), ("nobody".into(), "nobody".into()));
    assert_eq!(other.user().await, "user_2");
    // Who is signed out already is signed out.
    let unknown = sid(provider.logout_token(), "unknown").mint();
    assert_eq!(sign_in.end_by_logout_token(&unknown).await, Ok(0));
    assert_eq!(sign_in.statistics().sign_outs["provider"], 2);
}

#[tokio::test(start_paused = true)]
async fn an_id_token_logs_nobody_out() {
    for configure in [|it: SignInBuilder| it, SignInBuilder::accept_untyped_logout_tokens] {
        let provider = Provider::new();
        let (_, mut browser) = app::start(configure(settings(&provider))).await;
        for typ in ["", "JWT", "logout+jwt"] {
            let seen = Arc::new(Mutex::new(String::new()));
            let minted = Arc::clone(&seen);
            provider.state().id_token = Arc::new(move |token| {
                // The same token of another type, if there is one.
                let other = if typ.is_empty() {
                    token.clone()
                } else {
                    token.clone().member("typ", json!(typ))
                };
                *minted.lock().unwrap() = other.claim("jti", json!("t-1")).mint();
                token
            });
            browser.sign_in(&provider).await;
            let token = seen.lock().unwrap().clone();
            let page = send(&browser, &format!("logout_token={token}")).await;
            refusal(&page, StatusCode::BAD_REQUEST, "invalid_request");
            assert_eq!(browser.user().await, "user_1", "{typ}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_logout_token_signs_nobody_in() {
    for typ in ["", "JWT", "logout+jwt"] {
        let provider = Provider::new();
        let token = provider.logout_token();
        provider.state().id_token = Arc::new(move |_| match typ {
            "" => token.clone().without_member("typ"),
            typ => token.clone().member("typ", json!(typ)),
        });
        let (_, mut browser) = app::start(settings(&provider)).await;
        let page = browser.sign_in(&provider).await;
        assert_eq!(page.code(), "id-token-refused", "{typ}");
        assert_eq!(browser.user().await, "nobody", "{typ}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_logout_token_of_another_issuer_client_or_key_ends_nothing() {
    let (mut browser, provider) = signed_in().await;
    let good = || provider.logout_token();
    for (token, reason) in [
        (good().claim("iss", json!("https://evil.example")), "issuer-mismatch"),
        (good().without("iss"), "claim-missing"),
        (good().claim("aud", json!("another")), "audience-mismatch"),
        (good().claim("aud", json!(["app_bookstore", "another"])), "audience-untrusted"),
        (good().without("aud"), "claim-missing"),
        (good().signed_by(SigningKey::p384("another key")), "signature-invalid"),
        (good().member("kid", json!("another")), "unknown-key"),
        (good().member("alg", json!("none")), "algorithm"),
        (good().member("alg", json!("HS256")), "algorithm"),
    ] {
        let said = refused(&browser, &token).await;
        assert!(said.contains(reason), "{reason}: {said}");
    }
    assert_eq!(browser.user().await, "user_1");
    log_out(&browser, &good().claim("aud", json!(["app_bookstore"]))).await;
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn a_logout_token_is_at_most_five_minutes_old() {
    let (mut browser, provider) = signed_in().await;
    let good = || provider.logout_token();
    let now = time::now();
    for (token, reason) in [
        (good().without("iat"), "claim-missing"),
        (good().claim("iat", now - 361), "too-old"),
        (good().claim("iat", now + 61), "issued-in-future"),
        (good().claim("iat", json!("now")), "claim-type"),
        (good().without("exp"), "claim-missing"),
        (good().claim("exp", now - 60), "expired"),
        (good().without("jti"), "claim-missing"),
        (good().claim("jti", 1), "claim-type"),
    ] {
        let said = refused(&browser, &token).await;
        assert!(said.contains(reason), "{reason}: {said}");
    }
    assert_eq!(browser.user().await, "user_1");
    // With the tolerance for clocks.
    log_out(&browser, &good().claim("iat", now - 360).claim("exp", now - 59)).await;
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn a_logout_token_without_the_event_ends_nothing() {
    const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
    let (mut browser, provider) = signed_in().await;
    for events in [
        json!({}),
        json!({ EVENT: null }),
        json!({ EVENT: true }),
        json!({ EVENT: [] }),
        json!({ EVENT: "{}" }),
        json!({ "https://schemas.openid.net/event/backchannel-logout": {} }),
        json!([EVENT]),
        json!(EVENT),
        json!(null),
    ] {
        let said = refused(&browser, &provider.logout_token().claim("events", &events)).await;
        assert!(said.contains("events"), "{events}: {said}");
    }
    refused(&browser, &provider.logout_token().without("events")).await;
    assert_eq!(browser.user().await, "user_1");
    let more = json!({ EVENT: { "reason": "any" }, "https://example.com/event": {} });
    log_out(&browser, &provider.logout_token().claim("events", more)).await;
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn a_logout_token_with_a_nonce_ends_nothing() {
    let (mut browser, provider) = signed_in().await;
    for nonce in [json!("n"), json!(""), json!(null), json!(1), json!({})] {
        let said = refused(&browser, &provider.logout_token().claim("nonce", &nonce)).await;
        assert!(said.contains("nonce"), "{nonce}: {said}");
    }
    assert_eq!(browser.user().await, "user_1");
}

#[tokio::test(start_paused = true)]
async fn a_logout_token_says_whose_session_has_ended() {
    let (mut browser, provider) = signed_in().await;
    let said = refused(&browser, &provider.logout_token().without("sub")).await;
    assert!(said.contains("neither sub nor sid"), "{said}");
    for token in [
        provider.logout_token().claim("sub", 1),
        provider.logout_token().claim("sub", json!(null)),
        provider.logout_token().claim("sid", 1),
        provider.logout_token().claim("sid", json!(["sid-1"])),
    ] {
        refused(&browser, &token).await;
    }
    assert_eq!(browser.user().await, "user_1");
}

#[tokio::test(start_paused = true)]
async fn an_untyped_logout_token_counts_only_where_the_app_says_so() {
    let provider = Provider::new();
    let untyped = |typ: &str| match typ {
        "" => provider.logout_token().without_member("typ"),
        typ => provider.logout_token().member("typ", json!(typ)),
    };
    let (_, mut browser) = app::start(settings(&provider)).await;
    browser.sign_in(&provider).await;
    for typ in ["", "JWT", "at+jwt"] {
        let said = refused(&browser, &untyped(typ)).await;
        assert!(said.contains("accept_untyped_logout_tokens()"), "{typ}: {said}");
    }
    assert_eq!(browser.user().await, "user_1");
    log_out(&browser, &untyped("application/logout+jwt")).await;
    assert_eq!(browser.user().await, "nobody");

    let (_, mut browser) = app::start(settings(&provider).accept_untyped_logout_tokens()).await;
    browser.sign_in(&provider).await;
    let said = refused(&browser, &untyped("at+jwt")).await;
    assert!(said.contains("typ-mismatch"), "{said}");
    for typ in ["", "JWT", "logout+jwt"] {
        time::pass(60).await;
        browser.sign_in(&provider).await;
        assert_eq!(browser.user().await, "user_1", "{typ}");
        log_out(&browser, &untyped(typ)).await;
        assert_eq!(browser.user().await, "nobody", "{typ}");
    }
}

/// What becomes of a logout token where a connector has these rules for tokens.
async fn by_connector(provider: &Provider, rules: &Value, token: &Token) -> String {
    let sign_in = app::by_connector(provider, rules, &json!({})).build().unwrap();
    sign_in.ready().await;
    match sign_in.end_by_logout_token(&token.mint()).await {
        Ok(_) => "no error".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test(start_paused = true)]
async fn logout_tokens_follow_the_rules_of_the_id_tokens() {
    let provider = Provider::new();
    let good = || provider.logout_token();
    let both = || good().claim("aud", json!([CLIENT, "another"]));
    let critical = || good().member("crit", json!(["urn:a"])).member("urn:a", true);
    let elsewhere = |issuer: &str| good().claim("iss", json!(issuer));
    let any = json!({ "issuer": null });
    for (rules, token, outcome) in [
        (json!({}), good(), "no error"),
        (json!({}), both(), "audience-untrusted"),
        (json!({ "audience": ["another"] }), both(), "no error"),
        (
            json!({ "audience": ["another"] }),
            good().claim("aud", json!("another")),
            "audience-mismatch",
        ),
        (json!({ "algorithms": ["ES384"] }), good(), "no error"),
        (json!({ "algorithms": ["ES256"] }), good(), "algorithm-not-allowed"),
        (json!({}), critical(), "crit-not-understood"),
        (json!({ "crit": { "urn:a": true } }), critical(), "no error"),
        (json!({ "clockTolerance": "0 s" }), good().claim("iat", time::now() - 301), "too-old"),
        (json!({ "issuer": ["https://other.example", ISSUER] }), good(), "no error"),
        (any.clone(), elsewhere("https://other.example"), "no error"),
        (any.clone(), elsewhere("http://other.example"), "issuer-mismatch"),
        (any, good().without("iss"), "claim-missing"),
    ] {
        let became = by_connector(&provider, &rules, &token).await;
        assert!(became.contains(outcome), "{rules} {outcome}: {became}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_logout_is_a_form_with_one_token() {
    let (mut browser, provider) = signed_in().await;
    let token = provider.logout_token().mint();
    let one = format!("logout_token={token}");
    for form in
        ["", "logout_token", "logout_token=", "logout_token=a.b.c", &token, &one.to_uppercase()]
    {
        let page = send(&browser, form).await;
        let said = refusal(&page, StatusCode::BAD_REQUEST, "invalid_request");
        assert!(!said.contains("a.b.c"), "{said}");
    }
    for form in [format!("{one}&{one}"), format!("logout_token=&{one}")] {
        refusal(&send(&browser, &form).await, StatusCode::BAD_REQUEST, "invalid_request");
    }
    let mut plain = Browser::new(browser.app.clone());
    let json = json!({ "logout_token": token }).to_string();
    for (content_type, body) in [
        ("application/json", json.as_str()),
        ("application/json", &one),
        ("application/x-www-form-urlencoded2", &one),
        ("multipart/form-data", &one),
    ] {
        let fields = [("content-type", content_type)];
        let page = plain.send_body("POST", PATH, &fields, body.to_owned()).await;
        refusal(&page, StatusCode::BAD_REQUEST, "invalid_request");
    }
    let page = plain.send_body("POST", PATH, &[], one.clone()).await;
    refusal(&page, StatusCode::BAD_REQUEST, "invalid_request");
    let page = plain.send("GET", &format!("{PATH}?{one}"), &FORM).await;
    assert_eq!(page.status, StatusCode::METHOD_NOT_ALLOWED);
    let large = format!("{one}&more={}", "a".repeat(16 * 1024));
    assert_eq!(send(&browser, &large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(browser.user().await, "user_1");

    // What is not known counts for nothing.
    let fields = [("content-type", "Application/X-WWW-Form-Urlencoded; charset=utf-8")];
    let page = plain.send_body("POST", PATH, &fields, format!("a=b&a=b&{one}")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn a_provider_needs_neither_cookies_nor_an_origin() {
    let (mut browser, provider) = signed_in().await;
    let mut elsewhere = Browser::new(browser.app.clone());
    elsewhere.cookies.insert("__Host-tollgate".to_owned(), "anything".to_owned());
    let fields = [
        FORM[0],
        ("host", "another.example"),
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("sec-purpose", "prefetch"),
    ];
    let form = format!("logout_token={}", provider.logout_token().mint());
    let page = elsewhere.send_body("POST", PATH, &fields, form).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(!page.headers.contains_key("set-cookie"));
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn a_prefix_is_before_the_path_of_back_channel_logout() {
    let provider = Provider::new();
    let (_, browser) = app::start(settings(&provider).prefix("/account")).await;
    assert_eq!(send(&browser, "").await.status, StatusCode::NOT_FOUND);
    let form = format!("logout_token={}", provider.logout_token().mint());
    let page = Browser::new(browser.app.clone())
        .send_body("POST", "/account/backchannel-logout", &FORM, form)
        .await;
    assert_eq!(page.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_told_so_that_the_provider_tries_again() {
    let provider = Provider::new();
    let store = Arc::new(CountingStore::default());
    let sessions = || Sessions::stored(store.clone());
    let (_, mut browser) = app::start(settings(&provider).sessions(sessions())).await;
    browser.sign_in(&provider).await;
    store.is_down.store(true, Ordering::Relaxed);
    let page = send_token(&browser, &provider.logout_token()).await;
    let said = refusal(&page, StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable");
    assert!(!said.contains("it is down"), "{said}");
    store.is_down.store(false, Ordering::Relaxed);
    assert_eq!(browser.user().await, "user_1");
    // The keys have never been there.
    provider.state().is_down = true;
    let keyless = settings(&provider).sessions(sessions()).build().unwrap();
    let keyless_app = Browser::new(app::app(&keyless));
    let page = send_token(&keyless_app, &provider.logout_token()).await;
    refusal(&page, StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable");
    let token = provider.logout_token().mint();
    assert_eq!(keyless.end_by_logout_token(&token).await, Err(LogoutError::KeysUnavailable));
    log_out(&browser, &provider.logout_token()).await;
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn a_logout_token_that_comes_again_ends_no_later_session() {
    let (mut browser, provider) = signed_in().await;
    let (earlier, token) = (provider.logout_token(), provider.logout_token());
    let earlier = earlier.claim("iat", time::now() - 5);
    log_out(&browser, &token).await;
    assert_eq!(browser.user().await, "nobody");
    time::pass(2).await;
    browser.sign_in(&provider).await;
    for _ in 0..3 {
        log_out(&browser, &token).await;
        log_out(&browser, &earlier).await;
        assert_eq!(browser.user().await, "user_1");
        time::pass(100).await;
    }
    // A logout that is newer counts.
    log_out(&browser, &provider.logout_token()).await;
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn a_logout_that_failed_on_its_way_is_finished_by_the_next_attempt() {
    for failing in 0..4 {
        let provider = Provider::new();
        let store = Arc::new(SteppedStore::new(&Arc::default()));
        let sessions = Sessions::stored(store.clone());
        let (sign_in, mut browser) = app::start(settings(&provider).sessions(sessions)).await;
        store.permits.add_permits(1000);
        browser.sign_in(&provider).await;
        let token = provider.logout_token().mint();
        store.calls_until_failure.store(failing, Ordering::Relaxed);
        let failed = sign_in.end_by_logout_token(&token).await;
        assert!(matches!(failed, Err(LogoutError::Store(_))), "{failing}: {failed:?}");
        assert!(sign_in.end_by_logout_token(&token).await.is_ok(), "{failing}");
        assert_eq!(browser.user().await, "nobody", "{failing}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_hangs_up_interrupts_no_logout() {
    let provider = Provider::new();
    let store = Arc::new(SteppedStore::new(&Arc::default()));
    let sessions = Sessions::stored(store.clone());
    let (sign_in, mut browser) = app::start(settings(&provider).sessions(sessions)).await;
    store.permits.add_permits(3);
    browser.sign_in(&provider).await;
    let (this, token) = (sign_in.clone(), provider.logout_token().mint());
    let logging_out = tokio::spawn(async move { this.end_by_logout_token(&token).await });
    settle().await;
    logging_out.abort();
    store.permits.add_permits(1000);
    sign_in.drained().await;
    assert_eq!(browser.user().await, "nobody");
}

/// A browser that has begun a sign-in, and the provider's answer.
async fn begun(provider: &Provider) -> (SignIn, Browser, String) {
    let (sign_in, mut browser) = app::start(settings(provider)).await;
    let url = browser.begin("/sign-in").await;
    let answer = provider.authorize(&url);
    (sign_in, browser, answer)
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_under_way_opens_no_session_of_a_sid_that_has_ended() {
    let provider = Provider::new();
    let (_, mut browser, answer) = begun(&provider).await;
    log_out(&browser, &sid(provider.logout_token(), "sid-1")).await;
    time::pass(5).await;
    let page = browser.come_back(&answer).await;
    assert_eq!((page.status, page.code()), (StatusCode::BAD_REQUEST, "logged-out"));
    assert!(browser.cookies.is_empty());
    assert_eq!(browser.user().await, "nobody");
    assert_eq!(provider.state().revoked, ["refresh.1.2"]);
    // Another session at the provider is another sid.
    browser.sign_in(&provider).await;
    assert_eq!(browser.user().await, "user_1");
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_before_the_logout_of_its_user_opens_no_session() {
    // Whether or not the provider says when the user authenticated.
    for (says_auth_time, wait) in [(true, 0), (true, 5), (false, 0)] {
        let provider = Provider::new();
        if !says_auth_time {
            provider.state().id_token = Arc::new(|token| token.without("auth_time"));
        }
        let (_, mut browser, answer) = begun(&provider).await;
        log_out(&browser, &provider.logout_token()).await;
        time::pass(wait).await;
        assert_eq!(browser.come_back(&answer).await.code(), "logged-out", "{says_auth_time}");
        assert_eq!(browser.user().await, "nobody");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_after_the_logout_of_its_user_opens_a_session() {
    // The attempt begins later, though the user has been signed in at the provider all the time.
    let provider = Provider::new();
    let (_, mut browser) = app::start(settings(&provider)).await;
    let long_ago = time::now() - 1000;
    provider.state().id_token = Arc::new(move |token| token.claim("auth_time", long_ago));
    log_out(&browser, &provider.logout_token()).await;
    time::pass(1).await;
    browser.sign_in(&provider).await;
    assert_eq!(browser.user().await, "user_1");

    // The user authenticates later, on a page that was open before.
    for says_auth_time in [true, false] {
        let provider = Provider::new();
        if !says_auth_time {
            provider.state().id_token = Arc::new(|token| token.without("auth_time"));
        }
        let (_, mut browser) = app::start(settings(&provider)).await;
        let url = browser.begin("/sign-in").await;
        log_out(&browser, &provider.logout_token()).await;
        time::pass(1).await;
        browser.come_back(&provider.authorize(&url)).await;
        assert_eq!(browser.user().await, "user_1", "{says_auth_time}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_logout_is_remembered_as_long_as_an_attempt_lasts() {
    for token in [|it: Token| it, |it: Token| sid(it, "sid-1")] {
        let provider = Provider::new();
        let (_, mut browser, answer) = begun(&provider).await;
        log_out(&browser, &token(provider.logout_token())).await;
        time::pass(600).await;
        assert_eq!(browser.come_back(&answer).await.code(), "logged-out");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_under_way_brings_no_session_back_that_the_provider_has_ended() {
    let (mut browser, provider) = signed_in().await;
    time::pass(601).await;
    provider.state().delay = Duration::from_secs(2);
    let token = provider.logout_token();
    let app = Browser::new(browser.app.clone());
    let (_, user) = tokio::join!(
        async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            log_out(&app, &token).await;
        },
        browser.user()
    );
    assert_eq!(user, "nobody");
    assert_eq!(browser.user().await, "nobody");
    assert_eq!(provider.asked("/token"), 2);
}

/// How many calls of the store a logout makes, and how many a sign-in that finds no mark.
const STEPS: [u32; 2] = [4, 3];

#[tokio::test(start_paused = true)]
async fn no_order_of_a_sign_in_and_a_logout_leaves_a_session() {
    let edits: [fn(Token) -> Token; 2] = [|it| it, |it| sid(it, "sid-1")];
    for edit in edits {
        // Each bit says whose turn it is.
        let orders = 0..2_u32.pow(STEPS.iter().sum());
        for order in orders.filter(|order| order.count_ones() == STEPS[0]) {
            let provider = Provider::new();
            let inner = Arc::default();
            let [ours, theirs] =
                [SteppedStore::new(&inner), SteppedStore::new(&inner)].map(Arc::new);
            let sessions = Sessions::stored(ours.clone());
            let (_, mut browser) = app::start(settings(&provider).sessions(sessions)).await;
            let url = browser.begin("/sign-in").await;
            let answer = provider.authorize(&url);
            let sessions = Sessions::stored(theirs.clone());
            let (other, _) = app::start(settings(&provider).sessions(sessions)).await;
            let token = edit(provider.logout_token()).mint();
            let signing_in = tokio::spawn(async move {
                browser.come_back(&answer).await;
                browser
            });
            let logging_out = tokio::spawn(async move { other.end_by_logout_token(&token).await });
            for step in 0..STEPS.iter().sum() {
                let store = if order >> step & 1 == 0 { &ours } else { &theirs };
                store.permits.add_permits(1);
                settle().await;
            }
            ours.permits.add_permits(1000);
            theirs.permits.add_permits(1000);
            logging_out.await.unwrap().unwrap();
            let mut browser = signing_in.await.unwrap();
            assert_eq!(browser.user().await, "nobody", "{order:b}");
            // The mark is all that is left.
            assert_eq!(inner.sessions(), 1, "{order:b}");
        }
    }
}

/// Lets all tasks run until they wait.
async fn settle() {
    for _ in 0..32 {
        tokio::task::yield_now().await;
    }
}

/// A store whose calls wait until they may, one by one, and fail on request.
struct SteppedStore {
    inner: Arc<MemoryStore>,
    permits: Semaphore,
    /// How many calls succeed before one fails.
    calls_until_failure: AtomicUsize,
}

impl SteppedStore {
    fn new(inner: &Arc<MemoryStore>) -> Self {
        let calls_until_failure = AtomicUsize::new(usize::MAX);
        Self { inner: Arc::clone(inner), permits: Semaphore::new(0), calls_until_failure }
    }

    fn step<'a, T: Send + 'a>(&'a self, call: Storing<'a, T>) -> Storing<'a, T> {
        Box::pin(async move {
            self.permits.acquire().await.unwrap().forget();
            match self.calls_until_failure.fetch_sub(1, Ordering::Relaxed) {
                0 => Err(StoreError("it failed".to_owned())),
                _ => call.await,
            }
        })
    }
}

impl SessionStore for SteppedStore {
    fn load<'a>(&'a self, key: &'a RecordKey) -> Storing<'a, Option<Record>> {
        self.step(self.inner.load(key))
    }

    fn save<'a>(
        &'a self,
        key: &'a RecordKey,
        bytes: Vec<u8>,
        rule: Rule,
        owners: &'a [OwnerKey],
        time: Duration,
    ) -> Storing<'a, Saved> {
        self.step(self.inner.save(key, bytes, rule, owners, time))
    }

    fn remove<'a>(&'a self, key: &'a RecordKey) -> Storing<'a, bool> {
        self.step(self.inner.remove(key))
    }

    fn remove_all<'a>(&'a self, owner: &'a OwnerKey) -> Storing<'a, usize> {
        self.step(self.inner.remove_all(owner))
    }

    fn lease<'a>(&'a self, key: &'a RecordKey, time: Duration) -> Storing<'a, Option<Lease>> {
        self.step(self.inner.lease(key, time))
    }

    fn release<'a>(&'a self, key: &'a RecordKey, lease: Lease) -> Storing<'a, ()> {
        self.step(self.inner.release(key, lease))
    }
}
