//! Sign-out, here and at the provider.

use http::StatusCode;
use tollgate::sign_in::Owner;

use super::app::{self, settings, signed_in};
use super::browser::{Browser, NAVIGATION};
use super::provider::{ISSUER, Provider, parameters};

#[tokio::test(start_paused = true)]
async fn a_sign_out_ends_the_session_revokes_the_token_and_goes_to_the_provider() {
    let (mut browser, provider) = signed_in().await;
    let session = browser.session().unwrap().to_owned();
    let page = browser.open("/sign-out").await;
    let query = parameters(page.location());
    assert_eq!(query["client_id"], super::provider::CLIENT);
    assert_eq!(query["post_logout_redirect_uri"], "https://app.example.com/");
    assert_eq!(query["id_token_hint"].matches('.').count(), 2);
    assert_eq!(provider.state().revoked, ["refresh.1.2"]);
    // A copy of the cookie is worth nothing.
    browser.cookies.insert("__Host-tollgate".to_owned(), session);
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn an_image_elsewhere_cannot_sign_out() {
    let (mut browser, _) = signed_in().await;
    for fields in [
        &[
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "no-cors"),
            ("sec-fetch-dest", "image"),
        ][..],
        &[
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ],
        &[
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ],
    ] {
        let page = browser.send("GET", "/sign-out", fields).await;
        assert_eq!(page.status, StatusCode::OK, "{fields:?}");
        assert!(page.body.contains("Sign out?"), "{fields:?}");
        assert_eq!(browser.user().await, "user_1", "{fields:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_image_in_the_app_itself_cannot_sign_out() {
    let (mut browser, _) = signed_in().await;
    let image = [
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-mode", "no-cors"),
        ("sec-fetch-dest", "image"),
    ];
    browser.send("GET", "/sign-out", &image).await;
    assert_eq!(browser.user().await, "user_1");
}

#[tokio::test(start_paused = true)]
async fn a_user_signs_out_by_the_address_bar_and_without_fetch_metadata() {
    let mut address_bar = NAVIGATION;
    address_bar[0].1 = "none";
    for fields in [&address_bar[..], &[]] {
        let (mut browser, _) = signed_in().await;
        browser.send("GET", "/sign-out", fields).await;
        assert_eq!(browser.user().await, "nobody", "{fields:?}");
    }
    // With a part of it, it could be an image.
    for field in [NAVIGATION[1], NAVIGATION[2]] {
        let (mut browser, _) = signed_in().await;
        browser.send("GET", "/sign-out", &[field]).await;
        assert_eq!(browser.user().await, "user_1", "{field:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_form_of_the_app_signs_out_and_one_of_another_site_does_not() {
    let (mut browser, _) = signed_in().await;
    let mut elsewhere = NAVIGATION;
    elsewhere[0].1 = "cross-site";
    let page = browser.send("POST", "/sign-out", &elsewhere).await;
    assert_eq!(page.code(), "cross-site");
    // Its link begins nothing.
    assert!(page.body.contains("<a href=\"/\">"), "{}", page.body);
    assert_eq!(browser.user().await, "user_1");
    let page = browser.send("POST", "/sign-out", &NAVIGATION).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn a_provider_without_a_page_for_sign_out_leaves_a_note() {
    let provider = Provider::new();
    let mut metadata = provider.state().metadata.clone();
    metadata.as_object_mut().unwrap().remove("end_session_endpoint");
    provider.state().metadata = metadata;
    let (_, mut browser) = app::start(settings(&provider)).await;
    browser.sign_in(&provider).await;
    let page = browser.open("/sign-out").await;
    assert!(page.body.contains("You are signed out here"), "{}", page.body);
    assert_eq!(browser.user().await, "nobody");
}

#[tokio::test(start_paused = true)]
async fn a_long_id_token_is_left_out_of_the_url() {
    let provider = Provider::new();
    provider.state().id_token = std::sync::Arc::new(|token| {
        token.claim("groups", serde_json::json!(vec!["a group of some length"; 200]))
    });
    let (_, mut browser) = app::start(settings(&provider)).await;
    browser.sign_in(&provider).await;
    let page = browser.open("/sign-out").await;
    assert!(!page.location().contains("id_token_hint"));
    assert!(page.location().contains("client_id"));
}

#[tokio::test(start_paused = true)]
async fn a_url_of_4000_bytes_has_the_id_token_and_a_longer_one_does_not() {
    let provider = Provider::new();
    let url = async |more: usize| {
        let path = format!("/{}", "a".repeat(more));
        let (_, mut browser) = app::start(settings(&provider).after_sign_out(path)).await;
        browser.sign_in(&provider).await;
        browser.open("/sign-out").await.location().to_owned()
    };
    let more = 4000 - url(0).await.len();
    let most = url(more).await;
    assert_eq!(most.len(), 4000);
    assert!(most.contains("id_token_hint"));
    assert!(!url(more + 1).await.contains("id_token_hint"));
}

#[tokio::test(start_paused = true)]
async fn sessions_are_counted_if_the_store_can() {
    use tollgate::sign_in::{Sessions, SignInError};
    let provider = Provider::new();
    let (sign_in, mut browser) = app::start(settings(&provider)).await;
    assert_eq!(sign_in.session_count().await, Ok(Some(0)));
    for count in 1..=2 {
        browser.cookies.clear();
        browser.sign_in(&provider).await;
        assert_eq!(sign_in.session_count().await, Ok(Some(count)));
    }
    let store = std::sync::Arc::new(super::sessions::CountingStore::default());
    let (sign_in, _) = app::start(settings(&provider).sessions(Sessions::stored(store))).await;
    assert_eq!(sign_in.session_count().await, Ok(None));
    let in_cookie = settings(&provider).sessions(Sessions::in_cookie()).secrets([[7; 32]]);
    let (sign_in, _) = app::start(in_cookie).await;
    assert_eq!(sign_in.session_count().await, Err(SignInError::NoStore));
}

#[tokio::test(start_paused = true)]
async fn all_sessions_of_a_user_end_at_once() {
    let provider = Provider::new();
    let (sign_in, mut first) = app::start(settings(&provider)).await;
    first.sign_in(&provider).await;
    let mut second = Browser::new(first.app.clone());
    second.sign_in(&provider).await;
    let mut other = Browser::new(first.app.clone());
    provider.state().subject = "user_2".to_owned();
    other.sign_in(&provider).await;
    let owner = Owner::Subject { issuer: ISSUER, subject: "user_1" };
    assert_eq!(sign_in.end_all(owner).await, Ok(2));
    assert_eq!((first.user().await, second.user().await), ("nobody".into(), "nobody".into()));
    assert_eq!(other.user().await, "user_2");
    let sid = Owner::Sid { issuer: ISSUER, sid: "sid-5" };
    assert_eq!(sign_in.end_all(sid).await, Ok(1));
    assert_eq!(other.user().await, "nobody");
}
