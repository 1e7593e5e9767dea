//! A browser: it keeps cookies, and follows redirects through the scripted provider.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::header::{COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderMap, Request, StatusCode};
use tollgate::sign_in::{Session, SignIn};
use tower::ServiceExt;

use super::provider::{ISSUER, Provider};

pub(crate) struct Browser {
    pub(crate) app: Router,
    pub(crate) cookies: BTreeMap<String, String>,
}

pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Page {
    pub(crate) fn location(&self) -> &str {
        self.headers.get(LOCATION).map_or("", |it| it.to_str().unwrap())
    }

    /// The code of an error's page.
    pub(crate) fn code(&self) -> &str {
        let details = self.body.split("<small>").nth(1).unwrap_or_default();
        details.split(" ·").next().unwrap_or_default()
    }
}

/// The fields of a navigation within the app.
pub(crate) const NAVIGATION: [(&str, &str); 4] = [
    ("sec-fetch-site", "same-origin"),
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-dest", "document"),
    ("accept", "text/html,*/*;q=0.8"),
];

impl Browser {
    pub(crate) fn new(app: Router) -> Self {
        Self { app, cookies: BTreeMap::new() }
    }

    pub(crate) async fn send(&mut self, method: &str, path: &str, fields: &[(&str, &str)]) -> Page {
        self.send_body(method, path, fields, String::new()).await
    }

    pub(crate) async fn send_body(
        &mut self,
        method: &str,
        path: &str,
        fields: &[(&str, &str)],
        body: String,
    ) -> Page {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        if !self.cookies.is_empty() {
            let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
            request = request.header(COOKIE, pairs.collect::<Vec<_>>().join("; "));
        }
        let response =
            self.app.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.contains("; HttpOnly") && cookie.contains("; Path=/;"), "{cookie}");
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let body = to_bytes(body, 1 << 20).await.unwrap();
        Page {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// A click on a link of the app.
    pub(crate) async fn open(&mut self, path: &str) -> Page {
        self.send("GET", path, &NAVIGATION).await
    }

    /// Comes back from the provider, as the browser does after its redirect.
    pub(crate) async fn come_back(&mut self, answer: &str) -> Page {
        let mut fields = NAVIGATION;
        fields[0].1 = "cross-site";
        self.send("GET", &format!("/callback?{answer}"), &fields).await
    }

    /// Begins a sign-in, and returns the URL of the provider's page.
    pub(crate) async fn begin(&mut self, path: &str) -> String {
        let page = self.open(path).await;
        assert_eq!(page.status, StatusCode::FOUND, "{}", page.body);
        assert!(page.location().starts_with(ISSUER), "{}", page.location());
        page.location().to_owned()
    }

    /// Signs in, and returns the page to which the app sends the browser.
    pub(crate) async fn sign_in(&mut self, provider: &Provider) -> Page {
        let url = self.begin("/sign-in").await;
        self.come_back(&provider.authorize(&url)).await
    }

    /// What the home page says: who is signed in, or nobody.
    pub(crate) async fn user(&mut self) -> String {
        let page = self.open("/").await;
        match page.status {
            StatusCode::OK => page.body,
            status => format!("{status} {}", page.code()),
        }
    }

    /// The name and value of the session's cookie.
    pub(crate) fn session(&self) -> Option<&str> {
        self.cookies.get("__Host-tollgate").map(String::as_str)
    }

    /// The browser's session, as a handler of the app has it.
    pub(crate) async fn session_at(&self, sign_in: &SignIn) -> Session {
        let mut headers = HeaderMap::new();
        let cookie = format!("__Host-tollgate={}", self.session().unwrap());
        headers.insert(COOKIE, cookie.parse().unwrap());
        sign_in.session(&headers).await.unwrap().unwrap()
    }
}
