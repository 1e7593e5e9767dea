//! Refreshes, at a provider that rotates refresh tokens and detects their reuse.

use std::thread;
use std::time::{Duration, Instant};

use super::app::{App, Client};
use super::browser::{Browser, USER};
use super::{another_than_the_user, claims};
use crate::parts::until;
use crate::provider::Provider;

/// How long access tokens live here, in seconds.
const LIFETIME: u64 = 2;

/// Waits until an access token that was issued just now has expired, without a request.
fn until_expired() {
    let began = Instant::now();
    // The app rounds times down to seconds.
    let end = Duration::from_secs(LIFETIME + 1);
    until("the access token has expired", || (began.elapsed() > end).then_some(()));
}

/// An app with a user who is signed in, whose access token is about to expire.
fn signed_in() -> (Provider, App, Browser) {
    let provider = Provider::start();
    let client = Client::register(&provider);
    let app = App::start(&client, client.offline());
    let mut browser = Browser::new(client.port);
    provider.lifetime(LIFETIME);
    browser.sign_in();
    assert_eq!(browser.asked, ["login", "consent"]);
    (provider, app, browser)
}

#[test]
#[ignore = "needs node: .ci/real-parts"]
fn a_session_goes_on_with_refresh_tokens_that_rotate() {
    let (provider, _app, mut browser) = signed_in();
    let mut tokens = vec![browser.open("/token").body];
    // Each needs the refresh token that the one before has brought.
    while tokens.len() < 4 {
        assert_eq!(browser.user(), USER);
        let token = browser.open("/token").body;
        if tokens.last() != Some(&token) {
            tokens.push(token);
        }
        thread::sleep(Duration::from_millis(20));
    }
    assert!(tokens.iter().all(|token| !token.starts_with("error")), "{tokens:?}");
    assert!(provider.stats().count("token") >= 4);
    let info = browser.open("/info").json();
    assert_eq!(info["sub"], USER);
}

#[test]
#[ignore = "needs node: .ci/real-parts"]
fn fifty_requests_refresh_once() {
    let (provider, _app, mut browser) = signed_in();
    let first = browser.open("/token").body;
    until_expired();
    provider.lifetime(3600);
    provider.reset_stats();
    let pages = thread::scope(|scope| {
        let requests = (0..50).map(|_| {
            let mut browser = browser.clone();
            scope.spawn(move || (browser.user(), browser.open("/token").body))
        });
        let requests = requests.collect::<Vec<_>>();
        requests.into_iter().map(|request| request.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(provider.stats().count("token"), 1);
    let (_, second) = &pages[0];
    assert_ne!(*second, first);
    assert!(pages.iter().all(|page| *page == (USER.to_owned(), second.clone())), "{pages:?}");
    assert_eq!(browser.user(), USER);
}

#[test]
#[ignore = "needs node: .ci/real-parts"]
fn a_refresh_token_that_the_provider_revokes_ends_the_session() {
    let (provider, _app, mut browser) = signed_in();
    assert_eq!(browser.user(), USER);
    provider.revoke_refresh_tokens();
    let user = until("the session has ended", || another_than_the_user(&mut browser));
    assert_eq!(user, "nobody");
    // The user is still signed in at the provider, and signs in again.
    browser.sign_in();
    assert_eq!(browser.user(), USER);
}

#[test]
#[ignore = "needs node: .ci/real-parts"]
fn keys_that_rotate_before_a_refresh_interrupt_nobody() {
    let (provider, _app, mut browser) = signed_in();
    for mode in ["replace", "overlap"] {
        let issued = claims(&mut browser)["iat"].as_i64().unwrap();
        provider.rotate(mode);
        // The claims are those of an ID token that a new key has signed.
        until("the ID token is replaced", || {
            assert_eq!(browser.user(), USER);
            (claims(&mut browser)["iat"].as_i64().unwrap() > issued).then_some(())
        });
    }
    // After two fetches, the next one waits for the cooldown. So does the ID token, but not the session.
    provider.rotate("replace");
    for _ in 0..2 {
        let former = browser.open("/token").body;
        until("the access token is replaced", || {
            assert_eq!(browser.user(), USER);
            (browser.open("/token").body != former).then_some(())
        });
    }
}

#[test]
#[ignore = "needs node: .ci/real-parts"]
fn sign_out_revokes_the_refresh_token() {
    let (provider, _app, mut browser) = signed_in();
    provider.lifetime(3600);
    let mut copy = browser.clone();
    // The provider's own page for sign-out is not opened.
    assert_eq!(browser.open("/sign-out").status, 303);
    assert_eq!(provider.revoke_refresh_tokens(), 0);
    assert_eq!(copy.user(), "nobody");
    copy.sign_in();
    assert_eq!(provider.revoke_refresh_tokens(), 1);
}
