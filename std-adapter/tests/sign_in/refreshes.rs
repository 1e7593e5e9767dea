//! Refreshes: one at a time, in time, and through outages.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use tollgate::sign_in::Sessions;
use tollgate::sign_in::store::{MemoryStore, SessionStore};
use tollgate::tollgate_core::policy::{ClaimTest, Requirement, Scalar};
use tollgate_tests::mint::Token;

use super::app::{self, settings, signed_in};
use super::browser::Browser;
use super::provider::{Fault, Provider};
use super::sessions::CountingStore;
use super::time;

#[tokio::test(start_paused = true)]
async fn an_access_token_is_refreshed_in_its_last_minute_while_requests_pass() {
    let (mut browser, provider) = signed_in().await;
    time::pass(539).await;
    assert_eq!(browser.user().await, "user_1");
    time::pass(0).await;
    assert_eq!(provider.asked("/token"), 1);
    provider.state().delay = Duration::from_secs(2);
    time::pass(1).await;
    let before = tokio::time::Instant::now();
    assert_eq!(browser.user().await, "user_1");
    assert_eq!(before.elapsed(), Duration::ZERO);
    time::pass(0).await;
    time::pass(3).await;
    assert_eq!(provider.asked("/token"), 2);
    assert_eq!(browser.open("/token").await.body, "access.3");
}

#[tokio::test(start_paused = true)]
async fn an_access_token_is_not_valid_any_more_in_the_second_of_its_end() {
    let (mut browser, provider) = signed_in().await;
    provider.state().fault = Some(Fault::Network);
    time::pass(599).await;
    assert_eq!(browser.open("/token").await.body, "access.2");
    time::pass(1).await;
    assert!(browser.open("/token").await.body.starts_with("error"));
}

#[tokio::test(start_paused = true)]
async fn a_short_lived_token_is_not_refreshed_all_the_time() {
    let provider = Provider::new();
    provider.state().expires_in = 30;
    let (_, mut browser) = app::start(settings(&provider)).await;
    browser.sign_in(&provider).await;
    for _ in 0..14 {
        time::pass(1).await;
        browser.user().await;
    }
    time::pass(0).await;
    assert_eq!(provider.asked("/token"), 1);
}

#[tokio::test(start_paused = true)]
async fn fifty_requests_refresh_once() {
    let provider = Provider::new();
    let store = Arc::new(CountingStore::default());
    let sessions = Sessions::stored(store.clone());
    let (_, mut browser) = app::start(settings(&provider).sessions(sessions)).await;
    browser.sign_in(&provider).await;
    time::pass(601).await;
    provider.state().delay = Duration::from_secs(1);
    let requests = (0..50).map(|_| {
        let mut browser = Browser { app: browser.app.clone(), cookies: browser.cookies.clone() };
        async move { browser.user().await }
    });
    let users = futures_util::future::join_all(requests).await;
    assert!(users.iter().all(|user| user == "user_1"), "{users:?}");
    assert_eq!(provider.asked("/token"), 2);
    assert_eq!(store.leases.load(Ordering::Relaxed), 1);
}

/// A browser that has signed in, at each of two processes with one store. tests/redis has more of them.
async fn at_two_processes(store: Arc<dyn SessionStore>) -> ([Browser; 2], Provider) {
    let provider = Provider::new();
    let process = || {
        let sessions = Sessions::stored(Arc::clone(&store));
        app::start(settings(&provider).sessions(sessions).secrets([[7; 32]]))
    };
    let ((_, mut one), (_, mut two)) = (process().await, process().await);
    one.sign_in(&provider).await;
    two.cookies.clone_from(&one.cookies);
    ([one, two], provider)
}

#[tokio::test(start_paused = true)]
async fn two_processes_refresh_once() {
    let (browsers, provider) = at_two_processes(Arc::new(MemoryStore::new())).await;
    time::pass(601).await;
    provider.state().delay = Duration::from_secs(1);
    let requests = (0..50).map(|number| {
        let Browser { app, cookies } = &browsers[number % 2];
        let mut browser = Browser { app: app.clone(), cookies: cookies.clone() };
        async move { browser.open("/token").await.body }
    });
    let tokens = futures_util::future::join_all(requests).await;
    assert!(tokens.iter().all(|token| token == "access.3"), "{tokens:?}");
    assert_eq!(provider.asked("/token"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_process_whose_lease_comes_late_takes_what_another_has_refreshed() {
    let store = Arc::new(CountingStore::default());
    let ([mut one, mut two], provider) = at_two_processes(store.clone()).await;
    time::pass(601).await;
    store.lease_delay.store(1000, Ordering::Relaxed);
    let late = one.open("/token");
    let (late, early) = tokio::join!(late, two.open("/token"));
    assert_eq!((&*late.body, &*early.body), ("access.3", "access.3"));
    assert_eq!(provider.asked("/token"), 2);
    assert_eq!(store.leases.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_comes_too_late_does_not_end_what_another_has_refreshed() {
    let store = Arc::new(CountingStore::default());
    let ([mut one, mut two], provider) = at_two_processes(store.clone()).await;
    time::pass(601).await;
    store.leases_end_early.store(true, Ordering::Relaxed);
    provider.state().delay = Duration::from_secs(1);
    let early = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        provider.state().delay = Duration::ZERO;
        two.open("/token").await
    };
    // Its refresh token has been used when it arrives.
    let (late, early) = tokio::join!(one.open("/token"), early);
    assert_eq!((&*late.body, &*early.body), ("access.3", "access.3"));
    assert_eq!(provider.asked("/token"), 3);
}

#[tokio::test(start_paused = true)]
async fn a_sign_out_at_one_process_wins_over_a_refresh_at_another() {
    let ([mut one, mut two], provider) = at_two_processes(Arc::new(MemoryStore::new())).await;
    time::pass(545).await;
    provider.state().delay = Duration::from_secs(2);
    assert_eq!(one.user().await, "user_1");
    time::pass(1).await;
    two.open("/sign-out").await;
    time::pass(2).await;
    assert_eq!(provider.asked("/token"), 2);
    assert_eq!(one.user().await, "nobody");
    assert!(provider.state().revoked.contains(&"refresh.1.3".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_session_whose_refresh_token_is_not_valid_any_more_ends() {
    let (mut browser, provider) = signed_in().await;
    time::pass(601).await;
    provider.state().fault = Some(Fault::Status(400, r#"{"error":"invalid_grant"}"#));
    assert_eq!(browser.user().await, "nobody");
    provider.state().fault = None;
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn a_provider_outage_of_three_minutes_is_not_noticed() {
    let (mut browser, provider) = signed_in().await;
    time::pass(590).await;
    for fault in [
        Fault::Network,
        Fault::Status(500, ""),
        Fault::Status(401, r#"{"error":"invalid_client"}"#),
    ] {
        provider.state().fault = Some(fault);
        for _ in 0..6 {
            assert_eq!(browser.user().await, "user_1");
            time::pass(10).await;
        }
    }
    provider.state().fault = None;
    time::pass(60).await;
    assert_eq!(browser.user().await, "user_1");
    assert!(provider.asked("/token") < 20, "{}", provider.asked("/token"));
}

#[tokio::test(start_paused = true)]
async fn what_the_provider_refuses_one_user_does_not_stall_the_others() {
    let (mut browser, provider) = signed_in().await;
    let mut other = Browser::new(browser.app.clone());
    time::pass(10).await;
    other.sign_in(&provider).await;
    time::pass(600).await;
    let refused = r#"{"error":"interaction_required"}"#;
    provider.state().fault = Some(Fault::Status(400, refused));
    assert_eq!(browser.user().await, "user_1");
    provider.state().fault = None;
    let asked = provider.asked("/token");
    // The other one is refreshed at once, and this one is left alone for a second.
    assert_eq!(other.open("/token").await.body, format!("access.{}", asked + 2));
    assert_eq!(browser.user().await, "user_1");
    assert_eq!(provider.asked("/token"), asked + 1);
    time::pass(1).await;
    assert_eq!(browser.user().await, "user_1");
    assert_eq!(provider.asked("/token"), asked + 2);
}

/// A browser whose session is due to be refreshed, while a handler that has kept the session for long gets a token for
/// another target.
async fn due_with_a_token_for_another_target(provider: &Provider) -> Browser {
    let (sign_in, mut browser) = app::start(settings(provider)).await;
    browser.sign_in(provider).await;
    let session = browser.session_at(&sign_in).await;
    time::pass(601).await;
    let api = tollgate::sign_in::Target::Resource("https://api.example.com".to_owned());
    session.access_token(api).await.unwrap();
    browser
}

#[tokio::test(start_paused = true)]
async fn a_token_for_another_target_does_not_hide_that_the_session_is_due() {
    let provider = Provider::new();
    let mut browser = due_with_a_token_for_another_target(&provider).await;
    provider.state().fault = Some(Fault::Status(400, r#"{"error":"invalid_grant"}"#));
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn a_token_for_another_target_does_not_prolong_the_grace() {
    let provider = Provider::new();
    let mut browser = due_with_a_token_for_another_target(&provider).await;
    provider.state().fault = Some(Fault::Network);
    time::pass(298).await;
    assert_eq!(browser.user().await, "user_1");
    time::pass(1).await;
    assert_eq!(browser.user().await, "503 Service Unavailable provider-unavailable");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_not_there_yet_ends_no_session() {
    use tollgate_tests::mint::SigningKey;
    let (mut browser, provider) = signed_in().await;
    time::pass(601).await;
    provider.state().id_token = Arc::new(|token| {
        token.member("kid", json!("newer")).signed_by(SigningKey::p384("a newer key"))
    });
    assert_eq!(browser.user().await, "user_1");
    assert_eq!(browser.open("/token").await.body, "access.3");
}

#[tokio::test(start_paused = true)]
async fn an_id_token_of_a_refresh_has_the_same_time_of_authentication() {
    let (mut browser, provider) = signed_in().await;
    time::pass(601).await;
    provider.state().id_token = Arc::new(|token| token.claim("auth_time", time::now()));
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn after_the_grace_requests_wait_for_the_provider_with_503() {
    let (mut browser, provider) = signed_in().await;
    provider.state().fault = Some(Fault::Network);
    time::pass(899).await;
    assert_eq!(browser.user().await, "user_1");
    time::pass(1).await;
    assert_eq!(browser.user().await, "503 Service Unavailable provider-unavailable");
    // Nobody is signed out by it.
    provider.state().fault = None;
    time::pass(60).await;
    assert_eq!(browser.user().await, "user_1");
}

#[tokio::test(start_paused = true)]
async fn a_slow_provider_holds_a_request_for_three_seconds_at_most() {
    let (mut browser, provider) = signed_in().await;
    time::pass(601).await;
    provider.state().delay = Duration::from_secs(4);
    let before = tokio::time::Instant::now();
    assert_eq!(browser.user().await, "user_1");
    assert_eq!(before.elapsed(), Duration::from_secs(3));
    // The answer is not lost.
    time::pass(2).await;
    assert_eq!(browser.open("/token").await.body, "access.3");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_hangs_up_during_a_refresh_loses_nothing() {
    let (mut browser, provider) = signed_in().await;
    time::pass(601).await;
    provider.state().delay = Duration::from_secs(2);
    let gone = tokio::time::timeout(Duration::from_secs(1), browser.user()).await;
    assert!(gone.is_err());
    time::pass(2).await;
    assert_eq!(browser.user().await, "user_1");
    assert_eq!(provider.asked("/token"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_under_way_does_not_bring_a_session_back() {
    let (mut browser, provider) = signed_in().await;
    time::pass(545).await;
    provider.state().delay = Duration::from_secs(2);
    browser.user().await;
    time::pass(1).await;
    let session = browser.session().unwrap().to_owned();
    browser.open("/sign-out").await;
    time::pass(2).await;
    assert_eq!(provider.asked("/token"), 2);
    browser.cookies.insert("__Host-tollgate".to_owned(), session);
    assert_eq!(browser.user().await, "nobody");
    // The token that came too late is worth nothing, either.
    assert!(provider.state().revoked.contains(&"refresh.1.3".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_restarts_during_a_refresh_loses_nothing() {
    let provider = Provider::new();
    let store = Arc::new(CountingStore::default());
    let sessions = Sessions::stored(store.clone());
    let (_, mut browser) = app::start(settings(&provider).sessions(sessions)).await;
    browser.sign_in(&provider).await;
    time::pass(545).await;
    provider.state().delay = Duration::from_secs(1);
    assert_eq!(browser.user().await, "user_1");
    time::pass(0).await;
    // The new refresh token comes when nothing can be stored.
    store.is_down.store(true, Ordering::Relaxed);
    for _ in 0..80 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(provider.asked("/token"), 2);
    store.is_down.store(false, Ordering::Relaxed);
    time::pass(1).await;
    // It has the newest refresh token.
    time::pass(600).await;
    assert_eq!(browser.user().await, "user_1");
    assert_eq!(provider.asked("/token"), 3);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_stays_down_is_tried_for_as_long_as_the_lease_lasts() {
    let provider = Provider::new();
    let store = Arc::new(CountingStore::default());
    let sessions = Sessions::stored(store.clone());
    let (_, mut browser) = app::start(settings(&provider).sessions(sessions)).await;
    browser.sign_in(&provider).await;
    time::pass(601).await;
    let failing = 1_000_000;
    store.failing_saves.store(failing, Ordering::Relaxed);
    assert_eq!(browser.user().await, "user_1");
    tokio::time::sleep(Duration::from_secs(20)).await;
    // The use, and ten times a second for ten seconds, with one at their beginning.
    let tried = failing - store.failing_saves.load(Ordering::Relaxed);
    assert_eq!(tried, 1 + 101);
}

#[tokio::test(start_paused = true)]
async fn a_touch_during_a_refresh_loses_nothing() {
    let (mut browser, provider) = signed_in().await;
    // The use is recorded a minute later, while the refresh is under way.
    time::pass(545).await;
    provider.state().delay = Duration::from_secs(2);
    browser.user().await;
    time::pass(1).await;
    browser.user().await;
    time::pass(3).await;
    time::pass(600).await;
    // It has the newest refresh token.
    assert_eq!(browser.user().await, "user_1");
}

#[tokio::test(start_paused = true)]
async fn an_id_token_of_a_refresh_is_of_the_same_user() {
    let (mut browser, provider) = signed_in().await;
    time::pass(601).await;
    provider.state().subject = "user_2".to_owned();
    assert_eq!(browser.user().await, "nobody");
    assert!(provider.state().revoked.contains(&"refresh.1.3".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_id_token_of_a_refresh_may_lack_the_nonce_or_be_absent_but_not_have_another() {
    let (mut browser, provider) = signed_in().await;
    time::pass(601).await;
    assert_eq!(browser.user().await, "user_1");
    provider.state().answer = Arc::new(|mut answer| {
        answer.as_object_mut().unwrap().remove("id_token");
        answer
    });
    time::pass(601).await;
    assert_eq!(browser.user().await, "user_1");
    provider.state().answer = Arc::new(|answer| answer);
    provider.state().id_token = Arc::new(|token| token.claim("nonce", json!("another")));
    time::pass(601).await;
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn an_id_token_of_a_refresh_may_lack_acr_but_not_have_a_weaker_one() {
    let provider = Provider::new();
    let acr = |acr: &'static str| move |token: Token| token.claim("acr", json!(acr));
    provider.state().id_token = Arc::new(acr("gold"));
    let (_, mut browser) = app::start(settings(&provider).require_acr(["gold"])).await;
    browser.sign_in(&provider).await;
    provider.state().id_token = Arc::new(|token| token);
    time::pass(601).await;
    assert_eq!(browser.user().await, "user_1");
    provider.state().id_token = Arc::new(acr("silver"));
    time::pass(601).await;
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn a_user_who_is_not_permitted_any_more_loses_the_session_at_the_next_refresh() {
    let provider = Provider::new();
    let team = |team: &'static str| move |token: Token| token.claim("team", json!(team));
    provider.state().id_token = Arc::new(team("books"));
    let books = ClaimTest::Equals(Scalar::Text("books".to_owned()));
    let require = settings(&provider).require([Requirement::name("team".to_owned(), books)]);
    let (_, mut browser) = app::start(require).await;
    browser.sign_in(&provider).await;
    time::pass(601).await;
    assert_eq!(browser.user().await, "user_1");
    provider.state().id_token = Arc::new(team("films"));
    time::pass(601).await;
    assert_eq!(browser.user().await, "nobody");
    assert!(provider.state().revoked.contains(&"refresh.1.4".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_id_token_of_a_refresh_whose_key_is_not_published_yet_ends_no_session() {
    let (mut browser, provider) = signed_in().await;
    let with_kid = |kid: &'static str| move |token: Token| token.member("kid", json!(kid));
    // More often than unknown keys cause a fetch.
    for kid in ["next", "next", "next"] {
        provider.state().id_token = Arc::new(with_kid(kid));
        time::pass(601).await;
        assert_eq!(browser.user().await, "user_1");
    }
    // The tokens that came with them count.
    assert_eq!(browser.open("/token").await.body, "access.5");
    assert!(provider.state().revoked.is_empty());
    provider.state().id_token = Arc::new(|token| token);
    time::pass(601).await;
    assert_eq!(browser.open("/token").await.body, "access.6");
}

#[tokio::test(start_paused = true)]
async fn the_age_of_an_authentication_grows_over_refreshes() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(settings(&provider).max_authentication_age(300)).await;
    browser.sign_in(&provider).await;
    time::pass(601).await;
    assert_eq!(browser.user().await, "user_1");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_that_is_not_replaced_is_used_again() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(settings(&provider)).await;
    browser.sign_in(&provider).await;
    let first = "refresh.1.2";
    time::pass(601).await;
    // A provider without rotation: the answer has no refresh token, and the old one stays valid.
    provider.state().fault = Some(Fault::Status(
        200,
        r#"{"access_token":"plain","token_type":"bearer","expires_in":600}"#,
    ));
    assert_eq!(browser.open("/token").await.body, "plain");
    provider.state().fault = None;
    time::pass(601).await;
    assert_eq!(browser.user().await, "user_1");
    assert_eq!(provider.last_form("refresh_token").as_deref(), Some(first));
}

#[tokio::test(start_paused = true)]
async fn a_malformed_answer_ends_that_session_only() {
    let (mut browser, provider) = signed_in().await;
    let mut other = Browser::new(browser.app.clone());
    time::pass(300).await;
    other.sign_in(&provider).await;
    time::pass(301).await;
    provider.state().fault = Some(Fault::Status(200, "<html>"));
    assert_eq!(browser.user().await, "nobody");
    provider.state().fault = None;
    assert_eq!(other.user().await, "user_1");
}

#[tokio::test(start_paused = true)]
async fn without_a_refresh_token_a_session_lives_until_its_own_end() {
    let provider = Provider::new();
    provider.state().answer = Arc::new(|mut answer| {
        answer.as_object_mut().unwrap().remove("refresh_token");
        answer
    });
    let (_, mut browser) = app::start(settings(&provider)).await;
    browser.sign_in(&provider).await;
    for _ in 0..3 {
        time::pass(1800).await;
        assert_eq!(browser.user().await, "user_1");
    }
    let page = browser.open("/token").await;
    assert!(page.body.contains("offline_access"), "{}", page.body);
    assert_eq!(page.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn tokens_for_other_resources_are_kept_apart_and_use_the_same_refresh_token() {
    use tollgate::sign_in::Target;
    let provider = Provider::new();
    let (sign_in, mut browser) = app::start(settings(&provider)).await;
    browser.sign_in(&provider).await;
    let session = browser.session_at(&sign_in).await;
    let api = Target::Resource("https://api.example.com".to_owned());
    let tokens = (0..10).map(|_| session.access_token(api.clone()));
    let tokens = futures_util::future::join_all(tokens).await;
    let expected = Ok("access.3.https://api.example.com".to_owned());
    assert!(tokens.iter().all(|token| *token == expected), "{tokens:?}");
    assert_eq!(provider.asked("/token"), 2);
    assert_eq!(session.access_token(Target::Default).await.unwrap(), "access.2");
}

#[tokio::test(start_paused = true)]
async fn each_target_keeps_its_token_while_it_is_valid() {
    use tollgate::sign_in::Target;
    let provider = Provider::new();
    let (sign_in, mut browser) = app::start(settings(&provider)).await;
    browser.sign_in(&provider).await;
    let target = |name: &str| Target::Resource(format!("https://{name}.example"));
    for name in ["one", "two", "one", "two"] {
        let session = browser.session_at(&sign_in).await;
        assert!(session.access_token(target(name)).await.unwrap().contains(name));
    }
    assert_eq!(provider.asked("/token"), 3);
    time::pass(601).await;
    let session = browser.session_at(&sign_in).await;
    assert!(session.access_token(target("one")).await.unwrap().contains("one"));
    assert_eq!(provider.asked("/token"), 5);
}

#[tokio::test(start_paused = true)]
async fn tokens_that_make_a_session_too_large_are_dropped_and_the_session_lives() {
    use tollgate::sign_in::{NoAccessToken, SignInError, Target};
    let provider = Provider::new();
    provider.state().id_token = Arc::new(|token| token.without("at_hash"));
    provider.state().answer = Arc::new(|mut answer| {
        let token = answer["access_token"].as_str().unwrap().to_owned();
        let more = match token.split_once("https://") {
            Some((_, "huge.example")) => 40_000,
            Some(_) => 20_000,
            None => 0,
        };
        answer["access_token"] = json!(format!("{token}{}", "a".repeat(more)));
        answer
    });
    let (sign_in, mut browser) = app::start(settings(&provider)).await;
    browser.sign_in(&provider).await;
    let target = |name: &str| Target::Resource(format!("https://{name}.example"));
    // The newest token has the room of the others.
    for name in ["one", "two", "two", "one"] {
        let session = browser.session_at(&sign_in).await;
        assert!(session.access_token(target(name)).await.unwrap().contains(name));
    }
    assert_eq!(provider.asked("/token"), 4);
    let session = browser.session_at(&sign_in).await;
    let error = session.access_token(target("huge")).await.unwrap_err();
    assert!(
        matches!(error, NoAccessToken::Refused(SignInError::SessionTooLarge(length)) if length > 40_000),
        "{error}"
    );
    assert_eq!(browser.open("/token").await.body, "access.2");
    // It has the newest refresh token.
    time::pass(601).await;
    assert_eq!(browser.user().await, "user_1");
    assert_eq!(provider.last_form("refresh_token").as_deref(), Some("refresh.1.6"));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_issued_expired_is_an_error_that_says_so() {
    use tollgate::sign_in::{NoAccessToken, SignInError, Target};
    let provider = Provider::new();
    let (sign_in, mut browser) = app::start(settings(&provider)).await;
    browser.sign_in(&provider).await;
    provider.state().expires_in = 0;
    let session = browser.session_at(&sign_in).await;
    let api = Target::Resource("https://api.example.com".to_owned());
    let error = session.access_token(api).await.unwrap_err();
    assert!(
        matches!(&error, NoAccessToken::Refused(SignInError::TokenAnswerMalformed(what)) if what.contains("expires_in")),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn user_info_of_somebody_else_is_not_used() {
    use tollgate::sign_in::{NoUserInfo, SignInError};
    let provider = Provider::new();
    let (sign_in, mut browser) = app::start(settings(&provider)).await;
    browser.sign_in(&provider).await;
    let session = browser.session_at(&sign_in).await;
    let info: serde_json::Value = session.user_info().await.unwrap();
    assert_eq!(info["name"], "Ada");
    provider.state().user_info = json!({ "sub": "user_2", "name": "Eve" });
    let refused = session.user_info::<serde_json::Value>().await;
    assert_eq!(refused, Err(NoUserInfo::Refused(SignInError::SubjectMismatch)));
    provider.state().user_info = json!({ "name": "Eve" });
    assert!(session.user_info::<serde_json::Value>().await.is_err());
}
