//! Logs: tokens are credentials, so no part of one is ever logged.

use std::fmt::{self, Write};
use std::sync::{Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::header::{AUTHORIZATION, RETRY_AFTER};
use http::{Request, StatusCode};
use serde::Deserialize;
use serde_json::json;
use tokio::time::sleep;
use tollgate::middleware::{Authenticated, RequireAuth};
use tollgate_tests::mint::{Token, good_jwks, jwk, k1};
use tower::ServiceExt;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::set_global_default;
use tracing::{Event, Metadata, Subscriber};

use super::scripted_web::{
    COOLDOWN, DISCOVERY, JWKS, REFRESH, Reply, Verdict, Web, bearer, gate, hours, k3_token, later,
    metadata, now,
};

/// Everything that the tests of this binary have logged since the subscriber was installed.
static LOG: Mutex<String> = Mutex::new(String::new());

/// Records every event, from every thread.
struct Ear;

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

fn log(head: fmt::Arguments<'_>, record: impl FnOnce(&mut dyn Visit)) {
    let mut line = format!("{head}");
    record(&mut Line(&mut line));
    let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    log.push_str(&line);
    log.push('\n');
}

impl Subscriber for Ear {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let metadata = span.metadata();
        let head = format_args!("span {} {}", metadata.target(), metadata.name());
        log(head, |visit| span.record(visit));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        log(format_args!("record"), |visit| values.record(visit));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        log(format_args!("{} {}", metadata.level(), metadata.target()), |visit| {
            event.record(visit);
        });
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// A text that other tests do not log by chance.
const MARK: &str = "q7Zx0wVb";

/// A token whose claims contain [`MARK`].
fn marked(kid: &str) -> Token {
    Token::good()
        .member("kid", json!(kid))
        .claim("sub", json!(format!("user-{MARK}")))
        .claim("client_id", json!(format!("client-{MARK}")))
        .claim("jti", json!(format!("id-{MARK}")))
        .claim("scope", json!(format!("read:orders {MARK}")))
        .claim("email", json!(format!("{MARK}@example.com")))
}

/// Every substring of twelve characters of the parts of a token.
fn pieces(token: &str) -> impl Iterator<Item = &str> {
    token.split('.').flat_map(|part| (0..=part.len() - 12).map(|start| &part[start..start + 12]))
}

/// Claims of a type that does not fit the good token.
#[derive(Deserialize)]
#[expect(dead_code, reason = "nobody gets one")]
struct Number {
    email: u8,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "nobody gets one")]
struct Tenant {
    tenant: String,
}

#[tokio::test(start_paused = true)]
async fn nothing_of_a_token_is_ever_logged() {
    set_global_default(Ear).unwrap();
    let web = Web::good();
    web.answer(DISCOVERY, Reply::status(503));
    let gate = gate(&web);
    let good = marked("k1");
    let unknown = marked(&format!("kid-{MARK}"));
    let cases: [(Token, Verdict); 7] = [
        (good.clone(), Ok(())),
        (good.clone().claim("exp", 0), Err("expired")),
        (good.clone().claim("aud", json!(MARK)), Err("audience-mismatch")),
        (good.clone().claim("iss", json!(MARK)), Err("issuer-mismatch")),
        (good.clone().claim("sub", json!([MARK])), Err("claim-type")),
        (good.clone().signed_by(super::scripted_web::k3()), Err("signature-invalid")),
        (unknown.clone(), Err("unknown-key")),
    ];
    let mut tokens: Vec<String> = cases.iter().map(|(token, _)| token.mint()).collect();

    for (token, _) in &cases {
        assert_eq!(later(&gate, token).await, Err("keys-unavailable"));
    }
    web.answer(DISCOVERY, Reply::json(&metadata(JWKS)));
    gate.ready().await;
    for (token, verdict) in &cases {
        assert_eq!(later(&gate, token).await, *verdict);
        assert_eq!(now(&gate, token), *verdict);
    }
    let handlers = Router::new()
        .route("/number", get(|_: Authenticated<Number>| async {}))
        .route("/tenant", get(|_: Authenticated<Tenant>| async {}))
        .layer(RequireAuth::new(gate.clone()));
    for path in ["/number", "/tenant"] {
        let request = Request::get(path).header(AUTHORIZATION, bearer(&good));
        let response = handlers.clone().oneshot(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.unwrap().status(), StatusCode::UNAUTHORIZED);
    }
    for malformed in ["", ".", "Bearer", "Basic"] {
        let value = format!("{malformed} {}.x{malformed}", good.mint());
        assert!(gate.authorize(&value).await.is_err());
        assert!(gate.authorize_now(value.replace(' ', "\u{fc}")).is_err());
    }
    for reply in [
        Reply::status(429).header(RETRY_AFTER, "1"),
        Reply::html(),
        Reply::ok("{"),
        Reply::no_connection(),
        Reply::never(),
        Reply::json(&json!({ "keys": [{}, jwk(&k1(), "k1")] })),
        Reply::json(&good_jwks()),
    ] {
        sleep(COOLDOWN).await;
        web.answer(JWKS, reply);
        assert_eq!(later(&gate, &unknown).await, Err("unknown-key"));
        sleep(REFRESH).await;
        assert_eq!(later(&gate, &good).await, Ok(()));
    }
    web.answer(JWKS, Reply::status(500));
    sleep(hours(25)).await;
    assert_eq!(later(&gate, &good).await, Err("keys-unavailable"));
    drop(gate);
    tokens.push(k3_token().mint());

    let log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    for expected in [
        "keys fetched",
        "the keys could not be fetched",
        "skipped a key of the set",
        r#"the claim "email" has the wrong type"#,
        "missing field `tenant`",
    ] {
        assert!(log.contains(expected), "the log is recorded at all: {expected}");
    }
    assert!(!log.contains(MARK));
    for piece in tokens.iter().flat_map(|token| pieces(token)) {
        assert!(!log.contains(piece), "{piece}");
    }
    assert!(!log.to_ascii_lowercase().contains(&bearer(&good).to_ascii_lowercase()[..12]));
}
