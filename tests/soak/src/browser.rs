//! A browser: it asks as a proxy passes its requests on, and keeps cookies.

use std::collections::BTreeMap;

use serde_json::Value;
use tollgate_tests::mint::from_base64url;
use url::Url;

use crate::clients::TRIES;
use crate::grants::{CLIENT, Parameters};
use crate::http::{Answer, Connection, NoAnswer, Stream};
use crate::requests::FORGED_USER;
use crate::tally::Tally;

/// The origin of the app.
pub const ORIGIN: &str = "http://localhost:8080";
const HOST: &str = "localhost:8080";
/// The cookie of a session, and how those of attempts begin.
pub const SESSION: &str = "tollgate-8080";
pub const ATTEMPT: &str = "tollgate-8080-attempt-";
/// A page of the app, to which a sign-in leads back.
pub const PAGE: &str = "/orders?page=2&sort=a%26b";

/// A connection that is opened again when the server has closed it.
pub struct Tab {
    address: String,
    connection: Option<Connection<Box<dyn Stream>>>,
}

/// What a browser asks the app for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit {
    /// A user opens a page.
    Page,
    /// A script fetches something.
    Fetch,
    /// A user sends a form of the app.
    Form,
    /// A user sends a form of another site, which must not count.
    ForeignForm,
}

pub const VISITS: [Visit; 4] = [Visit::Page, Visit::Fetch, Visit::Form, Visit::ForeignForm];

/// The cookies of a browser.
#[derive(Clone, Default)]
pub struct Jar(BTreeMap<String, String>);

impl Tab {
    pub fn new(address: &str) -> Self {
        Self { address: address.to_owned(), connection: None }
    }

    /// Asks, on another connection if the server has closed this one to make room.
    pub async fn ask(&mut self, tally: &Tally, request: &str) -> Result<Answer, String> {
        for _ in 0..TRIES {
            let mut open = match self.connection.take() {
                Some(open) => open,
                None => Connection::open_any(&self.address)
                    .await
                    .map_err(|error| format!("no connection: {error}"))?,
            };
            // Even if sending fails, the answer may have arrived.
            let _ = open.send(request.as_bytes()).await;
            match open.answer().await {
                Ok(answer) => {
                    self.connection = Some(open);
                    return Ok(answer);
                }
                Err(NoAnswer::Closed) => tally.right("(retried on another connection)"),
                Err(error) => return Err(format!("no answer: {error:?}")),
            }
        }
        Err(format!("not answered on {TRIES} connections"))
    }
}

impl Visit {
    /// The request of the proxy that asks whether this may pass.
    pub fn request(self, cookie: &str) -> String {
        let method = match self {
            Self::Page | Self::Fetch => "GET",
            Self::Form | Self::ForeignForm => "POST",
        };
        let fields = match self {
            Self::Page => "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n",
            Self::Fetch => "Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n",
            Self::Form => {
                "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Site: same-origin\r\n"
            }
            Self::ForeignForm => {
                "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Site: cross-site\r\n"
            }
        };
        let (name, value) = FORGED_USER;
        format!(
            "GET /auth HTTP/1.1\r\nHost: gate\r\nX-Original-Method: {method}\r\nX-Original-URI: {PAGE}\r\n\
             X-Forwarded-Host: {HOST}\r\nAccept: text/html\r\nCookie: {cookie}\r\n{fields}{name}: {value}\r\n\r\n"
        )
    }

    /// Whether the answer is that sign-in is required.
    pub fn requires_sign_in(self, answer: &Answer) -> bool {
        let return_to: String = url::form_urlencoded::byte_serialize(PAGE.as_bytes()).collect();
        let sign_in = format!("{ORIGIN}/tollgate/sign-in?return_to={return_to}");
        let location = (self == Self::Page).then_some(sign_in.as_str());
        let is_right = match self {
            Self::Page => true,
            Self::Fetch => {
                let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
                answer.header("www-authenticate") == Some("Bearer")
                    && body["code"] == "sign_in_required"
                    && body["sign_in"] == format!("{ORIGIN}/tollgate/sign-in")
            }
            Self::Form | Self::ForeignForm => answer.says("Your session has ended"),
        };
        answer.status == 401
            && answer.header("location") == location
            && is_right
            && !answer.has_header_like("x-auth-request-")
            && !answer.has_header_like("set-cookie")
    }
}

/// A request for a page of sign-in, which the proxy hands on. `fields` end with a line break each.
pub fn page(method: &str, target: &str, cookie: &str, fields: &str, body: &str) -> String {
    format!(
        "{method} {target} HTTP/1.1\r\nHost: gate\r\nX-Forwarded-Host: {HOST}\r\nCookie: {cookie}\r\n{fields}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

impl Jar {
    /// Takes the cookies that an answer sets.
    pub fn take(&mut self, answer: &Answer) {
        for field in answer.values("set-cookie") {
            let Some((name, value)) = field.split(';').next().and_then(|pair| pair.split_once('='))
            else {
                continue;
            };
            match field.contains("Max-Age=0") {
                true => self.0.remove(name),
                false => self.0.insert(name.to_owned(), value.to_owned()),
            };
        }
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    /// The value of the session's cookie.
    pub fn session(&self) -> Option<&str> {
        self.0.get(SESSION).map(String::as_str)
    }

    /// The field Cookie.
    pub fn cookie(&self) -> String {
        let pairs = self.0.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }
}

/// The parameters of the authorization request to which an answer leads, at this issuer.
pub fn authorization_request(answer: &Answer, issuer: &str) -> Result<Parameters, String> {
    let location = answer.header("location").unwrap_or_default();
    let is_right = answer.status == 302
        && location.starts_with(&format!("{issuer}/authorize?"))
        && !location.contains("orders")
        && answer.values("set-cookie").any(|cookie| cookie.starts_with(ATTEMPT));
    let parameters = parameters(location);
    match is_right && parameters.get("redirect_uri") == Some(&format!("{ORIGIN}/tollgate/callback"))
    {
        true => Ok(parameters),
        false => Err(format!("no redirect to the issuer: {answer:?}")),
    }
}

/// The target of the callback with which an issuer answers.
pub fn callback(request: &Parameters, code: &str, issuer: &str) -> String {
    let state = request.get("state").map(String::as_str).unwrap_or_default();
    let query = [("code", code), ("state", state), ("iss", issuer)];
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    format!("/tollgate/callback?{query}")
}

/// Checks that an answer leads to the issuer's sign-out of this user.
pub fn is_signed_out(answer: &Answer, issuer: &str, user: &str) -> Result<(), String> {
    let location = answer.header("location").unwrap_or_default();
    let parameters = parameters(location);
    // There is no hint when a request was retried.
    let subject = match parameters.get("id_token_hint") {
        Some(hint) => subject(hint).unwrap_or_default(),
        None => user.to_owned(),
    };
    let clears = answer
        .values("set-cookie")
        .any(|cookie| cookie.starts_with(&format!("{SESSION}=;")) && cookie.contains("Max-Age=0"));
    let is_right = answer.status == 303
        && location.starts_with(&format!("{issuer}/end?"))
        && parameters.get("client_id").is_some_and(|client| client == CLIENT)
        && parameters.get("post_logout_redirect_uri") == Some(&format!("{ORIGIN}/"))
        && subject == user
        && clears;
    match is_right {
        true => Ok(()),
        false => Err(format!("not signed out as {user}: {answer:?}")),
    }
}

fn subject(id_token: &str) -> Option<String> {
    let payload = from_base64url(id_token.split('.').nth(1)?)?;
    let claims: Value = serde_json::from_slice(&payload).ok()?;
    claims["sub"].as_str().map(str::to_owned)
}

fn parameters(url: &str) -> Parameters {
    let url = Url::parse(url).ok();
    url.map(|url| url.query_pairs().into_owned().collect()).unwrap_or_default()
}
