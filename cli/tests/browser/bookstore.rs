//! The demo's app, as a customer sees it: sign-in by the library.

use std::time::Duration;

use crate::browser::{Browser, with_browser};
use crate::demo::Demo;

const PASSWORD: &str = "correct horse";

/// Registers and returns to the app.
async fn register(browser: &Browser, name: &str) {
    browser.press("Register").await;
    assert_eq!(browser.heading().await, "Create an account");
    browser.fill("User name", name).await;
    browser.fill("Password", PASSWORD).await;
    browser.press("Create account").await;
}

/// A browser at the app's home page, where somebody has just registered.
async fn signed_in(browser: &Browser, demo: &Demo) {
    browser.open(&demo.app).await;
    register(browser, "ada").await;
    assert_eq!(browser.text(".state").await, "Authenticated");
}

/// What a script of the page gets for a request: the status and the body.
async fn fetched(browser: &Browser, path: &str, method: &str) -> String {
    let script = "const done = arguments[arguments.length - 1];
        fetch(arguments[0], { method: arguments[1], redirect: 'manual' })
            .then(async answer => done(answer.status + ' ' + await answer.text()))
            .catch(error => done('' + error))";
    let arguments = vec![path.into(), method.into()];
    let answer = browser.driver.execute_async(script, arguments).await.unwrap();
    answer.convert().unwrap()
}

#[test]
#[ignore = "needs Chromium: .ci/browser"]
fn a_customer_registers_sees_the_books_and_signs_out() {
    let demo = Demo::start();
    with_browser(async |browser| {
        browser.open(&demo.app).await;
        assert_eq!(browser.text(".state").await, "Not authenticated");
        browser.picture("bookstore").await;
        register(browser, "ada").await;
        assert_eq!(browser.url().await, format!("{}/", demo.app));
        assert_eq!(browser.text(".state").await, "Authenticated");
        assert!(browser.text("ul").await.contains("Middlemarch"));
        browser.picture("bookstore-signed-in").await;
        browser.press("My orders").await;
        assert_eq!(browser.text(".state").await, "Orders of ada");
        browser.picture("bookstore-orders").await;
        browser.press("Sign out").await;
        assert_eq!(browser.url().await, format!("{}/", demo.app));
        assert_eq!(browser.text(".state").await, "Not authenticated");
        assert!(browser.driver.get_all_cookies().await.unwrap().is_empty());
    });
}

#[test]
#[ignore = "needs Chromium: .ci/browser"]
fn the_browser_keeps_the_session_where_no_script_reads_it() {
    let demo = Demo::start();
    with_browser(async |browser| {
        signed_in(browser, &demo).await;
        let cookies = browser.driver.get_all_cookies().await.unwrap();
        let port = demo.app.rsplit_once(':').unwrap().1;
        let name = format!("tollgate-{port}");
        let session = cookies.iter().find(|cookie| cookie.name == name).expect("a session");
        assert_eq!(session.value.len(), 43);
        assert_eq!(session.path.as_deref(), Some("/"));
        assert!(matches!(session.same_site, Some(thirtyfour::SameSite::Lax)), "{session:?}");
        let script = "return document.cookie";
        let seen: String =
            browser.driver.execute(script, Vec::new()).await.unwrap().convert().unwrap();
        assert_eq!(seen, "");
    });
}

#[test]
#[ignore = "needs Chromium: .ci/browser"]
fn a_page_in_the_middle_returns_there_with_its_query() {
    let demo = Demo::start();
    with_browser(async |browser| {
        let page = format!("{}/orders?page=2&sort=a%20b", demo.app);
        browser.open(&page).await;
        assert_eq!(browser.heading().await, "Sign in");
        browser.press("Create one").await;
        browser.fill("User name", "ada").await;
        browser.fill("Password", PASSWORD).await;
        browser.press("Create account").await;
        assert_eq!(browser.url().await, page);
        assert_eq!(browser.text(".state").await, "Orders of ada");
    });
}

#[test]
#[ignore = "needs Chromium: .ci/browser"]
fn the_back_button_on_the_callback_does_no_harm() {
    let demo = Demo::start();
    with_browser(async |browser| {
        signed_in(browser, &demo).await;
        browser.press("My orders").await;
        for _ in 0..3 {
            browser.driver.back().await.unwrap();
        }
        browser.open(&demo.app).await;
        assert_eq!(browser.text(".state").await, "Authenticated");
    });
}

#[test]
#[ignore = "needs Chromium: .ci/browser"]
fn two_tabs_sign_in_one_after_the_other() {
    let demo = Demo::start();
    with_browser(async |browser| {
        browser.open(&format!("{}/orders", demo.app)).await;
        let first = browser.driver.window().await.unwrap();
        let second = browser.driver.new_tab().await.unwrap();
        browser.driver.switch_to_window(second).await.unwrap();
        browser.open(&demo.app).await;
        register(browser, "ada").await;
        assert_eq!(browser.text(".state").await, "Authenticated");
        // The first tab still shows the provider's form.
        browser.driver.switch_to_window(first).await.unwrap();
        browser.fill("User name", "ada").await;
        browser.fill("Password", PASSWORD).await;
        browser.press("Sign in").await;
        assert_eq!(browser.text(".state").await, "Orders of ada");
    });
}

#[test]
#[ignore = "needs Chromium: .ci/browser"]
fn who_cancels_gets_a_page_and_can_begin_anew() {
    let demo = Demo::start();
    with_browser(async |browser| {
        browser.open(&format!("{}/sign-in", demo.app)).await;
        browser.press("Cancel").await;
        assert_eq!(browser.heading().await, "You are not signed in");
        assert!(browser.text("small").await.starts_with("provider-error · reference "));
        browser.picture("error-cancelled").await;
        assert!(!browser.overflows().await);
        browser.press("Sign in").await;
        assert_eq!(browser.heading().await, "Sign in");
    });
}

#[test]
#[ignore = "needs Chromium: .ci/browser"]
fn a_forged_answer_gets_a_page_and_signs_nobody_in() {
    let demo = Demo::start();
    with_browser(async |browser| {
        browser.open(&format!("{}/callback?code=stolen&state=forged", demo.app)).await;
        assert_eq!(browser.heading().await, "This sign-in is not known");
        browser.picture("error-unknown").await;
        browser.open(&demo.app).await;
        assert_eq!(browser.text(".state").await, "Not authenticated");
    });
}

#[test]
#[ignore = "needs Chromium: .ci/browser"]
fn a_fetch_without_a_session_gets_401_and_no_redirect() {
    let demo = Demo::start();
    with_browser(async |browser| {
        browser.open(&demo.app).await;
        // The page may connect nowhere, so a page without a policy asks.
        browser.open(&format!("{}/healthz", demo.app)).await;
        assert!(fetched(browser, "/orders", "GET").await.starts_with("401 "));
    });
}

#[test]
#[ignore = "needs Chromium: .ci/browser"]
fn another_site_can_neither_sign_out_nor_read_anything() {
    let demo = Demo::start();
    with_browser(async |browser| {
        signed_in(browser, &demo).await;
        // The provider's host is another site. This page of it has no policy.
        let elsewhere = demo.issuer.replace("/demo", "/healthz");
        browser.open(&elsewhere).await;
        let image = "const image = new Image(); image.src = arguments[0] + '/sign-out'; \
                     document.body.append(image)";
        browser.driver.execute(image, vec![demo.app.clone().into()]).await.unwrap();
        let form = "const form = document.createElement('form'); form.method = 'post'; \
                    form.action = arguments[0] + '/sign-out'; document.body.append(form); form.submit()";
        browser.driver.execute(form, vec![demo.app.clone().into()]).await.unwrap();
        assert_eq!(browser.heading().await, "This came from another site");
        browser.picture("error-cross-site").await;
        browser.open(&demo.app).await;
        assert_eq!(browser.text(".state").await, "Authenticated");
    });
}

#[test]
#[ignore = "needs Chromium: .ci/browser"]
fn a_link_from_another_site_asks_before_it_signs_out() {
    let demo = Demo::start();
    with_browser(async |browser| {
        signed_in(browser, &demo).await;
        browser.open(&demo.issuer.replace("/demo", "/healthz")).await;
        let script = "location.href = arguments[0] + '/sign-out'";
        browser.driver.execute(script, vec![demo.app.clone().into()]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(browser.heading().await, "Sign out?");
        browser.picture("sign-out-asked").await;
        browser.press("Sign out").await;
        assert_eq!(browser.text(".state").await, "Not authenticated");
    });
}
