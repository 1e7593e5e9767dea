//! The endpoint by which a client gives a token back (RFC 7009).

use http::{Response, StatusCode};

use super::secrets::NoRandomness;
use super::token_endpoint::TokenError;
use super::tokens::IssuedToken;
use super::{Answer, Asked, Provider};

impl Provider {
    pub(super) fn revoke(&self, asked: &Asked<'_>) -> Result<Answer, NoRandomness> {
        let response = match self.revoke_token(asked) {
            Ok(response) => response,
            Err(error) => error.response()?,
        };
        Ok(response.into())
    }

    fn revoke_token(&self, asked: &Asked<'_>) -> Result<Response<String>, TokenError> {
        let form = asked.form();
        let client = self.settings.authenticate(asked.headers, &form)?;
        let token = form.get("token")?;
        let token = token.ok_or(TokenError::Refused("invalid_request", "token is missing"))?;
        let mut state = self.state();
        match state.tokens.get(token) {
            Some(IssuedToken::Access { grant, .. }) => {
                let owner = state.grants.get(grant).map(|grant| &grant.client_id);
                if owner == Some(&client.id) {
                    state.tokens.forget(token);
                }
            }
            Some(IssuedToken::Id { .. }) => {}
            // A refresh token. With it, the access tokens of its grant end (RFC 7009 §2.1).
            None => {
                if let Ok((grant, _)) = state.grants.find(token, &client.id, asked.now) {
                    state.grants.end(&grant);
                }
            }
        }
        // An unknown token is as good as a revoked one (RFC 7009 §2.2).
        let mut response = Response::new(String::new());
        *response.status_mut() = StatusCode::OK;
        Ok(response)
    }
}
