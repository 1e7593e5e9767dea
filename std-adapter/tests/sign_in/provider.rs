//! A scripted OpenID provider: it answers in memory, counts, and misbehaves on request.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tollgate::jwks::{Fetch, FetchError, Fetching};
use tollgate::tollgate_core::Algorithm;
use tollgate_tests::mint::{Token, base64url, jwk, jwks, key_for, kid_for};

use super::time;

pub(crate) const ISSUER: &str = "https://auth.example.com/oidc";
pub(crate) const CLIENT: &str = "app_bookstore";
/// It has what form-encoding changes (RFC 6749 §2.3.1).
pub(crate) const SECRET: &str = "a:b%c d+é";

/// A provider that a `SignIn` asks instead of the network.
#[derive(Clone)]
pub(crate) struct Provider(Arc<Mutex<State>>);

pub(crate) struct State {
    pub(crate) metadata: Value,
    /// The algorithm of ID tokens.
    pub(crate) algorithm: Algorithm,
    codes: BTreeMap<String, Grant>,
    refresh_tokens: BTreeMap<String, Grant>,
    /// Those that were exchanged for another.
    used: Vec<String>,
    pub(crate) revoked: Vec<String>,
    number: u32,
    /// How often each path was asked.
    pub(crate) asked: BTreeMap<String, u32>,
    /// What the forms said.
    pub(crate) forms: Vec<Vec<(String, String)>>,
    pub(crate) subject: String,
    pub(crate) expires_in: u32,
    /// How long the token endpoint takes.
    pub(crate) delay: Duration,
    /// Answers in its place.
    pub(crate) fault: Option<Fault>,
    /// Whether nobody can reach it.
    pub(crate) is_down: bool,
    pub(crate) id_token: Arc<dyn Fn(Token) -> Token + Send + Sync>,
    pub(crate) answer: Arc<dyn Fn(Value) -> Value + Send + Sync>,
    pub(crate) user_info: Value,
}

#[derive(Clone)]
pub(crate) enum Fault {
    Status(u16, &'static str),
    Network,
}

#[derive(Clone)]
struct Grant {
    nonce: String,
    challenge: String,
    redirect_uri: String,
    /// The family of a refresh token.
    family: u32,
    auth_time: i64,
}

impl Provider {
    pub(crate) fn new() -> Self {
        let metadata = json!({
            "issuer": ISSUER,
            "jwks_uri": format!("{ISSUER}/jwks"),
            "authorization_endpoint": format!("{ISSUER}/auth"),
            "token_endpoint": format!("{ISSUER}/token"),
            "userinfo_endpoint": format!("{ISSUER}/userinfo"),
            "end_session_endpoint": format!("{ISSUER}/end"),
            "revocation_endpoint": format!("{ISSUER}/revoke"),
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["ES384", "ES256", "RS256"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
        });
        Self(Arc::new(Mutex::new(State {
            metadata,
            algorithm: Algorithm::Es384,
            codes: BTreeMap::new(),
            refresh_tokens: BTreeMap::new(),
            used: Vec::new(),
            revoked: Vec::new(),
            number: 0,
            asked: BTreeMap::new(),
            forms: Vec::new(),
            subject: "user_1".to_owned(),
            expires_in: 600,
            delay: Duration::ZERO,
            fault: None,
            is_down: false,
            id_token: Arc::new(|token| token),
            answer: Arc::new(|answer| answer),
            user_info: json!({ "sub": "user_1", "name": "Ada" }),
        })))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Forgets all refresh tokens.
    pub(crate) fn forget(&self) {
        self.state().refresh_tokens.clear();
    }

    /// How often a path was asked.
    pub(crate) fn asked(&self, path: &str) -> u32 {
        self.state().asked.get(path).copied().unwrap_or_default()
    }

    /// What the last form to the token endpoint said.
    pub(crate) fn last_form(&self, name: &str) -> Option<String> {
        let state = self.state();
        let form = state.forms.last()?;
        form.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone())
    }

    /// What a user does on the provider's pages: signs in at once. Returns the query of the answer.
    pub(crate) fn authorize(&self, url: &str) -> String {
        let query = parameters(url);
        assert_eq!(query["client_id"], CLIENT);
        assert_eq!(query["response_type"], "code");
        assert_eq!(query["code_challenge_method"], "S256");
        let mut state = self.state();
        state.number += 1;
        let code = format!("code+{}/é", state.number);
        let grant = Grant {
            nonce: query["nonce"].clone(),
            challenge: query["code_challenge"].clone(),
            redirect_uri: query["redirect_uri"].clone(),
            family: state.number,
            auth_time: time::now(),
        };
        state.codes.insert(code.clone(), grant);
        let answer = [("code", code.as_str()), ("state", &query["state"]), ("iss", ISSUER)];
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(answer).finish()
    }

    /// A logout token for the user `user_1` (OpenID Connect Back-Channel Logout §2.4).
    pub(crate) fn logout_token(&self) -> Token {
        let algorithm = self.state().algorithm;
        let now = time::now();
        Token::good_id_token()
            .member("typ", json!("logout+jwt"))
            .member("alg", json!(algorithm.name()))
            .member("kid", json!(kid_for(algorithm)))
            .signed_by(key_for(algorithm))
            .claim("iss", json!(ISSUER))
            .claim("aud", json!(CLIENT))
            .claim("iat", now)
            .claim("exp", now + 600)
            .claim("jti", json!("logout-1"))
            .claim("events", json!({ "http://schemas.openid.net/event/backchannel-logout": {} }))
    }

    fn token(state: &mut State, request: &Request<Vec<u8>>) -> (StatusCode, Value) {
        let refused = |error: &str| (StatusCode::BAD_REQUEST, json!({ "error": error }));
        let expected = format!("{CLIENT}:a%3Ab%25c+d%2B%C3%A9");
        let expected = {
            use base64ct::Encoding;
            format!("Basic {}", base64ct::Base64::encode_string(expected.as_bytes()))
        };
        if request.headers().get("authorization").is_none_or(|it| *it != *expected) {
            return (StatusCode::UNAUTHORIZED, json!({ "error": "invalid_client" }));
        }
        let form: Vec<(String, String)> =
            url::form_urlencoded::parse(request.body()).into_owned().collect();
        state.forms.push(form.clone());
        let value = |name: &str| {
            form.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone())
        };
        let (grant, is_sign_in) = match value("grant_type").as_deref() {
            Some("authorization_code") => {
                let Some(grant) = state.codes.remove(&value("code").unwrap_or_default()) else {
                    return refused("invalid_grant");
                };
                let verifier = value("code_verifier").unwrap_or_default();
                if base64url(Sha256::digest(verifier)) != grant.challenge
                    || value("redirect_uri").as_ref() != Some(&grant.redirect_uri)
                {
                    return refused("invalid_grant");
                }
                (grant, true)
            }
            Some("refresh_token") => {
                let token = value("refresh_token").unwrap_or_default();
                if let Some(grant) = state.refresh_tokens.remove(&token) {
                    state.used.push(token);
                    (grant, false)
                } else {
                    // Reuse ends the whole family.
                    if state.used.contains(&token) {
                        let family = token.split('.').nth(1).map(str::to_owned);
                        state.refresh_tokens.retain(|other, _| {
                            other.split('.').nth(1).map(str::to_owned) != family
                        });
                    }
                    return refused("invalid_grant");
                }
            }
            _ => return refused("unsupported_grant_type"),
        };
        state.number += 1;
        let number = state.number;
        let access_token = match value("resource") {
            Some(resource) => format!("access.{number}.{resource}"),
            None => format!("access.{number}"),
        };
        let refresh_token = format!("refresh.{}.{number}", grant.family);
        state.refresh_tokens.insert(refresh_token.clone(), grant.clone());
        let algorithm = state.algorithm;
        let hash = at_hash(algorithm, &access_token);
        let now = time::now();
        let mut token = Token::good_id_token()
            .member("alg", json!(algorithm.name()))
            .member("kid", json!(kid_for(algorithm)))
            .signed_by(key_for(algorithm))
            .claim("iss", json!(ISSUER))
            .claim("sub", json!(state.subject))
            .claim("aud", json!(CLIENT))
            .claim("iat", now)
            .claim("exp", now + 300)
            .claim("auth_time", grant.auth_time)
            .claim("sid", json!(format!("sid-{}", grant.family)))
            .claim("at_hash", json!(hash));
        if is_sign_in {
            token = token.claim("nonce", json!(grant.nonce));
        }
        let id_token = (state.id_token)(token).mint();
        let answer = json!({
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": state.expires_in,
            "refresh_token": refresh_token,
            "id_token": id_token,
        });
        (StatusCode::OK, (state.answer)(answer))
    }
}

/// The left half of a hash (OpenID Connect Core §3.1.3.6).
fn at_hash(algorithm: Algorithm, token: &str) -> String {
    match algorithm {
        Algorithm::Es384 => base64url(&sha2::Sha384::digest(token)[..24]),
        Algorithm::Es256 | Algorithm::Rs256 => base64url(&Sha256::digest(token)[..16]),
        other => panic!("{other:?}"),
    }
}

/// The parameters of a URL.
pub(crate) fn parameters(url: &str) -> BTreeMap<String, String> {
    url::Url::parse(url).unwrap().query_pairs().into_owned().collect()
}

impl Fetch for Provider {
    fn fetch(&self, request: Request<Vec<u8>>, _: usize) -> Fetching<'_> {
        Box::pin(async move {
            let path = request.uri().path().trim_start_matches("/oidc").to_owned();
            let (delay, fault) = {
                let mut state = self.state();
                *state.asked.entry(path.clone()).or_default() += 1;
                if state.is_down {
                    return Err(FetchError::Network("no route".to_owned()));
                }
                (state.delay, state.fault.clone())
            };
            if path == "/token" {
                tokio::time::sleep(delay).await;
                match fault {
                    Some(Fault::Network) => {
                        return Err(FetchError::Network("reset".to_owned()));
                    }
                    Some(Fault::Status(status, body)) => return Ok(answer(status, body)),
                    None => {}
                }
            }
            let mut state = self.state();
            let (status, body) = match path.as_str() {
                "/.well-known/openid-configuration" => (StatusCode::OK, state.metadata.clone()),
                "/jwks" => {
                    let algorithm = state.algorithm;
                    let key = jwk(&key_for(algorithm), kid_for(algorithm));
                    return Ok(answer(200, &jwks([key]).to_string()));
                }
                "/token" => Self::token(&mut state, &request),
                "/userinfo" => (StatusCode::OK, state.user_info.clone()),
                "/revoke" => {
                    let form = url::form_urlencoded::parse(request.body());
                    let tokens = form.filter(|(name, _)| name == "token");
                    let tokens: Vec<_> = tokens.map(|(_, token)| token.into_owned()).collect();
                    state.revoked.extend(tokens);
                    (StatusCode::OK, json!({}))
                }
                _ => (StatusCode::NOT_FOUND, json!({})),
            };
            Ok(answer(status.as_u16(), &body.to_string()))
        })
    }
}

fn answer(status: u16, body: &str) -> Response<Vec<u8>> {
    let response = Response::builder().status(status).header("content-type", "application/json");
    response.body(body.as_bytes().to_vec()).unwrap()
}
