//! Which ID tokens open a session.

use std::sync::Arc;

use http::StatusCode;
use serde_json::json;
use tollgate::sign_in::SignInBuilder;
use tollgate::tollgate_core::Algorithm;
use tollgate::tollgate_core::policy::{ClaimTest, Requirement};
use tollgate_tests::mint::{SigningKey, Token, base64url};

use super::app::{self, settings};
use super::browser::{Browser, Page};
use super::provider::Provider;

/// Signs in with an ID token that `edit` has changed.
async fn sign_in_with(
    configure: impl FnOnce(SignInBuilder) -> SignInBuilder,
    edit: impl Fn(Token) -> Token + Send + Sync + 'static,
) -> (Page, Browser) {
    let provider = Provider::new();
    provider.state().id_token = Arc::new(edit);
    let (_, mut browser) = app::start(configure(settings(&provider))).await;
    let page = browser.sign_in(&provider).await;
    (page, browser)
}

async fn refused(edit: impl Fn(Token) -> Token + Send + Sync + 'static) -> String {
    let (page, mut browser) = sign_in_with(|it| it, edit).await;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY, "{}", page.body);
    assert_eq!(browser.user().await, "nobody");
    assert!(browser.cookies.is_empty());
    page.code().to_owned()
}

async fn accepted(edit: impl Fn(Token) -> Token + Send + Sync + 'static) {
    let (page, mut browser) = sign_in_with(|it| it, edit).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.body);
    assert_eq!(browser.user().await, "user_1");
}

#[tokio::test(start_paused = true)]
async fn an_id_token_without_nonce_is_refused() {
    assert_eq!(refused(|token| token.without("nonce")).await, "id-token-refused");
}

#[tokio::test(start_paused = true)]
async fn an_id_token_of_another_attempt_is_refused() {
    refused(|token| token.claim("nonce", json!("another"))).await;
    refused(|token| token.claim("nonce", json!(""))).await;
    refused(|token| token.claim("nonce", json!(null))).await;
}

#[tokio::test(start_paused = true)]
async fn an_id_token_for_another_client_is_refused() {
    refused(|token| token.claim("aud", json!("another"))).await;
    refused(|token| token.claim("aud", json!([]))).await;
    refused(|token| token.claim("aud", json!("app_bookstore "))).await;
    refused(|token| token.claim("azp", json!("another"))).await;
    // Whom we do not know might have got the same token.
    let both = json!(["app_bookstore", "another"]);
    refused(move |token| token.claim("aud", &both).claim("azp", json!("app_bookstore"))).await;
    accepted(|token| token.claim("aud", json!(["app_bookstore"]))).await;
    accepted(|token| token.claim("azp", json!("app_bookstore"))).await;
}

#[tokio::test(start_paused = true)]
async fn a_swapped_access_token_is_noticed() {
    refused(|token| token.claim("at_hash", json!(base64url([7; 24])))).await;
    refused(|token| token.claim("at_hash", json!(""))).await;
    accepted(|token| token.without("at_hash")).await;
}

#[tokio::test(start_paused = true)]
async fn an_id_token_that_is_not_of_this_provider_is_refused() {
    refused(|token| token.claim("iss", json!("https://evil.example"))).await;
    refused(|token| token.claim("iss", json!("https://auth.example.com/oidc/"))).await;
    refused(|token| token.signed_by(SigningKey::p384("another key"))).await;
    refused(|token| token.member("alg", json!("none"))).await;
    refused(|token| token.member("alg", json!("HS256"))).await;
    refused(|token| token.member("alg", json!("ES256"))).await;
}

#[tokio::test(start_paused = true)]
async fn an_access_token_or_a_logout_token_is_no_id_token() {
    refused(|token| token.member("typ", json!("at+jwt"))).await;
    refused(|token| token.member("typ", json!("logout+jwt"))).await;
    accepted(|token| token.member("typ", json!("JWT"))).await;
}

#[tokio::test(start_paused = true)]
async fn an_id_token_that_is_over_is_refused() {
    refused(|token| token.claim("exp", super::time::now() - 61)).await;
    refused(|token| token.claim("iat", super::time::now() + 120)).await;
    for claim in ["iss", "sub", "aud", "exp", "iat"] {
        refused(move |token| token.without(claim)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_old_authentication_is_refused() {
    let recent = |it: SignInBuilder| it.max_authentication_age(60);
    let (page, _) = sign_in_with(recent, |token| token).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    let at = |secs: i64| move |token: Token| token.claim("auth_time", super::time::now() - secs);
    let (page, _) = sign_in_with(recent, at(200)).await;
    assert_eq!(page.code(), "id-token-refused");
    let (page, _) = sign_in_with(recent, |token| token.without("auth_time")).await;
    assert_eq!(page.code(), "id-token-refused");
    // Nobody asked for a recent one.
    let (page, _) = sign_in_with(|it| it, at(200)).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
}

#[tokio::test(start_paused = true)]
async fn a_weak_authentication_is_refused() {
    let strong = |it: SignInBuilder| it.require_acr(["gold", "platinum"]);
    for acr in [json!("silver"), json!(""), json!("gold platinum")] {
        let (page, _) = sign_in_with(strong, move |token| token.claim("acr", &acr)).await;
        assert_eq!((page.status, page.code()), (StatusCode::FORBIDDEN, "acr-insufficient"));
    }
    let (page, _) = sign_in_with(strong, |token| token).await;
    assert_eq!(page.code(), "acr-insufficient");
    let (page, _) = sign_in_with(strong, |token| token.claim("acr", json!("platinum"))).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
}

#[tokio::test(start_paused = true)]
async fn a_stranger_with_a_valid_account_gets_no_session() {
    let ours = |it: SignInBuilder| {
        let domain = ClaimTest::EndsWith("@example.com".to_owned());
        it.require([Requirement::name("email".to_owned(), domain)])
    };
    for (email, verified, passes) in [
        ("ada@example.com", json!(true), true),
        ("ada@example.com", json!(false), false),
        // A text is no boolean.
        ("ada@example.com", json!("true"), false),
        ("ada@example.com", json!(null), false),
        ("eve@evil.example", json!(true), false),
        ("eve@notexample.com", json!(true), false),
    ] {
        let shown = format!("{email} {verified}");
        let edit = move |token: Token| {
            token.claim("email", json!(email)).claim("email_verified", &verified)
        };
        let (page, mut browser) = sign_in_with(ours, edit).await;
        match passes {
            true => assert_eq!(page.status, StatusCode::SEE_OTHER, "{shown}"),
            false => {
                assert_eq!(
                    (page.status, page.code()),
                    (StatusCode::FORBIDDEN, "not-permitted"),
                    "{shown}"
                );
                assert_eq!(browser.user().await, "nobody", "{shown}");
            }
        }
    }
    let (page, _) = sign_in_with(ours, |token| token).await;
    assert_eq!(page.code(), "not-permitted");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_new_is_fetched() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(settings(&provider)).await;
    super::time::pass(60).await;
    provider.state().algorithm = Algorithm::Es256;
    browser.sign_in(&provider).await;
    assert_eq!(browser.user().await, "user_1");
}
