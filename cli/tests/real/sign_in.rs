//! An app that signs its users in with the library, at a real provider: sign-in, session and sign-out.
//!
//! | file | content |
//! |---|---|
//! | `refreshes` | refresh tokens, with rotation and reuse detection |
//! | `outages` | a provider that misbehaves or is down, and an app that is killed |
//! | `app`, `browser` | the app, and a browser that follows redirects |

mod app;
pub(crate) mod browser;
mod outages;
mod refreshes;

use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tollgate::gate::{Gate, Issuer};
use tollgate::issuer_url::Plaintext;
use tollgate::sign_in::ClientAuth;

use self::app::{App, Client};
use self::browser::{Browser, USER, code};
use crate::parts::until;
use crate::provider::{API, Provider, decoded};

/// The claims of the ID token, as the app has them.
fn claims(browser: &mut Browser) -> Value {
    browser.open("/claims").json()
}

/// What the home page says, unless it is the user.
fn another_than_the_user(browser: &mut Browser) -> Option<String> {
    Some(browser.user()).filter(|user| user != USER)
}

#[test]
#[ignore = "needs node: .ci/real-parts"]
fn users_sign_in_and_out_with_every_algorithm_and_client_authentication() {
    let provider = Provider::signing_with("ES384,ES256,RS256");
    for algorithm in ["ES384", "ES256", "RS256"] {
        for auth in [ClientAuth::Basic, ClientAuth::Post, ClientAuth::None] {
            let what = format!("{algorithm} {}", auth.name());
            let client = Client::register_as(&provider, auth, algorithm);
            let _app = App::start(&client, client.settings());
            let mut browser = Browser::new(client.port);
            assert_eq!(browser.user(), "nobody", "{what}");
            browser.sign_in();
            assert_eq!(browser.user(), USER, "{what}");
            assert_eq!(claims(&mut browser)["iss"], *provider.issuer, "{what}");

            let (end, page) = browser.sign_out();
            assert_eq!(end, format!("http://localhost:{}/", client.port), "{what}");
            let hint = page.split("id_token_hint=").nth(1).unwrap();
            assert_eq!(decoded(hint.split('.').next().unwrap())["alg"], algorithm, "{what}");
            assert_eq!(browser.user(), "nobody", "{what}");
            // The provider has signed the user out, too, so it asks who they are.
            browser.sign_in();
            assert_eq!(browser.asked, ["login", "consent", "logout", "login", "consent"], "{what}");
        }
    }
}

#[test]
#[ignore = "needs node: .ci/real-parts"]
fn a_sign_out_at_the_provider_ends_the_session_within_a_second() {
    let provider = Provider::start();
    let client = Client::register(&provider);
    let _app = App::start(&client, client.settings());
    let (mut browser, mut other) = (Browser::new(client.port), Browser::new(client.port));
    browser.sign_in();
    other.sign_in();
    assert_eq!((browser.user().as_str(), other.user().as_str()), (USER, USER));
    browser.visit(client.end_session_url());
    let ended = Instant::now();
    while browser.user() != "nobody" {
        assert!(ended.elapsed() < Duration::from_secs(1), "the session lives");
        thread::sleep(Duration::from_millis(10));
    }
    // Another session of the same user is another sid.
    assert_eq!(other.user(), USER);
    browser.sign_in();
    assert_eq!(browser.user(), USER);
}

#[test]
#[ignore = "needs node: .ci/real-parts"]
fn the_back_button_redeems_no_code_again() {
    let provider = Provider::start();
    let client = Client::register(&provider);
    let _app = App::start(&client, client.settings());
    let mut browser = Browser::new(client.port);
    let callback = browser.sign_in();
    assert_eq!(provider.stats().count("token"), 1);
    let answer = browser.come_back(&callback);
    assert_eq!((answer.status, answer.header("Location")), (303, Some("/")), "{answer:?}");
    assert_eq!(provider.stats().count("token"), 1);
    assert_eq!(browser.user(), USER);
    // In another browser, the answer is worth nothing.
    let answer = Browser::new(client.port).come_back(&callback);
    assert_eq!(code(&answer), "attempt-unknown", "{answer:?}");
    assert_eq!(provider.stats().count("token"), 1);
}

#[test]
#[ignore = "needs node: .ci/real-parts"]
fn a_forged_state_reaches_no_token_endpoint() {
    let provider = Provider::start();
    let client = Client::register(&provider);
    let _app = App::start(&client, client.settings());
    let mut browser = Browser::new(client.port);
    let callback = browser.begin();
    let (before, after) = callback.split_once("state=").unwrap();
    let rest = after.split_once('&').map_or("", |(_, rest)| rest);
    let answer = browser.come_back(&format!("{before}state={}&{rest}", "A".repeat(43)));
    assert_eq!(code(&answer), "attempt-unknown", "{answer:?}");
    assert_eq!(provider.stats().count("token"), 0);
    assert_eq!(browser.user(), "nobody");
    // The true answer still counts.
    browser.come_back(&callback);
    assert_eq!(browser.user(), USER);
}

#[test]
#[ignore = "needs node: .ci/real-parts"]
fn user_info_has_what_the_id_token_lacks() {
    let provider = Provider::start();
    let client = Client::register(&provider);
    let _app = App::start(&client, client.settings().scopes(["profile"]));
    let mut browser = Browser::new(client.port);
    browser.sign_in();
    assert_eq!(claims(&mut browser)["name"], Value::Null);
    let info = browser.open("/info").json();
    assert_eq!((&info["sub"], &info["name"]), (&USER.into(), &"Ada".into()));
}

#[test]
#[ignore = "needs node: .ci/real-parts"]
fn the_user_info_of_a_sign_in_joins_its_claims() {
    let provider = Provider::start();
    let client = Client::register(&provider);
    let _app = App::start(&client, client.settings().scopes(["profile"]).user_info());
    let mut browser = Browser::new(client.port);
    browser.sign_in();
    let claims = claims(&mut browser);
    assert_eq!((&claims["sub"], &claims["name"]), (&USER.into(), &"Ada".into()));
}

#[test]
#[ignore = "needs node: .ci/real-parts"]
fn an_access_token_for_a_resource_passes_its_gate() {
    let provider = Provider::start();
    let client = Client::register(&provider);
    let settings = client.offline().scopes(["read:orders"]).resource(API);
    let app = App::start(&client, settings);
    let mut browser = Browser::new(client.port);
    provider.lifetime(2);
    browser.sign_in();
    let _in_runtime = app.runtime.enter();
    let issuer = Issuer::new(&provider.issuer).audience(API);
    let gate = Gate::builder().plaintext(Plaintext::Loopback).issuer(issuer).build().unwrap();
    app.runtime.block_on(gate.ready());
    let passes = |token: &str| {
        let identity = app.runtime.block_on(gate.authorize(format!("Bearer {token}")));
        let identity = identity.unwrap_or_else(|denied| panic!("{denied:?}"));
        assert_eq!((identity.subject(), identity.audience()), (Some(USER), Some(API)));
        assert!(identity.has_scope("read:orders"), "{}", identity.as_json());
    };
    let first = browser.open("/token").body;
    passes(&first);
    let refreshed = until("there is another token", || {
        Some(browser.open("/token").body).filter(|token| *token != first)
    });
    passes(&refreshed);
}

#[test]
#[ignore = "needs node: .ci/real-parts"]
fn an_authentication_that_is_too_old_is_renewed_by_the_provider() {
    let provider = Provider::start();
    let client = Client::register(&provider);
    let _app = App::start(&client, client.settings().max_authentication_age(1));
    let mut browser = Browser::new(client.port);
    browser.sign_in();
    let first = claims(&mut browser)["auth_time"].as_i64().unwrap();
    until("the authentication is too old", || {
        browser.forget_app();
        browser.sign_in();
        assert_eq!(browser.user(), USER);
        (claims(&mut browser)["auth_time"].as_i64().unwrap() > first).then_some(())
    });
    assert_eq!(browser.asked, ["login", "consent", "login"]);
}

#[test]
#[ignore = "needs node: .ci/real-parts"]
fn an_authentication_of_another_class_is_refused() {
    let provider = Provider::start();
    let client = Client::register(&provider);
    let _app = App::start(&client, client.settings().require_acr(["urn:example:mfa"]));
    let mut browser = Browser::new(client.port);
    let callback = browser.begin();
    let answer = browser.come_back(&callback);
    assert_eq!(code(&answer), "acr-insufficient", "{answer:?}");
    assert_eq!(browser.user(), "nobody");
}
