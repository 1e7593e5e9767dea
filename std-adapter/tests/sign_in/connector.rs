//! Sign-in by a connector: several issuers or any, and answers by a form.

use std::sync::Arc;

use http::StatusCode;
use serde_json::json;

use super::app;
use super::browser::{Browser, NAVIGATION, Page};
use super::provider::{ISSUER, Provider, parameters};
use super::time;

const OTHER: &str = "https://other.example";

/// The fields of a form that the provider's page sends.
const FORM: [(&str, &str); 2] =
    [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "cross-site")];

/// Signs in where these issuers are accepted: `said` is in the answer, and `signed` in the ID token.
async fn sign_in_by(
    issuers: &serde_json::Value,
    said: &str,
    signed: &'static str,
) -> (Page, Browser) {
    let provider = Provider::new();
    provider.state().id_token = Arc::new(move |token| token.claim("iss", json!(signed)));
    let settings = app::by_connector(&provider, &json!({ "issuer": issuers }), &json!({}));
    let (_, mut browser) = app::start(settings).await;
    let url = browser.begin("/sign-in").await;
    let answer = provider.authorize(&url);
    let (answer, _) = answer.split_once("&iss=").unwrap();
    let answer = if said.is_empty() { answer.to_owned() } else { format!("{answer}&iss={said}") };
    (browser.come_back(&answer).await, browser)
}

#[tokio::test(start_paused = true)]
async fn of_several_issuers_the_answer_and_the_id_token_name_the_same() {
    let both = json!([ISSUER, OTHER]);
    for (said, signed) in [(ISSUER, ISSUER), (OTHER, OTHER), ("", OTHER)] {
        let (page, mut browser) = sign_in_by(&both, said, signed).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{said} {signed}: {}", page.body);
        assert_eq!(browser.user().await, "user_1");
    }
    for (said, signed, code) in [
        (ISSUER, OTHER, "issuer-mismatch"),
        (OTHER, ISSUER, "issuer-mismatch"),
        ("https://evil.example", ISSUER, "issuer-mismatch"),
        ("", "https://evil.example", "id-token-refused"),
    ] {
        let (page, mut browser) = sign_in_by(&both, said, signed).await;
        assert_eq!(page.code(), code, "{said} {signed}");
        assert_eq!(browser.user().await, "nobody");
    }
}

#[tokio::test(start_paused = true)]
async fn without_an_issuer_any_https_issuer_signs_in_and_no_other() {
    for (said, signed) in [(OTHER, OTHER), ("", OTHER)] {
        let (page, mut browser) = sign_in_by(&json!(null), said, signed).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{said} {signed}: {}", page.body);
        assert_eq!(browser.user().await, "user_1");
    }
    for (said, signed, code) in [
        (OTHER, ISSUER, "issuer-mismatch"),
        ("", "http://other.example", "id-token-refused"),
        ("", "other.example", "id-token-refused"),
    ] {
        let (page, mut browser) = sign_in_by(&json!(null), said, signed).await;
        assert_eq!(page.code(), code, "{said} {signed}");
        assert_eq!(browser.user().await, "nobody");
    }
}

#[tokio::test(start_paused = true)]
async fn a_type_that_a_connector_names_is_required() {
    for (rules, typ, is_accepted) in [
        (json!({}), "", true),
        (json!({ "typ": "JWT" }), "JWT", true),
        (json!({ "typ": "JWT" }), "", false),
        (json!({ "typ": "JWT" }), "at+jwt", false),
    ] {
        let provider = Provider::new();
        provider.state().id_token = Arc::new(move |token| match typ {
            "" => token,
            typ => token.member("typ", json!(typ)),
        });
        let (_, mut browser) = app::start(app::by_connector(&provider, &rules, &json!({}))).await;
        let page = browser.sign_in(&provider).await;
        assert_eq!(page.code() == "id-token-refused", !is_accepted, "{rules} {typ}");
        let user = if is_accepted { "user_1" } else { "nobody" };
        assert_eq!(browser.user().await, user, "{rules} {typ}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_id_token_of_a_refresh_is_of_the_same_issuer() {
    let provider = Provider::new();
    let issuers = json!({ "issuer": [ISSUER, OTHER] });
    let (_, mut browser) = app::start(app::by_connector(&provider, &issuers, &json!({}))).await;
    browser.sign_in(&provider).await;
    time::pass(601).await;
    assert_eq!(browser.user().await, "user_1");
    provider.state().id_token = Arc::new(|token| token.claim("iss", json!(OTHER)));
    time::pass(601).await;
    assert_eq!(browser.user().await, "nobody");
}

/// A browser that has begun a sign-in whose answer comes by a form, and that answer.
async fn begun(browser: &mut Browser, provider: &Provider) -> String {
    let page = browser.open("/sign-in").await;
    let cookie = page.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("SameSite=None") && cookie.contains("; Secure"), "{cookie}");
    assert_eq!(parameters(page.location())["response_mode"], "form_post");
    provider.authorize(page.location())
}

#[tokio::test(start_paused = true)]
async fn an_answer_by_form_signs_in_and_ends_the_former_session() {
    let provider = Provider::new();
    let form_post = json!({ "responseMode": "form_post" });
    let (_, mut browser) = app::start(app::by_connector(&provider, &json!({}), &form_post)).await;
    let answer = begun(&mut browser, &provider).await;
    let page = browser.send_body("POST", "/callback", &FORM, answer).await;
    assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/"), "{}", page.body);
    assert_eq!(browser.user().await, "user_1");
    // The cookie of the session is Lax, so it does not come with the provider's form.
    let answer = begun(&mut browser, &provider).await;
    let former = browser.cookies.remove("__Host-tollgate").unwrap();
    let page = browser.send_body("POST", "/callback", &FORM, answer).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.body);
    assert_eq!(browser.user().await, "user_1");
    browser.cookies.insert("__Host-tollgate".to_owned(), former);
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn a_form_of_another_attempt_signs_nobody_in() {
    let provider = Provider::new();
    let form_post = json!({ "responseMode": "form_post" });
    let (_, mut browser) = app::start(app::by_connector(&provider, &json!({}), &form_post)).await;
    let answer = begun(&mut browser, &provider).await;
    let mut other = Browser::new(browser.app.clone());
    let page = other.send_body("POST", "/callback", &FORM, answer.clone()).await;
    assert_eq!(page.code(), "attempt-unknown");
    let prefetch = [&FORM[..], &NAVIGATION[1..], &[("sec-purpose", "prefetch")]].concat();
    let page = browser.send_body("POST", "/callback", &prefetch, answer).await;
    assert_eq!(page.status, StatusCode::NO_CONTENT);
    assert_eq!(provider.asked("/token"), 0);
}
