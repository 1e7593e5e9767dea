use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::StatusCode;
use http::header::LOCATION;
use serde_json::{Value, json};
use tokio::time::sleep;
use tollgate_core::UnixTime;
use tollgate_tests::mint::{AUDIENCE, ISSUER, NOW, Token, good_jwks};

use super::*;
use crate::issuer_url::Plaintext;
use crate::jwks::Fetching;
use crate::table_memory::TableMemory;

const METADATA: &str = "https://auth.example.com/oidc/.well-known/openid-configuration";
const JWKS: &str = "https://auth.example.com/oidc/jwks";
const TOKEN: &str = "https://auth.example.com/oidc/token";
const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What each URL answers, and the requests that came. Clones share them.
#[derive(Clone, Default)]
struct Web {
    pages: Arc<Mutex<HashMap<String, Response<Vec<u8>>>>>,
    requests: Arc<Mutex<Vec<Request<Vec<u8>>>>>,
}

impl Web {
    fn good() -> Self {
        let web = Self::default();
        web.answer(METADATA, 200, &metadata(json!({})));
        web.answer(JWKS, 200, &good_jwks().to_string());
        web
    }

    fn answer(&self, url: &str, status: u16, body: &str) {
        let response = Response::builder().status(status).header(LOCATION, METADATA);
        let response = response.body(body.as_bytes().to_vec()).unwrap();
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.insert(url.to_owned(), response);
    }

    fn fetcher(&self) -> Option<Arc<dyn Fetch>> {
        Some(Arc::new(self.clone()))
    }

    fn requests(&self, url: &str) -> Vec<Request<Vec<u8>>> {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.iter().filter(|request| *request.uri() == *url).cloned().collect()
    }
}

impl Fetch for Web {
    fn fetch(&self, request: Request<Vec<u8>>, _: usize) -> Fetching<'_> {
        let url = request.uri().to_string();
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        let page = self.pages.lock().unwrap_or_else(PoisonError::into_inner).get(&url).cloned();
        Box::pin(async move {
            match page {
                Some(page) => Ok(page),
                None => std::future::pending().await,
            }
        })
    }
}

/// Metadata with these members, too.
fn metadata(more: Value) -> String {
    let mut metadata = json!({
        "issuer": ISSUER,
        "jwks_uri": JWKS,
        "authorization_endpoint": "https://auth.example.com/oidc/auth",
        "token_endpoint": TOKEN,
        "id_token_signing_alg_values_supported": ["ES256", "ES384"],
    });
    metadata.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    metadata.to_string()
}

fn open_at(web: &Web, provider: Provider, predecessor: Option<&Gate>) -> OpenProvider {
    let configure = |builder: GateBuilder| {
        let builder = builder.table_memory(&TableMemory::new(1 << 20));
        let builder = builder.clock(|| Now::Exact(UnixTime(NOW)));
        predecessor.into_iter().fold(builder, GateBuilder::replaces)
    };
    let complete = |issuer: Issuer| issuer.audience(AUDIENCE);
    OpenProvider::open(provider, web.fetcher(), AllowedHttp::default(), complete, configure)
        .unwrap()
}

fn open(web: &Web) -> OpenProvider {
    open_at(web, Provider::discover(ISSUER), None)
}

fn fixed(issuer: Issuer) -> Provider {
    let endpoints = Endpoints { token_endpoint: TOKEN.to_owned(), ..Endpoints::default() };
    Provider::fixed(issuer, endpoints)
}

fn id_token() -> Token {
    Token::good().member("typ", json!("JWT"))
}

async fn verdict(provider: &OpenProvider, token: &Token) -> Result<(), &'static str> {
    let authorization = format!("Bearer {}", token.mint());
    let verdict = provider.gate().authorize(authorization).await;
    verdict.map(drop).map_err(|denied| denied.reason())
}

#[tokio::test(start_paused = true)]
async fn the_first_discovery_is_waited_for() {
    let provider = open(&Web::good());
    assert_eq!(provider.endpoints(), Err(ProviderError::Pending));
    let endpoints = provider.endpoints_within(SECOND).await.unwrap();
    assert_eq!(endpoints.token_endpoint, TOKEN);
    assert_eq!(verdict(&provider, &id_token()).await, Ok(()));
    assert!(verdict(&provider, &Token::good()).await.is_err(), "an access token");
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_hangs_is_not_waited_for_longer_than_allowed() {
    let provider = open(&Web::default());
    let start = tokio::time::Instant::now();
    assert_eq!(provider.endpoints_within(SECOND).await, Err(ProviderError::Pending));
    assert_eq!(start.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn an_outage_at_the_start_is_named_and_ends_by_itself() {
    let web = Web::good();
    web.answer(METADATA, 503, "");
    let provider = open(&web);
    let start = tokio::time::Instant::now();
    let error = provider.endpoints_within(SECOND).await.unwrap_err();
    assert_eq!((error.reason(), start.elapsed()), ("metadata-unavailable", Duration::ZERO));
    assert!(error.to_string().contains("503"), "{error}");
    web.answer(METADATA, 200, &metadata(json!({})));
    sleep(10 * SECOND).await;
    assert!(provider.endpoints().is_ok());
}

#[tokio::test(start_paused = true)]
async fn metadata_are_known_even_if_the_keys_are_not() {
    let web = Web::good();
    web.answer(JWKS, 500, "");
    assert!(open(&web).endpoints_within(SECOND).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn endpoints_are_read_once_and_follow_the_metadata_within_a_day() {
    let web = Web::good();
    let provider = open(&web);
    let first = provider.endpoints_within(SECOND).await.unwrap();
    sleep(DAY + DAY / 2).await;
    assert!(web.requests(METADATA).len() > 1);
    assert!(Arc::ptr_eq(&first, &provider.endpoints().unwrap()));
    web.answer(METADATA, 200, &metadata(json!({ "prompt_values_supported": ["create"] })));
    sleep(DAY + DAY / 2).await;
    let second = provider.endpoints().unwrap();
    assert_eq!(second.prompt_values, ["create"]);
    web.answer(METADATA, 500, "");
    web.answer(JWKS, 500, "");
    sleep(DAY).await;
    assert!(Arc::ptr_eq(&second, &provider.endpoints().unwrap()), "an outage");
    web.answer(METADATA, 200, &metadata(json!({ "code_challenge_methods_supported": [] })));
    sleep(DAY).await;
    assert_eq!(provider.endpoints().unwrap_err().reason(), "no-pkce");
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_signs_with_other_algorithms_than_accepted_is_refused() {
    let es512 = Provider::discover(ISSUER).algorithms([Algorithm::Es512]);
    let error = open_at(&Web::good(), es512, None).endpoints_within(SECOND).await.unwrap_err();
    assert_eq!(error.reason(), "no-algorithm");
    let es384 = Provider::discover(ISSUER).algorithms([Algorithm::Es384]);
    assert!(open_at(&Web::good(), es384, None).endpoints_within(SECOND).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_replaced_gate_leaves_its_metadata() {
    let old = open(&Web::good());
    old.endpoints_within(SECOND).await.unwrap();
    let unreachable = Web::default();
    let new = open_at(&unreachable, Provider::discover(ISSUER), Some(old.gate()));
    assert!(new.endpoints().is_ok());
    let elsewhere = Provider::discover(ISSUER).metadata_url("https://other.example.com/meta");
    let other = open_at(&unreachable, elsewhere, Some(old.gate()));
    assert_eq!(other.endpoints(), Err(ProviderError::Pending));
}

#[tokio::test(start_paused = true)]
async fn gates_keep_no_metadata_unless_asked() {
    let web = Web::good();
    let gate = Gate::builder().fetcher(web).issuer(Issuer::new(ISSUER).audience(AUDIENCE));
    let gate = gate.build().unwrap();
    gate.ready().await;
    assert!(gate.metadata().is_none());
}

#[tokio::test(start_paused = true)]
async fn fixed_endpoints_need_no_metadata() {
    let web = Web::good();
    let provider = open_at(&web, fixed(Issuer::new(ISSUER).jwks_uri(JWKS)), None);
    assert_eq!(provider.endpoints().unwrap().token_endpoint, TOKEN);
    assert_eq!(verdict(&provider, &id_token()).await, Ok(()));
    assert!(web.requests(METADATA).is_empty());
}

#[tokio::test(start_paused = true)]
async fn without_an_issuer_any_https_url_is_one() {
    let web = Web::good();
    let mut any = Issuer::default().jwks_uri(JWKS);
    any.any_issuer = true;
    let provider = open_at(&web, fixed(any), None);
    for iss in [ISSUER, "https://other.example.com"] {
        assert_eq!(verdict(&provider, &id_token().claim("iss", json!(iss))).await, Ok(()));
    }
    for iss in ["http://other.example.com", "http://127.0.0.1", "other", "https://a.example/?b", ""]
    {
        let token = id_token().claim("iss", json!(iss));
        assert_eq!(verdict(&provider, &token).await, Err("issuer-mismatch"), "{iss}");
    }
    assert_eq!(verdict(&provider, &id_token().without("iss")).await, Err("claim-missing"));
}

#[tokio::test(start_paused = true)]
async fn a_connector_may_judge_as_of_another_time() {
    let web = Web::good();
    let mut provider = fixed(Issuer::new(ISSUER).jwks_uri(JWKS));
    provider.judged_at = Some(UnixTime(NOW));
    let complete = |issuer: Issuer| issuer.audience(AUDIENCE);
    let provider =
        OpenProvider::open(provider, web.fetcher(), AllowedHttp::default(), complete, |it| it)
            .unwrap();
    assert_eq!(verdict(&provider, &id_token()).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_form_is_posted_and_any_answer_is_returned() {
    let web = Web::good();
    let provider = open(&web);
    for status in [200, 302, 400, 401, 503] {
        web.answer(TOKEN, status, r#"{"error":"invalid_grant"}"#);
        let basic = Some(HeaderValue::from_static("Basic YTpi"));
        let response = provider.post_form(TOKEN, "a=b&c=d", basic, SECOND).await.unwrap();
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(response.body(), br#"{"error":"invalid_grant"}"#);
    }
    let requests = web.requests(TOKEN);
    assert_eq!(requests.len(), 5, "a redirect is not followed");
    let header = |name: &str| requests[0].headers()[name].to_str().unwrap();
    assert_eq!((requests[0].method(), &**requests[0].body()), (&Method::POST, &b"a=b&c=d"[..]));
    assert_eq!(header("content-type"), "application/x-www-form-urlencoded");
    assert_eq!(header("authorization"), "Basic YTpi");
    assert_eq!((header("accept"), header("accept-encoding")), ("application/json", "identity"));
    assert!(!format!("{:?}", requests[0].headers()).contains("YTpi"));
}

#[tokio::test(start_paused = true)]
async fn an_access_token_is_sent_in_the_header() {
    let web = Web::good();
    let provider = open(&web);
    let user_info = "https://auth.example.com/oidc/me";
    web.answer(user_info, 200, "{}");
    let response = provider.get(user_info, "opaque", SECOND).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let requests = web.requests(user_info);
    assert_eq!(requests[0].method(), Method::GET);
    assert_eq!(requests[0].headers()["authorization"], "Bearer opaque");
    assert!(provider.get(user_info, "a\nb", SECOND).await.is_err());
    assert_eq!(web.requests(user_info).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_comes_in_time_and_is_short() {
    let web = Web::good();
    let provider = open(&web);
    let error = provider.post_form(TOKEN, "", None, SECOND).await.unwrap_err();
    assert_eq!(error, FetchError::Timeout(SECOND));
    web.answer(TOKEN, 200, &" ".repeat(MAX_ANSWER_LEN));
    assert!(provider.post_form(TOKEN, "", None, SECOND).await.is_ok());
    web.answer(TOKEN, 200, &" ".repeat(MAX_ANSWER_LEN + 1));
    let error = provider.post_form(TOKEN, "", None, SECOND).await.unwrap_err();
    assert_eq!(error, FetchError::TooLarge);
}

#[tokio::test(start_paused = true)]
async fn a_mistake_in_the_settings_is_an_error_at_once() {
    for (provider, allowed) in [
        (Provider::discover("http://auth.example.com"), Plaintext::Loopback),
        (Provider::discover("http://127.0.0.1"), Plaintext::Refuse),
        (Provider::discover("auth.example.com"), Plaintext::Refuse),
        (Provider::discover(ISSUER).ca_file("/nowhere.pem"), Plaintext::Refuse),
    ] {
        let complete = |issuer: Issuer| issuer.audience(AUDIENCE);
        let opened = OpenProvider::open(provider, None, allowed.into(), complete, |it| it);
        assert!(opened.is_err());
    }
}
