//! The endpoint that tells a client about the user (OpenID Connect Core §5.3).

use http::header::{AUTHORIZATION, HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::secrets::NoRandomness;
use super::tokens::{IssuedToken, user_claims};
use super::{Answer, Asked, Provider, json_error, json_response};

/// Challenges of RFC 6750 §3. Without credentials, there is no error in it.
const NO_TOKEN: HeaderValue = HeaderValue::from_static("Bearer");
const INVALID_TOKEN: HeaderValue = HeaderValue::from_static("Bearer error=\"invalid_token\"");
const NO_SCOPE: HeaderValue =
    HeaderValue::from_static("Bearer error=\"insufficient_scope\", scope=\"openid\"");

impl Provider {
    pub(super) fn user_info(&self, asked: &Asked<'_>) -> Result<Answer, NoRandomness> {
        let Some(token) = bearer_token(asked.headers) else {
            return Ok(challenge(StatusCode::UNAUTHORIZED, NO_TOKEN, "invalid_request").into());
        };
        let state = self.state();
        let Some(IssuedToken::Access { grant, expires, scopes }) = state.tokens.get(token) else {
            return Ok(challenge(StatusCode::UNAUTHORIZED, INVALID_TOKEN, "invalid_token").into());
        };
        let Some(grant) = state.grants.get(grant).filter(|_| *expires > asked.now) else {
            return Ok(challenge(StatusCode::UNAUTHORIZED, INVALID_TOKEN, "invalid_token").into());
        };
        let has = |scope: &str| scopes.iter().any(|granted| granted == scope);
        if !has("openid") {
            return Ok(challenge(StatusCode::FORBIDDEN, NO_SCOPE, "insufficient_scope").into());
        }
        let account = &grant.sign_in.account;
        let mut claims = user_claims(account, has);
        claims.insert("sub".to_owned(), json!(account.subject));
        Ok(json_response(StatusCode::OK, &Value::Object(claims)).into())
    }
}

fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let mut fields = headers.get_all(AUTHORIZATION).iter();
    let (field, None) = (fields.next()?, fields.next()) else { return None };
    let (scheme, token) = field.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then_some(token.trim())
}

fn challenge(status: StatusCode, challenge: HeaderValue, error: &str) -> Response<String> {
    let mut response = json_error(status, error, "an access token with the scope openid is needed");
    response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    response
}
