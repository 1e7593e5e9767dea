//! Requests with valid and invalid tokens, and the answer to expect.

use std::sync::Arc;

use serde_json::json;
use tollgate_core::{Rejection, UnixTime};
use tollgate_tests::mint::{AUDIENCE, SCOPE, SigningKey, base64url};

use crate::http::Answer;
use crate::keys::{Key, Standing, expires, now};

/// The scope that the server requires.
pub const REQUIRED: &str = "read:orders";
/// A path whose rule accepts tokens alone.
pub const FOR_TOKENS: &str = "/api";
/// The server must not take over identity headers of the client.
pub const FORGED_USER: (&str, &str) = ("x-auth-request-user", "admin");

/// A request, and the expected answer.
#[derive(Clone)]
pub struct Request {
    pub kind: &'static str,
    /// As HTTP/1.1.
    pub bytes: Arc<[u8]>,
    /// The values of `Authorization`.
    pub authorization: Arc<[String]>,
    pub due: Due,
}

/// The expected answer to a request.
#[derive(Clone)]
pub enum Due {
    Pass,
    Refusal(Rejection),
    /// Pass if the server knows this key, otherwise [`Rejection::UnknownKey`].
    ByKey(Arc<Key>),
}

impl Request {
    fn new(kind: &'static str, authorization: &[&str], due: Due) -> Self {
        let bytes = head(authorization).into_bytes().into();
        let authorization = authorization.iter().map(|value| (*value).to_owned()).collect();
        Self { kind, bytes, authorization, due }
    }

    /// A valid token signed by a stable or a rotating key.
    pub fn by_key(kind: &'static str, key: &Arc<Key>, issuer: &str) -> Self {
        let token = key.token(issuer).mint();
        Self::new(kind, &[&format!("Bearer {token}")], Due::ByKey(Arc::clone(key)))
    }

    /// A token signed by a key that was never published.
    pub fn by_nobody(kind: &'static str, kid: &str, issuer: &str) -> Self {
        let key = Key::new(kid, SigningKey::p256("nobody's key"), Standing::Unknown);
        Self::by_key(kind, &key, issuer)
    }

    /// Requests of every kind whose answer never changes, with tokens signed by the stable keys.
    pub fn all(issuer: &str, stable: &[Arc<Key>]) -> Vec<Self> {
        let mut all = vec![
            Self::new("no token", &[], Due::Refusal(Rejection::AuthorizationMissing)),
            Self::new("another scheme", &["Basic YTpi"], Due::Refusal(Rejection::SchemeNotBearer)),
            Self::new(
                "a malformed token",
                &["Bearer abc,def"],
                Due::Refusal(Rejection::TokenMalformed { offset: 3 }),
            ),
        ];
        for key in stable {
            let token = key.token(issuer);
            let bearer = |token: &str| format!("Bearer {token}");
            let refused = |kind, token: &str, refusal| {
                Self::new(kind, &[&bearer(token)], Due::Refusal(refusal))
            };
            let good = token.mint();
            // About half of all requests.
            let pass = || Self::new("a good token", &[&bearer(&good)], Due::Pass);
            all.extend((0..6).map(|_| pass()));
            all.push(Self::new(
                "a good token, the scheme in lower case",
                &[&format!("bearer {good}")],
                Due::Pass,
            ));
            all.push(Self::new(
                "two good tokens",
                &[&bearer(&good), &bearer(&good)],
                Due::Refusal(Rejection::AuthorizationRepeated),
            ));
            all.push(refused(
                "an expired token",
                &token.clone().claim("exp", now() - 3600).mint(),
                Rejection::Expired { exp: UnixTime(0), now: UnixTime(0) },
            ));
            all.push(refused(
                "a token for others",
                &token.clone().claim("aud", json!("https://other.example.com")).mint(),
                Rejection::AudienceMismatch,
            ));
            all.push(refused(
                "a token of another issuer",
                &token.clone().claim("iss", json!("https://other.example.com")).mint(),
                Rejection::IssuerMismatch,
            ));
            all.push(refused(
                "a token without the scope",
                &token.clone().claim("scope", json!("read:ordersx")).mint(),
                Rejection::InsufficientScope,
            ));
            let forged = token.mint_forged(|mut signature| {
                if let Some(last) = signature.last_mut() {
                    *last ^= 1;
                }
                signature
            });
            all.push(refused("a forged signature", &forged, Rejection::SignatureInvalid));
            let parts: Vec<_> = good.split('.').collect();
            if let [header, _, signature] = parts[..] {
                let other = token.clone().claim("sub", json!("admin"));
                let payload = base64url(other.payload_bytes());
                all.push(refused(
                    "a forged payload",
                    &format!("{header}.{payload}.{signature}"),
                    Rejection::SignatureInvalid,
                ));
                all.push(refused(
                    "a token cut short",
                    &format!("{header}.{payload}"),
                    Rejection::PartCount { found: 2 },
                ));
            }
            let none = token.clone().member("alg", json!("none"));
            all.push(refused("alg none", &none.mint(), Rejection::AlgorithmUnsupported));
        }
        all
    }
}

/// A request with these values of `Authorization`.
pub fn head(authorization: &[&str]) -> String {
    let mut head = format!(
        "GET /auth HTTP/1.1\r\nHost: gate\r\nX-Original-Method: GET\r\nX-Original-URI: {FOR_TOKENS}\r\n"
    );
    for value in authorization {
        head.push_str(&format!("Authorization: {value}\r\n"));
    }
    let (name, value) = FORGED_USER;
    head.push_str(&format!("{name}: {value}\r\n\r\n"));
    head
}

/// Checks an answer.
pub fn check(due: &Due, standing: Standing, answer: &Answer, issuer: &str) -> Result<(), String> {
    match (due, standing) {
        (Due::Pass, _) | (Due::ByKey(_), Standing::Known) => passes(answer, issuer),
        (Due::Refusal(refusal), _) => refuses(answer, *refusal),
        (Due::ByKey(_), Standing::Unknown) => refuses(answer, Rejection::UnknownKey),
        (Due::ByKey(_), Standing::Changing) => {
            passes(answer, issuer).or_else(|_| refuses(answer, Rejection::UnknownKey))
        }
    }
}

/// Checks that the token has passed, with all identity headers.
pub fn passes(answer: &Answer, issuer: &str) -> Result<(), String> {
    let expires = expires().to_string();
    for (name, value) in [
        ("x-auth-request-user", "user_1"),
        ("x-auth-request-scope", SCOPE),
        ("x-auth-request-client", "app_1"),
        ("x-auth-request-issuer", issuer),
        ("x-auth-request-audience", AUDIENCE),
        ("x-auth-request-expires", &expires),
    ] {
        if answer.header(name) != Some(value) {
            return Err(format!("{name} is not {value} in {answer:?}"));
        }
    }
    match answer.status == 200 && answer.body.is_empty() && !answer.has_header_like("www-") {
        true => Ok(()),
        false => Err(format!("not 200 and nothing more: {answer:?}")),
    }
}

/// Whether the server has refused with this rejection. Numbers may differ, since some are times.
fn refuses(answer: &Answer, rejection: Rejection) -> Result<(), String> {
    let without_digits = |text: &str| text.replace(|letter: char| letter.is_ascii_digit(), "");
    let challenge = rejection.challenge(None, &[REQUIRED]).to_string();
    let observed = answer.header("www-authenticate").unwrap_or_default();
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let is_right = answer.status == rejection.http_status()
        && without_digits(observed) == without_digits(&challenge)
        && body["code"] == rejection.code();
    match is_right && !answer.has_header_like("x-auth-request-") {
        true => Ok(()),
        false => Err(format!("not {} with {challenge}: {answer:?}", rejection.http_status())),
    }
}
