//! The whole way: sign-in, a session, sign-out.

use http::StatusCode;
use tollgate::tollgate_core::Algorithm;
use tollgate::tollgate_core::policy::{ClaimTest, Requirement};

use super::app::{self, settings};
use super::browser::{Browser, NAVIGATION};
use super::provider::{Provider, parameters};

#[tokio::test(start_paused = true)]
async fn a_user_signs_in_is_known_and_signs_out() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(settings(&provider)).await;
    assert_eq!(browser.user().await, "nobody");
    let page = browser.sign_in(&provider).await;
    assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/"));
    assert_eq!(browser.user().await, "user_1");
    let page = browser.open("/sign-out").await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert!(page.location().starts_with("https://auth.example.com/oidc/end?id_token_hint="));
    assert_eq!(browser.user().await, "nobody");
    assert!(browser.cookies.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_bookstore_of_the_examples_knows_who_is_there() {
    let provider = Provider::new();
    provider.state().id_token =
        std::sync::Arc::new(|token| token.claim("name", serde_json::json!("Ada <Lovelace>")));
    let (sign_in, _) = app::start(settings(&provider)).await;
    let mut browser = Browser::new(super::bookstore::app(sign_in));
    assert!(browser.user().await.contains("Not authenticated"));
    assert_eq!(browser.open("/orders").await.status, StatusCode::FOUND);
    browser.sign_in(&provider).await;
    assert!(browser.user().await.contains("Authenticated as Ada &lt;Lovelace&gt;"));
    assert!(browser.open("/orders").await.body.contains("ordered nothing yet"));
}

#[tokio::test(start_paused = true)]
async fn id_tokens_of_every_algorithm_that_providers_use_are_accepted() {
    for algorithm in [Algorithm::Es384, Algorithm::Es256, Algorithm::Rs256] {
        let provider = Provider::new();
        provider.state().algorithm = algorithm;
        let (_, mut browser) = app::start(settings(&provider)).await;
        browser.sign_in(&provider).await;
        assert_eq!(browser.user().await, "user_1", "{algorithm:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_starts_store_nothing() {
    let provider = Provider::new();
    let store = std::sync::Arc::new(super::sessions::CountingStore::default());
    let sessions = tollgate::sign_in::Sessions::stored(store.clone());
    let (_, browser) = app::start(settings(&provider).sessions(sessions)).await;
    for _ in 0..10_000 {
        // Each one is another browser.
        let mut browser = Browser::new(browser.app.clone());
        browser.begin("/sign-in").await;
    }
    assert_eq!(store.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_browser_returns_to_the_page_that_it_wanted() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(settings(&provider)).await;
    let page = browser.open("/orders?page=2&sort=a%20b").await;
    assert_eq!(page.status, StatusCode::FOUND);
    let url = browser.begin(page.location()).await;
    let page = browser.come_back(&provider.authorize(&url)).await;
    assert_eq!(page.location(), "/orders?page=2&sort=a%20b");
    assert_eq!(browser.open(page.location()).await.body, "orders of user_1");
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_that_names_no_page_leads_to_the_configured_one() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(settings(&provider).after_sign_in("/home?tab=1")).await;
    for (path, expected) in [
        ("/sign-in", "/home?tab=1"),
        ("/sign-in?return_to=https://evil.example", "/home?tab=1"),
        ("/sign-in?return_to=/orders", "/orders"),
        ("/sign-in?return_to=/", "/"),
    ] {
        let url = browser.begin(path).await;
        let page = browser.come_back(&provider.authorize(&url)).await;
        assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, expected), "{path}");
    }
    // What needs a session leads back to itself, even if that is the page of the default.
    browser.cookies.clear();
    let page = browser.open("/orders").await;
    assert_eq!(page.location(), "/sign-in?return_to=%2Forders");
    // A link that begins anew names no page.
    let page = browser.come_back("state=unknown&code=a").await;
    assert!(page.body.contains("href=\"/sign-in\""), "{}", page.body);
}

#[tokio::test(start_paused = true)]
async fn the_provider_learns_no_path() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(settings(&provider)).await;
    let url = browser.begin("/sign-in?return_to=/patients/4711").await;
    assert!(!url.contains("4711"), "{url}");
    // Not even inside the sealed values, since they stay in the browser.
    assert!(parameters(&url).keys().all(|name| name != "return_to"));
}

#[tokio::test(start_paused = true)]
async fn a_return_path_to_another_origin_becomes_the_home_page() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(settings(&provider)).await;
    for path in ["https://evil.example", "//evil.example", "/%5Cevil.example", "/sign-out"] {
        let url = browser.begin(&format!("/sign-in?return_to={path}")).await;
        let page = browser.come_back(&provider.authorize(&url)).await;
        assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/"), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_tabs_sign_in_one_after_the_other() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(settings(&provider)).await;
    let first = browser.begin("/sign-in?return_to=/orders").await;
    let second = browser.begin("/sign-in?return_to=/").await;
    let page = browser.come_back(&provider.authorize(&second)).await;
    assert_eq!(page.location(), "/");
    let page = browser.come_back(&provider.authorize(&first)).await;
    assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/orders"));
    assert_eq!(browser.user().await, "user_1");
}

#[tokio::test(start_paused = true)]
async fn at_most_five_attempts_are_kept_in_a_browser() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(settings(&provider)).await;
    let mut urls = Vec::new();
    for _ in 0..7 {
        urls.push(browser.begin("/sign-in").await);
        super::time::pass(1).await;
    }
    assert_eq!(browser.cookies.len(), 5);
    // The oldest are gone.
    let (gone, kept) = urls.split_at(2);
    for url in gone {
        let page = browser.come_back(&provider.authorize(url)).await;
        assert_eq!(page.code(), "attempt-unknown");
    }
    for url in kept {
        let page = browser.come_back(&provider.authorize(url)).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_in_the_history_leads_back_and_redeems_nothing() {
    let provider = Provider::new();
    let (sign_in, mut browser) = app::start(settings(&provider)).await;
    let url = browser.begin("/sign-in?return_to=/orders").await;
    let answer = provider.authorize(&url);
    browser.come_back(&answer).await;
    let page = browser.come_back(&answer).await;
    assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/orders"));
    assert_eq!(provider.asked("/token"), 1);
    assert_eq!(sign_in.statistics().sign_ins, [("success", 1)].into());
}

#[tokio::test(start_paused = true)]
async fn a_browser_that_loses_cookies_is_told_so() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(settings(&provider)).await;
    for _ in 0..3 {
        let page = browser.sign_in(&provider).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER);
        browser.cookies.remove("__Host-tollgate");
    }
    let page = browser.open("/sign-in").await;
    assert_eq!((page.status, page.code()), (StatusCode::BAD_REQUEST, "sign-in-circle"));
    // Later, it may try again.
    super::time::pass(31).await;
    browser.begin("/sign-in").await;
}

#[tokio::test(start_paused = true)]
async fn who_signs_in_and_out_quickly_does_not_go_in_circles() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(settings(&provider)).await;
    for _ in 0..5 {
        browser.sign_in(&provider).await;
        assert_eq!(browser.user().await, "user_1");
        browser.open("/sign-out").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_nested_router_returns_to_the_whole_path() {
    let provider = Provider::new();
    let (sign_in, _) = app::start(settings(&provider)).await;
    let nested = axum::Router::new().nest("/shop", app::app(&sign_in));
    let mut browser = Browser::new(nested);
    let page = browser.open("/shop/orders?a=b").await;
    assert_eq!(page.location(), "/sign-in?return_to=%2Fshop%2Forders%3Fa%3Db");
}

#[tokio::test(start_paused = true)]
async fn nothing_that_is_logged_shows_a_secret() {
    let provider = Provider::new();
    let (sign_in, _) = app::start(settings(&provider)).await;
    let headers = http::HeaderMap::new();
    let started = sign_in.start(tollgate::sign_in::Start::default(), &headers).await.unwrap();
    assert_eq!(format!("{started:?}"), "Started { .. }");
    assert_eq!(format!("{:?}", started.cookie), "Sensitive");
    let ended = sign_in.end(&headers).await.unwrap();
    assert_eq!(format!("{ended:?}"), "Ended { .. }");
    assert_eq!(format!("{sign_in:?}"), "SignIn { client_id: \"app_bookstore\", .. }");
}

#[tokio::test(start_paused = true)]
async fn a_prefetch_begins_and_ends_nothing() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(settings(&provider)).await;
    browser.sign_in(&provider).await;
    for path in ["/sign-in", "/sign-out", "/callback?code=a&state=b"] {
        let page = browser.send("GET", path, &[("sec-purpose", "prefetch")]).await;
        assert_eq!(page.status, StatusCode::NO_CONTENT, "{path}");
    }
    assert_eq!(browser.user().await, "user_1");
}

#[tokio::test(start_paused = true)]
async fn a_head_begins_redeems_and_ends_nothing() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(settings(&provider)).await;
    let url = browser.begin("/sign-in").await;
    let callback = format!("/callback?{}", provider.authorize(&url));
    for path in ["/sign-in", &callback] {
        let page = browser.send("HEAD", path, &NAVIGATION).await;
        assert_eq!((page.status, page.location()), (StatusCode::NO_CONTENT, ""), "{path}");
        assert!(!page.headers.contains_key("set-cookie"), "{path}");
    }
    assert_eq!(provider.asked("/token"), 0);
    assert_eq!(browser.open(&callback).await.status, StatusCode::SEE_OTHER);
    browser.send("HEAD", "/sign-out", &NAVIGATION).await;
    assert_eq!(browser.user().await, "user_1");
}

#[tokio::test(start_paused = true)]
async fn a_stranger_may_choose_another_account() {
    let ours = ClaimTest::EndsWith("@example.com".to_owned());
    let provider = Provider::new();
    let require = settings(&provider).require([Requirement::name("email".to_owned(), ours)]);
    let (_, mut browser) = app::start(require).await;
    let page = browser.sign_in(&provider).await;
    assert_eq!(page.code(), "not-permitted");
    assert!(page.body.contains("href=\"/sign-in?prompt=login\""), "{}", page.body);
    assert_eq!(parameters(&browser.begin("/sign-in?prompt=login").await)["prompt"], "login");
    // Only what a page of the app links to.
    let url = browser.begin("/sign-in?prompt=none").await;
    assert!(!parameters(&url).contains_key("prompt"), "{url}");
}

#[tokio::test(start_paused = true)]
async fn pages_cannot_be_framed_and_run_nothing() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(settings(&provider)).await;
    let confirm = browser.send("GET", "/sign-out", &[("sec-fetch-site", "cross-site")]).await;
    let error = browser.open("/callback?state=a&code=%3Cscript%3E").await;
    for page in [confirm, error] {
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        for directive in ["default-src 'none'", "frame-ancestors 'none'", "form-action 'none'"] {
            assert!(policy.contains(directive), "{policy}");
        }
        assert!(!policy.contains("script-src") && !page.body.contains("<script"));
        assert_eq!(page.headers["cache-control"], "no-store");
        assert_eq!(page.headers["referrer-policy"], "no-referrer");
        assert_eq!(page.headers["x-content-type-options"], "nosniff");
    }
}
