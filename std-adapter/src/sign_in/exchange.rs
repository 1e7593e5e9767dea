//! The code for tokens, and the tokens for a session: [`AuthorizationCode::redeem`] and what follows.

use std::time::Duration;

use tollgate_core::BearerToken;

use super::callback::{AuthorizationCode, visible};
use super::client;
use super::error::SignInError;
use super::id_token::{Occasion, VerifiedIdToken};
use super::inner::Inner;
use super::provider::Endpoints;
use super::record::{SessionRecord, Target};
use super::token_answer::{NoTokens, TokenAnswer};
use crate::gate::{Demand, Denied};

/// How long the token endpoint may take.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(5);

impl AuthorizationCode {
    /// Opens the session for which this code is: redeems it, once, and verifies the ID token. Returns its record.
    pub(super) async fn open(self, inner: &Inner) -> Result<SessionRecord, SignInError> {
        let endpoints = inner.endpoints().await?;
        let Self { code, attempt, iss } = self;
        let parameters = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", &attempt.redirect_uri),
            ("code_verifier", &attempt.verifier),
        ];
        let answer = ask(inner, &endpoints, &parameters, &Target::Default).await;
        let answer = answer.map_err(|error| match error {
            NoTokens::InvalidGrant => SignInError::CodeRefused("invalid_grant".to_owned()),
            NoTokens::Client(error) => SignInError::ClientRefused(error),
            NoTokens::Refused(error) => SignInError::CodeRefused(error),
            NoTokens::Malformed(error) => SignInError::TokenAnswerMalformed(error),
            NoTokens::Unavailable(error) => SignInError::ProviderUnavailable(error),
        })?;
        let missing = || SignInError::TokenAnswerMalformed("id_token is missing".to_owned());
        let id_token = answer.id_token.clone().ok_or_else(missing)?;
        let occasion = Occasion::SignIn { nonce: &attempt.nonce };
        let token = verify(inner, &id_token, occasion, &answer).await?;
        // Where several issuers are accepted, both must be the same one (RFC 9207 §2.4).
        if let Some(iss) = iss
            && token.identity.issuer() != Some(&iss)
        {
            return Err(SignInError::IssuerMismatch(Some(visible(&iss))));
        }
        let subject = token.identity.subject().unwrap_or_default();
        let access_token = answer.access_token.clone();
        let url = endpoints.userinfo_endpoint.as_deref();
        let user_info = inner.user_info_at_sign_in(url, &access_token, subject).await?;
        let nonce = attempt.nonce.clone();
        let mut record = SessionRecord::new(inner, token, answer, nonce, user_info)?;
        inner.id_tokens.permit(&record.user.claims)?;
        record.user.scope = granted_scope(inner, &access_token, &record.user.subject).await?;
        Ok(record)
    }
}

/// The scopes of an access token of the default target. If no gate judges it, there are none.
pub(super) async fn granted_scope(
    inner: &Inner,
    access_token: &str,
    subject: &str,
) -> Result<Option<String>, SignInError> {
    let Some(gate) = &inner.access_tokens else { return Ok(None) };
    let token = BearerToken::from_token68(access_token.as_bytes())
        .map_err(SignInError::AccessTokenRefused)?;
    match gate.authorize_token(token, &Demand::NOTHING).await {
        Ok(identity) if identity.subject() == Some(subject) => {
            Ok(identity.scope().map(str::to_owned))
        }
        Ok(_) => Err(SignInError::SubjectMismatch),
        Err(Denied::Rejected { rejection, .. }) => Err(SignInError::AccessTokenRefused(rejection)),
        Err(other) => Err(SignInError::ProviderUnavailable(other.to_string())),
    }
}

/// Verifies the ID token of an answer.
pub(super) async fn verify(
    inner: &Inner,
    id_token: &str,
    occasion: Occasion<'_>,
    answer: &TokenAnswer,
) -> Result<VerifiedIdToken, SignInError> {
    let gate = inner.provider.gate();
    inner.id_tokens.verify(gate, id_token, occasion, &answer.access_token).await
}

/// Asks the token endpoint for the tokens of a target.
pub(super) async fn ask(
    inner: &Inner,
    endpoints: &Endpoints,
    parameters: &[(&str, &str)],
    target: &Target,
) -> Result<TokenAnswer, NoTokens> {
    let settings = &inner.settings;
    let target = match target {
        Target::Default => settings.resource.as_deref().map(|resource| ("resource", resource)),
        Target::Resource(resource) => Some(("resource", resource.as_str())),
        Target::Organization(id) => Some(("organization_id", id.as_str())),
    };
    let own = settings.token_extra.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let parameters: Vec<_> = parameters.iter().copied().chain(target).chain(own).collect();
    let form = client::form(settings, endpoints, &parameters)
        .map_err(|error| NoTokens::Client(error.to_string()))?;
    let url = &endpoints.token_endpoint;
    let response = inner.provider.post_form(url, &form.body, form.authorization, TOKEN_TIMEOUT);
    let unavailable = |error: crate::jwks::FetchError| NoTokens::Unavailable(error.to_string());
    TokenAnswer::read(&response.await.map_err(unavailable)?)
}
