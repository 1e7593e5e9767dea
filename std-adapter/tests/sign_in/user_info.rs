//! User info that each sign-in asks for: its claims join those of the ID token.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};
use tollgate::issuer_url::Plaintext;
use tollgate::sign_in::{
    ConnectorConfig, Session, Sessions, SignIn, SignInBuildError, SignInBuilder, Start,
};
use tollgate::tollgate_core::policy::{ClaimTest, Requirement, Scalar};

use super::app::{self, ORIGIN, settings};
use super::provider::Provider;
use super::time;

fn asking(provider: &Provider) -> SignInBuilder {
    settings(provider).user_info()
}

/// `team` must be this.
fn team(name: &str) -> [Requirement<String>; 1] {
    let equals = ClaimTest::Equals(Scalar::Text(name.to_owned()));
    [Requirement::name("team".to_owned(), equals)]
}

fn claims(session: &Session) -> Value {
    serde_json::from_str(session.as_json()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_user_info_of_a_sign_in_joins_its_claims() {
    let provider = Provider::new();
    provider.state().id_token = Arc::new(|token| token.claim("nickname", json!("countess")));
    provider.state().user_info =
        json!({ "sub": "user_1", "name": "Ada", "nickname": "ada", "team": "books" });
    let (sign_in, mut browser) = app::start(asking(&provider)).await;
    browser.sign_in(&provider).await;
    let session = browser.session_at(&sign_in).await;
    let claims = claims(&session);
    assert_eq!((&claims["name"], &claims["team"]), (&json!("Ada"), &json!("books")));
    assert_eq!(claims["nickname"], "countess", "what is signed counts");
    assert!(session.meets(&team("books")) && !session.meets(&team("films")));
    assert_eq!(provider.asked("/userinfo"), 1, "once, at sign-in");
    // Without the setting, nothing is asked.
    let (_, mut browser) = app::start(settings(&provider)).await;
    browser.sign_in(&provider).await;
    assert_eq!(provider.asked("/userinfo"), 1);
}

#[tokio::test(start_paused = true)]
async fn user_info_of_somebody_else_signs_nobody_in() {
    for (user_info, code) in [
        (json!({ "sub": "user_2", "name": "Eve" }), "subject-mismatch"),
        (json!({ "name": "Eve" }), "provider-unavailable"),
        (json!("user_1"), "provider-unavailable"),
    ] {
        let provider = Provider::new();
        provider.state().user_info = user_info;
        let (_, mut browser) = app::start(asking(&provider)).await;
        assert_eq!(browser.sign_in(&provider).await.code(), code);
        assert_eq!(browser.user().await, "nobody");
    }
}

#[tokio::test(start_paused = true)]
async fn user_info_that_a_token_could_not_have_signs_nobody_in() {
    let nested = |depth| (0..depth).fold(json!(1), |inner, _| json!([inner]));
    for (more, code) in [
        (nested(200), "provider-unavailable"),
        (nested(100), "provider-unavailable"),
        (json!("a".repeat(33 * 1024)), "session-too-large"),
        (json!("a".repeat(257 * 1024)), "provider-unavailable"),
    ] {
        let provider = Provider::new();
        provider.state().user_info = json!({ "sub": "user_1", "more": more });
        let (_, mut browser) = app::start(asking(&provider)).await;
        assert_eq!(browser.sign_in(&provider).await.code(), code);
        assert_eq!(browser.user().await, "nobody");
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_without_user_info_says_so_before_the_sign_in() {
    let provider = Provider::new();
    provider.state().metadata.as_object_mut().unwrap().remove("userinfo_endpoint");
    let (sign_in, mut browser) = app::start(asking(&provider)).await;
    assert!(!sign_in.provider_works());
    let page = browser.open("/sign-in").await;
    assert_eq!(
        (page.status, page.code()),
        (StatusCode::SERVICE_UNAVAILABLE, "provider-unavailable")
    );
    let error = sign_in.start(Start::default(), &http::HeaderMap::new()).await.unwrap_err();
    assert!(error.to_string().contains("no userinfo_endpoint"), "{error}");
    let (sign_in, mut browser) = app::start(settings(&provider)).await;
    assert!(sign_in.provider_works());
    browser.sign_in(&provider).await;
    assert_eq!(browser.user().await, "user_1");
    // A connector never names one.
    let connector = r#"{
        "scope": "openid", "clientId": "app", "clientSecret": "hunter2",
        "authorizationEndpoint": "https://auth.example.com/auth",
        "tokenEndpoint": "https://auth.example.com/token",
        "idTokenVerificationConfig": {
            "jwksUri": "https://auth.example.com/jwks", "issuer": "https://auth.example.com"
        }
    }"#;
    let connector = ConnectorConfig::from_json(connector).unwrap();
    let builder = SignIn::from_connector(connector, ORIGIN, Plaintext::Refuse).unwrap();
    let built = builder.user_info().fetcher(provider.clone()).build();
    assert!(matches!(built, Err(SignInBuildError::Endpoints(_))));
}

#[tokio::test(start_paused = true)]
async fn who_may_sign_in_is_judged_on_all_claims() {
    for (name, user) in [("books", "user_1"), ("films", "nobody")] {
        let provider = Provider::new();
        provider.state().user_info = json!({ "sub": "user_1", "team": name });
        let (_, mut browser) = app::start(asking(&provider).require(team("books"))).await;
        let page = browser.sign_in(&provider).await;
        assert_eq!(page.code() == "not-permitted", user == "nobody", "{}", page.body);
        assert_eq!(browser.user().await, user);
        // A refresh brings an ID token without the claim.
        time::pass(601).await;
        assert_eq!(browser.user().await, user);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_keeps_the_claims_of_the_user_info_and_no_others() {
    let provider = Provider::new();
    provider.state().id_token =
        Arc::new(|token| token.claim("role", json!("admin")).claim("name", json!("Ada")));
    provider.state().user_info = json!({ "sub": "user_1", "name": "ada", "team": "books" });
    let (sign_in, mut browser) = app::start(asking(&provider)).await;
    browser.sign_in(&provider).await;
    provider.state().id_token = Arc::new(|token| token.claim("role", json!("guest")));
    time::pass(601).await;
    let renewed = claims(&browser.session_at(&sign_in).await);
    assert_eq!(provider.asked("/token"), 2);
    assert_eq!((&renewed["role"], &renewed["team"]), (&json!("guest"), &json!("books")));
    assert_eq!(renewed["name"], "ada", "the ID token says nothing about it any more");
    assert_eq!(provider.asked("/userinfo"), 1);
    // What only the ID token said is gone with it.
    provider.state().id_token = Arc::new(|token| token);
    time::pass(601).await;
    let renewed = claims(&browser.session_at(&sign_in).await);
    assert_eq!((renewed.get("role"), &renewed["team"]), (None, &json!("books")));
}

#[tokio::test(start_paused = true)]
async fn a_session_in_a_cookie_keeps_named_claims_of_the_user_info() {
    let provider = Provider::new();
    provider.state().user_info =
        json!({ "sub": "user_1", "name": "Ada", "team": "books", "email": "ada@example.com" });
    let sessions = Sessions::in_cookie().claims(["team"]);
    let in_cookies = asking(&provider).sessions(sessions).secrets([[1; 32]]);
    let (sign_in, mut browser) = app::start(in_cookies).await;
    browser.sign_in(&provider).await;
    let session = browser.session_at(&sign_in).await;
    assert!(session.meets(&team("books")));
    let claims = claims(&session);
    assert_eq!((claims.get("name"), claims.get("email")), (None, None));
}
