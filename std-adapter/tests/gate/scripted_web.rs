//! [`Web`], a scripted web: it sets what each URL answers, and records the requests. Also gates that
//! use it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::header::{CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH};
use http::{Request, Response};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::sleep;
use tollgate::gate::{Denied, Gate, GateBuilder, Issuer};
use tollgate::jwks::{Fetch, FetchError, Fetching};
use tollgate::table_memory::TableMemory;
use tollgate::tollgate_core::{Now, Rejection, UnixTime};
use tollgate_tests::mint::{self, AUDIENCE, ISSUER, NOW, SigningKey, Token};

/// The URL of [`ISSUER`]'s metadata.
pub(crate) const DISCOVERY: &str = "https://auth.example.com/oidc/.well-known/openid-configuration";
/// The URL of its metadata by RFC 8414.
pub(crate) const OAUTH_METADATA: &str =
    "https://auth.example.com/.well-known/oauth-authorization-server/oidc";
/// The URL of its keys.
pub(crate) const JWKS: &str = "https://auth.example.com/oidc/jwks";

/// A period with exactly one refresh of the keys, whatever the jitter.
pub(crate) const REFRESH: Duration = secs(600);
/// After this time, unknown keys trigger a fetch again.
pub(crate) const COOLDOWN: Duration = secs(30);
/// The longest time between two attempts while they fail.
pub(crate) const BACKOFF: Duration = secs(300);

pub(crate) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub(crate) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) const fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 60 * 60)
}

/// Everything that can be fetched. Clones share one web.
#[derive(Clone, Default)]
pub(crate) struct Web(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    pages: HashMap<String, Page>,
    asked: Vec<Asked>,
    running: usize,
    most_running: usize,
}

#[derive(Default)]
struct Page {
    /// The first answers, each given once.
    once: VecDeque<Reply>,
    /// The answer to all later requests.
    standing: Option<Reply>,
}

/// A request that was sent.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) at: tokio::time::Instant,
}

/// The answer of a URL.
#[derive(Clone)]
pub(crate) struct Reply {
    outcome: Outcome,
    delay: Duration,
    held: Option<Arc<Notify>>,
}

#[derive(Clone)]
enum Outcome {
    Answer { status: u16, headers: HeaderMap, body: Vec<u8> },
    NoConnection,
    Never,
}

impl Reply {
    const fn new(outcome: Outcome) -> Self {
        Self { outcome, delay: Duration::ZERO, held: None }
    }

    /// 200 with this text as JSON, whether or not it is JSON.
    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        let outcome = Outcome::Answer { status: 200, headers: HeaderMap::new(), body: body.into() };
        Self::new(outcome).header(CONTENT_TYPE, "application/json")
    }

    /// 200 with this document.
    pub(crate) fn json(document: &Value) -> Self {
        Self::ok(document.to_string())
    }

    /// Another status, with a JSON body.
    pub(crate) fn status(code: u16) -> Self {
        let mut reply = Self::ok("{}");
        if let Outcome::Answer { status, .. } = &mut reply.outcome {
            *status = code;
        }
        reply
    }

    /// An HTML page, as from a misconfigured proxy.
    pub(crate) fn html() -> Self {
        Self::ok("<!doctype html><title>Sign in</title>").header(CONTENT_TYPE, "text/html")
    }

    /// A redirect to `location`.
    pub(crate) fn redirect(location: &'static str) -> Self {
        Self::status(302).header(http::header::LOCATION, location)
    }

    /// No connection.
    pub(crate) const fn no_connection() -> Self {
        Self::new(Outcome::NoConnection)
    }

    /// No answer, ever.
    pub(crate) const fn never() -> Self {
        Self::new(Outcome::Never)
    }

    /// With this header field, which replaces one of the same name.
    pub(crate) fn header(mut self, name: HeaderName, value: &'static str) -> Self {
        if let Outcome::Answer { headers, .. } = &mut self.outcome {
            headers.insert(name, HeaderValue::from_static(value));
        }
        self
    }

    /// Only after this time.
    pub(crate) fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// Only when `held` is notified.
    pub(crate) fn held_by(self, held: &Arc<Notify>) -> Self {
        Self { held: Some(Arc::clone(held)), ..self }
    }
}

/// The metadata of [`ISSUER`], with its keys at `jwks_uri`.
pub(crate) fn metadata(jwks_uri: &str) -> Value {
    json!({ "issuer": ISSUER, "jwks_uri": jwks_uri })
}

impl Web {
    /// [`ISSUER`] with the keys `k1` and `k2`.
    pub(crate) fn good() -> Self {
        let web = Self::default();
        web.answer(DISCOVERY, Reply::json(&metadata(JWKS)));
        web.answer(JWKS, Reply::json(&mint::good_jwks()));
        web
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets what `url` answers from now on. A URL without an answer returns 404.
    pub(crate) fn answer(&self, url: &str, reply: Reply) {
        self.state().pages.entry(url.to_owned()).or_default().standing = Some(reply);
    }

    /// Lets `url` give this answer once, and then answer as before.
    pub(crate) fn answer_once(&self, url: &str, reply: Reply) {
        self.state().pages.entry(url.to_owned()).or_default().once.push_back(reply);
    }

    /// Lets [`ISSUER`] publish these keys.
    pub(crate) fn publish(&self, keys: impl IntoIterator<Item = Value>) {
        self.answer(JWKS, Reply::json(&mint::jwks(keys)));
    }

    /// The requests that were sent.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.state().asked.clone()
    }

    /// The number of requests sent to `url`.
    pub(crate) fn count(&self, url: &str) -> usize {
        self.state().asked.iter().filter(|asked| asked.url == url).count()
    }

    /// The number of requests sent.
    pub(crate) fn total(&self) -> usize {
        self.state().asked.len()
    }

    /// The number of requests that have not been answered yet.
    pub(crate) fn running(&self) -> usize {
        self.state().running
    }

    /// The maximum number of concurrent requests so far.
    pub(crate) fn most_running(&self) -> usize {
        self.state().most_running
    }
}

/// Counts a request while it is in flight.
struct Running(Web);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.state().running -= 1;
    }
}

impl Fetch for Web {
    fn fetch(&self, request: Request<Vec<u8>>, _: usize) -> Fetching<'_> {
        Box::pin(async move {
            let url = request.uri().to_string();
            let reply = {
                let mut state = self.state();
                let (headers, at) = (request.headers().clone(), tokio::time::Instant::now());
                state.asked.push(Asked { url: url.clone(), headers, at });
                state.running += 1;
                state.most_running = state.most_running.max(state.running);
                let page = state.pages.entry(url).or_default();
                page.once.pop_front().or_else(|| page.standing.clone())
            };
            let _running = Running(self.clone());
            let reply = reply.unwrap_or_else(|| Reply::status(404));
            if !reply.delay.is_zero() {
                sleep(reply.delay).await;
            }
            if let Some(held) = reply.held {
                held.notified().await;
            }
            match reply.outcome {
                Outcome::Never => std::future::pending().await,
                Outcome::NoConnection => Err(FetchError::Network("connection refused".to_owned())),
                Outcome::Answer { status, headers, body } => {
                    let etag = headers.get(ETAG);
                    let is_known = etag.is_some() && etag == request.headers().get(IF_NONE_MATCH);
                    let (status, body) = if is_known { (304, Vec::new()) } else { (status, body) };
                    let mut response = Response::builder().status(status).body(body).unwrap();
                    *response.headers_mut() = headers;
                    Ok(response)
                }
            }
        })
    }
}

/// Small tables, since building large ones takes longer than most tests.
static SMALL_TABLES: LazyLock<TableMemory> = LazyLock::new(|| TableMemory::new(1 << 20));

/// A builder for a gate that fetches from `web`, and whose time is always [`NOW`].
pub(crate) fn builder(web: &Web) -> GateBuilder {
    let builder = Gate::builder().fetcher(web.clone()).clock(|| Now::Exact(UnixTime(NOW)));
    builder.table_memory(&SMALL_TABLES)
}

/// [`ISSUER`], with tokens for [`AUDIENCE`].
pub(crate) fn issuer() -> Issuer {
    Issuer::new(ISSUER).audience(AUDIENCE)
}

/// A gate that trusts [`ISSUER`], and has no keys yet.
pub(crate) fn gate(web: &Web) -> Gate {
    builder(web).issuer(issuer()).build().unwrap()
}

/// A gate that trusts [`ISSUER`], and has its keys.
pub(crate) async fn ready(web: &Web) -> Gate {
    let gate = gate(web);
    gate.ready().await;
    gate
}

/// The value of `Authorization` with this token.
pub(crate) fn bearer(token: &Token) -> String {
    format!("Bearer {}", token.mint())
}

/// A good token, signed by a key other than `k1`.
pub(crate) fn signed(key: &SigningKey, kid: &str) -> Token {
    let alg = json!(key.algorithm().name());
    Token::good().member("alg", alg).member("kid", json!(kid)).signed_by(key.clone())
}

/// The key `k3`, which [`ISSUER`] has not published yet.
pub(crate) fn k3() -> SigningKey {
    SigningKey::p256("the third key")
}

/// The JWK of `k3`.
pub(crate) fn k3_jwk() -> Value {
    mint::jwk(&k3(), "k3")
}

/// A good token, signed by `k3`.
pub(crate) fn k3_token() -> Token {
    signed(&k3(), "k3")
}

/// A verdict, or the name of the reason.
pub(crate) type Verdict = Result<(), &'static str>;

/// The verdict on a token with the current keys.
pub(crate) fn now(gate: &Gate, token: &Token) -> Verdict {
    gate.authorize_now(bearer(token)).map(drop).map_err(|denied| denied.reason())
}

/// The verdict on a token, after waiting for newer keys if necessary.
pub(crate) async fn later(gate: &Gate, token: &Token) -> Verdict {
    gate.authorize(bearer(token)).await.map(drop).map_err(|denied| denied.reason())
}

/// Why a token is refused with the current keys.
pub(crate) fn rejection(gate: &Gate, token: &Token) -> Rejection {
    match gate.authorize_now(bearer(token)) {
        Err(Denied::Rejected { rejection, .. }) => rejection,
        other => panic!("{other:?}"),
    }
}

/// The number of attempts to fetch the keys of the gate's first issuer that had this outcome.
pub(crate) fn outcomes(gate: &Gate, outcome: &str) -> u64 {
    let status = gate.issuers().next().unwrap();
    status.fetches.get(outcome).copied().unwrap_or_default()
}
