//! Settings that cannot be used, which `build` refuses.

use std::time::Duration;

use serde_json::json;
use tollgate::issuer_url::Plaintext;
use tollgate::sign_in::{ClientAuth, Provider as Discovered, Sessions, SignIn, SignInBuilder};

use super::app::ORIGIN;
use super::provider::{CLIENT, ISSUER, Provider};

const TEN_YEARS: Duration = Duration::from_secs(315_360_000);
const SECOND: Duration = Duration::from_secs(1);

fn of(client: &str, origin: &str) -> SignInBuilder {
    SignIn::builder(Discovered::discover(ISSUER), client, origin).fetcher(Provider::new())
}

fn sessions(change: impl Fn(Sessions) -> Sessions) -> SignInBuilder {
    of(CLIENT, ORIGIN).sessions(change(Sessions::memory()))
}

#[tokio::test(start_paused = true)]
async fn a_setting_that_cannot_be_used_is_an_error_that_names_it() {
    let new = || of(CLIENT, ORIGIN);
    let most = TEN_YEARS + Duration::from_nanos(1);
    let mut refused = vec![
        (of("", ORIGIN), "client_id is empty"),
        (of(CLIENT, "http://app.example.com"), "http://app.example.com"),
        (new().client_auth(ClientAuth::Basic), "set client_secret"),
        (new().client_auth(ClientAuth::Post), "set client_secret"),
        (new().after_sign_in("//evil.example"), "after_sign_in"),
        (new().secrets([[7; 32], [7; 32]]), "secrets"),
        (sessions(|it| it.max_age(Duration::ZERO)), "max_age"),
        (sessions(|it| it.max_age(most)), "max_age"),
        (sessions(|it| it.idle_timeout(Duration::ZERO)), "idle_timeout"),
        (sessions(|it| it.idle_timeout(most)), "idle_timeout"),
        (sessions(|it| it.outage_grace(most)), "outage_grace"),
    ];
    for scope in ["", "a b", "a\"b", "a\\b", "é", "a\x7f", "a\n"] {
        refused.push((new().scopes(["profile", scope]), "is not a scope"));
    }
    for name in ["state", "resource", "code", "response_mode", "client_assertion", "request_uri"] {
        refused.push((new().extra(name, "a"), name));
    }
    for path in
        ["a", "/", "/a/", "//a", "/a//b", "/a b", "/a?b", "/a%20", "/é", "https://a.example"]
    {
        refused.push((new().prefix(path), "prefix"));
    }
    for path in ["", "a", "//a", "/a//b", "/a b", "/é", "/a#b", "https://a.example"] {
        refused.push((new().after_sign_out(path), "after_sign_out"));
    }
    for (index, (settings, message)) in refused.into_iter().enumerate() {
        let error = settings.build().map(drop).unwrap_err().to_string();
        assert!(error.contains(message), "{index}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn settings_may_be_as_far_as_their_limits() {
    let new = || of(CLIENT, ORIGIN);
    for (index, settings) in [
        new().client_auth(ClientAuth::None),
        new().scopes(["!#[]~", "urn:a+b"]),
        new().extra("organization_id", "org_1"),
        new().prefix(""),
        new().prefix("/a/B-2._~"),
        new().after_sign_out("/"),
        new().after_sign_out("/a/b?c=d&e=%20"),
        sessions(|it| it.max_age(SECOND).idle_timeout(SECOND).outage_grace(Duration::ZERO)),
        sessions(|it| it.max_age(TEN_YEARS).idle_timeout(TEN_YEARS).outage_grace(TEN_YEARS)),
    ]
    .into_iter()
    .enumerate()
    {
        if let Err(error) = settings.build() {
            panic!("{index}: {error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_by_form_needs_tls() {
    let build = |mode: &str, origin: &str| {
        let connector = json!({
            "scope": "",
            "clientId": CLIENT,
            "clientSecret": "hunter2",
            "authorizationEndpoint": format!("{ISSUER}/auth"),
            "tokenEndpoint": format!("{ISSUER}/token"),
            "idTokenVerificationConfig": { "issuer": ISSUER, "jwksUri": format!("{ISSUER}/jwks") },
            "authRequestOptionalConfig": { "responseMode": mode },
        });
        let connector = serde_json::from_value(connector).unwrap();
        let settings = SignIn::from_connector(connector, origin, Plaintext::Refuse).unwrap();
        settings.allow_insecure_loopback().fetcher(Provider::new()).build().map(drop)
    };
    let here = "http://localhost:3000";
    assert!(build("form_post", here).unwrap_err().to_string().contains("form_post"));
    build("query", here).unwrap();
    build("form_post", ORIGIN).unwrap();
}
