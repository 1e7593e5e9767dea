//! [`ConnectorConfig`]: a client in the JSON of Logto's OpenID Connect connector.

mod check;
mod custom;
mod names;
mod read;

use std::fmt;

use serde::{Deserialize, Deserializer};
use tollgate_core::UnixTime;

use super::secret::Secret;
use crate::duration::HumanDuration;
pub use check::{CheckedConnector, ConnectorWarning};

/// A client of a provider, in the JSON of Logto's OpenID Connect connector.
///
/// Reading refuses unknown names. The values are checked when the settings are used, or by [`check`](Self::check).
/// Each error names the place of the value, such as `idTokenVerificationConfig.jwksUri`.
///
/// Some things differ from Logto's connector: PKCE is always sent, the ID token must have the `nonce` that was sent,
/// `aud` must contain the client's id even if `audience` is set, and
/// [`custom_config`](Self::custom_config) cannot replace parameters such as `state`.
///
/// ```
/// use tollgate::sign_in::ConnectorConfig;
///
/// let connector = ConnectorConfig::from_json(r#"{
///     "scope": "profile email",
///     "clientId": "bookstore",
///     "clientSecret": "hunter2",
///     "authorizationEndpoint": "https://auth.example.com/oidc/auth",
///     "tokenEndpoint": "https://auth.example.com/oidc/token",
///     "idTokenVerificationConfig": {
///         "jwksUri": "https://auth.example.com/oidc/jwks",
///         "issuer": "https://auth.example.com/oidc"
///     },
///     "authRequestOptionalConfig": { "prompt": "login" },
///     "customConfig": { "orgHint": "acme" }
/// }"#)?;
/// let checked = connector.check(tollgate::issuer_url::Plaintext::Refuse)?;
/// assert!(checked.warnings.is_empty());
/// # Ok::<(), tollgate::sign_in::ConnectorError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectorConfig {
    /// `scope`: the scopes to ask for, separated by spaces. `openid` is always among them.
    pub scope: String,
    /// `clientId`: the client's id at the provider.
    pub client_id: String,
    /// `clientSecret`: the client's secret at the provider.
    pub client_secret: Secret,
    /// `authorizationEndpoint`, or `authenticationEndpoint`: where browsers sign in. A query is kept. It needs
    /// https, and may have neither a fragment nor user info.
    pub authorization_endpoint: String,
    /// `tokenEndpoint`: where codes are redeemed. The rules are those of
    /// [`authorization_endpoint`](Self::authorization_endpoint).
    pub token_endpoint: String,
    /// `responseType`: `code`, which is the only one.
    pub response_type: Option<String>,
    /// `grantType`: `authorization_code`, which is the only one.
    pub grant_type: Option<String>,
    /// `tokenEndpointAuthMethod`: how the client authenticates at the token endpoint, `client_secret_post` (the
    /// default) or `client_secret_basic`.
    pub token_endpoint_auth_method: Option<String>,
    /// `acceptStringTypedBooleanClaims`: `email_verified` may also be the text `"true"`.
    pub accept_string_typed_boolean_claims: bool,
    /// `trustUnverifiedEmail`: an e-mail address counts even if the provider has not verified it.
    pub trust_unverified_email: bool,
    /// `idTokenVerificationConfig`: which ID tokens are accepted.
    pub id_token_verification_config: IdTokenVerificationConfig,
    /// `authRequestOptionalConfig`: further parameters of the authorization request.
    pub auth_request_optional_config: AuthRequestOptionalConfig,
    /// `customConfig`: parameters of your own for the authorization and the token request, in their order. A name in
    /// camel case is sent in snake case. Parameters that sign-in sets itself, and those that have a field of their
    /// own, are refused.
    pub custom_config: Vec<(String, String)>,
}

/// Which ID tokens a [connector](ConnectorConfig) accepts.
///
/// ```
/// use tollgate::issuer_url::Plaintext;
/// use tollgate::sign_in::{
///     AuthRequestOptionalConfig, CheckedConnector, ConnectorConfig, ConnectorError,
///     ConnectorWarning, IdTokenVerificationConfig,
/// };
///
/// let mut connector = ConnectorConfig::from_json(r#"{
///     "scope": "profile",
///     "clientId": "bookstore",
///     "clientSecret": "hunter2",
///     "authorizationEndpoint": "https://auth.example.com/oidc/auth",
///     "tokenEndpoint": "https://auth.example.com/oidc/token",
///     "idTokenVerificationConfig": { "jwksUri": "https://auth.example.com/oidc/jwks" }
/// }"#)?;
/// let rules: &IdTokenVerificationConfig = &connector.id_token_verification_config;
/// assert_eq!(rules.issuer, None);
/// let checked: CheckedConnector = connector.check(Plaintext::Refuse)?;
/// assert_eq!(checked.warnings, [ConnectorWarning::AnyIssuer]);
///
/// let request: &mut AuthRequestOptionalConfig = &mut connector.auth_request_optional_config;
/// request.max_age = Some("an hour".to_owned());
/// let error: ConnectorError = connector.check(Plaintext::Refuse).unwrap_err();
/// assert_eq!(error.path(), "authRequestOptionalConfig.maxAge");
/// # Ok::<(), ConnectorError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct IdTokenVerificationConfig {
    /// `jwksUri`: the URL of the provider's keys. It needs https.
    pub jwks_uri: String,
    /// `issuer`: `iss` must be one of these, and so must the `iss` of the provider's answer (RFC 9207). One text, or
    /// an array. If it is absent, any https URL is accepted, with a warning, and users of different issuers are
    /// different users.
    pub issuer: Option<Vec<String>>,
    /// `audience`: for whom else an ID token may be. One text, or an array. `aud` must contain the client's id in
    /// any case.
    pub audience: Option<Vec<String>>,
    /// `algorithms`: the signature algorithms that are accepted. By default, all that the keys are for.
    pub algorithms: Option<Vec<String>>,
    /// `clockTolerance`: how far clocks may differ, at most an hour: seconds, or a text such as `"5 minutes"`. 60
    /// seconds by default.
    pub clock_tolerance: Option<HumanDuration>,
    /// `crit`: names in the header's `crit` that are understood. The values `true` and `false` say whether a name
    /// must be protected by the signature, which all names of an ID token are.
    pub crit: Vec<(String, bool)>,
    /// `currentDate`: judges ID tokens as of this time instead of now, with a warning: ISO 8601, or seconds since
    /// 1970. Only for tests.
    pub current_date: Option<UnixTime>,
    /// `maxTokenAge`: the maximum age of an ID token since its `iat`: seconds, or a text such as `"5 minutes"`.
    pub max_token_age: Option<HumanDuration>,
    /// `subject`: the only user who is accepted.
    pub subject: Option<String>,
    /// `typ`: the type that the header must have. By default it is `JWT` or absent. The prefix `application/` does not
    /// count (RFC 7515 §4.1.9).
    pub typ: Option<String>,
}

/// Further parameters of the authorization request of a [connector](ConnectorConfig) (OpenID Connect Core §3.1.2.1).
///
/// See the example of [`IdTokenVerificationConfig`].
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct AuthRequestOptionalConfig {
    /// `responseType`: `code`, which is the only one.
    pub response_type: Option<String>,
    /// `grantType`: `authorization_code`, which is the only one.
    pub grant_type: Option<String>,
    /// `tokenEndpoint`: must equal [the other one](ConnectorConfig::token_endpoint). It is not sent.
    pub token_endpoint: Option<String>,
    /// `responseMode`: how the answer comes back, `query` (the default) or `form_post`.
    pub response_mode: Option<String>,
    /// `display`: `page`, `popup`, `touch` or `wap`.
    pub display: Option<String>,
    /// `prompt`: words such as `login` and `consent`, separated by spaces, or `none` alone.
    pub prompt: Option<String>,
    /// `maxAge`: the maximum time since the user has last authenticated, in seconds. Then `auth_time` is required,
    /// and judged.
    pub max_age: Option<String>,
    /// `uiLocales`: the languages for the provider's pages, separated by spaces.
    pub ui_locales: Option<String>,
    /// `idTokenHint`: an ID token of the user who is expected.
    pub id_token_hint: Option<String>,
    /// `loginHint`: the name that the user may sign in with.
    pub login_hint: Option<String>,
    /// `acrValues`: the authentication context classes that are wanted, separated by spaces.
    pub acr_values: Option<String>,
}

impl ConnectorConfig {
    /// Reads the JSON of a connector.
    ///
    /// # Errors
    ///
    /// It is not JSON, a name is unknown, missing or repeated, or a value has the wrong type.
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self, ConnectorError> {
        let mut from = serde_json::Deserializer::from_slice(json.as_ref());
        let config = read::connector(&mut from)?;
        from.end().map_err(|error| ConnectorError::new("", error))?;
        Ok(config)
    }
}

impl<'de> Deserialize<'de> for ConnectorConfig {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read::connector(from).map_err(serde::de::Error::custom)
    }
}

/// Why the JSON of a connector cannot be used.
///
/// See the example of [`IdTokenVerificationConfig`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectorError {
    path: String,
    problem: String,
}

impl ConnectorError {
    fn new(path: impl Into<String>, problem: impl fmt::Display) -> Self {
        Self { path: path.into(), problem: problem.to_string() }
    }

    /// Returns the place of the value, such as `idTokenVerificationConfig.jwksUri`. It is empty if the whole document
    /// is meant.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for ConnectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.path {
            "" => f.write_str(&self.problem),
            path => write!(f, "{path}: {}", self.problem),
        }
    }
}

impl std::error::Error for ConnectorError {}

#[cfg(test)]
mod tests;
