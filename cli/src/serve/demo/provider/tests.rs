//! The flows of the provider, and what the tests of its parts need.

mod refresh;
mod sign_in;
mod sign_out;
mod token;

use std::num::NonZeroU32;

use base64ct::{Base64UrlUnpadded, Encoding};
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use http::{Request, Response};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::*;

pub(super) const ISSUER: &str = "http://127.0.0.1:4180/demo";
pub(super) const SECRET: &str = "a secret: 100% & more";
pub(super) const PUBLIC: &str = "public";
const CALLBACK: &str = "http://localhost:4180/callback";
const HOME: &str = "http://localhost:4180/";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const PASSWORD: &str = "correct horse";
const NOW: i64 = 1_000_000;

pub(super) fn settings() -> Settings {
    let client = |id: &str, secret: Option<&str>| Client {
        id: id.to_owned(),
        name: "Bookstore".to_owned(),
        secret: secret.map(str::to_owned),
        redirect_uris: vec![CALLBACK.to_owned()],
        post_logout_redirect_uris: vec![HOME.to_owned()],
        backchannel_logout_uri: Some(format!("{HOME}backchannel-logout")),
    };
    Settings {
        issuer: ISSUER.to_owned(),
        clients: vec![client("demo-app", Some(SECRET)), client(PUBLIC, None)],
        resources: vec!["https://api.example.com".to_owned()],
        scopes: vec!["read:orders".to_owned()],
        lifetimes: Lifetimes::default(),
        password_rounds: NonZeroU32::MIN,
    }
}

/// The query of a good authorization request, with changes. An empty value removes a parameter.
pub(super) fn authorization_query(changes: &[(&str, &str)]) -> String {
    let mut pairs = vec![
        ("response_type", "code"),
        ("client_id", "demo-app"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid profile"),
        ("state", "the-state"),
        ("nonce", "the-nonce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        pairs.retain(|(other, _)| other != name);
        pairs.push((name, value));
    }
    pairs.retain(|(_, value)| !value.is_empty());
    encoded(&pairs)
}

fn encoded(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// Tokens without a signature.
struct Unsigned;

impl TokenSigner for Unsigned {
    fn algorithm(&self) -> &'static str {
        "ES384"
    }

    fn sign(&self, typ: &str, claims: &Value) -> String {
        let part = |json: &Value| Base64UrlUnpadded::encode_string(json.to_string().as_bytes());
        format!("{}.{}.", part(&json!({ "typ": typ })), part(claims))
    }
}

/// The claims of an unsigned token.
fn claims(token: &Value) -> Value {
    let payload = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(payload).unwrap()).unwrap()
}

/// A provider and a browser that keeps its cookie.
struct Browser {
    provider: Provider,
    cookie: Option<String>,
    now: i64,
}

impl Browser {
    fn new() -> Self {
        Self { provider: Provider::new(settings(), Box::new(Unsigned)), cookie: None, now: NOW }
    }

    /// A browser whose user has registered and is signed in.
    fn signed_in() -> Self {
        let mut browser = Self::new();
        browser.register("ada", &authorization_query(&[]));
        browser
    }

    fn send(&mut self, request: http::request::Builder, body: &str) -> Answer {
        let mut request = request.body(body.as_bytes().to_vec()).unwrap();
        if let Some(cookie) = &self.cookie {
            request.headers_mut().insert(COOKIE, cookie.parse().unwrap());
        }
        let answer = self.provider.answer(&request, self.now);
        if let Some(set) = answer.response.headers().get(SET_COOKIE) {
            let set = set.to_str().unwrap();
            let pair = set.split(';').next().unwrap().to_owned();
            self.cookie = (!set.contains("Max-Age=0")).then_some(pair);
        }
        answer
    }

    fn get(&mut self, target: &str) -> Response<String> {
        self.send(Request::get(format!("{ISSUER}{target}")), "").response
    }

    fn post(&mut self, target: &str, form: &[(&str, &str)]) -> Response<String> {
        self.submit(target, form).response
    }

    fn submit(&mut self, target: &str, form: &[(&str, &str)]) -> Answer {
        let request = Request::post(format!("{ISSUER}{target}"))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ORIGIN, "http://127.0.0.1:4180");
        self.send(request, &encoded(form))
    }

    fn authorize(&mut self, changes: &[(&str, &str)]) -> Response<String> {
        self.get(&format!("/authorize?{}", authorization_query(changes)))
    }

    fn register(&mut self, name: &str, query: &str) -> Response<String> {
        self.post(&format!("/register?{query}"), &[("username", name), ("password", PASSWORD)])
    }

    fn login(&mut self, name: &str, password: &str, query: &str) -> Response<String> {
        self.post(&format!("/login?{query}"), &[("username", name), ("password", password)])
    }

    /// A new code.
    fn code(&mut self, changes: &[(&str, &str)]) -> String {
        let response = self.authorize(changes);
        parameter(&response, "code").unwrap()
    }

    /// Calls the token endpoint as the client, without cookies.
    fn token(&mut self, form: &[(&str, &str)]) -> (u16, Value) {
        let own = [("client_id", "demo-app"), ("client_secret", SECRET)];
        self.call("/token", &[form, &own].concat())
    }

    fn call(&mut self, target: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let request = Request::post(format!("{ISSUER}{target}"))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(encoded(form).into_bytes())
            .unwrap();
        let response = self.provider.answer(&request, self.now).response;
        (response.status().as_u16(), serde_json::from_str(response.body()).unwrap_or_default())
    }

    fn redeem(&mut self, code: &str) -> (u16, Value) {
        self.token(&redemption(code))
    }

    fn refresh(&mut self, token: &str) -> (u16, Value) {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", token)])
    }

    /// Lets the user consent, and redeems the code.
    fn consent(&mut self, changes: &[(&str, &str)]) -> Value {
        let changes = [&[("prompt", "consent")], changes].concat();
        let query = authorization_query(&changes);
        let response = self.post(&format!("/consent?{query}"), &[("decision", "allow")]);
        let code = parameter(&response, "code").unwrap();
        self.redeem(&code).1
    }

    fn user_info(&mut self, token: &Value) -> (u16, Value) {
        let value = format!("Bearer {}", token.as_str().unwrap());
        let request = Request::get(format!("{ISSUER}/userinfo")).header(AUTHORIZATION, value);
        let response = self.send(request, "").response;
        (response.status().as_u16(), serde_json::from_str(response.body()).unwrap())
    }
}

fn redemption(code: &str) -> [(&'static str, &str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]
}

fn location(response: &Response<String>) -> &str {
    response.headers().get(LOCATION).map_or("", |location| location.to_str().unwrap())
}

/// A parameter of the address that a response redirects to.
fn parameter(response: &Response<String>, name: &str) -> Option<String> {
    let (_, query) = location(response).split_once('?')?;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(other, _)| other == name).map(|(_, value)| value.into_owned())
}

/// The title of a page.
fn title(response: &Response<String>) -> &str {
    let (_, rest) = response.body().split_once("<title>").unwrap_or_default();
    rest.split(" \u{2013} ").next().unwrap()
}
