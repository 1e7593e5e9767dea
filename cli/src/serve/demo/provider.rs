//! The demo's OpenID provider: the authorization code flow with PKCE, refresh tokens, and sign-out, without I/O.
//!
//! A request and the time go in, and a response comes out. Everything is in memory and bounded: where there is no
//! more room, the oldest entry goes.
//!
//! It depends on nothing else in this package, so tests of other packages can include it by
//! `#[path = "../../cli/src/serve/demo"] mod demo { pub(crate) mod provider; }`. They make it misbehave from
//! outside: by changing what it answers, or the claims that it signs.
//!
//! | file | content |
//! |---|---|
//! | `clients` | the registered clients, and how they authenticate |
//! | `settings` | clients, resources, scopes and lifetimes |
//! | `discovery` | the discovery document |
//! | `parameters` | the parameters of a query or a form |
//! | `authorization_request` | checks what a client asks of the authorization endpoint |
//! | `authorize` | decides what the user has to do next, and issues codes |
//! | `login`, `register`, `consent` | the pages of users, and their forms |
//! | `accounts` | the users and their passwords |
//! | `throttle` | slows down the guessing of passwords |
//! | `browser_sessions` | who is signed in at which browser |
//! | `same_origin` | refuses forms that another site sends |
//! | `token_endpoint` | redeems codes and refresh tokens |
//! | `grants` | what a user has granted a client, and its current refresh token |
//! | `tokens` | the claims of ID tokens and access tokens |
//! | `user_info`, `revocation`, `end_session` | the other endpoints |
//! | `pages` | the HTML of all pages, and their headers |
//! | `secrets`, `bounded` | random texts, and maps that forget the oldest entry |

mod accounts;
mod authorization_request;
mod authorize;
mod bounded;
mod browser_sessions;
mod clients;
mod consent;
mod discovery;
mod end_session;
mod grants;
mod login;
mod pages;
mod parameters;
mod register;
mod revocation;
mod same_origin;
mod secrets;
mod settings;
#[cfg(test)]
mod tests;
mod throttle;
mod token_endpoint;
mod tokens;
mod user_info;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use accounts::Accounts;
use authorize::Codes;
use browser_sessions::BrowserSessions;
pub(crate) use clients::Client;
use grants::Grants;
use pages::Pages;
use parameters::Parameters;
use secrets::NoRandomness;
pub(crate) use settings::{Lifetimes, Settings};
use throttle::Throttle;
use tokens::IssuedTokens;

/// Signs the provider's tokens.
pub(crate) trait TokenSigner: Send + Sync {
    /// The algorithm by its name in JOSE, such as `ES384`.
    fn algorithm(&self) -> &'static str;

    /// The token with this `typ` and these claims.
    fn sign(&self, typ: &str, claims: &Value) -> String;
}

/// An OpenID provider.
pub(crate) struct Provider {
    settings: Settings,
    signer: Box<dyn TokenSigner>,
    pages: Pages,
    state: Mutex<State>,
}

/// What the provider remembers.
struct State {
    accounts: Accounts,
    throttle: Throttle,
    sessions: BrowserSessions,
    codes: Codes,
    grants: Grants,
    tokens: IssuedTokens,
}

/// What the provider does about a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) response: Response<String>,
    /// How long to hold the response back.
    pub(crate) delay: Duration,
    /// Whom to tell that a session has ended.
    pub(crate) notices: Vec<LogoutNotice>,
}

/// A message to a client (OpenID Connect Back-Channel Logout §2.5): a POST of the form parameter `logout_token`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogoutNotice {
    pub(crate) url: String,
    pub(crate) logout_token: String,
}

/// The largest body of a request, in bytes.
pub(crate) const MAX_BODY: usize = 16 * 1024;

/// A request as the endpoints see it, at a time in seconds since 1970.
struct Asked<'a> {
    method: &'a Method,
    query: &'a str,
    headers: &'a HeaderMap,
    body: &'a [u8],
    now: i64,
}

impl Provider {
    pub(crate) fn new(settings: Settings, signer: Box<dyn TokenSigner>) -> Self {
        let state = State {
            accounts: Accounts::new(settings.password_rounds),
            throttle: Throttle::default(),
            sessions: BrowserSessions::default(),
            codes: Codes::default(),
            grants: Grants::default(),
            tokens: IssuedTokens::default(),
        };
        Self { pages: Pages::default(), state: Mutex::new(state), settings, signer }
    }

    /// Answers a request to a path below the issuer, at `now` in seconds since 1970. The body has at most
    /// [`MAX_BODY`] bytes. Hashing a password takes long, so this is not for an executor's thread.
    pub(crate) fn answer(&self, request: &Request<Vec<u8>>, now: i64) -> Answer {
        let path = request.uri().path();
        let path = path.strip_prefix(self.settings.issuer_path()).unwrap_or(path);
        let asked = Asked {
            method: request.method(),
            query: request.uri().query().unwrap_or_default(),
            headers: request.headers(),
            body: request.body(),
            now,
        };
        let (allowed, endpoint) = match Self::endpoint(path) {
            Some(found) => found,
            None => return self.pages.not_found().into(),
        };
        if !allowed.contains(asked.method) {
            return self.pages.method_not_allowed(allowed).into();
        }
        endpoint(self, &asked).unwrap_or_else(|NoRandomness| self.pages.no_randomness().into())
    }

    /// The endpoint at a path below the issuer, and its methods.
    fn endpoint(path: &str) -> Option<(&'static [Method], Endpoint)> {
        const GET: &[Method] = &[Method::GET];
        const POST: &[Method] = &[Method::POST];
        const BOTH: &[Method] = &[Method::GET, Method::POST];
        Some(match path {
            "/.well-known/openid-configuration" => (GET, Self::discovery),
            "/authorize" => (BOTH, Self::authorize),
            "/login" => (BOTH, Self::login),
            "/register" => (BOTH, Self::register),
            "/consent" => (POST, Self::consent),
            "/token" => (POST, Self::token),
            "/userinfo" => (BOTH, Self::user_info),
            "/revoke" => (POST, Self::revoke),
            "/end_session" => (BOTH, Self::end_session),
            "/end_session/confirm" => (POST, Self::confirm_end_session),
            _ => return None,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is complete in itself, so a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Endpoint = fn(&Provider, &Asked<'_>) -> Result<Answer, NoRandomness>;

impl Asked<'_> {
    /// The parameters of the form in the body.
    fn form(&self) -> Parameters {
        let media_type = self.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
        let media_type = media_type.and_then(|value| value.split(|byte| *byte == b';').next());
        match media_type {
            Some(name)
                if name.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded") =>
            {
                Parameters::parse(self.body)
            }
            _ => Parameters::default(),
        }
    }
}

impl From<Response<String>> for Answer {
    fn from(response: Response<String>) -> Self {
        Self { response, delay: Duration::ZERO, notices: Vec::new() }
    }
}

/// A JSON response that no cache keeps.
fn json_response(status: StatusCode, body: &Value) -> Response<String> {
    let mut response = Response::new(body.to_string());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// An error of an endpoint that clients call (RFC 6749 §5.2).
fn json_error(status: StatusCode, error: &str, description: &str) -> Response<String> {
    json_response(status, &json!({ "error": error, "error_description": description }))
}
