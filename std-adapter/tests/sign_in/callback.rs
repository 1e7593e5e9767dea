//! Answers that the browser brings, and who may bring them.

use http::StatusCode;

use super::app::{self, settings};
use super::browser::{Browser, Page};
use super::provider::{ISSUER, Provider, parameters};

/// A browser that has begun a sign-in, the provider, and its good answer.
async fn begun() -> (Browser, Provider, String) {
    let provider = Provider::new();
    let (_, mut browser) = app::start(settings(&provider)).await;
    let url = browser.begin("/sign-in").await;
    let answer = provider.authorize(&url);
    (browser, provider, answer)
}

fn state_of(answer: &str) -> String {
    parameters(&format!("https://app.example.com/callback?{answer}"))["state"].clone()
}

async fn refused(browser: &mut Browser, answer: &str) -> Page {
    let page = browser.come_back(answer).await;
    assert!(page.status.is_client_error(), "{} {answer}", page.status);
    assert!(browser.session().is_none(), "{answer}");
    assert_eq!(browser.user().await, "nobody", "{answer}");
    page
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_another_browsers_attempt_is_refused() {
    let (victim, provider, answer) = begun().await;
    let mut other = Browser::new(victim.app.clone());
    let page = refused(&mut other, &answer).await;
    assert_eq!((page.status, page.code()), (StatusCode::BAD_REQUEST, "attempt-unknown"));
    // Not even if that browser has an attempt of its own.
    other.begin("/sign-in").await;
    assert_eq!(refused(&mut other, &answer).await.code(), "attempt-unknown");
    assert_eq!(provider.asked("/token"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_foreign_code_never_reaches_the_token_endpoint() {
    let (mut browser, provider, answer) = begun().await;
    let state = state_of(&answer);
    for bad in [
        format!("code=stolen&state={state}x&iss={ISSUER}"),
        format!("code=stolen&state=&iss={ISSUER}"),
        format!("code=stolen&iss={ISSUER}"),
        format!("code=stolen&state={state}&state={state}&iss={ISSUER}"),
        format!("code=stolen&code=stolen&state={state}&iss={ISSUER}"),
    ] {
        refused(&mut browser, &bad).await;
    }
    assert_eq!(provider.asked("/token"), 0);
    // The attempt of the browser is still good.
    assert_eq!(browser.come_back(&answer).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test(start_paused = true)]
async fn a_code_is_redeemed_only_with_its_verifier() {
    let (mut browser, provider, answer) = begun().await;
    browser.come_back(&answer).await;
    let verifier = provider.last_form("code_verifier").unwrap();
    assert_eq!(verifier.len(), 43);
    // The provider has compared it with the challenge.
    assert_eq!(browser.user().await, "user_1");
    assert_eq!(provider.last_form("redirect_uri").unwrap(), "https://app.example.com/callback");
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_the_promised_iss_is_refused() {
    let (mut browser, provider, answer) = begun().await;
    let state = state_of(&answer);
    let page = refused(&mut browser, &format!("code=a&state={state}")).await;
    assert_eq!(page.code(), "issuer-mismatch");
    assert_eq!(provider.asked("/token"), 0);
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_another_issuer_is_refused() {
    for iss in
        ["https://evil.example", "https://auth.example.com/oidc/", "https%3A%2F%2Fauth.example.com"]
    {
        let (mut browser, provider, answer) = begun().await;
        let state = state_of(&answer);
        let page = refused(&mut browser, &format!("code=a&state={state}&iss={iss}")).await;
        assert_eq!(page.code(), "issuer-mismatch", "{iss}");
        assert_eq!(provider.asked("/token"), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_needs_no_iss_if_the_provider_does_not_promise_it() {
    let provider = Provider::new();
    let mut metadata = provider.state().metadata.clone();
    metadata.as_object_mut().unwrap().remove("authorization_response_iss_parameter_supported");
    provider.state().metadata = metadata;
    let (_, mut browser) = app::start(settings(&provider)).await;
    let url = browser.begin("/sign-in").await;
    let answer = provider.authorize(&url);
    let (answer, _) = answer.split_once("&iss=").unwrap();
    assert_eq!(browser.come_back(answer).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test(start_paused = true)]
async fn an_error_without_attempt_changes_nothing() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(settings(&provider)).await;
    browser.sign_in(&provider).await;
    let other = Browser::new(browser.app.clone());
    for mut browser in [other, browser] {
        let before = browser.cookies.clone();
        let page = browser.come_back(&format!("error=access_denied&state=abc&iss={ISSUER}")).await;
        // Who is signed in remains so.
        match before.is_empty() {
            true => assert_eq!(page.code(), "attempt-unknown"),
            false => assert_eq!(page.status, StatusCode::SEE_OTHER),
        }
        assert_eq!(browser.cookies, before);
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_provider_has_a_page_that_quotes_nothing() {
    let (mut browser, _, answer) = begun().await;
    let state = state_of(&answer);
    let page = refused(
        &mut browser,
        &format!(
            "error=access_denied&error_description=Call+%3Cb%3E0900&state={state}&iss={ISSUER}"
        ),
    )
    .await;
    assert_eq!((page.status, page.code()), (StatusCode::BAD_REQUEST, "provider-error"));
    assert!(page.body.contains("You are not signed in"));
    assert!(!page.body.contains("0900"));
}

#[tokio::test(start_paused = true)]
async fn a_repeated_parameter_is_refused() {
    for extra in [
        "&state=x",
        "&iss=x",
        "&code=x",
        "&foo=1&foo=2",
        "&error_description=a&error_description=b",
    ] {
        let (mut browser, provider, answer) = begun().await;
        let page = refused(&mut browser, &format!("{answer}{extra}")).await;
        assert_eq!(page.code(), "callback-malformed", "{extra}");
        assert_eq!(provider.asked("/token"), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_has_at_most_32_parameters_and_16_kib() {
    let more = |count: usize| (0..count).map(|number| format!("&a{number}=b")).collect::<String>();
    let filled = |answer: &str, length: usize| {
        let rest = length.saturating_sub(answer.len() + "&more=".len());
        format!("{answer}&more={}", "a".repeat(rest))
    };
    type Extend<'a> = &'a dyn Fn(&str) -> String;
    let cases: [(&str, Extend<'_>, bool); 4] = [
        // `code`, `state` and `iss` are there already.
        ("32 parameters", &|answer| format!("{answer}{}", more(29)), true),
        ("33 parameters", &|answer| format!("{answer}{}", more(30)), false),
        ("16 KiB", &|answer| filled(answer, 16 * 1024), true),
        ("a byte more", &|answer| filled(answer, 16 * 1024 + 1), false),
    ];
    for (what, extend, is_accepted) in cases {
        let (mut browser, provider, answer) = begun().await;
        let answer = extend(&answer);
        if is_accepted {
            assert_eq!(browser.come_back(&answer).await.status, StatusCode::SEE_OTHER, "{what}");
        } else {
            assert_eq!(refused(&mut browser, &answer).await.code(), "callback-malformed", "{what}");
            assert_eq!(provider.asked("/token"), 0, "{what}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_code_beside_an_error_and_an_answer_of_neither_are_malformed() {
    for rest in ["&code=a&error=access_denied", "", "&code=&error="] {
        let (mut browser, _, answer) = begun().await;
        let state = state_of(&answer);
        let page = refused(&mut browser, &format!("state={state}&iss={ISSUER}{rest}")).await;
        assert_eq!(page.code(), "callback-malformed", "{rest}");
    }
}

/// Attempts name the redirect URI that the provider was told, and no other app with the same secrets redeems them.
#[tokio::test(start_paused = true)]
async fn an_answer_at_another_address_is_refused() {
    let provider = Provider::new();
    let at = |prefix: &str| settings(&provider).prefix(prefix).secrets([[7; 32]]);
    let (_, mut browser) = app::start(at("")).await;
    let (_, other) = app::start(at("/account")).await;
    let url = browser.begin("/sign-in").await;
    let answer = provider.authorize(&url);
    let app = std::mem::replace(&mut browser.app, other.app);
    let page = browser.send("GET", &format!("/account/callback?{answer}"), &[]).await;
    assert_eq!(page.code(), "attempt-unknown");
    assert_eq!(provider.asked("/token"), 0);
    browser.app = app;
    assert_eq!(browser.come_back(&answer).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_expires_after_ten_minutes() {
    let (mut browser, provider, answer) = begun().await;
    super::time::pass(601).await;
    let page = refused(&mut browser, &answer).await;
    assert_eq!(page.code(), "attempt-expired");
    assert_eq!(provider.asked("/token"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_second_cookie_of_the_name_signs_nobody_in() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(settings(&provider)).await;
    browser.sign_in(&provider).await;
    let session = browser.session().unwrap().to_owned();
    let twice = format!("__Host-tollgate={session}; __Host-tollgate={session}");
    let mut plain = Browser::new(browser.app.clone());
    assert_eq!(plain.send("GET", "/", &[("cookie", &twice)]).await.body, "nobody");
    let once = format!("__Host-tollgate={session}");
    assert_eq!(plain.send("GET", "/", &[("cookie", &once)]).await.body, "user_1");
    for name in ["__host-tollgate", "tollgate", "__Host-tollgate-3000"] {
        let other = format!("{name}={session}");
        assert_eq!(plain.send("GET", "/", &[("cookie", &other)]).await.body, "nobody", "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_damaged_cookie_signs_nobody_in_and_gets_a_page() {
    let (mut browser, _, answer) = begun().await;
    let name = browser.cookies.keys().next().unwrap().clone();
    let good = browser.cookies[&name].clone();
    for at in [0, 3, good.len() / 2, good.len() - 1] {
        let mut bytes = good.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        browser.cookies.insert(name.clone(), String::from_utf8(bytes).unwrap());
        assert_eq!(refused(&mut browser, &answer).await.code(), "attempt-unknown", "{at}");
    }
    browser.cookies.insert(name, good);
    assert_eq!(browser.come_back(&answer).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test(start_paused = true)]
async fn a_planted_session_cookie_is_not_taken_over() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(settings(&provider)).await;
    // Somebody else's session, or an identifier that somebody else knows.
    let mut attacker = Browser::new(browser.app.clone());
    attacker.sign_in(&provider).await;
    let planted = attacker.session().unwrap().to_owned();
    browser.cookies.insert("__Host-tollgate".to_owned(), planted.clone());
    provider.state().subject = "victim".to_owned();
    browser.sign_in(&provider).await;
    assert_ne!(browser.session(), Some(planted.as_str()));
    assert_eq!(browser.user().await, "victim");
    // The old one is dead.
    assert_eq!(attacker.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn an_answer_by_form_comes_only_where_it_was_asked_for() {
    let (mut browser, _, answer) = begun().await;
    let page = browser.send_body("POST", "/callback", &[], answer).await;
    assert_eq!(page.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test(start_paused = true)]
async fn programs_get_json() {
    let (mut browser, _, _) = begun().await;
    let json = [("accept", "application/json")];
    let page = browser.send("GET", "/callback?state=a&code=b", &json).await;
    assert_eq!(page.headers["content-type"], "application/json");
    let body: serde_json::Value = serde_json::from_str(&page.body).unwrap();
    assert_eq!(body["code"], "attempt-unknown");
    let other = browser.send("GET", "/callback?state=a&code=b", &json).await;
    let other: serde_json::Value = serde_json::from_str(&other.body).unwrap();
    assert_ne!(body["reference"], other["reference"]);
}
