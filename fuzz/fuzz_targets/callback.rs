//! The callback's query: the code is redeemed if, and only if, another reader finds this attempt's `state`, this
//! issuer's `iss`, a code and no error, each parameter once. In the input, `STATE` stands for the attempt's state.

#![no_main]

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use http::header::{COOKIE, HeaderMap};
use http::{Request, Response};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};
use tollgate::jwks::{Fetch, Fetching};
use tollgate::sign_in::{Provider, SignIn, Start};
use url::{Url, form_urlencoded};

const ISSUER: &str = "https://auth.example.com";

/// A provider that refuses every code.
struct Script;

impl Fetch for Script {
    fn fetch(&self, request: Request<Vec<u8>>, _: usize) -> Fetching<'_> {
        let (status, body) = match request.uri().path() {
            "/.well-known/openid-configuration" => (200, METADATA),
            "/jwks" => (200, "{\"keys\":[]}"),
            "/token" => (400, "{\"error\":\"invalid_grant\"}"),
            path => unreachable!("{path}"),
        };
        let response = Response::builder().status(status).body(body.as_bytes().to_vec());
        Box::pin(async { Ok(response.unwrap()) })
    }
}

const METADATA: &str = r#"{
    "issuer": "https://auth.example.com",
    "authorization_endpoint": "https://auth.example.com/authorize",
    "token_endpoint": "https://auth.example.com/token",
    "jwks_uri": "https://auth.example.com/jwks",
    "authorization_response_iss_parameter_supported": true
}"#;

/// One attempt, which inputs answer.
struct Attempted {
    since: Instant,
    runtime: Runtime,
    sign_in: SignIn,
    state: String,
    cookies: HeaderMap,
}

static ATTEMPTED: Mutex<Option<Attempted>> = Mutex::new(None);

fn attempted() -> Attempted {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (sign_in, started) = runtime.block_on(async {
        let provider = Provider::discover(ISSUER);
        let builder = SignIn::builder(provider, "app", "https://app.example.com").fetcher(Script);
        let sign_in = builder.build().unwrap();
        let started = sign_in.start(Start::default(), &HeaderMap::new()).await.unwrap();
        (sign_in, started)
    });
    let url = Url::parse(&started.url).unwrap();
    let (_, state) = url.query_pairs().find(|(name, _)| name == "state").unwrap();
    let cookie = started.cookie.to_str().unwrap().split(';').next().unwrap();
    let cookies = HeaderMap::from_iter([(COOKIE, cookie.parse().unwrap())]);
    Attempted { since: Instant::now(), state: state.into_owned(), runtime, sign_in, cookies }
}

fuzz_target!(|input: &[u8]| {
    let mut attempt = ATTEMPTED.lock().unwrap();
    // It lives for ten minutes.
    drop(attempt.take_if(|it| it.since.elapsed() > Duration::from_secs(300)));
    let attempt = attempt.get_or_insert_with(attempted);
    let Attempted { runtime, sign_in, state, cookies, .. } = &*attempt;
    let mut answer = Vec::new();
    let mut rest = input;
    while let Some((first, after)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(b"STATE") {
            answer.extend_from_slice(state.as_bytes());
            rest = after;
        } else {
            answer.push(*first);
            rest = after;
        }
    }
    let finished = runtime.block_on(sign_in.finish(&answer, cookies));
    let error = finished.err().map(|it| it.error.code()).unwrap_or("signed in");
    assert_eq!(error == "code-refused", is_answer(&answer, state), "{error}");
    assert_ne!(error, "signed in");
});

/// Whether a query is this provider's answer to the attempt, with a code.
fn is_answer(query: &[u8], state: &str) -> bool {
    let pairs: Vec<_> = form_urlencoded::parse(query).collect();
    let names: HashSet<_> = pairs.iter().map(|(name, _)| name).collect();
    let value = |wanted| {
        let pair = pairs.iter().find(|(name, value)| name == wanted && !value.is_empty());
        pair.map(|(_, value)| &**value)
    };
    query.len() <= 16 * 1024
        && pairs.len() <= 32
        && names.len() == pairs.len()
        && value("state") == Some(state)
        && value("iss") == Some(ISSUER)
        && value("code").is_some()
        && value("error").is_none()
}
