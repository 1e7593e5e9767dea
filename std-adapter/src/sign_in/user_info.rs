//! [`Session::user_info`]: what the provider says about the user beyond the ID token (OpenID Connect Core §5.3).

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::SignInError;
use super::record::Target;
use super::session::{NoUserInfo, Session};

/// How long the endpoint may take.
const USER_INFO_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
struct Subject {
    sub: String,
}

impl Session {
    /// Asks the provider for its user info, with the access token of the default target.
    ///
    /// # Errors
    ///
    /// There is no access token or no endpoint; or the answer is about somebody else, is not JSON, or does not fit
    /// the type.
    pub async fn user_info<C: DeserializeOwned>(&self) -> Result<C, NoUserInfo> {
        let inner = self.inner();
        let endpoints = inner.endpoints().await?;
        let url = endpoints.userinfo_endpoint.as_deref().ok_or(NoUserInfo::NoEndpoint)?;
        let token = self.access_token(Target::Default).await?;
        let unavailable = |error: String| SignInError::ProviderUnavailable(error);
        let answer = inner.provider.get(url, &token, USER_INFO_TIMEOUT).await;
        let answer = answer.map_err(|error| unavailable(error.to_string()))?;
        if answer.status() != StatusCode::OK {
            let status = answer.status();
            return Err(unavailable(format!("userinfo_endpoint answers HTTP {status}")).into());
        }
        let malformed = |error: serde_json::Error| {
            SignInError::ProviderUnavailable(format!("userinfo_endpoint's answer: {error}"))
        };
        let Subject { sub } = serde_json::from_slice(answer.body()).map_err(malformed)?;
        // Otherwise another user's answer could take the place of this one's (§5.3.2).
        if sub != self.subject() {
            return Err(SignInError::SubjectMismatch.into());
        }
        Ok(serde_json::from_slice(answer.body()).map_err(malformed)?)
    }
}
