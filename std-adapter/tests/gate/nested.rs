//! Nested layers, and layers that let requests without credentials pass.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::routing::get;
use http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::json;
use tollgate::gate::{Gate, Identity};
use tollgate::middleware::{Authenticated, RequireAuth};
use tollgate::tollgate_core::{Now, UnixTime};
use tollgate_tests::mint::{NOW, Token};
use tower::ServiceExt;
use tower::util::MapRequestLayer;

use super::scripted_web::{Web, bearer, issuer, ready};

/// A gate, and the number of tokens that it has judged: it reads its clock for each.
async fn counting() -> (Gate, Arc<AtomicUsize>) {
    let verdicts = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&verdicts);
    let clock = move || {
        count.fetch_add(1, Ordering::Relaxed);
        Now::Exact(UnixTime(NOW))
    };
    let gate =
        Gate::builder().fetcher(Web::good()).clock(clock).issuer(issuer().scope("read:orders"));
    let gate = gate.build().unwrap();
    gate.ready().await;
    (gate, verdicts)
}

fn request(authorization: &[&str]) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    for value in authorization {
        request.headers_mut().append(AUTHORIZATION, value.parse().unwrap());
    }
    request
}

async fn answer(router: &Router, request: Request<Body>) -> (StatusCode, String) {
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn status(router: &Router, authorization: &[&str]) -> u16 {
    answer(router, request(authorization)).await.0.as_u16()
}

async fn hello(user: Authenticated) -> String {
    format!("hello, {}", user.subject().unwrap())
}

async fn hello_anybody(user: Option<Authenticated>) -> String {
    let name = user.as_ref().and_then(|user| user.subject()).unwrap_or("stranger");
    format!("hello, {name}")
}

#[tokio::test(start_paused = true)]
async fn a_scope_layer_within_a_layer_does_not_verify_the_token_again() {
    let (gate, verdicts) = counting().await;
    let auth = RequireAuth::new(gate);
    let router = |scope: &str| {
        let inner = auth.clone().scope(scope);
        Router::new().route("/", get(hello).layer(inner)).layer(auth.clone())
    };
    let token = bearer(&Token::good());
    assert_eq!(status(&router("write:orders"), &[&token]).await, 200);
    assert_eq!(verdicts.swap(0, Ordering::Relaxed), 1);
    let response = router("admin").oneshot(request(&[&token])).await.unwrap();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let challenge = response.headers()[WWW_AUTHENTICATE].to_str().unwrap();
    assert!(challenge.ends_with("scope=\"read:orders admin\""), "{challenge}");
    assert_eq!(verdicts.load(Ordering::Relaxed), 1);
}

/// The inner layer answers as it does without the outer one.
#[tokio::test(start_paused = true)]
async fn a_layer_within_a_layer_demands_what_it_does_alone() {
    let auth = RequireAuth::new(ready(&Web::good()).await);
    for scope in ["read:orders", "admin", "", "read:orders write:orders", "read"] {
        let inner = Router::new().route("/", get(hello).layer(auth.clone().scope(scope)));
        let nested = inner.clone().layer(auth.clone());
        for granted in ["read:orders write:orders", "read:orders", " read:orders", "", "admin  x"] {
            let token = bearer(&Token::good().claim("scope", json!(granted)));
            let alone = answer(&inner, request(&[&token])).await;
            assert_eq!(answer(&nested, request(&[&token])).await, alone, "{scope:?} {granted:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn another_gate_judges_the_token_itself() {
    let (outer, first) = counting().await;
    let (inner, second) = counting().await;
    let router = Router::new()
        .route("/", get(hello).layer(RequireAuth::new(inner)))
        .layer(RequireAuth::new(outer));
    assert_eq!(status(&router, &[&bearer(&Token::good())]).await, 200);
    assert_eq!((first.load(Ordering::Relaxed), second.load(Ordering::Relaxed)), (1, 1));
    // The outer gate does not know this issuer's policy.
    let web = Web::good();
    let strict =
        super::scripted_web::builder(&web).issuer(issuer().subject("user_2")).build().unwrap();
    strict.ready().await;
    let router = Router::new()
        .route("/", get(hello).layer(RequireAuth::new(strict)))
        .layer(RequireAuth::new(ready(&web).await));
    assert_eq!(status(&router, &[&bearer(&Token::good())]).await, 401);
}

#[tokio::test(start_paused = true)]
async fn a_header_that_changes_between_two_layers_is_judged_again() {
    let (gate, verdicts) = counting().await;
    let auth = RequireAuth::new(gate);
    let through = |change: fn(&mut Request<Body>)| {
        let change = MapRequestLayer::new(move |mut request: Request<Body>| {
            change(&mut request);
            request
        });
        let inner = get(hello).layer::<_, Infallible>(auth.clone()).layer(change);
        Router::new().route("/", inner).layer(auth.clone())
    };
    fn set(request: &mut Request<Body>, token: &Token) {
        let value = HeaderValue::try_from(bearer(token)).unwrap();
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    let token = bearer(&Token::good());
    type Case = (fn(&mut Request<Body>), (u16, &'static str), usize);
    let cases: [Case; 6] = [
        (|_| (), (200, "hello, user_1"), 1),
        // Another header value with the same bytes is the same.
        (|request| set(request, &Token::good()), (200, "hello, user_1"), 1),
        (
            |request| set(request, &Token::good().claim("sub", json!("user_2"))),
            (200, "hello, user_2"),
            2,
        ),
        (|request| set(request, &Token::good().claim("exp", 0)), (401, ""), 2),
        (|request| drop(request.headers_mut().remove(AUTHORIZATION)), (401, ""), 1),
        (
            |request| {
                let value = request.headers()[AUTHORIZATION].clone();
                request.headers_mut().append(AUTHORIZATION, value);
            },
            (401, ""),
            1,
        ),
    ];
    for (change, expected, judged) in cases {
        let (status, body) = answer(&through(change), request(&[&token])).await;
        assert_eq!(status.as_u16(), expected.0, "{body}");
        assert!(status != StatusCode::OK || body == expected.1, "{body}");
        assert_eq!(verdicts.swap(0, Ordering::Relaxed), judged);
    }
}

#[tokio::test(start_paused = true)]
async fn requests_without_credentials_pass_where_that_is_allowed() {
    let auth = RequireAuth::new(ready(&Web::good()).await).allow_anonymous();
    let router = Router::new().route("/", get(hello_anybody)).layer(auth.clone());
    assert_eq!(answer(&router, request(&[])).await, (StatusCode::OK, "hello, stranger".to_owned()));
    assert_eq!(status(&router, &[""]).await, 200, "an empty header has no credentials");
    let good = bearer(&Token::good());
    assert_eq!(
        answer(&router, request(&[&good])).await,
        (StatusCode::OK, "hello, user_1".to_owned())
    );
    for (authorization, expected) in [
        (vec![bearer(&Token::good().claim("exp", 0))], 401),
        (vec![bearer(&Token::good().header(r#"{"alg":"none"}"#))], 401),
        (vec!["Basic dXNlcjpwYXNz".to_owned()], 401),
        (vec!["Bearer".to_owned()], 401),
        (vec![good.clone(), good.clone()], 401),
        (vec![String::new(), good.clone()], 401),
    ] {
        let lines: Vec<_> = authorization.iter().map(String::as_str).collect();
        assert_eq!(status(&router, &lines).await, expected, "{lines:?}");
    }
    let scoped = Router::new().route("/", get(hello_anybody)).layer(auth.scope("admin"));
    assert_eq!(status(&scoped, &[&good]).await, 403);
    assert_eq!(status(&scoped, &[]).await, 200);
}

#[tokio::test(start_paused = true)]
async fn anonymous_requests_stop_at_a_layer_or_handler_that_needs_somebody() {
    let auth = RequireAuth::new(ready(&Web::good()).await);
    let handler = Router::new().route("/", get(hello)).layer(auth.clone().allow_anonymous());
    let layer = Router::new()
        .route("/", get(hello_anybody).layer(auth.clone()))
        .layer(auth.allow_anonymous());
    for router in [handler, layer] {
        let response = router.clone().oneshot(request(&[])).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.headers()[WWW_AUTHENTICATE], "Bearer");
        assert_eq!(status(&router, &[&bearer(&Token::good())]).await, 200);
    }
}

#[tokio::test(start_paused = true)]
async fn an_anonymous_request_has_no_identity_whoever_put_one_there() {
    let gate = ready(&Web::good()).await;
    let forged = gate.authorize_now(bearer(&Token::good())).unwrap();
    let mut anonymous = request(&[]);
    anonymous.extensions_mut().insert(forged);
    let handler = |request: Request<Body>| async move {
        assert!(request.extensions().get::<Identity>().is_none());
        Response::new(Body::empty())
    };
    let auth = RequireAuth::new(gate).allow_anonymous();
    let router = Router::new().route("/", get(handler)).layer(auth);
    assert_eq!(answer(&router, anonymous).await.0, StatusCode::OK);
}

#[derive(Deserialize)]
struct Member {
    organization_id: String,
}

/// A request with credentials is never treated as anonymous by mistake.
#[tokio::test(start_paused = true)]
async fn an_optional_extractor_still_refuses_claims_of_another_type_and_needs_a_layer() {
    async fn organization(user: Option<Authenticated<Member>>) -> String {
        user.map(|user| user.claims.organization_id.clone()).unwrap_or_default()
    }
    let auth = RequireAuth::new(ready(&Web::good()).await).allow_anonymous();
    let bare = Router::new().route("/", get(organization));
    assert_eq!(status(&bare, &[]).await, 500);
    let router = bare.layer(auth);
    let member = bearer(&Token::good().claim("organization_id", json!("org_1")));
    assert_eq!(answer(&router, request(&[&member])).await, (StatusCode::OK, "org_1".to_owned()));
    assert_eq!(answer(&router, request(&[])).await, (StatusCode::OK, String::new()));
    assert_eq!(status(&router, &[&bearer(&Token::good())]).await, 401);
}
