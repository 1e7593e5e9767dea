//! Faults of the token endpoint.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::app::{self, settings};
use super::provider::{Fault, Provider};

#[tokio::test(start_paused = true)]
async fn a_secret_with_colons_and_percents_works() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(settings(&provider)).await;
    browser.sign_in(&provider).await;
    assert_eq!(browser.user().await, "user_1");
    // It is in no form.
    assert_eq!(provider.last_form("client_secret"), None);
}

#[tokio::test(start_paused = true)]
async fn faulty_token_endpoints_sign_nobody_in() {
    type Edit = fn(&mut Value);
    let faults: [(&str, Fault); 14] = [
        ("provider-unavailable", Fault::Network),
        ("provider-unavailable", Fault::Status(500, "")),
        ("provider-unavailable", Fault::Status(503, r#"{"error":"temporarily_unavailable"}"#)),
        ("provider-unavailable", Fault::Status(429, r#"{"error":"slow_down"}"#)),
        ("provider-unavailable", Fault::Status(302, "")),
        ("provider-unavailable", Fault::Status(500, r#"{"error":"invalid_grant"}"#)),
        ("provider-unavailable", Fault::Status(500, r#"{"error":"invalid_client"}"#)),
        ("provider-unavailable", Fault::Status(404, "<html>")),
        ("code-refused", Fault::Status(400, r#"{"error":"invalid_grant"}"#)),
        ("code-refused", Fault::Status(400, r#"{"error":"invalid_request"}"#)),
        ("client-refused", Fault::Status(401, r#"{"error":"invalid_client"}"#)),
        ("client-refused", Fault::Status(400, r#"{"error":"unauthorized_client"}"#)),
        ("token-answer-malformed", Fault::Status(200, "<html>")),
        (
            "token-answer-malformed",
            Fault::Status(200, r#"{"access_token":"a","access_token":"b","token_type":"Bearer"}"#),
        ),
    ];
    for (code, fault) in faults {
        let provider = Provider::new();
        let (_, mut browser) = app::start(settings(&provider)).await;
        let url = browser.begin("/sign-in").await;
        provider.state().fault = Some(fault);
        let page = browser.come_back(&provider.authorize(&url)).await;
        assert_eq!(page.code(), code, "{}", page.body);
        assert_eq!(browser.user().await, "nobody");
        // A code is never tried again.
        assert_eq!(provider.asked("/token"), 1, "{code}");
    }
    let edits: [(&str, Edit); 14] = [
        ("no access token", |answer| answer["access_token"] = json!(null)),
        ("an empty access token", |answer| answer["access_token"] = json!("")),
        ("a line in the access token", |answer| answer["access_token"] = json!("a\r\nb")),
        ("a space in the access token", |answer| answer["access_token"] = json!("a b")),
        ("an empty refresh token", |answer| answer["refresh_token"] = json!("")),
        ("a line in the refresh token", |answer| answer["refresh_token"] = json!("a\nb")),
        ("a line in the scope", |answer| answer["scope"] = json!("a\nb")),
        ("letters beyond ASCII in the scope", |answer| answer["scope"] = json!("caf\u{e9}")),
        ("another token type", |answer| answer["token_type"] = json!("DPoP")),
        ("no token type", |answer| answer["token_type"] = json!(null)),
        ("no ID token", |answer| answer["id_token"] = json!(null)),
        ("an object as the ID token", |answer| answer["id_token"] = json!({})),
        ("a time that is none", |answer| answer["expires_in"] = json!("soon")),
        ("a negative time", |answer| answer["expires_in"] = json!(-1)),
    ];
    for (what, edit) in edits {
        let provider = Provider::new();
        provider.state().answer = Arc::new(move |mut answer| {
            edit(&mut answer);
            answer
        });
        let (_, mut browser) = app::start(settings(&provider)).await;
        let page = browser.sign_in(&provider).await;
        assert_eq!(page.code(), "token-answer-malformed", "{what}: {}", page.body);
        assert_eq!(browser.user().await, "nobody", "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_endpoint_that_hangs_is_given_up_after_five_seconds() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(settings(&provider)).await;
    let url = browser.begin("/sign-in").await;
    provider.state().delay = Duration::from_secs(3600);
    let before = tokio::time::Instant::now();
    let page = browser.come_back(&provider.authorize(&url)).await;
    assert_eq!(page.code(), "provider-unavailable");
    assert_eq!(before.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_hangs_up_loses_nothing() {
    let provider = Provider::new();
    let (sign_in, mut browser) = app::start(settings(&provider)).await;
    let url = browser.begin("/sign-in").await;
    provider.state().delay = Duration::from_secs(2);
    let answer = provider.authorize(&url);
    let gone = tokio::time::timeout(Duration::from_secs(1), browser.come_back(&answer)).await;
    assert!(gone.is_err());
    sign_in.drained().await;
    // The code was redeemed, once, although nobody waited; and the page, loaded again, brings the session.
    let page = browser.come_back(&answer).await;
    assert_eq!(page.status.as_u16(), 303);
    assert_eq!(browser.user().await, "user_1");
    assert_eq!(provider.asked("/token"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_loaded_twice_redeems_its_code_once() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(settings(&provider)).await;
    let url = browser.begin("/sign-in").await;
    provider.state().delay = Duration::from_secs(2);
    let answer = provider.authorize(&url);
    let mut again =
        super::browser::Browser { app: browser.app.clone(), cookies: browser.cookies.clone() };
    let pages = tokio::join!(browser.come_back(&answer), again.come_back(&answer));
    assert_eq!((pages.0.status.as_u16(), pages.1.status.as_u16()), (303, 303));
    assert_eq!(provider.asked("/token"), 1);
    assert_eq!(browser.session(), again.session());
}

#[tokio::test(start_paused = true)]
async fn expires_in_may_be_a_text_or_absent() {
    for expires_in in [json!("600"), json!(null)] {
        let provider = Provider::new();
        provider.state().answer = Arc::new(move |mut answer| {
            answer["expires_in"] = expires_in.clone();
            answer
        });
        let (_, mut browser) = app::start(settings(&provider)).await;
        browser.sign_in(&provider).await;
        assert_eq!(browser.open("/token").await.body, "access.2");
    }
}
