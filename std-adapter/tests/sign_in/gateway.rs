//! What a server needs that signs users in for other apps: several origins, successors, scopes, and counts.

use http::header::HeaderMap;
use http::{Response, StatusCode};
use serde_json::{Value, json};
use tollgate::gate::{Gate, Issuer};
use tollgate::sign_in::{OriginError, SignIn, SignInBuildError, SignInError, Start};
use tollgate::tollgate_core::Algorithm;
use tollgate::tollgate_core::policy::{ClaimTest, Requirement, Scalar};
use tollgate_tests::mint::{Token, key_for, kid_for};

use super::app::{app, settings, start};
use super::browser::{Browser, NAVIGATION};
use super::provider::{CLIENT, ISSUER, Provider, parameters};
use super::time;

const API: &str = "https://api.example.com";
const OTHER: &str = "https://shop.example.net";

/// A gate for access tokens of the scripted provider.
async fn gate(provider: &Provider) -> Gate {
    let issuer = Issuer::new(ISSUER).audience(API);
    let gate = Gate::builder().issuer(issuer).fetcher(provider.clone()).clock(time::clock);
    let gate = gate.build().unwrap();
    gate.ready().await;
    gate
}

/// From now on, the provider's access tokens are JWTs, as `change` makes them.
fn jwt_access_tokens(provider: &Provider, change: fn(Token) -> Token) {
    let algorithm = provider.state().algorithm;
    provider.state().id_token = std::sync::Arc::new(|token| token.without("at_hash"));
    provider.state().answer = std::sync::Arc::new(move |mut answer: Value| {
        let token = Token::good()
            .member("alg", json!(algorithm.name()))
            .member("kid", json!(kid_for(algorithm)))
            .signed_by(key_for(algorithm))
            .claim("iss", json!(ISSUER))
            .claim("aud", json!(API))
            .claim("sub", json!("user_1"))
            .claim("client_id", json!(CLIENT))
            .claim("iat", time::now())
            .claim("exp", time::now() + 600)
            .claim("scope", json!("read:orders write:orders"));
        answer["access_token"] = json!(change(token).mint());
        answer
    });
}

#[tokio::test(start_paused = true)]
async fn one_sign_in_serves_several_origins() {
    let provider = Provider::new();
    let (first, mut browser) = start(settings(&provider)).await;
    let other = first.at_origin(OTHER).unwrap();
    let mut elsewhere = Browser::new(app(&other));
    let url = elsewhere.begin("/sign-in").await;
    assert_eq!(parameters(&url)["redirect_uri"], format!("{OTHER}/callback"));
    let page = elsewhere.come_back(&provider.authorize(&url)).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.body);
    assert_eq!(elsewhere.user().await, "user_1");
    // An attempt is finished at its own origin only.
    let url = elsewhere.begin("/sign-in").await;
    browser.cookies.clone_from(&elsewhere.cookies);
    let page = browser.come_back(&provider.authorize(&url)).await;
    assert_eq!(page.code(), "attempt-unknown", "{}", page.body);
    assert_eq!(provider.asked("/token"), 1);
    for origin in ["http://shop.example.net", "shop.example.net", "https://shop.example.net/a"] {
        assert!(first.at_origin(origin).is_err(), "{origin}");
    }
    let http = first.at_origin("http://localhost:3000");
    assert!(
        matches!(http, Err(SignInBuildError::Origin(OriginError::Insecure(_)))),
        "the builder did not allow it"
    );
    // The cookies are those of the other origin.
    let (first, _) = start(settings(&provider).allow_insecure_loopback()).await;
    let here = first.at_origin("http://localhost:3000").unwrap();
    let started = here.start(Start::default(), &HeaderMap::new()).await.unwrap();
    let cookie = started.cookie.to_str().unwrap();
    assert!(cookie.starts_with("tollgate-3000-attempt-") && !cookie.contains("Secure"), "{cookie}");
}

#[tokio::test(start_paused = true)]
async fn an_issuer_of_gate_and_sign_in_is_fetched_once() {
    const METADATA: &str = "/.well-known/openid-configuration";
    let build = |provider: &Provider, issuer: &str, keeps: bool| {
        let issuer = Issuer::new(issuer).audience(API);
        let gate = Gate::builder().fetcher(provider.clone()).clock(time::clock).issuer(issuer);
        if keeps { gate.keep_metadata() } else { gate }.build().unwrap()
    };
    let provider = Provider::new();
    let gate = build(&provider, ISSUER, true);
    let (sign_in, mut browser) = start(settings(&provider).share_keys(&gate)).await;
    gate.ready().await;
    assert_eq!((provider.asked(METADATA), provider.asked("/jwks")), (1, 1));
    browser.sign_in(&provider).await;
    assert_eq!(browser.user().await, "user_1");
    // Both follow a rotation, and sign-in does when the gate is gone, too.
    provider.state().algorithm = Algorithm::Es256;
    drop(gate);
    time::pass(60).await;
    assert_eq!(browser.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
    assert_eq!(provider.asked("/jwks"), 2);
    // A successor of both shares the new gate's.
    let gate = build(&provider, ISSUER, true);
    let successor = settings(&provider).share_keys(&gate).replaces(&sign_in).build().unwrap();
    drop(sign_in);
    successor.ready().await;
    assert_eq!(provider.asked("/jwks"), 3);
    // What cannot be shared is fetched apart.
    for (issuer, keeps) in [(ISSUER, false), ("https://other.example.com", true)] {
        let provider = Provider::new();
        let gate = build(&provider, issuer, keeps);
        let (_, mut browser) = start(settings(&provider).share_keys(&gate)).await;
        time::pass(1).await;
        assert!(provider.asked(METADATA) >= 2, "{issuer}");
        browser.sign_in(&provider).await;
        assert_eq!(browser.user().await, "user_1");
    }
}

#[tokio::test(start_paused = true)]
async fn statistics_say_how_long_sign_ins_take_and_what_the_store_has() {
    use tollgate::sign_in::{Durations, Sessions};
    let provider = Provider::new();
    let one = settings(&provider).sessions(Sessions::memory().max_sessions(1));
    let (sign_in, mut browser) = start(one).await;
    for (secs, user) in [(0, 1), (3, 2)] {
        provider.state().delay = std::time::Duration::from_secs(secs);
        browser.cookies.clear();
        browser.sign_in(&provider).await;
        assert_eq!(sign_in.statistics().sign_in_durations.count, user);
    }
    // What redeems no code does not count.
    browser.come_back("state=unknown&code=a").await;
    let statistics = sign_in.statistics();
    let durations = &statistics.sign_in_durations;
    assert_eq!((durations.count, durations.sum.as_secs()), (2, 3));
    let long = Durations::BOUNDS.map(|bound| if bound.as_secs() < 3 { 1 } else { 2 });
    assert_eq!(durations.within, long);
    assert_eq!((statistics.store.sessions, statistics.store.evictions), (Some(1), Some(1)));
    // Sessions in cookies are nowhere else.
    let in_cookies = settings(&provider).sessions(Sessions::in_cookie()).secrets([[1; 32]]);
    let (sign_in, _) = start(in_cookies).await;
    assert_eq!(sign_in.statistics().store.sessions, None);
}

#[tokio::test(start_paused = true)]
async fn a_successor_keeps_sessions_attempts_and_counts() {
    let provider = Provider::new();
    let (first, mut browser) = start(settings(&provider)).await;
    browser.sign_in(&provider).await;
    let url = browser.begin("/sign-in").await;
    let successor = settings(&provider).scopes(["email"]).replaces(&first).build().unwrap();
    drop(first);
    browser.app = app(&successor);
    assert_eq!(browser.user().await, "user_1");
    let page = browser.come_back(&provider.authorize(&url)).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.body);
    assert_eq!(successor.statistics().sign_ins["success"], 2);
    let scope = |url: &str| parameters(url)["scope"].clone();
    assert_eq!(scope(&browser.begin("/sign-in").await), "openid profile email");
    // With secrets of its own, attempts begin anew, and sessions live on.
    let url = browser.begin("/sign-in").await;
    let sealed = settings(&provider).secrets([[7; 32]]).replaces(&successor).build().unwrap();
    browser.app = app(&sealed);
    assert_eq!(browser.user().await, "user_1");
    browser.cookies.remove("__Host-tollgate");
    let page = browser.come_back(&provider.authorize(&url)).await;
    assert_eq!(page.code(), "attempt-unknown");
}

#[tokio::test(start_paused = true)]
async fn the_scopes_of_a_session_are_those_of_its_newest_access_token() {
    let provider = Provider::new();
    let settings = settings(&provider).resource(API).access_token_gate(&gate(&provider).await);
    jwt_access_tokens(&provider, |token| token);
    let (sign_in, mut browser) = start(settings).await;
    let page = browser.sign_in(&provider).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.body);
    let scope = browser.session_at(&sign_in).await.scope().map(str::to_owned);
    assert_eq!(scope.as_deref(), Some("read:orders write:orders"));
    // They may shrink at a refresh.
    jwt_access_tokens(&provider, |token| token.claim("scope", json!("read:orders")));
    time::pass(601).await;
    assert_eq!(browser.user().await, "user_1");
    assert_eq!(browser.session_at(&sign_in).await.scope(), Some("read:orders"));
    // A token that is refused then has none, but ends no session.
    jwt_access_tokens(&provider, |token| token.claim("aud", json!("https://other.example")));
    time::pass(601).await;
    assert_eq!(browser.user().await, "user_1");
    assert_eq!(browser.session_at(&sign_in).await.scope(), None);
    assert_eq!(sign_in.statistics().refreshes["success"], 2);
}

#[tokio::test(start_paused = true)]
async fn an_access_token_that_the_gate_refuses_signs_nobody_in() {
    type Change = fn(Token) -> Token;
    let cases: [(Change, &str); 3] = [
        (|token| token.claim("aud", json!("https://other.example")), "access-token-refused"),
        (|token| token.claim("exp", time::now() - 3600), "access-token-refused"),
        (|token| token.claim("sub", json!("user_2")), "subject-mismatch"),
    ];
    for (change, code) in cases {
        let provider = Provider::new();
        let settings = settings(&provider).resource(API).access_token_gate(&gate(&provider).await);
        jwt_access_tokens(&provider, change);
        let (sign_in, mut browser) = start(settings).await;
        let page = browser.sign_in(&provider).await;
        assert_eq!((page.status, page.code()), (StatusCode::BAD_GATEWAY, code), "{}", page.body);
        assert_eq!(browser.session(), None);
        assert_eq!(sign_in.statistics().sign_ins[code], 1);
    }
    // Without a gate, the provider's tokens are opaque, and worth no scope.
    let provider = Provider::new();
    let (sign_in, mut browser) = start(settings(&provider).resource(API)).await;
    browser.sign_in(&provider).await;
    assert_eq!(browser.session_at(&sign_in).await.scope(), None);
}

#[tokio::test(start_paused = true)]
async fn a_session_meets_requirements_by_its_claims() {
    let provider = Provider::new();
    provider.state().id_token = std::sync::Arc::new(|token| {
        token
            .claim("email", json!("ada@example.com"))
            .claim("email_verified", json!(false))
            .claim("roles", json!(["clerk"]))
    });
    let (sign_in, mut browser) = start(settings(&provider)).await;
    browser.sign_in(&provider).await;
    let session = browser.session_at(&sign_in).await;
    let role = |role: &str| {
        let test = ClaimTest::Contains(Scalar::Text(role.to_owned()));
        Requirement::name("roles".to_owned(), test)
    };
    let mail =
        Requirement::name("email".to_owned(), ClaimTest::EndsWith("@example.com".to_owned()));
    assert!(session.meets(&[]));
    assert!(session.meets(&[role("clerk")]));
    assert!(!session.meets(&[role("clerk"), role("admin")]));
    assert!(!session.meets(std::slice::from_ref(&mail)), "the address is not verified");
    let trusting = settings(&provider).trust_unverified_email().replaces(&sign_in).build().unwrap();
    assert!(browser.session_at(&trusting).await.meets(&[mail]));
}

/// What a proxy's check is answered without a session.
fn required(
    sign_in: &SignIn,
    method: &str,
    target: &str,
    fields: &[(&'static str, &str)],
) -> Response<String> {
    let headers: HeaderMap = fields
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect();
    sign_in.sign_in_required(method, target, &headers)
}

#[tokio::test(start_paused = true)]
async fn a_check_without_a_session_says_where_to_sign_in() {
    let provider = Provider::new();
    let (sign_in, _) = start(settings(&provider).prefix("/tollgate")).await;
    let location = |response: &Response<String>| {
        response.headers().get("location").map(|it| it.to_str().unwrap().to_owned())
    };
    let response = required(&sign_in, "GET", "/orders?a=b", &NAVIGATION);
    assert_eq!(response.status(), StatusCode::FOUND);
    let expected = "https://app.example.com/tollgate/sign-in?return_to=%2Forders%3Fa%3Db";
    assert_eq!(location(&response).as_deref(), Some(expected));
    // A target that leads elsewhere leads home, where a sign-in leads that names no page.
    for target in ["/", "//evil.example/", "/\\evil.example", "/tollgate/sign-out", "/a\u{e9}"] {
        let response = required(&sign_in, "GET", target, &NAVIGATION);
        let expected = "https://app.example.com/tollgate/sign-in";
        assert_eq!(location(&response).as_deref(), Some(expected), "{target}");
    }
    for (method, fields) in [("GET", &[][..]), ("POST", &[("accept", "application/json")])] {
        let response = required(&sign_in, method, "/orders", fields);
        assert_eq!((response.status(), location(&response)), (StatusCode::UNAUTHORIZED, None));
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        let body: Value = serde_json::from_str(response.body()).unwrap();
        assert_eq!(body["sign_in"], "https://app.example.com/tollgate/sign-in");
    }
    let page = required(&sign_in, "POST", "/orders", &NAVIGATION);
    assert_eq!((page.status(), location(&page)), (StatusCode::UNAUTHORIZED, None));
    assert!(page.body().contains("https://app.example.com/tollgate/sign-in\""), "{}", page.body());
}

#[tokio::test(start_paused = true)]
async fn statistics_count_what_happens() {
    let provider = Provider::new();
    let (sign_in, mut browser) = start(settings(&provider)).await;
    let none = sign_in.statistics();
    assert!(none.sign_ins.is_empty() && none.refreshes.is_empty() && none.sign_outs.is_empty());
    let page = browser.come_back("state=unknown&code=a").await;
    assert_eq!(page.code(), "attempt-unknown");
    browser.sign_in(&provider).await;
    time::pass(601).await;
    assert_eq!(browser.user().await, "user_1");
    provider.forget();
    time::pass(601).await;
    assert_eq!(browser.user().await, "nobody");
    browser.sign_in(&provider).await;
    browser.open("/sign-out").await;
    let counts = sign_in.statistics();
    assert_eq!(counts.sign_ins, [("attempt-unknown", 1), ("success", 2)].into());
    assert_eq!(counts.refreshes, [("ended", 1), ("success", 1)].into());
    assert_eq!(counts.sign_outs, [("browser", 1)].into());
    assert_eq!(counts.store_errors, [].into());
}

#[tokio::test(start_paused = true)]
async fn health_tells_of_the_provider_and_the_store() {
    let provider = Provider::new();
    provider.state().is_down = true;
    let sign_in = settings(&provider).build().unwrap();
    time::pass(0).await;
    assert!(!sign_in.provider_works());
    assert!(sign_in.store_works().await);
    let error = sign_in.start(Start::default(), &HeaderMap::new()).await.unwrap_err();
    assert!(matches!(error, SignInError::ProviderUnavailable(_)));
    provider.state().is_down = false;
    time::pass(30).await;
    sign_in.ready().await;
    assert!(sign_in.provider_works());
}
