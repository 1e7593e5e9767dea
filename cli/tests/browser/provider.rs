//! The pages of the demo's OpenID provider.

use crate::browser::{Browser, with_browser};
use crate::demo::Demo;

const PASSWORD: &str = "correct horse";

/// Registers a user, and returns to the app.
async fn register(browser: &Browser, demo: &Demo, name: &str) {
    browser.open(&demo.authorize("&scope=openid+profile&prompt=create")).await;
    browser.fill("User name", name).await;
    browser.fill("Password", PASSWORD).await;
    browser.press("Create account").await;
    demo.redeem(&browser.url().await);
}

#[test]
#[ignore = "needs Chromium: .ci/browser"]
fn a_user_registers_and_returns_to_the_app() {
    let demo = Demo::start();
    with_browser(async |browser| {
        browser.open(&demo.authorize("&scope=openid+profile")).await;
        assert_eq!(browser.heading().await, "Sign in");
        assert_eq!(browser.focus().await, "username");
        browser.picture("provider-sign-in").await;
        browser.press("Create one").await;
        assert_eq!(browser.heading().await, "Create an account");
        browser.picture("provider-register").await;
        browser.fill("User name", "ada").await;
        browser.fill("Password", PASSWORD).await;
        // As by the Enter key: the button that comes first.
        browser.enter().await;
        let tokens = demo.redeem(&browser.url().await);
        assert_eq!(tokens["scope"], "openid profile");
    });
}

#[test]
#[ignore = "needs Chromium: .ci/browser"]
fn a_wrong_password_can_be_corrected() {
    let demo = Demo::start();
    with_browser(async |browser| {
        register(browser, &demo, "ada").await;
        browser.open(&demo.authorize("&scope=openid&prompt=login&login_hint=ada")).await;
        assert_eq!(browser.focus().await, "password");
        browser.fill("Password", "correct hose").await;
        browser.press("Sign in").await;
        let alert = browser.text("[role=alert]").await;
        assert_eq!(alert, "The user name or password is wrong.");
        browser.picture("provider-wrong-password").await;
        assert_eq!(browser.focus().await, "password");
        browser.fill("Password", PASSWORD).await;
        browser.press("Sign in").await;
        demo.redeem(&browser.url().await);
    });
}

#[test]
#[ignore = "needs Chromium: .ci/browser"]
fn a_name_that_is_taken_can_be_replaced() {
    let demo = Demo::start();
    with_browser(async |browser| {
        register(browser, &demo, "ada").await;
        browser.open(&demo.authorize("&scope=openid&prompt=create")).await;
        browser.fill("User name", "Ada").await;
        browser.fill("Password", PASSWORD).await;
        browser.press("Create account").await;
        browser.picture("provider-name-taken").await;
        assert_eq!(browser.focus().await, "username");
        browser.fill("User name", "<b>Ada</b> & \"co\"").await;
        browser.fill("Password", PASSWORD).await;
        browser.press("Create account").await;
        demo.redeem(&browser.url().await);
    });
}

#[test]
#[ignore = "needs Chromium: .ci/browser"]
fn a_user_who_is_signed_in_returns_at_once() {
    let demo = Demo::start();
    with_browser(async |browser| {
        register(browser, &demo, "ada").await;
        browser.open(&demo.authorize("&scope=openid&prompt=none")).await;
        demo.redeem(&browser.url().await);
        // The browser has the cookie for this host and path only, and scripts do not see it.
        browser.open(&demo.authorize("&scope=openid&prompt=login")).await;
        let cookies = browser.driver.get_all_cookies().await.unwrap();
        let [cookie] = &cookies[..] else { panic!("{cookies:?}") };
        assert_eq!((cookie.path.as_deref(), cookie.http_only), (Some("/demo"), Some(true)));
        assert_eq!(cookie.domain.as_deref(), Some("127.0.0.1"));
        // A page without a cookie of its own.
        browser.open(&format!("{}/healthz", demo.app)).await;
        assert!(browser.driver.get_all_cookies().await.unwrap().is_empty());
    });
}

#[test]
#[ignore = "needs Chromium: .ci/browser"]
fn a_user_consents_or_cancels() {
    let demo = Demo::start();
    with_browser(async |browser| {
        register(browser, &demo, "ada").await;
        let scope = "&scope=openid+profile+offline_access+read:orders&prompt=consent";
        browser.open(&demo.authorize(scope)).await;
        assert_eq!(browser.heading().await, "Allow access?");
        browser.picture("provider-consent").await;
        browser.press("Cancel").await;
        let url = browser.url().await;
        assert!(url.starts_with(&format!("{}/callback?error=access_denied", demo.app)), "{url}");
        browser.open(&demo.authorize(scope)).await;
        browser.press("Allow").await;
        let tokens = demo.redeem(&browser.url().await);
        assert!(tokens["refresh_token"].is_string());
    });
}

#[test]
#[ignore = "needs Chromium: .ci/browser"]
fn a_user_signs_out_at_the_provider() {
    let demo = Demo::start();
    with_browser(async |browser| {
        register(browser, &demo, "ada").await;
        let Demo { issuer, app, .. } = &demo;
        let end =
            format!("{issuer}/end_session?client_id=demo-app&post_logout_redirect_uri={app}/");
        browser.open(&end).await;
        assert_eq!(browser.heading().await, "Sign out?");
        browser.picture("provider-sign-out").await;
        browser.press("Stay signed in").await;
        assert_eq!(browser.heading().await, "You are still signed in");
        browser.picture("provider-still-signed-in").await;
        browser.open(&end).await;
        browser.press("Sign out").await;
        assert_eq!(browser.url().await, format!("{app}/"));
        browser.open(&format!("{issuer}/end_session")).await;
        assert_eq!(browser.heading().await, "You are signed out");
        browser.picture("provider-signed-out").await;
        browser.open(&demo.authorize("&scope=openid")).await;
        assert_eq!(browser.heading().await, "Sign in");
    });
}

#[test]
#[ignore = "needs Chromium: .ci/browser"]
fn an_unknown_redirect_uri_is_a_page() {
    let demo = Demo::start();
    with_browser(async |browser| {
        let url = demo.authorize("&scope=openid").replace("/callback", "/elsewhere");
        browser.open(&url).await;
        assert_eq!(browser.heading().await, "Something went wrong");
        browser.picture("provider-error").await;
    });
}

#[test]
#[ignore = "needs Chromium: .ci/browser"]
fn a_form_of_another_site_signs_nobody_in() {
    let demo = Demo::start();
    with_browser(async |browser| {
        register(browser, &demo, "ada").await;
        let login = demo.authorize("&scope=openid").replace("/authorize?", "/login?");
        let form = format!(
            "data:text/html,<form method=post action='{}'><input name=username value=ada>\
             <input name=password value='{PASSWORD}'><button>Win</button></form>",
            login.replace('&', "%26amp;")
        );
        browser.open(&form).await;
        browser.press("Win").await;
        let alert = browser.text("[role=alert]").await;
        assert_eq!(alert, "This form was sent by another site. Go back, and try again.");
    });
}

#[test]
#[ignore = "needs Chromium: .ci/browser"]
fn pages_fit_a_phone() {
    let demo = Demo::start();
    with_browser(async |browser| {
        let name = "W".repeat(64);
        register(browser, &demo, &name).await;
        for url in [
            demo.authorize(&format!("&scope=openid&prompt=login&login_hint={name}")),
            demo.authorize("&scope=openid&prompt=create"),
            demo.authorize("&scope=openid+read:orders&prompt=consent"),
            format!("{}/end_session?client_id=demo-app", demo.issuer),
        ] {
            browser.open(&url).await;
            assert!(!browser.overflows().await, "{url}");
        }
    });
}
