//! Requests with tokens, good ones and bad ones, and the one answer that each is due.

use std::sync::Arc;

use serde_json::json;
use tollgate_tests::mint::{AUDIENCE, SCOPE, SigningKey, base64url};

use crate::http::Answer;
use crate::keys::{Key, Standing, expires, now};

/// The scope that the server requires.
pub const REQUIRED: &str = "read:orders";

/// A request, and what to expect.
#[derive(Clone)]
pub struct Request {
    pub kind: &'static str,
    pub bytes: Arc<[u8]>,
    pub due: Due,
}

/// What a request is due.
#[derive(Clone)]
pub enum Due {
    /// To pass.
    Pass,
    /// To be refused.
    Refusal(Refusal),
    /// To pass if the server knows this key, to be refused as of an unknown key if not.
    ByKey(Arc<Key>),
}

/// How a request is refused.
#[derive(Clone, Copy)]
pub struct Refusal {
    status: u16,
    code: &'static str,
    /// All of `WWW-Authenticate`, or its beginning if it ends with a time.
    challenge: &'static str,
}

const fn invalid_token(challenge: &'static str) -> Refusal {
    Refusal { status: 401, code: "invalid_token", challenge }
}

const UNKNOWN_KEY: Refusal =
    invalid_token("Bearer error=\"invalid_token\", error_description=\"no key fits kid and alg\"");
const EXPIRED: Refusal =
    invalid_token("Bearer error=\"invalid_token\", error_description=\"the token expired at ");
const FORGED: Refusal = invalid_token(
    "Bearer error=\"invalid_token\", error_description=\"the signature does not verify\"",
);
const OTHER_AUDIENCE: Refusal = invalid_token(
    "Bearer error=\"invalid_token\", error_description=\"the token is meant for another audience (aud)\"",
);
const OTHER_ISSUER: Refusal = invalid_token(
    "Bearer error=\"invalid_token\", error_description=\"the issuer (iss) is not accepted here\"",
);
const OTHER_ALGORITHM: Refusal = invalid_token(
    "Bearer error=\"invalid_token\", error_description=\"alg is neither ES256 nor ES384\"",
);
const TWO_PARTS: Refusal = invalid_token(
    "Bearer error=\"invalid_token\", error_description=\"the token does not have 3 parts separated \
     by dots but 2\"",
);
const NO_SCOPE: Refusal = Refusal {
    status: 403,
    code: "insufficient_scope",
    challenge: "Bearer error=\"insufficient_scope\", error_description=\"the token lacks a scope that \
                is required here\", scope=\"read:orders\"",
};
const MISSING: Refusal =
    Refusal { status: 401, code: "auth.authorization_header_missing", challenge: "Bearer" };
const OTHER_SCHEME: Refusal = Refusal {
    status: 401,
    code: "auth.authorization_token_type_not_supported",
    challenge: "Bearer",
};
const REPEATED: Refusal = Refusal {
    status: 401,
    code: "auth.authorization_token_invalid_format",
    challenge: "Bearer error=\"invalid_request\", error_description=\"there is more than one \
                Authorization header\"",
};
const MALFORMED: Refusal = Refusal {
    status: 401,
    code: "auth.authorization_token_invalid_format",
    challenge: "Bearer error=\"invalid_request\", error_description=\"the token is empty or has a \
                character at byte 3 that no token has there\"",
};

impl Request {
    fn new(kind: &'static str, authorization: &[&str], due: Due) -> Self {
        Self { kind, bytes: head(authorization).into_bytes().into(), due }
    }

    /// A good token by a key that stays, or one that comes and goes.
    pub fn by_key(kind: &'static str, key: &Arc<Key>, issuer: &str) -> Self {
        let token = key.token(issuer).mint();
        Self::new(kind, &[&format!("Bearer {token}")], Due::ByKey(Arc::clone(key)))
    }

    /// A token whose key nobody has ever seen.
    pub fn by_nobody(kind: &'static str, kid: &str, issuer: &str) -> Self {
        let key = Key::new(kid, SigningKey::p256("nobody's key"), Standing::Unknown);
        Self::by_key(kind, &key, issuer)
    }

    /// Of every kind whose answer never changes: `stable` are keys that stay.
    pub fn all(issuer: &str, stable: &[Arc<Key>]) -> Vec<Self> {
        let mut all = vec![
            Self::new("no token", &[], Due::Refusal(MISSING)),
            Self::new("another scheme", &["Basic YTpi"], Due::Refusal(OTHER_SCHEME)),
            Self::new("a malformed token", &["Bearer abc,def"], Due::Refusal(MALFORMED)),
        ];
        for key in stable {
            let token = key.token(issuer);
            let bearer = |token: &str| format!("Bearer {token}");
            let refused = |kind, token: &str, refusal| {
                Self::new(kind, &[&bearer(token)], Due::Refusal(refusal))
            };
            let good = token.mint();
            // Half of all that is asked.
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
                Due::Refusal(REPEATED),
            ));
            all.push(refused(
                "an expired token",
                &token.clone().claim("exp", now() - 3600).mint(),
                EXPIRED,
            ));
            all.push(refused(
                "a token for others",
                &token.clone().claim("aud", json!("https://other.example.com")).mint(),
                OTHER_AUDIENCE,
            ));
            all.push(refused(
                "a token of another issuer",
                &token.clone().claim("iss", json!("https://other.example.com")).mint(),
                OTHER_ISSUER,
            ));
            all.push(refused(
                "a token without the scope",
                &token.clone().claim("scope", json!("read:ordersx")).mint(),
                NO_SCOPE,
            ));
            let forged = token.mint_forged(|mut signature| {
                if let Some(last) = signature.last_mut() {
                    *last ^= 1;
                }
                signature
            });
            all.push(refused("a forged signature", &forged, FORGED));
            let parts: Vec<_> = good.split('.').collect();
            if let [header, _, signature] = parts[..] {
                let other = token.clone().claim("sub", json!("admin"));
                let payload = base64url(other.payload_bytes());
                all.push(refused(
                    "a forged payload",
                    &format!("{header}.{payload}.{signature}"),
                    FORGED,
                ));
                all.push(refused("a token cut short", &format!("{header}.{payload}"), TWO_PARTS));
            }
            let none = token.clone().member("alg", json!("none"));
            all.push(refused("alg none", &none.mint(), OTHER_ALGORITHM));
        }
        all
    }
}

/// A request with these values of `Authorization`.
pub fn head(authorization: &[&str]) -> String {
    let mut head = "GET /auth HTTP/1.1\r\nHost: gate\r\n".to_owned();
    for value in authorization {
        head.push_str(&format!("Authorization: {value}\r\n"));
    }
    // Nobody may tell the service who they are.
    head.push_str("X-Auth-Request-User: admin\r\n\r\n");
    head
}

/// Whether the answer is the due one.
pub fn check(due: &Due, standing: Standing, answer: &Answer, issuer: &str) -> Result<(), String> {
    match (due, standing) {
        (Due::Pass, _) | (Due::ByKey(_), Standing::Known) => passes(answer, issuer),
        (Due::Refusal(refusal), _) => refuses(answer, *refusal),
        (Due::ByKey(_), Standing::Unknown) => refuses(answer, UNKNOWN_KEY),
        (Due::ByKey(_), Standing::Changing) => {
            passes(answer, issuer).or_else(|_| refuses(answer, UNKNOWN_KEY))
        }
    }
}

/// Whether the token has passed, with all that it says of itself.
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

fn refuses(answer: &Answer, refusal: Refusal) -> Result<(), String> {
    let Refusal { status, code, challenge } = refusal;
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let said = answer.header("www-authenticate").unwrap_or_default();
    let is_challenge = said == challenge || challenge.ends_with(' ') && said.starts_with(challenge);
    let is_right = answer.status == status && is_challenge && body["code"] == code;
    match is_right && !answer.has_header_like("x-auth-request-") {
        true => Ok(()),
        false => Err(format!("not {status} with {challenge}: {answer:?}")),
    }
}
