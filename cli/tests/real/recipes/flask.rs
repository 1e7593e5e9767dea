//! The Flask app of the examples, behind a proxy, in Chromium.

use std::process::Command;

use super::stack::Recipe;
use crate::chromium::{Browser, with_browser};
use crate::http::Request;
use crate::parts::{Folder, Process, free_port, installed, root, until};
use crate::proxies::stack::Proxy;
use crate::sign_in::browser::USER;

/// The running app, behind a proxy.
struct FlaskApp {
    /// As a browser sees it: `http://localhost:PORT`.
    origin: String,
    _parts: (Recipe, Process, Process, Folder),
}

impl FlaskApp {
    fn start(proxy: Proxy) -> Self {
        let (mut recipe, folder, port) = (Recipe::start(proxy), Folder::new(), free_port());
        let mut command = Command::new(installed("python"));
        command.args(["-m", "flask", "--app", "flask_app", "run", "--port", &port.to_string()]);
        command.current_dir(root().join("examples")).env("PYTHONDONTWRITEBYTECODE", "1");
        let mut app = Process::start(&mut command, &folder.path("flask.log"));
        until("Flask listens", || {
            assert!(app.has_ended().is_none(), "{}", folder.read("flask.log"));
            Request::get("/").try_ask(port).ok()
        });
        let files = std::mem::take(&mut recipe.files);
        let front = proxy.start_with(&folder, files, &[(8080, recipe.port), (9000, port)]);
        until("the proxy lets a public path pass", || {
            let answer = Request::get("/").header("Host", "localhost").try_ask(recipe.port);
            answer.is_ok_and(|answer| answer.status == 200).then_some(())
        });
        let origin = format!("http://localhost:{}", recipe.port);
        Self { origin, _parts: (recipe, front, app, folder) }
    }
}

/// Signs in at the pages of the provider, which ask for any name and password, and then for consent.
async fn sign_in_at_the_provider(browser: &Browser) {
    let field = async |name: &str| browser.find(&format!("[name={name}]")).await;
    field("login").await.send_keys(USER).await.unwrap();
    field("password").await.send_keys("any").await.unwrap();
    press(browser, "button[type=submit]").await;
    press(browser, "button[type=submit]").await;
}

/// Presses what this CSS selector finds, and waits until the page is another.
async fn press(browser: &Browser, selector: &str) {
    let page = browser.find("html").await;
    browser.find(selector).await.click().await.unwrap();
    let is_gone = async || page.tag_name().await.is_err().then_some(());
    browser.until(selector, is_gone).await;
}

pub(super) fn a_user_of_the_flask_app_signs_in_and_out(proxy: Proxy) {
    let app = FlaskApp::start(proxy);
    let name = proxy.name();
    with_browser(async |browser| {
        browser.open(&app.origin).await;
        assert_eq!(browser.text(".state").await, "Not authenticated");
        browser.picture(&format!("flask-{name}")).await;

        let page = format!("{}/orders?page=2&sort=a%20b", app.origin);
        browser.open(&page).await;
        sign_in_at_the_provider(browser).await;
        assert_eq!(browser.url().await, page);
        assert_eq!(browser.text(".state").await, format!("Orders of {USER}"));
        browser.picture(&format!("flask-{name}-orders")).await;
        browser.open(&app.origin).await;
        assert_eq!(browser.text(".state").await, "Authenticated");

        browser.press("Sign out").await;
        // The provider asks.
        press(browser, "button[value=yes]").await;
        assert_eq!(browser.url().await, format!("{}/", app.origin));
        assert_eq!(browser.text(".state").await, "Not authenticated");
        assert!(browser.driver.get_all_cookies().await.unwrap().is_empty());

        browser.press("Sign in").await;
        sign_in_at_the_provider(browser).await;
        assert_eq!(browser.url().await, format!("{}/", app.origin));
        assert_eq!(browser.text(".state").await, "Authenticated");
    });
}
