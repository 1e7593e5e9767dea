//! A provider that misbehaves or is down, and an app that is killed.

use std::time::{Duration, Instant};

use tollgate::sign_in::Sessions;

use super::another_than_the_user;
use super::app::{App, AppProcess, Client};
use super::browser::{Browser, USER, code};
use crate::parts::until;
use crate::provider::Provider;

/// The faults of the token endpoint, and the codes of the pages that a user sees at sign-in.
const FAULTS: [(&str, &str); 9] = [
    ("500", "provider-unavailable"),
    ("503", "provider-unavailable"),
    ("429", "provider-unavailable"),
    ("never", "provider-unavailable"),
    ("reset", "provider-unavailable"),
    ("redirect", "provider-unavailable"),
    ("html", "token-answer-malformed"),
    ("garbage", "token-answer-malformed"),
    ("wrong-json", "token-answer-malformed"),
];

#[test]
#[ignore = "needs node: .ci/real-parts"]
fn faults_of_the_token_endpoint_sign_nobody_in() {
    let provider = Provider::start();
    let client = Client::register(&provider);
    let _app = App::start(&client, client.settings());
    for (fault, expected) in FAULTS {
        let mut browser = Browser::new(client.port);
        let callback = browser.begin();
        provider.fault("token", fault);
        provider.reset_stats();
        let answer = browser.come_back(&callback);
        assert_eq!(code(&answer), expected, "{fault}: {answer:?}");
        assert_eq!(provider.stats().count("token"), 1, "{fault}");
        provider.fault("token", "none");
        assert_eq!(browser.user(), "nobody", "{fault}");
        // The next attempt works, without a new password.
        browser.sign_in();
        assert_eq!(browser.user(), USER, "{fault}");
    }
}

#[test]
#[ignore = "needs node: .ci/real-parts"]
fn a_token_endpoint_that_does_not_work_ends_no_session() {
    let provider = Provider::start();
    for (fault, code) in FAULTS {
        if code != "provider-unavailable" {
            continue;
        }
        let client = Client::register(&provider);
        let _app = App::start(&client, client.offline());
        let mut browser = Browser::new(client.port);
        provider.lifetime(1);
        browser.sign_in();
        let first = browser.open("/token").body;
        provider.fault("token", fault);
        provider.reset_stats();
        until("a refresh has failed", || {
            assert_eq!(browser.user(), USER, "{fault}");
            (provider.stats().count("token") > 0).then_some(())
        });
        assert_eq!(browser.user(), USER, "{fault}");
        provider.fault("token", "none");
        until("a refresh succeeds", || {
            assert_eq!(browser.user(), USER, "{fault}");
            let token = browser.open("/token").body;
            (token != first && !token.starts_with("error")).then_some(())
        });
    }
}

/// The refresh token may have been used, and the only valid one is lost.
#[test]
#[ignore = "needs node: .ci/real-parts"]
fn a_malformed_answer_to_a_refresh_ends_that_session_only() {
    let provider = Provider::start();
    let client = Client::register(&provider);
    let _app = App::start(&client, client.offline());
    for (fault, code) in FAULTS {
        if code != "token-answer-malformed" {
            continue;
        }
        provider.lifetime(3600);
        let mut other = Browser::new(client.port);
        other.sign_in();
        provider.lifetime(1);
        let mut browser = Browser::new(client.port);
        browser.sign_in();
        provider.fault("token", fault);
        let user = until("the session has ended", || another_than_the_user(&mut browser));
        assert_eq!(user, "nobody", "{fault}");
        provider.fault("token", "none");
        assert_eq!(other.user(), USER, "{fault}");
    }
}

#[test]
#[ignore = "needs node: .ci/real-parts"]
fn a_provider_that_is_down_is_not_noticed() {
    let provider = Provider::start();
    let client = Client::register(&provider);
    let _app = App::start(&client, client.offline());
    let mut browser = Browser::new(client.port);
    provider.lifetime(2);
    browser.sign_in();
    let first = browser.open("/token").body;
    provider.down();
    let began = Instant::now();
    // Longer than the access token lives.
    until("the outage has lasted long enough", || {
        assert_eq!(browser.user(), USER);
        (began.elapsed() > Duration::from_secs(5)).then_some(())
    });
    provider.up();
    until("the session is refreshed", || {
        assert_eq!(browser.user(), USER);
        let token = browser.open("/token").body;
        (token != first && !token.starts_with("error")).then_some(())
    });
}

#[test]
#[ignore = "needs node: .ci/real-parts"]
fn an_outage_that_outlasts_the_grace_signs_nobody_out() {
    let provider = Provider::start();
    let client = Client::register(&provider);
    let sessions = Sessions::memory().outage_grace(Duration::from_secs(6));
    let _app = App::start(&client, client.offline().sessions(sessions));
    let mut browser = Browser::new(client.port);
    provider.lifetime(2);
    browser.sign_in();
    provider.fault("token", "never");
    let began = Instant::now();
    let mut waits = Vec::new();
    let user = until("the grace is over", || {
        let asked = Instant::now();
        let user = another_than_the_user(&mut browser);
        waits.push(asked.elapsed());
        user
    });
    assert_eq!(user, "503 provider-unavailable");
    // The token's end and the grace, both of whole seconds.
    assert!(began.elapsed() > Duration::from_secs(6), "{:?}", began.elapsed());
    assert!(waits.iter().all(|wait| *wait < Duration::from_secs(5)), "{waits:?}");
    provider.fault("token", "none");
    until("the user is back", || match &*browser.user() {
        USER => Some(()),
        user => {
            assert_eq!(user, "503 provider-unavailable");
            None
        }
    });
}

#[test]
#[ignore = "needs node: .ci/real-parts"]
fn a_kill_after_a_refresh_loses_nothing() {
    let provider = Provider::start();
    let client = Client::register(&provider);
    let mut app = AppProcess::start(&client);
    let mut browser = Browser::new(client.port);
    provider.lifetime(4);
    browser.sign_in();
    let mut token = browser.open("/token").body;
    for _ in 0..4 {
        app.kill();
        app.restart(&client);
        // Each refresh needs the refresh token of the one before: with an older one, the provider would end the
        // session.
        token = until("the session is refreshed", || {
            assert_eq!(browser.user(), USER);
            let newer = browser.open("/token").body;
            assert!(!newer.starts_with("error"), "{newer}");
            (newer != token).then_some(newer)
        });
    }
    // Nobody had to sign in again.
    assert_eq!(browser.asked, ["login", "consent"]);
}
