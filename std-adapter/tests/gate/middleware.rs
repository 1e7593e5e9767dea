//! The middleware: a gate in front of services and axum handlers.

use std::convert::Infallible;
use std::future::{Ready, ready as ready_now};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::routing::get;
use http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::{Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tollgate::gate::{Gate, Identity};
use tollgate::middleware::{Authenticated, RequireAuth};
use tollgate_tests::mint::{Token, jwk, k1};
use tower::{Layer, Service, ServiceExt, service_fn};

use super::scripted_web::{
    COOLDOWN, DISCOVERY, JWKS, Reply, Web, bearer, builder, gate, issuer, k3_jwk, k3_token, millis,
    ready, secs,
};

/// An answer: its status, its header fields, its body.
type Answer = (StatusCode, HeaderMap, String);

fn request<B>(token: Option<&Token>, body: B) -> Request<B> {
    let mut request = Request::new(body);
    if let Some(token) = token {
        request.headers_mut().insert(AUTHORIZATION, bearer(token).parse().unwrap());
    }
    request
}

async fn answer_of(router: Router, token: Option<&Token>) -> Answer {
    let (head, body) = router.oneshot(request(token, Body::empty())).await.unwrap().into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    (head.status, head.headers, String::from_utf8(body.to_vec()).unwrap())
}

async fn hello(user: Authenticated) -> String {
    format!("hello, {}", user.subject().unwrap())
}

fn router(layer: RequireAuth) -> Router {
    Router::new().route("/", get(hello)).layer(layer)
}

/// Asserts what all refusals have in common.
fn assert_refusal(answer: &Answer, status: u16, code: &str) -> String {
    let (found, headers, body) = answer;
    assert_eq!(found.as_u16(), status, "{body}");
    assert_eq!(headers[CONTENT_TYPE], "application/json");
    assert_eq!(headers[CACHE_CONTROL], "no-store");
    let body: Value = serde_json::from_str(body).unwrap();
    let members: Vec<_> = body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["code", "message"]);
    assert_eq!(body["code"], code);
    body["message"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_handler_is_told_who_makes_the_request() {
    let router = router(RequireAuth::new(ready(&Web::good()).await));
    for token in [Token::good(), Token::good_es384()] {
        let (status, _, body) = answer_of(router.clone(), Some(&token)).await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, "hello, user_1"));
    }
}

#[tokio::test(start_paused = true)]
async fn any_service_finds_the_identity_in_the_extensions() {
    async fn subject(request: Request<()>) -> Result<Response<String>, Infallible> {
        let identity: &Identity = request.extensions().get().unwrap();
        Ok(Response::new(identity.subject().unwrap().to_owned()))
    }
    let service = RequireAuth::new(ready(&Web::good()).await).layer(service_fn(subject));
    let response = service.oneshot(request(Some(&Token::good()), ())).await.unwrap();
    assert_eq!(response.into_body(), "user_1");
}

#[tokio::test(start_paused = true)]
async fn an_identity_that_somebody_put_there_is_replaced_or_of_no_use() {
    let gate = ready(&Web::good()).await;
    let forged = Token::good().claim("sub", json!("admin"));
    let forged = gate.authorize_now(bearer(&forged)).unwrap();
    let with = |token: Option<&Token>| {
        let mut request = request(token, Body::empty());
        request.extensions_mut().insert(forged.clone());
        request
    };
    let router = router(RequireAuth::new(gate));
    let response = router.clone().oneshot(with(None)).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let response = router.oneshot(with(Some(&Token::good()))).await.unwrap();
    assert_eq!(to_bytes(response.into_body(), 100).await.unwrap(), "hello, user_1");
}

#[derive(Clone, Deserialize)]
struct Member {
    organization_id: String,
}

async fn organization(user: Authenticated<Member>) -> String {
    format!("{} of {}", user.subject().unwrap(), user.claims.organization_id)
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_ask_for_claims_of_its_own_type() {
    let layer = RequireAuth::new(ready(&Web::good()).await);
    let router = Router::new().route("/", get(organization)).layer(layer);
    let member = Token::good().claim("organization_id", json!("org_1"));
    let (status, _, body) = answer_of(router.clone(), Some(&member)).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "user_1 of org_1"));
    for token in [Token::good(), Token::good().claim("organization_id", 5)] {
        let answer = answer_of(router.clone(), Some(&token)).await;
        let message = assert_refusal(&answer, 401, "invalid_token");
        assert_eq!(message, "the claims do not have the form that is expected here");
        let challenge = format!("Bearer error=\"invalid_token\", error_description=\"{message}\"");
        assert_eq!(answer.1[WWW_AUTHENTICATE], challenge);
    }
}

#[tokio::test(start_paused = true)]
async fn an_extractor_without_the_layer_is_a_mistake_of_the_server() {
    let router = Router::new().route("/", get(hello));
    for token in [None, Some(&Token::good())] {
        let answer = answer_of(router.clone(), token).await;
        assert_refusal(&answer, 500, "server_error");
        assert!(!answer.1.contains_key(WWW_AUTHENTICATE));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_says_why_as_rfc_6750_does() {
    let router = router(RequireAuth::new(ready(&Web::good()).await));
    let (status, headers, body) = answer_of(router.clone(), None).await;
    let message =
        assert_refusal(&(status, headers.clone(), body), 401, "auth.authorization_header_missing");
    assert_eq!(message, "there is no Authorization header");
    assert_eq!(headers[WWW_AUTHENTICATE], "Bearer", "without credentials, no error");
    for token in [
        Token::good().claim("exp", 0),
        Token::good().claim("aud", json!("https://other.example.com")),
        k3_token().member("kid", json!("k1")),
        Token::good().member("kid", json!("nobody")),
        Token::good().header(r#"{"alg":"none"}"#),
    ] {
        let answer = answer_of(router.clone(), Some(&token)).await;
        let message = assert_refusal(&answer, 401, "invalid_token");
        let challenge = format!("Bearer error=\"invalid_token\", error_description=\"{message}\"");
        assert_eq!(answer.1[WWW_AUTHENTICATE], challenge);
        assert!(!answer.1.contains_key(RETRY_AFTER));
    }
}

#[tokio::test(start_paused = true)]
async fn a_lack_of_scopes_is_403_and_lists_them() {
    let web = Web::good();
    let gate = builder(&web).issuer(issuer().scope("read:orders")).build().unwrap();
    gate.ready().await;
    let layer = RequireAuth::new(gate).scope("write:orders").scope("read:orders").scope("admin");
    let answer = answer_of(router(layer), Some(&Token::good())).await;
    let message = assert_refusal(&answer, 403, "insufficient_scope");
    assert_eq!(
        answer.1[WWW_AUTHENTICATE],
        format!(
            "Bearer error=\"insufficient_scope\", error_description=\"{message}\", \
             scope=\"read:orders write:orders admin\""
        )
    );
}

#[tokio::test(start_paused = true)]
async fn each_route_has_scopes_of_its_own() {
    let all = RequireAuth::new(ready(&Web::good()).await);
    let router = Router::new()
        .route("/all", get(hello).layer(all.clone()))
        .route("/read", get(hello).layer(all.clone().scope("read:orders")))
        .route("/admin", get(hello).layer(all.clone().scope("admin")))
        .route("/none", get(hello).layer(all.scope("read:orders write:orders")));
    for (path, status) in [("/all", 200), ("/read", 200), ("/admin", 403), ("/none", 403)] {
        let mut request = request(Some(&Token::good()), Body::empty());
        *request.uri_mut() = path.parse().unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_keys_the_answer_is_503_with_retry_after_and_without_a_challenge() {
    let web = Web::default();
    web.answer(DISCOVERY, Reply::status(429).header(RETRY_AFTER, "77"));
    let router = router(RequireAuth::new(gate(&web)));
    let answer = answer_of(router.clone(), Some(&Token::good())).await;
    assert_refusal(&answer, 503, "temporarily_unavailable");
    assert_eq!(answer.1[RETRY_AFTER], "77");
    assert!(!answer.1.contains_key(WWW_AUTHENTICATE));
    let answer = answer_of(router, None).await;
    assert_refusal(&answer, 401, "auth.authorization_header_missing");
}

#[tokio::test(start_paused = true)]
async fn challenges_name_the_realm_and_the_resources_metadata() {
    const METADATA: &str = "https://api.example.com/.well-known/oauth-protected-resource";
    let gate = builder(&Web::good()).issuer(issuer()).realm("orders \"1\"");
    let gate = gate.resource_metadata(METADATA).build().unwrap();
    gate.ready().await;
    let router = router(RequireAuth::new(gate).scope("admin"));
    let expected = format!("Bearer realm=\"orders \\\"1\\\"\", resource_metadata=\"{METADATA}\"");
    let (_, headers, _) = answer_of(router.clone(), None).await;
    assert_eq!(headers[WWW_AUTHENTICATE], format!("{expected}, scope=\"admin\""));
    for (token, error) in
        [(Token::good().claim("exp", 0), "invalid_token"), (Token::good(), "insufficient_scope")]
    {
        let (_, headers, _) = answer_of(router.clone(), Some(&token)).await;
        let challenge = headers[WWW_AUTHENTICATE].to_str().unwrap();
        let expected = format!("{expected}, error=\"{error}\", ");
        assert!(challenge.starts_with(&expected), "{challenge}");
    }
}

/// An extractor refuses in the name of its layer's gate, so with the same realm.
#[tokio::test(start_paused = true)]
async fn challenges_of_the_extractor_name_the_realm_too() {
    let gate = builder(&Web::good()).issuer(issuer()).realm("orders").build().unwrap();
    gate.ready().await;
    let router = Router::new().route("/", get(organization)).layer(RequireAuth::new(gate));
    let (status, headers, _) = answer_of(router, Some(&Token::good())).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let challenge = headers[WWW_AUTHENTICATE].to_str().unwrap();
    assert!(challenge.starts_with("Bearer realm=\"orders\", error="), "{challenge}");
}

/// A service that counts its calls, and must be ready before each. Clones are not ready at first.
struct Strict {
    calls: Arc<AtomicUsize>,
    is_ready: bool,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self { calls: Arc::clone(&self.calls), is_ready: false }
    }
}

impl<B> Service<Request<B>> for Strict {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        assert!(std::mem::take(&mut self.is_ready), "called before it was ready");
        self.calls.fetch_add(1, Ordering::Relaxed);
        let identity: &Identity = request.extensions().get().unwrap();
        ready_now(Ok(Response::new(identity.subject().unwrap().to_owned())))
    }
}

fn strict(
    gate: &Gate,
) -> (
    Arc<AtomicUsize>,
    impl Service<Request<()>, Response = Response<String>, Error = Infallible, Future: Send> + Clone,
) {
    let calls = Arc::new(AtomicUsize::new(0));
    let strict = Strict { calls: Arc::clone(&calls), is_ready: false };
    (calls, RequireAuth::new(gate.clone()).layer(strict))
}

#[tokio::test(start_paused = true)]
async fn a_request_with_a_new_key_waits_and_passes_once() {
    let web = Web::good();
    let gate = ready(&web).await;
    sleep(COOLDOWN).await;
    web.answer(
        JWKS,
        Reply::json(&json!({ "keys": [jwk(&k1(), "k1"), k3_jwk()] })).after(millis(700)),
    );
    let (calls, mut service) = strict(&gate);
    let start = Instant::now();
    let response = service.ready().await.unwrap().call(request(Some(&k3_token()), ())).await;
    assert_eq!(response.unwrap().into_body(), "user_1");
    assert_eq!(start.elapsed(), millis(700));
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    let response = service.ready().await.unwrap().call(request(Some(&k3_token()), ())).await;
    assert_eq!(response.unwrap().status(), StatusCode::OK);
    assert_eq!((start.elapsed(), calls.load(Ordering::Relaxed)), (millis(700), 2));
}

#[tokio::test(start_paused = true)]
async fn a_refused_request_never_reaches_the_service() {
    let web = Web::good();
    let gate = ready(&web).await;
    sleep(COOLDOWN).await;
    let (calls, service) = strict(&gate);
    for token in [None, Some(Token::good().claim("exp", 0)), Some(k3_token())] {
        let response = service.clone().oneshot(request(token.as_ref(), ())).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    }
    web.answer(JWKS, Reply::never());
    sleep(COOLDOWN).await;
    let start = Instant::now();
    let response = service.clone().oneshot(request(Some(&k3_token()), ())).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(start.elapsed(), secs(2));
    assert_eq!(calls.load(Ordering::Relaxed), 0);
}

/// Other requests proceed while one waits.
#[tokio::test(start_paused = true)]
async fn a_request_that_waits_holds_up_nobody() {
    let web = Web::good();
    let gate = ready(&web).await;
    sleep(COOLDOWN).await;
    web.answer(JWKS, Reply::never());
    let (calls, mut service) = strict(&gate);
    let start = Instant::now();
    let waiting = service.ready().await.unwrap().call(request(Some(&k3_token()), ()));
    let other = service.ready().await.unwrap().call(request(Some(&Token::good()), ()));
    assert_eq!(other.await.unwrap().status(), StatusCode::OK);
    assert_eq!((start.elapsed(), calls.load(Ordering::Relaxed)), (secs(0), 1));
    assert_eq!(waiting.await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

/// A body that cannot be read, and that counts when it is dropped.
struct Sealed(Arc<AtomicUsize>);

impl Drop for Sealed {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

async fn sealed(request: Request<Sealed>) -> Result<Response<String>, Infallible> {
    assert_eq!(request.body().0.load(Ordering::Relaxed), 0);
    Ok(Response::new(String::new()))
}

#[tokio::test(start_paused = true)]
async fn a_body_reaches_the_service_as_it_is() {
    let web = Web::good();
    let dropped = Arc::new(AtomicUsize::new(0));
    // First before the keys have arrived, then after.
    let service = RequireAuth::new(gate(&web)).layer(service_fn(sealed));
    for _ in 0..2 {
        let body = Sealed(Arc::clone(&dropped));
        let response = service.clone().oneshot(request(Some(&Token::good()), body)).await;
        assert_eq!(response.unwrap().status(), StatusCode::OK);
        assert_eq!(dropped.swap(0, Ordering::Relaxed), 1);
    }
}
