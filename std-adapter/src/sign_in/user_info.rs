//! What the provider says about the user beyond the ID token (OpenID Connect Core §5.3): for
//! [`Session::user_info`], and at sign-in.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::error::SignInError;
use super::inner::Inner;
use super::provider::ProviderError;
use super::record::Target;
use super::session::{NoUserInfo, Session};

/// How long the endpoint may take.
const USER_INFO_TIMEOUT: Duration = Duration::from_secs(5);

/// Claims about a token, and about how the user has authenticated. Only the ID token says them, since it is signed.
const OF_ID_TOKENS: [&str; 16] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "nonce",
    "auth_time",
    "acr",
    "amr",
    "azp",
    "sid",
    "at_hash",
    "c_hash",
    "s_hash",
];

/// Claims that say together whether something is verified. All of a group come from the same place.
const GROUPS: [[&str; 2]; 2] =
    [["email", "email_verified"], ["phone_number", "phone_number_verified"]];

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
        let user_info = inner.user_info(url, &token, self.subject()).await?;
        Ok(serde_json::from_str(&user_info).map_err(malformed)?)
    }
}

impl Inner {
    /// Asks `url` for the user info of the user with this `sub`, if each sign-in asks for it.
    pub(super) async fn user_info_at_sign_in(
        &self,
        url: Option<&str>,
        access_token: &str,
        subject: &str,
    ) -> Result<Option<String>, SignInError> {
        if !self.settings.user_info {
            return Ok(None);
        }
        let url = url.ok_or(ProviderError::NoUserInfo)?;
        self.user_info(url, access_token, subject).await.map(Some)
    }

    /// Asks `url` for the user info of the user with this `sub`: a JSON object.
    async fn user_info(
        &self,
        url: &str,
        access_token: &str,
        subject: &str,
    ) -> Result<String, SignInError> {
        let answer = self.provider.get(url, access_token, USER_INFO_TIMEOUT).await;
        let unavailable = |error: String| SignInError::ProviderUnavailable(error);
        let answer = answer.map_err(|error| unavailable(error.to_string()))?;
        if answer.status() != StatusCode::OK {
            let status = answer.status();
            return Err(unavailable(format!("userinfo_endpoint answers HTTP {status}")));
        }
        let not_text =
            |_| unavailable("userinfo_endpoint's answer is not text in UTF-8".to_owned());
        let text = String::from_utf8(answer.into_body()).map_err(not_text)?;
        let Subject { sub } = serde_json::from_str(&text).map_err(malformed)?;
        // Otherwise another user's answer could take the place of this one's (§5.3.2).
        if sub == subject { Ok(text) } else { Err(SignInError::SubjectMismatch) }
    }
}

pub(super) fn malformed(error: impl Display) -> SignInError {
    SignInError::ProviderUnavailable(format!("userinfo_endpoint's answer: {error}"))
}

/// The claims of an ID token together with those of the user info that it lacks: a JSON object. What the ID token says
/// counts, since it is signed.
pub(super) fn joined(id_token: &str, user_info: Option<&str>) -> serde_json::Result<String> {
    type Claims<'a> = BTreeMap<String, &'a RawValue>;
    let Some(user_info) = user_info else { return Ok(id_token.to_owned()) };
    let mut claims: Claims<'_> = serde_json::from_str(id_token)?;
    let mut added: Claims<'_> = serde_json::from_str(user_info)?;
    added.retain(|name, _| {
        let group = GROUPS.iter().find(|group| group.contains(&name.as_str()));
        let says_any = |group: &[&str; 2]| group.iter().any(|other| claims.contains_key(*other));
        !OF_ID_TOKENS.contains(&name.as_str()) && !group.is_some_and(says_any)
    });
    for (name, value) in added {
        claims.entry(name).or_insert(value);
    }
    serde_json::to_string(&claims)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn join(id_token: &Value, user_info: &Value) -> Value {
        let joined = joined(&id_token.to_string(), Some(&user_info.to_string())).unwrap();
        serde_json::from_str(&joined).unwrap()
    }

    #[test]
    fn user_info_adds_what_the_id_token_does_not_say() {
        let id_token = json!({ "sub": "user_1", "name": "Ada", "roles": null });
        let user_info =
            json!({ "sub": "user_1", "name": "Eve", "roles": ["admin"], "team": ["a"] });
        let expected = json!({ "sub": "user_1", "name": "Ada", "roles": null, "team": ["a"] });
        assert_eq!(join(&id_token, &user_info), expected);
        assert_eq!(joined(r#"{"a": 1e2}"#, None).unwrap(), r#"{"a": 1e2}"#, "as it was signed");
        assert!(joined("{}", Some("[]")).is_err());
    }

    #[test]
    fn user_info_says_nothing_about_the_authentication() {
        let mut user_info = json!({ "name": "Ada" });
        for name in OF_ID_TOKENS {
            user_info[name] = json!("forged");
        }
        assert_eq!(join(&json!({}), &user_info), json!({ "name": "Ada" }));
    }

    #[test]
    fn an_address_and_its_verification_come_from_one_place() {
        for (id_token, user_info, expected) in [
            (
                json!({ "email_verified": true }),
                json!({ "email": "eve@example.com", "email_verified": false }),
                json!({ "email_verified": true }),
            ),
            (
                json!({ "email": "eve@example.com" }),
                json!({ "email": "ada@example.com", "email_verified": true }),
                json!({ "email": "eve@example.com" }),
            ),
            (
                json!({ "phone_number": "1" }),
                json!({ "email": "ada@example.com", "email_verified": true, "phone_number_verified": true }),
                json!({ "phone_number": "1", "email": "ada@example.com", "email_verified": true }),
            ),
        ] {
            assert_eq!(join(&id_token, &user_info), expected);
        }
    }
}
