//! The programs in `examples/` do what their comments say.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

#[path = "../../examples/axum.rs"]
#[expect(dead_code, reason = "main listens on a fixed port")]
mod axum_api;
#[path = "../../examples/core_only.rs"]
#[expect(dead_code, reason = "main judges by today's time")]
mod core_only;
#[path = "../../examples/own_claims.rs"]
#[expect(dead_code, reason = "main needs an issuer")]
mod own_claims;
#[path = "../../examples/own_engine.rs"]
#[expect(dead_code, reason = "main judges by today's time")]
mod own_engine;
#[cfg(feature = "sign-in")]
#[path = "../../examples/own_session_store.rs"]
#[expect(dead_code, reason = "main does what the test does")]
mod own_session_store;
#[path = "gate/scripted_web.rs"]
#[expect(dead_code, reason = "other tests need more of it")]
mod scripted_web;
#[path = "../../examples/synchronous.rs"]
#[expect(dead_code, reason = "main listens on a fixed port")]
mod synchronous;

use axum::body::{Body, to_bytes};
use http::{Request, StatusCode};
use serde_json::json;
use tollgate::tollgate_core::{Now, Rejection, UnixTime};
use tollgate_tests::mint::Token;
use tower::ServiceExt;

use scripted_web::{COOLDOWN, Web, bearer, k3_jwk, k3_token, millis, ready};

const JWKS: &str = include_str!("../../examples/oidc-provider/jwks.json");
const ES384: &str = include_str!("../../examples/oidc-provider/access_token.txt");
const ES256: &str = include_str!("../../examples/oidc-provider/access_token_es256.txt");
const TAMPERED: &str = include_str!("../../examples/oidc-provider/tampered_token.txt");

/// When the tokens of `oidc-provider` were valid.
const THEN: Now = Now::Exact(UnixTime(1_795_287_000));

fn header(token: &str) -> String {
    format!("Bearer {}", token.trim_end())
}

#[test]
fn the_core_alone_verifies_tokens_of_a_real_provider() {
    let api = core_only::Api::new(JWKS).unwrap();
    assert_eq!(api.user(&header(ES384), THEN).unwrap(), "user_7f3k");
    assert_eq!(api.user(&header(TAMPERED), THEN), Err(Rejection::SignatureInvalid));
    assert_eq!(api.user(&header(ES256), THEN), Err(Rejection::AudienceMismatch));
}

#[test]
fn two_engines_verify_in_one_key_set() {
    let api = own_engine::Api::new(JWKS.as_bytes(), own_engine::policy().unwrap()).unwrap();
    for token in [ES384, ES256] {
        assert_eq!(api.user(&header(token), THEN).unwrap(), "user_7f3k");
    }
    let (signing_input, signature) = ES256.trim_end().rsplit_once('.').unwrap();
    let forged = format!("Bearer {signing_input}.{}", signature.replace(&signature[..4], "AAAA"));
    for forged in [header(TAMPERED), forged] {
        assert_eq!(api.user(&forged, THEN), Err(Rejection::SignatureInvalid));
    }
}

#[tokio::test(start_paused = true)]
async fn the_axum_api_knows_its_users_and_greets_strangers() {
    let app = axum_api::app(ready(&Web::good()).await);
    let good = bearer(&Token::good().claim("organization_id", json!("org_1")));
    let no_scope = bearer(&Token::good().claim("scope", json!("")));
    let expired = bearer(&Token::good().claim("exp", 0));
    for (path, authorization, status, body) in [
        ("/user/info", Some(&good), 200, r#"{"organization":"org_1","user":"user_1"}"#),
        ("/user/info", Some(&no_scope), 200, r#"{"organization":null,"user":"user_1"}"#),
        ("/user/info", None, 401, ""),
        ("/orders", Some(&good), 200, r#"{"orders_of":"user_1"}"#),
        ("/orders", Some(&no_scope), 403, ""),
        ("/orders", None, 401, ""),
        ("/hello", Some(&good), 200, "hello, user_1"),
        ("/hello", None, 200, "hello, stranger"),
        ("/hello", Some(&expired), 401, ""),
    ] {
        let mut request = Request::get(path);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{path}");
        let text = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        // The order of members has no meaning.
        let json = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).ok();
        let is_same =
            text == body || json(&text).is_some_and(|it| Some(it) == json(body.as_bytes()));
        assert!(status != 200 || is_same, "{path}: {text:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_synchronous_service_accepts_a_rotated_key_at_the_second_try() {
    let web = Web::good();
    let gate = ready(&web).await;
    let request =
        |token: &Token| Request::get("/").header("authorization", bearer(token)).body(()).unwrap();
    let response = synchronous::answer(&gate, &request(&Token::good()));
    assert_eq!(response.into_body(), "orders of Some(\"user_1\")\n");
    tokio::time::sleep(COOLDOWN).await;
    web.publish([k3_jwk()]);
    let response = synchronous::answer(&gate, &request(&k3_token()));
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    tokio::time::sleep(millis(1)).await;
    assert_eq!(synchronous::answer(&gate, &request(&k3_token())).status(), StatusCode::OK);
    let request = Request::get("/").body(()).unwrap();
    assert_eq!(synchronous::answer(&gate, &request).status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test(start_paused = true)]
async fn own_claims_are_read_and_an_error_names_the_claim() {
    let gate = ready(&Web::good()).await;
    let identity = |token: Token| gate.authorize_now(bearer(&token)).unwrap();
    for (token, expected) in [
        (Token::good().claim("roles", json!(["reader", "admin"])), true),
        (Token::good().claim("roles", json!(["reader"])), false),
        (Token::good(), false),
    ] {
        assert_eq!(own_claims::may_delete(&identity(token)).unwrap(), expected);
    }
    let error = own_claims::may_delete(&identity(Token::good().claim("roles", json!("admin"))));
    assert_eq!(error.unwrap_err().claim().as_deref(), Some("roles"));
}

#[cfg(feature = "sign-in")]
#[tokio::test]
async fn the_own_store_of_sessions_keeps_the_contract() {
    let store = own_session_store::MapStore::default();
    tollgate::sign_in::store::contract::check(&store).await.unwrap();
}
