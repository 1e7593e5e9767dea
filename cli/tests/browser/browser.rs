//! [`Browser`]: what a user does at a browser.

use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, panic};

use thirtyfour::prelude::*;

use crate::chromedriver::ChromeDriver;

/// Long enough for a slow machine. Tests that pass do not wait this long.
const PATIENCE: Duration = Duration::from_secs(30);

/// The browser of one user. Only what users can see and do is in its methods; the rest is in `driver`.
pub(crate) struct Browser {
    pub(crate) driver: WebDriver,
}

/// Runs a test with a browser of its own, which ends even if the test fails.
pub(crate) fn with_browser<T>(test: impl AsyncFnOnce(&Browser) -> T) -> T {
    let chromedriver = ChromeDriver::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let driver = Browser::start(&chromedriver).await;
        // Chromium outlives a chromedriver that is killed, so WebDriver ends it first.
        let ran = driver
            .run_and_quit(async |driver| Ok::<T, WebDriverError>(test(&Browser { driver }).await));
        ran.await.unwrap()
    })
}

impl Browser {
    async fn start(chromedriver: &ChromeDriver) -> WebDriver {
        let mut capabilities = DesiredCapabilities::chrome();
        // Root has no sandbox, and containers have little shared memory. Nothing is asked of other servers. Each
        // session has a new profile, which chromedriver removes.
        for argument in [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--disable-quic",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-default-apps",
            "--disable-extensions",
            "--disable-sync",
            "--no-default-browser-check",
            "--no-first-run",
            "--no-proxy-server",
            "--window-size=900,800",
        ] {
            capabilities.add_arg(argument).unwrap();
        }
        // Its client is built for TLS, although it uses none. Another test may have installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let driver = WebDriver::new(&chromedriver.url, capabilities).await.unwrap();
        driver.set_page_load_timeout(PATIENCE).await.unwrap();
        driver
    }

    pub(crate) async fn open(&self, url: &str) {
        self.driver.goto(url).await.unwrap();
    }

    pub(crate) async fn url(&self) -> String {
        self.driver.current_url().await.unwrap().into()
    }

    /// The first heading of the page.
    pub(crate) async fn heading(&self) -> String {
        self.text("h1").await
    }

    /// The text of the first element that this CSS selector finds.
    pub(crate) async fn text(&self, selector: &str) -> String {
        self.find(selector).await.text().await.unwrap()
    }

    /// The first element that this CSS selector finds, as soon as it is there.
    pub(crate) async fn find(&self, selector: &str) -> WebElement {
        self.until(selector, async || self.driver.find(By::Css(selector)).await.ok()).await
    }

    /// Replaces the text in the field with this label.
    pub(crate) async fn fill(&self, label: &str, text: &str) {
        let labels = self.driver.find_all(By::Tag("label")).await.unwrap();
        for found in labels {
            if found.text().await.unwrap() == label {
                let field = found.attr("for").await.unwrap().expect("a label names its field");
                let field = self.find(&format!("#{field}")).await;
                field.clear().await.unwrap();
                field.send_keys(text).await.unwrap();
                return;
            }
        }
        panic!("no field {label:?} on {}", self.url().await);
    }

    /// Presses the button or follows the link with this text, and waits until the page is another.
    pub(crate) async fn press(&self, text: &str) {
        for found in self.driver.find_all(By::Css("button, a")).await.unwrap() {
            if found.text().await.unwrap() == text {
                let page = self.find("html").await;
                found.click().await.unwrap();
                let is_gone = async || page.tag_name().await.is_err().then_some(());
                self.until(&format!("the page after {text:?}"), is_gone).await;
                return;
            }
        }
        panic!("no button and no link {text:?} on {}", self.url().await);
    }

    /// The field or button that has the focus, by its `id` or text.
    pub(crate) async fn focus(&self) -> String {
        let focused = self.driver.active_element().await.unwrap();
        match focused.id().await.unwrap() {
            Some(id) if !id.is_empty() => id,
            _ => focused.text().await.unwrap(),
        }
    }

    /// Presses Enter in the element that has the focus, and waits until the page is another.
    pub(crate) async fn enter(&self) {
        let page = self.find("html").await;
        self.driver.active_element().await.unwrap().send_keys(Key::Enter + "").await.unwrap();
        let is_gone = async || page.tag_name().await.is_err().then_some(());
        self.until("the page after Enter", is_gone).await;
    }

    /// Keeps pictures of the page: `NAME.png`, and `NAME-narrow.png` as a phone shows it.
    pub(crate) async fn picture(&self, name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/ci/browser");
        fs::create_dir_all(&folder).unwrap();
        for (suffix, width) in [("-narrow", 400), ("", 900)] {
            self.driver.set_window_rect(0, 0, width, 800).await.unwrap();
            let path = folder.join(format!("{name}{suffix}.png"));
            self.driver.screenshot(&path).await.unwrap();
        }
    }

    /// Whether the page is wider than a phone shows, so that users must scroll sideways.
    pub(crate) async fn overflows(&self) -> bool {
        self.driver.set_window_rect(0, 0, 400, 800).await.unwrap();
        let script = "return document.documentElement.scrollWidth > window.innerWidth";
        let overflows = self.driver.execute(script, Vec::new()).await.unwrap();
        self.driver.set_window_rect(0, 0, 900, 800).await.unwrap();
        overflows.json().as_bool().unwrap()
    }

    /// Waits until the attempt returns something.
    pub(crate) async fn until<T>(
        &self,
        what: &str,
        mut attempt: impl AsyncFnMut() -> Option<T>,
    ) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = attempt().await {
                return found;
            }
            if begun.elapsed() > PATIENCE {
                panic!("waited in vain for {what} on {}", self.url().await);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[test]
#[ignore = "needs Chromium: .ci/browser"]
fn a_test_that_fails_ends_its_browser() {
    let mut process = None;
    let failed = panic::catch_unwind(panic::AssertUnwindSafe(|| {
        with_browser(async |browser| {
            process = browser.driver.capabilities().get("goog:processID").cloned();
            assert!(is_running(&process));
            panic!("as intended");
        });
    }));
    assert!(failed.is_err());
    let begun = Instant::now();
    while is_running(&process) {
        assert!(begun.elapsed() < PATIENCE, "Chromium is still there: {process:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn is_running(process: &Option<serde_json::Value>) -> bool {
    let id = process.as_ref().and_then(|id| id.as_u64()).expect("WebDriver names the process");
    // A process that has ended stays listed until its parent notices.
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    !status.is_empty() && !status.contains("State:\tZ")
}
