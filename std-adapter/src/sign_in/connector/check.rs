//! Checks the values of a connector, and makes settings of them.

use std::collections::BTreeSet;

use jiff::Timestamp;
use tollgate_core::{Algorithm, Leeway, UnixTime, limits};

use super::names::{AUTH_REQUEST, CUSTOM, ID_TOKEN};
use super::{
    AuthRequestOptionalConfig, ConnectorConfig, ConnectorError, IdTokenVerificationConfig, custom,
};
use crate::issuer::Issuer;
use crate::issuer_url::{self, AllowedHttp};
use crate::owned_policy::OwnedPolicy;
use crate::sign_in::provider::{Endpoints, Provider, judge_endpoint};
use crate::sign_in::settings::{ClientAuth, ResponseMode, Settings};
use crate::untrusted::Excerpt;

/// What a connector asks of its provider, and what it requires of ID tokens.
///
/// See the example of [`IdTokenVerificationConfig`](super::IdTokenVerificationConfig).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CheckedConnector {
    /// Where browsers sign in.
    pub authorization_endpoint: String,
    /// The parameters of each authorization request that are always the same. Sign-in adds `redirect_uri`, `state`,
    /// `nonce`, `code_challenge` and `code_challenge_method`.
    pub authorization_parameters: Vec<(String, String)>,
    /// Where codes are redeemed.
    pub token_endpoint: String,
    /// The parameters of each token request that are always the same. Sign-in adds `code`, `redirect_uri`,
    /// `code_verifier`, and the client's credentials.
    pub token_parameters: Vec<(String, String)>,
    /// How the client authenticates at the token endpoint.
    pub client_auth: ClientAuth,
    /// Which ID tokens are accepted, and where the keys are. They must also have the `nonce` that was sent.
    pub id_tokens: Issuer,
    /// The maximum time since the user has last authenticated, in seconds.
    pub max_authentication_age: Option<u32>,
    /// The time as of which ID tokens are judged, instead of now.
    pub judged_at: Option<UnixTime>,
    /// What may be a mistake.
    pub warnings: Vec<ConnectorWarning>,
}

/// What may be a mistake in a connector.
///
/// See the example of [`IdTokenVerificationConfig`](super::IdTokenVerificationConfig).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectorWarning {
    /// No issuer is named.
    #[error(
        "{ID_TOKEN}.issuer is not set: ID tokens of every issuer are accepted whose keys are at jwksUri. Set it to the \
         provider's issuer"
    )]
    AnyIssuer,
    /// ID tokens are judged as of another time.
    #[error(
        "{ID_TOKEN}.currentDate is set: ID tokens are judged as of {}, so expired ones are accepted. Remove it outside \
         of tests",
        shown(*_0)
    )]
    CurrentDate(UnixTime),
}

/// A time as people read it.
fn shown(time: UnixTime) -> String {
    Timestamp::from_second(time.0).map_or_else(|_| time.0.to_string(), |time| time.to_string())
}

impl ConnectorConfig {
    /// Checks the values, and says what the connector asks and requires.
    ///
    /// # Errors
    ///
    /// A value cannot be used.
    pub fn check(
        &self,
        allowed_http: impl Into<AllowedHttp>,
    ) -> Result<CheckedConnector, ConnectorError> {
        let (settings, warnings) = self.clone().settings(&allowed_http.into())?;
        let owned = |(name, value): (&str, String)| (name.to_owned(), value);
        let authorization_parameters =
            settings.authorization_parameters().into_iter().map(owned).collect();
        let mut token_parameters = vec![owned(("grant_type", "authorization_code".to_owned()))];
        token_parameters.extend(settings.token_extra);
        let Provider { issuer, judged_at, .. } = settings.provider;
        Ok(CheckedConnector {
            authorization_endpoint: self.authorization_endpoint.clone(),
            authorization_parameters,
            token_endpoint: self.token_endpoint.clone(),
            token_parameters,
            client_auth: settings.client_auth.unwrap_or(ClientAuth::Post),
            id_tokens: issuer.audience(settings.client_id),
            max_authentication_age: settings.max_age,
            judged_at,
            warnings,
        })
    }

    /// Checks the values, and makes settings of them.
    ///
    /// # Errors
    ///
    /// A value cannot be used.
    pub(crate) fn settings(
        self,
        allowed_http: &AllowedHttp,
    ) -> Result<(Settings, Vec<ConnectorWarning>), ConnectorError> {
        let auth_request = self.auth_request_optional_config;
        let scopes = scopes(&self.scope)?;
        not_empty("clientId", &self.client_id)?;
        not_empty("clientSecret", self.client_secret.expose())?;
        endpoint("authorizationEndpoint", &self.authorization_endpoint, allowed_http)?;
        endpoint("tokenEndpoint", &self.token_endpoint, allowed_http)?;
        fixed("responseType", &self.response_type, "code")?;
        fixed("grantType", &self.grant_type, "authorization_code")?;
        let client_auth = client_auth(self.token_endpoint_auth_method.as_deref())?;
        let asked = auth_request.checked(&self.token_endpoint)?;
        let (issuer, judged_at) =
            self.id_token_verification_config.issuer(&self.client_id, allowed_http)?;
        let extra = custom_parameters(self.custom_config)?;

        let any_issuer = issuer.any_issuer.then_some(ConnectorWarning::AnyIssuer);
        let warnings = any_issuer.into_iter().chain(judged_at.map(ConnectorWarning::CurrentDate));
        let endpoints = Endpoints {
            authorization_endpoint: self.authorization_endpoint,
            token_endpoint: self.token_endpoint,
            ..Endpoints::default()
        };
        let provider = Provider { judged_at, ..Provider::fixed(issuer, endpoints) };
        let settings = Settings {
            client_secret: Some(self.client_secret),
            client_auth: Some(client_auth),
            scopes,
            response_mode: asked.response_mode,
            display: auth_request.display,
            prompt: auth_request.prompt,
            max_age: asked.max_age,
            ui_locales: auth_request.ui_locales,
            login_hint: auth_request.login_hint,
            acr_values: auth_request.acr_values,
            id_token_hint: auth_request.id_token_hint,
            token_extra: extra.clone(),
            extra,
            accept_string_booleans: self.accept_string_typed_boolean_claims,
            trust_unverified_email: self.trust_unverified_email,
            ..Settings::new(provider, self.client_id)
        };
        Ok((settings, warnings.collect()))
    }
}

/// What needs more than to be sent as it is.
struct Asked {
    response_mode: ResponseMode,
    max_age: Option<u32>,
}

impl AuthRequestOptionalConfig {
    fn checked(&self, token_endpoint: &str) -> Result<Asked, ConnectorError> {
        let path = |name: &str| format!("{AUTH_REQUEST}.{name}");
        fixed(&path("responseType"), &self.response_type, "code")?;
        fixed(&path("grantType"), &self.grant_type, "authorization_code")?;
        if self.token_endpoint.as_ref().is_some_and(|other| other != token_endpoint) {
            let problem = "differs from tokenEndpoint: remove it, since it is not sent";
            return Err(ConnectorError::new(path("tokenEndpoint"), problem));
        }
        let response_mode = match self.response_mode.as_deref() {
            None | Some("query") => ResponseMode::Query,
            Some("form_post") => ResponseMode::FormPost,
            Some(other) => {
                let names = ["query", "form_post"];
                return Err(not_among(path("responseMode"), other, &names));
            }
        };
        if let Some(display) = &self.display {
            let names = ["page", "popup", "touch", "wap"];
            if !names.contains(&&**display) {
                return Err(not_among(path("display"), display, &names));
            }
        }
        if let Some(prompt) = &self.prompt {
            judge_prompt(prompt).map_err(|problem| ConnectorError::new(path("prompt"), problem))?;
        }
        let max_age = self.max_age.as_deref().map(|text| {
            let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let secs = is_number.then(|| text.parse().ok()).flatten();
            secs.ok_or_else(|| {
                let problem = format!(
                    "{} is not a number of seconds: write digits only, at most {}",
                    Excerpt(text),
                    u32::MAX
                );
                ConnectorError::new(path("maxAge"), problem)
            })
        });
        for (name, value) in [
            ("uiLocales", &self.ui_locales),
            ("idTokenHint", &self.id_token_hint),
            ("acrValues", &self.acr_values),
        ] {
            let Some(text) = value else { continue };
            not_empty(&path(name), text)?;
            if !text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
                let problem = "has characters other than visible ASCII: remove them";
                return Err(ConnectorError::new(path(name), problem));
            }
        }
        if let Some(hint) = &self.login_hint {
            not_empty(&path("loginHint"), hint)?;
        }
        Ok(Asked { response_mode, max_age: max_age.transpose()? })
    }
}

impl IdTokenVerificationConfig {
    /// Which ID tokens are accepted. The audience is only what the client trusts beside itself.
    fn issuer(
        self,
        client_id: &str,
        allowed_http: &AllowedHttp,
    ) -> Result<(Issuer, Option<UnixTime>), ConnectorError> {
        let path = |name: &str| format!("{ID_TOKEN}.{name}");
        let mut issuer = Issuer::default();
        issuer_url::parse(&self.jwks_uri, allowed_http)
            .map_err(|error| bad_url(path("jwksUri"), &self.jwks_uri, error))?;
        issuer.jwks_uri = Some(self.jwks_uri);
        match self.issuer {
            None => issuer.any_issuer = true,
            Some(issuers) => issuer.issuer = listed(&path("issuer"), issuers)?,
        }
        if let Some(audience) = self.audience {
            issuer.audience = listed(&path("audience"), audience)?;
            issuer.audience.retain(|audience| audience != client_id);
        }
        if let Some(names) = self.algorithms {
            let names = listed(&path("algorithms"), names)?;
            issuer.algorithms = Some(algorithms(&names)?);
        }
        if let Some(tolerance) = self.clock_tolerance {
            let leeway = tolerance.as_secs().and_then(Leeway::from_secs);
            issuer.leeway = leeway.ok_or_else(|| {
                let problem = format!("give at most {} seconds", limits::MAX_LEEWAY_SECS);
                ConnectorError::new(path("clockTolerance"), problem)
            })?;
        }
        if let Some(age) = self.max_token_age {
            let secs = age.as_secs().filter(|secs| *secs > 0);
            issuer.max_token_age = Some(secs.ok_or_else(|| {
                let problem = format!("give 1 to {} seconds", u32::MAX);
                ConnectorError::new(path("maxTokenAge"), problem)
            })?);
        }
        issuer.crit = self.crit.into_iter().map(|(name, _)| name).collect();
        if let Some(subject) = &self.subject {
            not_empty(&path("subject"), subject)?;
        }
        issuer.subject = self.subject;
        if let Some(typ) = &self.typ {
            not_empty(&path("typ"), typ)?;
        }
        issuer.typ = self.typ.map(|typ| vec![typ]);
        // What remains is what the core refuses.
        OwnedPolicy::new(&issuer.clone().audience(client_id)).map_err(|invalid| {
            let problem = format!("{}: {}", Excerpt(&invalid.value), invalid.error);
            ConnectorError::new(path(invalid.setting), problem)
        })?;
        Ok((issuer, self.current_date))
    }
}

fn scopes(text: &str) -> Result<Vec<String>, ConnectorError> {
    let mut scopes: Vec<String> = Vec::new();
    for scope in text.split(' ').filter(|scope| !scope.is_empty()) {
        // RFC 6749 §3.3: scope-token.
        if !scope.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\') {
            let problem = format!(
                "{} is not a scope: use visible ASCII characters except \" and \\",
                Excerpt(scope)
            );
            return Err(ConnectorError::new("scope", problem));
        }
        if scope != "openid" && !scopes.iter().any(|other| other == scope) {
            scopes.push(scope.to_owned());
        }
    }
    Ok(scopes)
}

fn client_auth(name: Option<&str>) -> Result<ClientAuth, ConnectorError> {
    let path = "tokenEndpointAuthMethod";
    match name {
        None | Some("client_secret_post") => Ok(ClientAuth::Post),
        Some("client_secret_basic") => Ok(ClientAuth::Basic),
        Some(
            other @ ("client_secret_jwt"
            | "private_key_jwt"
            | "tls_client_auth"
            | "self_signed_tls_client_auth"
            | "none"),
        ) => {
            let problem = format!(
                "{other:?} is not supported: let the provider allow client_secret_post or client_secret_basic for \
                 this client, and set that"
            );
            Err(ConnectorError::new(path, problem))
        }
        Some(other) => Err(not_among(path, other, &["client_secret_post", "client_secret_basic"])),
    }
}

fn judge_prompt(prompt: &str) -> Result<(), String> {
    let words: Vec<_> = prompt.split(' ').filter(|word| !word.is_empty()).collect();
    let is_word =
        |word: &&str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if words.is_empty() || !words.iter().all(is_word) {
        return Err(format!(
            "{} does not consist of words: write them like \"login consent\"",
            Excerpt(prompt)
        ));
    }
    if words.contains(&"none") && words.len() > 1 {
        return Err("\"none\" excludes other words: write it alone, or remove it".to_owned());
    }
    Ok(())
}

fn algorithms(names: &[String]) -> Result<Vec<Algorithm>, ConnectorError> {
    let known = |name: &String| {
        Algorithm::from_name(name).ok_or_else(|| {
            let all: Vec<_> = Algorithm::ALL.iter().map(|algorithm| algorithm.name()).collect();
            not_among(format!("{ID_TOKEN}.algorithms"), name, &all)
        })
    };
    names.iter().map(known).collect()
}

fn custom_parameters(
    pairs: Vec<(String, String)>,
) -> Result<Vec<(String, String)>, ConnectorError> {
    let mut seen = BTreeSet::new();
    let parameters = pairs.into_iter().map(|(name, value)| {
        let error =
            |problem: String| ConnectorError::new(CUSTOM, format!("{} {problem}", Excerpt(&name)));
        let parameter = custom::parameter(&name).map_err(error)?;
        if !seen.insert(parameter.clone()) {
            return Err(error(format!(
                "is sent as {parameter:?}, and so is another name: remove one"
            )));
        }
        Ok((parameter, value))
    });
    parameters.collect()
}

fn not_empty(path: &str, text: &str) -> Result<(), ConnectorError> {
    if text.is_empty() { Err(ConnectorError::new(path, "is empty")) } else { Ok(()) }
}

/// A list with something in it.
fn listed(path: &str, texts: Vec<String>) -> Result<Vec<String>, ConnectorError> {
    if texts.is_empty() {
        return Err(ConnectorError::new(path, "is an empty list: leave it out, or name one"));
    }
    texts.iter().try_for_each(|text| not_empty(path, text))?;
    Ok(texts)
}

fn fixed(path: &str, value: &Option<String>, only: &str) -> Result<(), ConnectorError> {
    match value {
        Some(other) if other != only => Err(not_among(path, other, &[only])),
        _ => Ok(()),
    }
}

fn endpoint(path: &str, text: &str, allowed_http: &AllowedHttp) -> Result<(), ConnectorError> {
    judge_endpoint(text, allowed_http).map_err(|error| bad_url(path, text, error))
}

fn bad_url(path: impl Into<String>, text: &str, error: impl std::fmt::Display) -> ConnectorError {
    ConnectorError::new(path, format!("{} {error}", Excerpt(text)))
}

fn not_among(path: impl Into<String>, value: &str, names: &[&str]) -> ConnectorError {
    let problem = format!("{} is not supported: choose from {}", Excerpt(value), names.join(", "));
    ConnectorError::new(path, problem)
}
