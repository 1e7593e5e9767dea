//! Reads a connector's JSON into its fields, with the place of each mistake.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use tollgate_core::UnixTime;

use super::names::{AUTH_REQUEST, AUTH_REQUEST_NAMES, ID_TOKEN, ID_TOKEN_NAMES, TOP, unknown};
use super::{
    AuthRequestOptionalConfig, ConnectorConfig, ConnectorError, IdTokenVerificationConfig,
};
use crate::duration::{HumanDuration, NotADuration};
use crate::one_or_many;
use crate::sign_in::secret::Secret;

/// Reads a connector.
pub(super) fn connector<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<ConnectorConfig, ConnectorError> {
    let document: Document = serde_path_to_error::deserialize(from).map_err(|error| {
        let path = error.path().to_string();
        // What is not a document has no place, or an unknown one below the last name.
        let path = path.strip_suffix('?').unwrap_or(&path).trim_end_matches('.').to_owned();
        ConnectorError::new(path, error.into_inner())
    })?;
    document.config()
}

/// The document as it is written. Names that are left over are unknown.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "expected an object")]
struct Document {
    scope: Option<String>,
    client_id: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    client_secret: Option<Secret>,
    authorization_endpoint: Option<String>,
    authentication_endpoint: Option<String>,
    token_endpoint: Option<String>,
    response_type: Option<String>,
    grant_type: Option<String>,
    token_endpoint_auth_method: Option<String>,
    accept_string_typed_boolean_claims: Option<bool>,
    trust_unverified_email: Option<bool>,
    id_token_verification_config: Option<IdToken>,
    auth_request_optional_config: Option<AuthRequest>,
    #[serde(default, deserialize_with = "texts")]
    custom_config: Vec<(String, String)>,
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "expected an object")]
struct IdToken {
    jwks_uri: Option<String>,
    #[serde(default, deserialize_with = "one_or_many")]
    issuer: Option<Vec<String>>,
    #[serde(default, deserialize_with = "one_or_many")]
    audience: Option<Vec<String>>,
    algorithms: Option<Vec<String>>,
    #[serde(default, deserialize_with = "duration")]
    clock_tolerance: Option<HumanDuration>,
    #[serde(default, deserialize_with = "flags")]
    crit: Vec<(String, bool)>,
    #[serde(default, deserialize_with = "time")]
    current_date: Option<UnixTime>,
    #[serde(default, deserialize_with = "duration")]
    max_token_age: Option<HumanDuration>,
    subject: Option<String>,
    typ: Option<String>,
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "expected an object")]
struct AuthRequest {
    response_type: Option<String>,
    grant_type: Option<String>,
    token_endpoint: Option<String>,
    response_mode: Option<String>,
    display: Option<String>,
    prompt: Option<String>,
    max_age: Option<String>,
    ui_locales: Option<String>,
    id_token_hint: Option<String>,
    login_hint: Option<String>,
    acr_values: Option<String>,
    #[serde(flatten)]
    rest: Rest,
}

/// The first unknown name.
#[derive(Default)]
struct Rest(Option<String>);

impl Document {
    fn config(self) -> Result<ConnectorConfig, ConnectorError> {
        self.rest.judge("", TOP)?;
        let authorization_endpoint =
            match (self.authorization_endpoint, self.authentication_endpoint) {
                (Some(_), Some(_)) => {
                    let problem = "is another name of authorizationEndpoint: remove one of them";
                    return Err(ConnectorError::new("authenticationEndpoint", problem));
                }
                (one, other) => one.or(other),
            };
        let id_token = required(ID_TOKEN, self.id_token_verification_config)?;
        let auth_request = self.auth_request_optional_config.unwrap_or_default();
        Ok(ConnectorConfig {
            scope: required("scope", self.scope)?,
            client_id: required("clientId", self.client_id)?,
            client_secret: required("clientSecret", self.client_secret)?,
            authorization_endpoint: required("authorizationEndpoint", authorization_endpoint)?,
            token_endpoint: required("tokenEndpoint", self.token_endpoint)?,
            response_type: self.response_type,
            grant_type: self.grant_type,
            token_endpoint_auth_method: self.token_endpoint_auth_method,
            accept_string_typed_boolean_claims: self
                .accept_string_typed_boolean_claims
                .unwrap_or_default(),
            trust_unverified_email: self.trust_unverified_email.unwrap_or_default(),
            id_token_verification_config: id_token.config()?,
            auth_request_optional_config: auth_request.config()?,
            custom_config: self.custom_config,
        })
    }
}

impl IdToken {
    fn config(self) -> Result<IdTokenVerificationConfig, ConnectorError> {
        self.rest.judge(ID_TOKEN, ID_TOKEN_NAMES)?;
        Ok(IdTokenVerificationConfig {
            jwks_uri: required(format!("{ID_TOKEN}.jwksUri"), self.jwks_uri)?,
            issuer: self.issuer,
            audience: self.audience,
            algorithms: self.algorithms,
            clock_tolerance: self.clock_tolerance,
            crit: self.crit,
            current_date: self.current_date,
            max_token_age: self.max_token_age,
            subject: self.subject,
            typ: self.typ,
        })
    }
}

impl AuthRequest {
    fn config(self) -> Result<AuthRequestOptionalConfig, ConnectorError> {
        self.rest.judge(AUTH_REQUEST, AUTH_REQUEST_NAMES)?;
        Ok(AuthRequestOptionalConfig {
            response_type: self.response_type,
            grant_type: self.grant_type,
            token_endpoint: self.token_endpoint,
            response_mode: self.response_mode,
            display: self.display,
            prompt: self.prompt,
            max_age: self.max_age,
            ui_locales: self.ui_locales,
            id_token_hint: self.id_token_hint,
            login_hint: self.login_hint,
            acr_values: self.acr_values,
        })
    }
}

impl Rest {
    fn judge(&self, path: &str, known: &[&str]) -> Result<(), ConnectorError> {
        match &self.0 {
            Some(name) => Err(ConnectorError::new(path, unknown(name, known))),
            None => Ok(()),
        }
    }
}

fn required<T>(path: impl Into<String>, value: Option<T>) -> Result<T, ConnectorError> {
    value.ok_or_else(|| ConnectorError::new(path, "is missing"))
}

impl<'de> Deserialize<'de> for Rest {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let names = from.deserialize_map(Pairs::<serde::de::IgnoredAny>(PhantomData))?;
        Ok(Self(names.into_iter().next().map(|(name, _)| name)))
    }
}

/// The members of an object, in their order, each once.
struct Pairs<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Pairs<V> {
    type Value = Vec<(String, V)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut pairs, mut names) = (Vec::new(), std::collections::BTreeSet::new());
        while let Some((name, value)) = map.next_entry::<String, V>()? {
            if !names.insert(name.clone()) {
                return Err(A::Error::custom(format!("duplicate field `{name}`")));
            }
            pairs.push((name, value));
        }
        Ok(pairs)
    }
}

/// The value of an error would be the secret.
fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    let text = String::deserialize(from);
    let text = text.map_err(|_| D::Error::custom("the value must be a string"))?;
    Ok(Some(Secret::new(text)))
}

fn texts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<(String, String)>, D::Error> {
    from.deserialize_map(Pairs(PhantomData))
}

fn flags<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<(String, bool)>, D::Error> {
    let flags: Vec<(String, Flag)> = from.deserialize_map(Pairs(PhantomData))?;
    Ok(flags.into_iter().map(|(name, Flag(flag))| (name, flag)).collect())
}

struct Flag(bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Flag(bool),
            Text(String),
        }
        match Written::deserialize(from) {
            Ok(Written::Flag(flag)) => Ok(Self(flag)),
            Ok(Written::Text(text)) if text == "true" => Ok(Self(true)),
            Ok(Written::Text(text)) if text == "false" => Ok(Self(false)),
            _ => Err(D::Error::custom("give true or false")),
        }
    }
}

fn one_or_many<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<String>>, D::Error> {
    one_or_many::deserialize(from).map(Some)
}

/// A duration, whose units may have any case.
fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Option<HumanDuration>, D::Error> {
    match Number::deserialize(from) {
        Ok(Number::Seconds(secs)) => secs.to_string().parse().map(Some).map_err(D::Error::custom),
        Ok(Number::Text(text)) => {
            let text = text.trim();
            let parsed = text.parse().or_else(|_| text.to_ascii_lowercase().parse());
            parsed.map(Some).map_err(D::Error::custom)
        }
        Err(_) => Err(D::Error::custom(NotADuration)),
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Seconds(u64),
    Text(String),
}

/// A point in time: ISO 8601, or seconds since 1970.
fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<UnixTime>, D::Error> {
    /// The end of the year 9999, which a number of milliseconds would be far beyond.
    const MAX: i64 = 253_402_300_799;
    let secs = match Number::deserialize(from) {
        Ok(Number::Seconds(secs)) => i64::try_from(secs).ok(),
        Ok(Number::Text(text)) => iso_8601(text.trim()),
        Err(_) => None,
    };
    match secs {
        Some(secs) if (0..=MAX).contains(&secs) => Ok(Some(UnixTime(secs))),
        _ => Err(D::Error::custom(
            "give a time such as \"2026-01-31T12:00:00Z\", or whole seconds since 1970",
        )),
    }
}

/// Without an offset, a date alone is in UTC; a date with a time is not clear.
fn iso_8601(text: &str) -> Option<i64> {
    if let Ok(time) = Timestamp::from_str(text) {
        return Some(time.as_second());
    }
    // `Date` would skip a time behind it.
    let is_date = text.len() == "2026-01-31".len();
    let date = is_date.then(|| Date::from_str(text).ok())??;
    let midnight: Zoned = DateTime::from(date).to_zoned(TimeZone::UTC).ok()?;
    Some(midnight.timestamp().as_second())
}
