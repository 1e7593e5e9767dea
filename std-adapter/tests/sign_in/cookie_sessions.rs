//! Sessions in cookies, which need no store: what they keep, who can read them, and how they end.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use http::header::SET_COOKIE;
use serde_json::json;
use tollgate::sign_in::{
    NoAccessToken, NoUserInfo, Owner, Provider as Discovered, Sessions, SignIn, SignInBuildError,
    SignInBuilder, SignInError, Target,
};

use super::app::{self, settings};
use super::browser::{Browser, Page};
use super::provider::{CLIENT, ISSUER, Provider, parameters};
use super::time;

const COOKIE: &str = "__Host-tollgate";
const OLD: [u8; 32] = [1; 32];
const NEW: [u8; 32] = [2; 32];

fn in_cookies(provider: &Provider) -> SignInBuilder {
    settings(provider).sessions(Sessions::in_cookie()).secrets([OLD])
}

async fn signed_in() -> (SignIn, Browser, Provider) {
    let provider = Provider::new();
    let (sign_in, mut browser) = app::start(in_cookies(&provider)).await;
    browser.sign_in(&provider).await;
    (sign_in, browser, provider)
}

/// The app with these secrets, as another process has it.
async fn replica(provider: &Provider, secrets: &[[u8; 32]]) -> axum::Router {
    app::start(in_cookies(provider).secrets(secrets.iter().copied())).await.1.app
}

fn set_cookie(page: &Page, name: &str) -> String {
    let cookies = page.headers.get_all(SET_COOKIE).iter().map(|it| it.to_str().unwrap());
    let mut cookies = cookies.filter(|it| it.starts_with(&format!("{name}=")));
    let cookie = cookies.next().unwrap().to_owned();
    assert_eq!(cookies.next(), None);
    cookie
}

#[tokio::test(start_paused = true)]
async fn a_session_in_a_cookie_has_the_named_claims_alone() {
    let provider = Provider::new();
    provider.state().id_token = Arc::new(|token| {
        let token = token.claim("email", json!("ada@example.com")).claim("name", json!("Ada"));
        token.claim("email_verified", json!(true)).claim("phone_number", json!("+1"))
    });
    let sessions = Sessions::in_cookie().claims(["email"]);
    let (sign_in, mut browser) = app::start(in_cookies(&provider).sessions(sessions)).await;
    browser.sign_in(&provider).await;
    let session = browser.session_at(&sign_in).await;
    let claims: serde_json::Value = serde_json::from_str(session.as_json()).unwrap();
    let expected = json!({
        "iss": ISSUER,
        "sub": "user_1",
        "auth_time": time::now(),
        "email": "ada@example.com",
        "email_verified": true,
    });
    assert_eq!(claims, expected);
    assert_eq!((session.issuer(), session.subject()), (ISSUER, "user_1"));
    assert_eq!(session.signed_in_at().0, time::now());
    assert_eq!(session.ends().0, time::now() + 3600);
}

#[tokio::test(start_paused = true)]
async fn a_session_in_a_cookie_keeps_no_tokens() {
    let provider = Provider::new();
    provider.state().id_token = Arc::new(|token| token.without("at_hash"));
    provider.state().answer = Arc::new(|mut answer| {
        answer["access_token"] = "a".repeat(33 * 1024).into();
        answer
    });
    let (sign_in, mut browser) = app::start(in_cookies(&provider)).await;
    browser.sign_in(&provider).await;
    // Neither of the tokens would fit.
    assert!(browser.session().unwrap().len() < 600);
    let session = browser.session_at(&sign_in).await;
    let token = session.access_token(Target::Default).await;
    assert_eq!(token, Err(NoAccessToken::NotKept));
    let info = session.user_info::<serde_json::Value>().await;
    assert_eq!(info, Err(NoUserInfo::AccessToken(NoAccessToken::NotKept)));
    let page = browser.open("/token").await;
    assert!(page.body.contains("in memory, in a file"), "{}", page.body);
    // Nothing is refreshed, either.
    time::pass(601).await;
    assert_eq!(browser.user().await, "user_1");
    assert_eq!(provider.asked("/token"), 1);
}

#[tokio::test(start_paused = true)]
async fn the_cookie_of_a_session_is_set_for_its_origin_and_its_time() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(in_cookies(&provider)).await;
    let page = browser.sign_in(&provider).await;
    let cookie = set_cookie(&page, COOKIE);
    let attributes = "; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=3600";
    assert!(cookie.ends_with(attributes), "{cookie}");
}

#[tokio::test(start_paused = true)]
async fn sealed_cookies_open_only_as_they_were_made() {
    let (_, mut browser, _) = signed_in().await;
    let sealed = browser.session().unwrap().to_owned();
    let mut shown = async |value: String| {
        browser.cookies.insert(COOKIE.to_owned(), value);
        browser.user().await
    };
    for index in 0..sealed.len() {
        let mut bytes = sealed.clone().into_bytes();
        bytes[index] ^= 1;
        let changed = String::from_utf8(bytes).unwrap();
        assert_eq!(shown(changed).await, "nobody", "{index}");
        assert_eq!(shown(sealed[..index].to_owned()).await, "nobody", "{index}");
    }
    // The identifier of a stored session.
    assert_eq!(shown("A".repeat(43)).await, "nobody");
    assert_eq!(shown(sealed).await, "user_1");
}

#[tokio::test(start_paused = true)]
async fn a_cookie_under_another_name_is_no_session() {
    let provider = Provider::new();
    let at = |port| {
        SignIn::builder(Discovered::discover(ISSUER), CLIENT, format!("http://localhost:{port}"))
            .client_secret(tollgate::sign_in::Secret::new(super::provider::SECRET))
            .fetcher(provider.clone())
            .clock(time::clock)
            .allow_insecure_loopback()
            .sessions(Sessions::in_cookie())
            .secrets([OLD])
    };
    let (_, mut browser) = app::start(at(3000)).await;
    browser.sign_in(&provider).await;
    assert_eq!(browser.user().await, "user_1");
    // Browsers send it to this port, too.
    browser.app = app::start(at(3001)).await.1.app;
    assert_eq!(browser.user().await, "nobody");
    let value = browser.cookies["tollgate-3000"].clone();
    browser.cookies.insert("tollgate-3001".to_owned(), value);
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn the_cookie_of_an_attempt_is_no_session() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(in_cookies(&provider)).await;
    browser.begin("/sign-in").await;
    let attempt = browser.cookies.values().next().unwrap().clone();
    browser.cookies.insert(COOKIE.to_owned(), attempt);
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn a_cookie_is_of_one_client_alone() {
    let (_, mut browser, provider) = signed_in().await;
    let another = SignIn::builder(Discovered::discover(ISSUER), "admin", app::ORIGIN)
        .fetcher(provider.clone())
        .clock(time::clock)
        .sessions(Sessions::in_cookie())
        .secrets([OLD]);
    let (_, other) = app::start(another).await;
    let app = std::mem::replace(&mut browser.app, other.app);
    assert_eq!(browser.user().await, "nobody");
    browser.app = app;
    assert_eq!(browser.user().await, "user_1");
}

#[tokio::test(start_paused = true)]
async fn a_session_in_a_cookie_ends_at_its_time() {
    let (_, mut browser, provider) = signed_in().await;
    // It may be idle.
    time::pass(3599).await;
    assert_eq!(browser.user().await, "user_1");
    // A use does not prolong it.
    time::pass(1).await;
    assert_eq!(browser.user().await, "nobody");
    let sessions = Sessions::in_cookie().max_age(Duration::from_secs(1000));
    let (_, mut browser) = app::start(in_cookies(&provider).sessions(sessions)).await;
    let page = browser.sign_in(&provider).await;
    assert!(set_cookie(&page, COOKIE).ends_with("; Max-Age=1000"));
    time::step(-500);
    time::pass(999).await;
    assert_eq!(browser.user().await, "user_1");
    time::pass(1).await;
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_ahead_ends_a_session_in_a_cookie() {
    let (_, mut browser, _) = signed_in().await;
    // As after the sleep of a machine, during which no other clock advances.
    time::step(3600);
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn a_clock_behind_the_sign_in_prolongs_nothing() {
    let (_, mut browser, provider) = signed_in().await;
    // The process starts anew, with a clock that was set back.
    time::step(-2000);
    browser.app = replica(&provider, &[OLD]).await;
    assert_eq!(browser.user().await, "user_1");
    time::pass(3600).await;
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn replicas_share_attempts_and_sessions_by_their_secrets() {
    let provider = Provider::new();
    let [one, other] = [replica(&provider, &[OLD]).await, replica(&provider, &[OLD]).await];
    let mut browser = Browser::new(one.clone());
    let url = browser.begin("/sign-in?return_to=/orders").await;
    browser.app = other;
    let page = browser.come_back(&provider.authorize(&url)).await;
    assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/orders"));
    assert_eq!(browser.user().await, "user_1");
    browser.app = one;
    assert_eq!(browser.user().await, "user_1");
}

#[tokio::test(start_paused = true)]
async fn an_older_secret_opens_and_a_removed_one_does_not() {
    let provider = Provider::new();
    let before = replica(&provider, &[OLD]).await;
    let prepared = replica(&provider, &[OLD, NEW]).await;
    let after = replica(&provider, &[NEW, OLD]).await;
    let removed = replica(&provider, &[NEW]).await;

    let mut browser = Browser::new(before);
    browser.sign_in(&provider).await;
    let mut other = Browser::new(browser.app.clone());
    let url = other.begin("/sign-in").await;
    // A rotation that nobody notices, in whatever order processes take part in it.
    for app in [&prepared, &after, &prepared, &after] {
        browser.app = app.clone();
        assert_eq!(browser.user().await, "user_1");
    }
    other.app = after;
    other.come_back(&provider.authorize(&url)).await;
    assert_eq!(other.user().await, "user_1");
    other.app = prepared;
    assert_eq!(other.user().await, "user_1");

    // What the new secret has sealed outlives the old one, and nothing else does.
    other.app = removed.clone();
    assert_eq!(other.user().await, "user_1");
    browser.app = removed.clone();
    assert_eq!(browser.user().await, "nobody");
    let mut late = Browser::new(replica(&provider, &[OLD]).await);
    let url = late.begin("/sign-in").await;
    late.app = removed;
    let page = late.come_back(&provider.authorize(&url)).await;
    assert_eq!(page.code(), "attempt-unknown");
}

#[tokio::test(start_paused = true)]
async fn a_session_too_large_for_a_cookie_is_refused_and_never_split() {
    let provider = Provider::new();
    let sessions = || Sessions::in_cookie().claims(["groups"]);
    let (_, mut browser) = app::start(in_cookies(&provider).sessions(sessions())).await;
    let with_groups = |length: usize| {
        provider.state().id_token =
            Arc::new(move |token| token.claim("groups", json!("g".repeat(length))));
    };
    let mut fits = 0;
    for length in (2_500..2_800).rev() {
        with_groups(length);
        let page = browser.sign_in(&provider).await;
        if page.status == StatusCode::SEE_OTHER {
            fits = length;
            break;
        }
        assert_eq!(page.code(), "session-too-large");
        assert_eq!(browser.user().await, "nobody");
        assert!(browser.cookies.is_empty(), "{:?}", browser.cookies.keys());
    }
    assert!(fits > 2_500, "{fits}");
    let cookies: Vec<_> = browser.cookies.iter().filter(|(name, _)| **name == COOKIE).collect();
    let [(name, value)] = cookies.as_slice() else { panic!("{cookies:?}") };
    assert!((3_996..=4_000).contains(&(name.len() + value.len())), "{}", value.len());
    assert_eq!(browser.user().await, "user_1");
    let advice = SignInError::SessionTooLarge(4_001).to_string();
    assert!(advice.contains("in memory or in a file"), "{advice}");
}

#[tokio::test(start_paused = true)]
async fn a_large_session_makes_the_oldest_attempts_leave() {
    let provider = Provider::new();
    provider.state().id_token = Arc::new(|token| token.claim("groups", json!("g".repeat(2_500))));
    let sessions = Sessions::in_cookie().claims(["groups"]);
    let (_, mut browser) = app::start(in_cookies(&provider).sessions(sessions)).await;
    let path = format!("/sign-in?return_to=/{}", "a".repeat(300));
    let mut urls = Vec::new();
    for _ in 0..5 {
        urls.push(browser.begin(&path).await);
        time::pass(1).await;
    }
    let page = browser.come_back(&provider.authorize(&urls[4])).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    let total = |browser: &Browser| -> usize {
        browser.cookies.iter().map(|(name, value)| name.len() + value.len()).sum()
    };
    assert!(total(&browser) <= 6_000, "{}", total(&browser));
    assert_eq!(browser.user().await, "user_1");
    let page = browser.come_back(&provider.authorize(&urls[3])).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert!(total(&browser) <= 6_000, "{}", total(&browser));
}

#[tokio::test(start_paused = true)]
async fn a_sign_out_clears_the_cookie_and_goes_to_the_provider() {
    let (_, mut browser, provider) = signed_in().await;
    let copy = browser.session().unwrap().to_owned();
    let page = browser.open("/sign-out").await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert!(page.location().starts_with(&format!("{ISSUER}/end?")), "{}", page.location());
    let query = parameters(page.location());
    assert_eq!(query["client_id"], CLIENT);
    assert_eq!(query["post_logout_redirect_uri"], "https://app.example.com/");
    assert!(!query.contains_key("id_token_hint"));
    assert!(browser.cookies.is_empty());
    assert_eq!(browser.user().await, "nobody");
    assert!(provider.state().revoked.is_empty());
    // A limit that the documentation names: nothing can end a copy before its time.
    browser.cookies.insert(COOKIE.to_owned(), copy);
    assert_eq!(browser.user().await, "user_1");
    time::pass(3600).await;
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn sessions_in_cookies_cannot_be_ended_from_elsewhere() {
    let (sign_in, mut browser, _) = signed_in().await;
    let owner = Owner::Subject { issuer: ISSUER, subject: "user_1" };
    let error = sign_in.end_all(owner).await.unwrap_err();
    assert_eq!(error, SignInError::NoStore);
    assert!(error.to_string().contains("keep them in memory"), "{error}");
    // The provider is told so, too.
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let page = browser.send_body("POST", "/backchannel-logout", &form, "logout_token=a".into());
    assert_eq!(page.await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.user().await, "user_1");
}

#[tokio::test(start_paused = true)]
async fn a_planted_session_cookie_is_not_taken_over() {
    let (_, mut browser, provider) = signed_in().await;
    let planted = browser.session().unwrap().to_owned();
    let mut victim = Browser::new(browser.app.clone());
    victim.cookies.insert(COOKIE.to_owned(), planted.clone());
    provider.state().subject = "user_2".to_owned();
    victim.sign_in(&provider).await;
    assert_ne!(victim.session().unwrap(), planted);
    assert_eq!(victim.user().await, "user_2");
    assert_eq!(browser.user().await, "user_1");
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_loaded_twice_opens_one_session() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(in_cookies(&provider)).await;
    let url = browser.begin("/sign-in?return_to=/orders").await;
    let answer = provider.authorize(&url);
    let mut again = Browser { app: browser.app.clone(), cookies: browser.cookies.clone() };
    browser.come_back(&answer).await;
    let page = again.come_back(&answer).await;
    assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/orders"));
    assert_eq!(again.session(), browser.session());
    assert_eq!(provider.asked("/token"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_reload_keeps_sessions_and_takes_new_settings() {
    let (sign_in, mut browser, provider) = signed_in().await;
    let sessions = Sessions::in_cookie().claims(["sid"]);
    let reloaded = in_cookies(&provider).sessions(sessions).secrets([NEW, OLD]).replaces(&sign_in);
    let (sign_in, other) = app::start(reloaded).await;
    browser.app = other.app;
    assert_eq!(browser.user().await, "user_1");
    assert!(!browser.session_at(&sign_in).await.as_json().contains("sid"));
    browser.sign_in(&provider).await;
    assert!(browser.session_at(&sign_in).await.as_json().contains("sid"));
    // Where sessions are stays as it was, with what they keep there.
    let elsewhere = settings(&provider).sessions(Sessions::memory()).replaces(&sign_in);
    let (sign_in, other) = app::start(elsewhere).await;
    browser.app = other.app;
    browser.sign_in(&provider).await;
    assert!(browser.session_at(&sign_in).await.as_json().contains("sid"));
}

#[tokio::test(start_paused = true)]
async fn settings_that_cookies_cannot_keep_are_refused() {
    let provider = Provider::new();
    let error = |settings: SignInBuilder| settings.build().unwrap_err();
    let without = error(settings(&provider).sessions(Sessions::in_cookie()));
    assert!(matches!(without, SignInBuildError::NoSecrets), "{without}");
    let idle = Sessions::in_cookie().idle_timeout(Duration::from_secs(60));
    let idle = error(in_cookies(&provider).sessions(idle));
    assert!(matches!(idle, SignInBuildError::IdleTimeoutOfCookies), "{idle}");
    let claims = error(settings(&provider).sessions(Sessions::memory().claims(["email"])));
    assert!(matches!(claims, SignInBuildError::ClaimsOfStore), "{claims}");
    for (error, says) in [(without, "secrets()"), (idle, "max_age"), (claims, "remove it")] {
        assert!(error.to_string().contains(says), "{error}");
    }
}
