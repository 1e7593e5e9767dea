//! The discovery document (OpenID Connect Discovery §3, RFC 8414 §2).

use http::StatusCode;
use serde_json::{Value, json};

use super::secrets::NoRandomness;
use super::settings::{ACR_PASSWORD, OPENID_SCOPES};
use super::{Answer, Asked, Provider, json_response};

impl Provider {
    pub(super) fn discovery(&self, _: &Asked<'_>) -> Result<Answer, NoRandomness> {
        Ok(json_response(StatusCode::OK, &self.metadata()).into())
    }

    /// The metadata of the provider. Its keys are at `/jwks`, which is the signer's.
    pub(crate) fn metadata(&self) -> Value {
        let settings = &self.settings;
        let scopes = OPENID_SCOPES.into_iter().chain(settings.scopes.iter().map(String::as_str));
        let has =
            |is_public| settings.clients.iter().any(|client| client.secret.is_none() == is_public);
        let mut methods = Vec::new();
        if has(false) {
            methods.extend(["client_secret_basic", "client_secret_post"]);
        }
        if has(true) {
            methods.push("none");
        }
        let logs_out =
            settings.clients.iter().any(|client| client.backchannel_logout_uri.is_some());
        json!({
            "issuer": settings.issuer,
            "authorization_endpoint": settings.endpoint("/authorize"),
            "token_endpoint": settings.endpoint("/token"),
            "userinfo_endpoint": settings.endpoint("/userinfo"),
            "end_session_endpoint": settings.endpoint("/end_session"),
            "revocation_endpoint": settings.endpoint("/revoke"),
            "jwks_uri": settings.endpoint("/jwks"),
            "scopes_supported": scopes.collect::<Vec<_>>(),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [self.signer.algorithm()],
            "token_endpoint_auth_methods_supported": methods,
            "revocation_endpoint_auth_methods_supported": methods,
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
            "prompt_values_supported": ["none", "login", "consent", "create"],
            "acr_values_supported": [ACR_PASSWORD],
            "claims_supported": [
                "iss", "sub", "aud", "iat", "exp", "auth_time", "nonce", "at_hash", "sid", "acr", "amr",
                "name", "preferred_username", "email", "email_verified",
            ],
            "claims_parameter_supported": false,
            "request_parameter_supported": false,
            "request_uri_parameter_supported": false,
            "backchannel_logout_supported": logs_out,
            "backchannel_logout_session_supported": logs_out,
        })
    }
}
