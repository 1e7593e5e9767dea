//! What the provider is asked.

use tollgate::sign_in::{Screen, Start};

use super::app::{self, settings};
use super::provider::{Provider, parameters};

#[tokio::test(start_paused = true)]
async fn a_sign_in_asks_for_a_code_by_pkce_with_state_and_nonce() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(settings(&provider)).await;
    let url = browser.begin("/sign-in").await;
    let query = parameters(&url);
    assert_eq!(query["scope"], "openid profile");
    assert_eq!(query["redirect_uri"], "https://app.example.com/callback");
    for name in ["state", "nonce", "code_challenge"] {
        assert_eq!(query[name].len(), 43, "{name}");
    }
    let expected = 8;
    assert_eq!(query.len(), expected, "{query:?}");
}

#[tokio::test(start_paused = true)]
async fn endpoints_with_a_query_keep_it() {
    let provider = Provider::new();
    let endpoint = "https://auth.example.com/oidc/auth?tenant=a%20b";
    provider.state().metadata["authorization_endpoint"] = endpoint.into();
    let (_, mut browser) = app::start(settings(&provider)).await;
    let url = browser.begin("/sign-in").await;
    assert!(url.starts_with(&format!("{endpoint}&response_type=code")), "{url}");
}

#[tokio::test(start_paused = true)]
async fn the_sign_up_screen_comes_first_by_prompt_create_or_by_what_logto_understands() {
    let provider = Provider::new();
    provider.state().metadata["prompt_values_supported"] = serde_json::json!(["none", "login"]);
    let (_, mut browser) = app::start(settings(&provider)).await;
    let query = parameters(&browser.begin("/sign-in?screen=sign-up").await);
    assert_eq!(
        (query["first_screen"].as_str(), query["interaction_mode"].as_str()),
        ("register", "signUp")
    );
    assert!(!query.contains_key("prompt"));

    let provider = Provider::new();
    provider.state().metadata["prompt_values_supported"] = serde_json::json!(["none", "create"]);
    let (_, mut browser) = app::start(settings(&provider)).await;
    let query = parameters(&browser.begin("/sign-in?screen=sign-up").await);
    assert_eq!(query["prompt"], "create");
    assert!(!query.contains_key("first_screen"));
}

#[tokio::test(start_paused = true)]
async fn offline_access_asks_for_consent_unless_a_prompt_is_set() {
    let provider = Provider::new();
    let offline = settings(&provider).scopes(["offline_access"]);
    let (_, mut browser) = app::start(offline).await;
    assert_eq!(parameters(&browser.begin("/sign-in").await)["prompt"], "consent");
    let offline = settings(&provider).scopes(["offline_access"]).prompt("login");
    let (_, mut browser) = app::start(offline).await;
    assert_eq!(parameters(&browser.begin("/sign-in").await)["prompt"], "login");
}

#[tokio::test(start_paused = true)]
async fn a_start_says_what_is_asked_and_nothing_can_replace_what_the_flow_needs() {
    let provider = Provider::new();
    let sign_in = settings(&provider)
        .resource("https://api.example.com")
        .max_authentication_age(60)
        .require_acr(["gold"])
        .extra("organization_id", "org_1")
        .build()
        .unwrap();
    let start = Start {
        return_path: Some("/orders"),
        screen: Screen::SignIn,
        prompt: Some("login consent"),
        login_hint: Some("ada@example.com"),
        extra: &[
            ("direct_sign_in", "social:github"),
            ("state", "mine"),
            ("redirect_uri", "https://evil.example"),
            ("organization_id", "org_2"),
            ("client_assertion", "mine"),
        ],
    };
    let started = sign_in.start(start, &http::HeaderMap::new()).await.unwrap();
    let query = parameters(&started.url);
    for (name, value) in [
        ("prompt", "login consent"),
        ("login_hint", "ada@example.com"),
        ("direct_sign_in", "social:github"),
        ("organization_id", "org_1"),
        ("resource", "https://api.example.com"),
        ("max_age", "60"),
        ("acr_values", "gold"),
        ("redirect_uri", "https://app.example.com/callback"),
    ] {
        assert_eq!(query[name], value, "{name}");
    }
    assert_eq!(query["state"].len(), 43);
    for name in ["state", "organization_id"] {
        assert_eq!(started.url.matches(&format!("{name}=")).count(), 1, "{name}");
    }
    assert!(!query.contains_key("client_assertion"));
    let cookie = started.cookie.to_str().unwrap();
    assert!(cookie.starts_with("__Host-tollgate-attempt-"), "{cookie}");
    assert!(cookie.contains("; Secure") && cookie.contains("SameSite=Lax"), "{cookie}");
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_down_stops_no_start_and_gets_a_page() {
    let provider = Provider::new();
    provider.state().is_down = true;
    let sign_in = settings(&provider).build().unwrap();
    let mut browser = super::browser::Browser::new(app::app(&sign_in));
    let page = browser.open("/sign-in").await;
    assert_eq!((page.status.as_u16(), page.code()), (503, "provider-unavailable"));
    assert_eq!(browser.user().await, "nobody");
    provider.state().is_down = false;
    sign_in.ready().await;
    browser.begin("/sign-in").await;
}

#[tokio::test(start_paused = true)]
async fn a_provider_without_s256_is_refused() {
    let provider = Provider::new();
    provider.state().metadata["code_challenge_methods_supported"] = serde_json::json!(["plain"]);
    let (_, mut browser) = app::start(settings(&provider)).await;
    assert_eq!(browser.open("/sign-in").await.code(), "provider-unavailable");
    let provider = Provider::new();
    let mut metadata = provider.state().metadata.clone();
    metadata.as_object_mut().unwrap().remove("code_challenge_methods_supported");
    provider.state().metadata = metadata;
    let (_, mut browser) = app::start(settings(&provider)).await;
    browser.sign_in(&provider).await;
    assert_eq!(browser.user().await, "user_1");
}

#[tokio::test]
async fn settings_that_are_wrong_by_themselves_are_errors_at_start() {
    use tollgate::sign_in::{Provider as Discovered, SignIn};
    let provider = Provider::new();
    let build = |origin: &str, client: &str| {
        let issuer = Discovered::discover(super::provider::ISSUER);
        SignIn::builder(issuer, client, origin).fetcher(provider.clone()).build()
    };
    for (origin, client, word) in [
        ("http://app.example.com", "app", "https://"),
        ("http://localhost:3000", "app", "allow_insecure_loopback"),
        ("app.example.com", "app", "origin"),
        ("https://app.example.com/path", "app", "origin"),
        ("https://app.example.com", "", "client_id"),
    ] {
        let error = build(origin, client).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(word), "{origin} {client}: {error}");
    }
    for (settings, word) in [
        (settings(&provider).scopes(["read write"]), "not a scope"),
        (settings(&provider).extra("code_challenge", "x"), "sign-in sets it itself"),
        (settings(&provider).prefix("account/"), "prefix"),
        (settings(&provider).after_sign_out("https://evil.example"), "after_sign_out"),
        (settings(&provider).after_sign_in("https://evil.example"), "after_sign_in"),
        (settings(&provider).after_sign_in("//evil.example/"), "after_sign_in"),
        (settings(&provider).after_sign_in("/sign-out"), "after_sign_in"),
        (settings(&provider).prefix("/account").after_sign_in("/account/x"), "after_sign_in"),
    ] {
        let error = settings.build().map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
    let issuer = Discovered::discover(super::provider::ISSUER);
    let local = SignIn::builder(issuer, "app", "http://localhost:3000").fetcher(provider.clone());
    assert!(local.allow_insecure_loopback().build().is_ok());
}
