//! The token endpoint: redeems codes and refresh tokens (RFC 6749 §4.1.3, §6).

use http::header::{HeaderValue, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use ring::digest;
use serde_json::json;

use super::authorize::{Code, Redeemed};
use super::clients::{Client, ClientError};
use super::grants::{Grant, GrantId, RefreshError};
use super::parameters::{Parameters, Repeated};
use super::secrets::{Fingerprint, NoRandomness, are_equal, base64url};
use super::tokens::IssuedToken;
use super::{Answer, Asked, Provider, json_error, json_response};

/// Why the token endpoint issues no tokens (RFC 6749 §5.2).
#[derive(Debug)]
pub(super) enum TokenError {
    Client(ClientError),
    Refused(&'static str, &'static str),
    NoRandomness(NoRandomness),
}

use TokenError::Refused;

impl From<ClientError> for TokenError {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

impl From<Repeated> for TokenError {
    fn from(_: Repeated) -> Self {
        Refused("invalid_request", "a parameter is repeated")
    }
}

impl From<NoRandomness> for TokenError {
    fn from(error: NoRandomness) -> Self {
        Self::NoRandomness(error)
    }
}

impl TokenError {
    pub(super) fn response(self) -> Result<Response<String>, NoRandomness> {
        let bad = StatusCode::BAD_REQUEST;
        Ok(match self {
            Self::NoRandomness(error) => return Err(error),
            Self::Client(ClientError::Malformed(description)) => {
                json_error(bad, "invalid_request", description)
            }
            Self::Client(ClientError::Invalid { by_header }) => {
                let description = "the client is unknown, or its secret is wrong";
                let mut response =
                    json_error(StatusCode::UNAUTHORIZED, "invalid_client", description);
                if by_header {
                    let challenge = HeaderValue::from_static("Basic realm=\"demo\"");
                    response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
                }
                response
            }
            Refused(error, description) => json_error(bad, error, description),
        })
    }
}

/// A grant for which tokens are issued now.
struct Issue<'a> {
    id: &'a GrantId,
    grant: &'a Grant,
    /// The scopes of the access token.
    scopes: &'a [String],
    nonce: Option<&'a str>,
    refresh_token: Option<String>,
}

impl Provider {
    pub(super) fn token(&self, asked: &Asked<'_>) -> Result<Answer, NoRandomness> {
        let response = match self.tokens_for(asked) {
            Ok(response) => response,
            Err(error) => error.response()?,
        };
        Ok(response.into())
    }

    fn tokens_for(&self, asked: &Asked<'_>) -> Result<Response<String>, TokenError> {
        let form = asked.form();
        let client = self.settings.authenticate(asked.headers, &form)?;
        match form.get("grant_type")? {
            Some("authorization_code") => self.redeem_code(client, &form, asked.now),
            Some("refresh_token") => self.refresh(client, &form, asked.now),
            Some(_) => Err(Refused(
                "unsupported_grant_type",
                "grant_type must be authorization_code or refresh_token",
            )),
            None => Err(Refused("invalid_request", "grant_type is missing")),
        }
    }

    fn redeem_code(
        &self,
        client: &Client,
        form: &Parameters,
        now: i64,
    ) -> Result<Response<String>, TokenError> {
        let missing = |description| Refused("invalid_request", description);
        let invalid = |description| Refused("invalid_grant", description);
        let code = form.get("code")?.ok_or(missing("code is missing"))?;
        let redirect_uri = form.get("redirect_uri")?.ok_or(missing("redirect_uri is missing"))?;
        let verifier = form.get("code_verifier")?.ok_or(missing("code_verifier is missing"))?;
        let fingerprint = Fingerprint::of(code);
        let mut state = self.state();
        let Some(found) = state.codes.0.get_mut(&fingerprint) else {
            return Err(invalid("the code is unknown"));
        };
        if found.request.client_id != client.id {
            return Err(invalid("the code is unknown"));
        }
        if let Redeemed::Yes(grant) = found.redeemed.clone() {
            // Somebody has a copy of the code (RFC 6749 §4.1.2).
            if let Some(grant) = grant {
                state.grants.end(&grant);
            }
            return Err(invalid("the code was used before"));
        }
        // One try only, whatever comes of it.
        found.redeemed = Redeemed::Yes(None);
        let Code { request, sign_in, expires, .. } = found.clone();
        if expires <= now {
            return Err(invalid("the code has expired"));
        }
        if redirect_uri != request.redirect_uri {
            return Err(invalid("redirect_uri is not the one of the authorization request"));
        }
        if !is_verifier_of(verifier, &request.challenge) {
            return Err(invalid("code_verifier does not belong to the code"));
        }
        if form.all("resource").any(|resource| resource != request.resource) {
            return Err(Refused("invalid_target", "the user has not granted this resource"));
        }
        let end = now.saturating_add(self.settings.lifetimes.refresh_token);
        let grant = Grant::new(&request, sign_in, end);
        let id = state.grants.add(grant.clone())?;
        if let Some(found) = state.codes.0.get_mut(&fingerprint) {
            found.redeemed = Redeemed::Yes(Some(id.clone()));
        }
        let refresh_token = match grant.has_scope("offline_access") {
            true => Some(state.grants.rotate(&id)?),
            false => None,
        };
        drop(state);
        let (scopes, nonce) = (&grant.scopes, Some(request.nonce.as_str()));
        self.tokens(Issue { id: &id, grant: &grant, scopes, nonce, refresh_token }, now)
    }

    fn refresh(
        &self,
        client: &Client,
        form: &Parameters,
        now: i64,
    ) -> Result<Response<String>, TokenError> {
        let token = form.get("refresh_token")?;
        let token = token.ok_or(Refused("invalid_request", "refresh_token is missing"))?;
        // Locked until the rotation: of two requests with one token, only one gets a new token.
        let mut state = self.state();
        let found = state.grants.find(token, &client.id, now);
        let (id, grant) = found.map_err(|error| match error {
            RefreshError::Unknown => Refused("invalid_grant", "the refresh token is unknown"),
            RefreshError::Reused => {
                Refused("invalid_grant", "the refresh token was used before: the grant has ended")
            }
        })?;
        // Checked before the rotation, or the client loses its token for a mistake.
        let scopes = match form.get("scope")? {
            None => grant.scopes.clone(),
            Some(asked) => {
                let asked = asked.split(' ').filter(|scope| !scope.is_empty());
                let scopes: Vec<_> = asked.map(str::to_owned).collect();
                if !scopes.iter().all(|scope| grant.has_scope(scope)) {
                    return Err(Refused("invalid_scope", "the user has not granted this scope"));
                }
                scopes
            }
        };
        if form.all("resource").any(|resource| resource != grant.resource) {
            return Err(Refused("invalid_target", "the user has not granted this resource"));
        }
        let refresh_token = Some(state.grants.rotate(&id)?);
        drop(state);
        let (scopes, nonce) = (&scopes, None);
        self.tokens(Issue { id: &id, grant: &grant, scopes, nonce, refresh_token }, now)
    }

    /// A response with new tokens.
    fn tokens(&self, issue: Issue<'_>, now: i64) -> Result<Response<String>, TokenError> {
        let Issue { id, grant, scopes, nonce, refresh_token } = issue;
        let access_token = self.access_token(grant, scopes, now)?;
        let id_token = self.id_token(grant, nonce, &access_token, now);
        let lifetime = self.settings.lifetimes.access_token;
        let mut body = json!({
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": lifetime,
            "id_token": id_token,
            "scope": scopes.join(" "),
        });
        if let (Some(body), Some(token)) = (body.as_object_mut(), refresh_token) {
            body.insert("refresh_token".to_owned(), token.into());
        }
        let mut state = self.state();
        let expires = now.saturating_add(lifetime);
        let (grant_id, scopes) = (id.clone(), scopes.to_vec());
        let issued = IssuedToken::Access { grant: grant_id, expires, scopes };
        state.tokens.insert(&access_token, issued);
        let issued = IssuedToken::Id {
            client_id: grant.client_id.clone(),
            subject: grant.sign_in.account.subject.clone(),
            sid: grant.sign_in.sid.clone(),
        };
        state.tokens.insert(&id_token, issued);
        Ok(json_response(StatusCode::OK, &body))
    }
}

/// Whether a code verifier belongs to a challenge (RFC 7636 §4.6).
fn is_verifier_of(verifier: &str, challenge: &str) -> bool {
    let is_unreserved =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    let hash = digest::digest(&digest::SHA256, verifier.as_bytes());
    (43..=128).contains(&verifier.len())
        && verifier.bytes().all(is_unreserved)
        && are_equal(&base64url(hash), challenge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_is_the_preimage_of_its_challenge() {
        // The example of RFC 7636, appendix B.
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(is_verifier_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", challenge));
        for verifier in ["", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl", challenge] {
            assert!(!is_verifier_of(verifier, challenge), "{verifier}");
        }
    }
}
