//! What requests without a session, and requests of other sites, get.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::Response;
use futures_util::FutureExt;
use http::{Request, StatusCode};
use tollgate::sign_in::RequireSignIn;
use tower::{Layer, Service, ServiceExt};

use super::app::{self, settings, signed_in};
use super::provider::Provider;

#[tokio::test(start_paused = true)]
async fn a_navigation_is_redirected_and_everything_else_gets_401() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(settings(&provider)).await;
    let navigate = ("sec-fetch-mode", "navigate");
    let document = ("sec-fetch-dest", "document");
    let html = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    for (method, fields, redirected) in [
        ("GET", &[navigate, document][..], true),
        ("HEAD", &[navigate, document], true),
        ("GET", &[html], true),
        ("GET", &[], false),
        ("GET", &[("accept", "*/*")], false),
        ("GET", &[("accept", "application/json")], false),
        ("GET", &[navigate, ("sec-fetch-dest", "iframe"), html], false),
        ("GET", &[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty"), html], false),
        ("GET", &[navigate, document, ("sec-purpose", "prefetch")], false),
        ("GET", &[navigate, document, ("next-router-prefetch", "1")], false),
        ("POST", &[("accept", "application/json")], false),
        ("GET", &[("upgrade", "websocket"), ("sec-fetch-mode", "websocket")], false),
    ] {
        let page = browser.send(method, "/orders?a=b", fields).await;
        if redirected {
            assert_eq!(page.status, StatusCode::FOUND, "{method} {fields:?}");
            assert_eq!(page.location(), "/sign-in?return_to=%2Forders%3Fa%3Db");
        } else {
            assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{method} {fields:?}");
            assert_eq!(page.headers["www-authenticate"], "Bearer");
            let body: serde_json::Value = serde_json::from_str(&page.body).unwrap();
            assert_eq!(
                (&body["code"], &body["sign_in"]),
                (&"sign_in_required".into(), &"/sign-in".into())
            );
            assert!(page.location().is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_form_without_a_session_gets_a_page_that_says_so() {
    let provider = Provider::new();
    let (_, mut browser) = app::start(settings(&provider)).await;
    let page = browser.send("POST", "/orders", &super::browser::NAVIGATION).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert!(page.body.contains("send it again"), "{}", page.body);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_another_site_caused_changes_nothing() {
    let (mut browser, _) = signed_in().await;
    let cross = ("sec-fetch-site", "cross-site");
    let evil = ("origin", "https://evil.example");
    for (fields, passes) in [
        (&[cross][..], false),
        (&[("sec-fetch-site", "same-site")], false),
        (&[evil], false),
        (&[("origin", "null")], false),
        (&[("sec-fetch-site", "same-origin")], true),
        (&[("origin", "https://app.example.com")], true),
        (&[], true),
    ] {
        let page = browser.send("POST", "/orders", fields).await;
        if passes {
            assert_eq!(page.body, "orders of user_1", "{fields:?}");
        } else {
            assert_eq!(
                (page.status, page.code()),
                (StatusCode::FORBIDDEN, "cross-site"),
                "{fields:?}"
            );
        }
        // Where a session is optional, there is none.
        let page = browser.send("POST", "/cart", fields).await;
        assert_eq!(
            page.body,
            if passes { "cart of user_1" } else { "nobody's cart" },
            "{fields:?}"
        );
    }
    // The handshake of a WebSocket is a GET that other sites may send.
    let handshake = [("upgrade", "websocket"), ("sec-websocket-version", "13"), evil];
    assert_eq!(browser.send("GET", "/orders", &handshake).await.code(), "cross-site");
}

/// A service that is not ready.
#[derive(Clone)]
struct Busy;

impl Service<Request<Body>> for Busy {
    type Response = Response;
    type Error = Infallible;
    type Future = Ready<Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Pending
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        ready(Ok(Response::default()))
    }
}

#[tokio::test(start_paused = true)]
async fn the_layer_is_not_ready_before_what_is_behind_it() {
    let (sign_in, _) = app::start(settings(&Provider::new())).await;
    let mut busy = RequireSignIn::new(sign_in).layer(Busy);
    assert!(busy.ready().now_or_never().is_none());
}

#[tokio::test(start_paused = true)]
async fn an_app_without_the_layer_says_so() {
    use axum::routing::get;
    let app = axum::Router::new().route("/", get(|_: tollgate::sign_in::Session| async {}));
    let response: Response = app.oneshot(Request::new(Body::empty())).await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test(start_paused = true)]
async fn claims_are_read_as_a_type_of_the_apps() {
    let provider = Provider::new();
    let (sign_in, mut browser) = app::start(settings(&provider)).await;
    browser.sign_in(&provider).await;
    let session = browser.session_at(&sign_in).await;
    #[derive(serde::Deserialize)]
    struct Claims {
        sid: String,
    }
    assert!(session.claims::<Claims>().unwrap().sid.starts_with("sid-"));
    assert_eq!(session.issuer(), super::provider::ISSUER);
    #[derive(Debug, serde::Deserialize)]
    struct Missing {
        #[allow(dead_code, reason = "it is missing")]
        level: u8,
    }
    assert!(session.claims::<Missing>().unwrap_err().to_string().contains("level"));
    // Nothing secret, and nothing personal but the subject.
    assert_eq!(format!("{session:?}"), "Session { subject: \"user_1\", .. }");
}
