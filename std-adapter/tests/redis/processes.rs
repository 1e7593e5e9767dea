//! Two apps that share sessions, as two processes do. The clock is real, since redis is.

use std::time::Duration;

use tokio::time::sleep;
use tollgate::sign_in::{Secret, Sessions, SignIn, SignInBuildError, SignInBuilder, Target};

use super::app::{self, start};
use super::browser::Browser;
use super::provider::{Fault, Provider};
use super::server::Server;
use super::time;

fn settings(provider: &Provider, url: impl Into<String>) -> SignInBuilder {
    app::settings(provider).sessions(Sessions::redis(Secret::new(url))).secrets([[7; 32]])
}

/// Two apps, and a browser that has signed in at the first one, at each of them.
struct Two {
    server: Server,
    provider: Provider,
    apps: [SignIn; 2],
    browsers: [Browser; 2],
}

impl Two {
    async fn start() -> Self {
        time::start_anew();
        let (server, provider) = (Server::start(), Provider::new());
        let (one, mut browser) = start(settings(&provider, server.url())).await;
        let (two, mut other) = start(settings(&provider, server.url())).await;
        browser.sign_in(&provider).await;
        other.cookies.clone_from(&browser.cookies);
        Self { server, provider, apps: [one, two], browsers: [browser, other] }
    }
}

fn after(millis: u64) -> tokio::time::Sleep {
    sleep(Duration::from_millis(millis))
}

#[tokio::test]
#[ignore = "needs redis-server: .ci/real-parts"]
async fn two_processes_refresh_once() {
    let Two { server: _server, provider, browsers, .. } = Two::start().await;
    time::step(601);
    provider.state().delay = Duration::from_millis(500);
    let requests = (0..50).map(|number| {
        let Browser { app, cookies } = &browsers[number % 2];
        let mut browser = Browser { app: app.clone(), cookies: cookies.clone() };
        async move { browser.open("/token").await.body }
    });
    let tokens = futures_util::future::join_all(requests).await;
    assert!(tokens.iter().all(|token| token == "access.3"), "{tokens:?}");
    assert_eq!(provider.asked("/token"), 2);
}

#[tokio::test]
#[ignore = "needs redis-server: .ci/real-parts"]
async fn a_refresh_under_way_does_not_bring_a_session_back() {
    let Two { server: _server, provider, browsers: [mut one, mut two], .. } = Two::start().await;
    time::step(545);
    provider.state().delay = Duration::from_millis(500);
    assert_eq!(one.user().await, "user_1");
    after(100).await;
    assert_eq!(provider.asked("/token"), 2, "the refresh is under way");
    two.open("/sign-out").await;
    assert_eq!(one.user().await, "nobody");
    let revoked = || provider.state().revoked.contains(&"refresh.1.3".to_owned());
    assert!(!revoked());
    after(1000).await;
    assert_eq!(one.user().await, "nobody");
    // The token that came too late is worth nothing, either.
    assert!(revoked(), "{:?}", provider.state().revoked);
}

#[tokio::test]
#[ignore = "needs redis-server: .ci/real-parts"]
async fn an_answer_is_merged_into_what_another_process_has_written() {
    let Two { server, provider, apps, browsers } = Two::start().await;
    let [one, two] =
        [browsers[0].session_at(&apps[0]).await, browsers[1].session_at(&apps[1]).await];
    let api = Target::Resource("https://api.example.com".to_owned());
    // This provider does not rotate refresh tokens.
    let answer = |token: &'static str| provider.state().fault = Some(Fault::Status(200, token));
    time::step(601);
    provider.state().delay = Duration::from_millis(500);
    answer(r#"{"access_token":"first","token_type":"Bearer","expires_in":600}"#);
    let slow = async {
        assert_eq!(one.access_token(Target::Default).await.unwrap(), "first");
    };
    let quick = async {
        after(100).await;
        provider.state().delay = Duration::ZERO;
        answer(r#"{"access_token":"second","token_type":"Bearer","expires_in":600}"#);
        // As if the first one had taken longer than its lease.
        let lease = "for _, key in ipairs(redis.call('KEYS', '*:lease:*')) do redis.call('DEL', key) end return 1";
        assert_eq!(server.ask(&format!("EVAL \"{lease}\" 0")), ":1");
        assert_eq!(two.access_token(api.clone()).await.unwrap(), "second");
    };
    tokio::join!(slow, quick);
    assert_eq!(provider.asked("/token"), 3);
    let newest = browsers[1].session_at(&apps[1]).await;
    assert_eq!(newest.access_token(Target::Default).await.unwrap(), "first");
    assert_eq!(newest.access_token(api).await.unwrap(), "second");
    assert_eq!(provider.asked("/token"), 3);
}

#[tokio::test]
#[ignore = "needs redis-server: .ci/real-parts"]
async fn a_restart_of_a_process_is_not_noticed() {
    let Two { server, provider, apps, browsers: [mut browser, mut other] } = Two::start().await;
    other.cookies.clear();
    let url = other.begin("/sign-in").await;
    drop((apps, browser.app, other.app));
    let (_, Browser { app, .. }) = start(settings(&provider, server.url())).await;
    browser.app = app.clone();
    other.app = app;
    assert_eq!(browser.user().await, "user_1");
    // Nor by somebody who is at the provider meanwhile.
    other.come_back(&provider.authorize(&url)).await;
    assert_eq!(other.user().await, "user_1");
}

#[tokio::test]
#[ignore = "needs redis-server: .ci/real-parts"]
async fn an_outage_of_the_store_is_no_sign_out() {
    let Two { server, browsers: [mut browser, _], .. } = Two::start().await;
    server.hang();
    assert_eq!(browser.user().await, "503 Service Unavailable store-unavailable");
    server.go_on();
    assert_eq!(browser.user().await, "user_1");
}

#[tokio::test]
async fn processes_that_share_sessions_share_secrets() {
    const URL: &str = "redis://127.0.0.1:1";
    let sessions = Sessions::redis(Secret::new(URL));
    let without = app::settings(&Provider::new()).sessions(sessions).build();
    assert!(matches!(without, Err(SignInBuildError::NoSharedSecrets)));
    // Redis may be down at the start.
    assert!(settings(&Provider::new(), URL).build().is_ok());
    let invalid = settings(&Provider::new(), "http://127.0.0.1").build();
    assert!(matches!(invalid, Err(SignInBuildError::Redis(_))));
}
