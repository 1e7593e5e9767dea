//! What `tollgate check-connector` prints, as text and as JSON.

use std::fmt;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use tollgate::sign_in::{CheckedConnector, ConnectorError};
use tollgate::untrusted::{Excerpt, Untrusted};

use crate::keys::LoadedKeys;
use crate::style::{GOOD, RESET};

/// What the sign-in adds to each authorization request.
const FRESH_IN_AUTHORIZATION: &[&str] =
    &["redirect_uri", "state", "nonce", "code_challenge", "code_challenge_method"];

/// What the sign-in adds to each token request.
const FRESH_IN_TOKEN: &[&str] = &["code", "redirect_uri", "code_verifier"];

/// The verdict on a connector.
#[derive(Serialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub(super) enum Report {
    Accept(Box<Accepted>),
    Reject {
        /// The place of the value.
        path: String,
        message: String,
    },
}

#[derive(Serialize)]
pub(super) struct Accepted {
    authorization_request: Request,
    token_request: Request,
    id_token: IdToken,
    /// Absent if they were not fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<Vec<ListedKey>>,
    warnings: Vec<String>,
}

/// A request to the provider.
#[derive(Serialize)]
struct Request {
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_auth: Option<&'static str>,
    /// Those that are always the same.
    parameters: Parameters,
    /// The names of the others.
    per_sign_in: &'static [&'static str],
}

struct Parameters(Vec<(String, String)>);

/// What an ID token must be.
#[derive(Serialize)]
struct IdToken {
    /// Absent if it may be any https URL.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    issuer: Vec<String>,
    /// The client, and whom else `aud` may name.
    audience: Vec<String>,
    /// Absent for all that the keys are for.
    #[serde(skip_serializing_if = "Option::is_none")]
    algorithms: Option<Vec<&'static str>>,
    typ: Vec<String>,
    typ_may_be_absent: bool,
    /// In seconds, like the other times.
    clock_tolerance: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_authentication_age: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    judged_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    understood_crit: Vec<String>,
}

#[derive(Serialize)]
struct ListedKey {
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    algorithms: String,
}

impl Report {
    pub(super) fn refused(error: &ConnectorError) -> Self {
        Self::Reject { path: error.path().to_owned(), message: error.to_string() }
    }

    pub(super) fn of(checked: &CheckedConnector, keys: Option<&LoadedKeys<'_>>) -> Self {
        let issuer = &checked.id_tokens;
        let algorithms = issuer.algorithms.as_ref();
        let listed = |keys: &LoadedKeys<'_>| {
            let keys = keys.keys().iter().map(|key| ListedKey {
                kid: key.id().map(|id| id.as_str().to_owned()),
                algorithms: key.algorithms().to_string(),
            });
            keys.collect()
        };
        Self::Accept(Box::new(Accepted {
            authorization_request: Request {
                url: checked.authorization_endpoint.clone(),
                client_auth: None,
                parameters: Parameters(checked.authorization_parameters.clone()),
                per_sign_in: FRESH_IN_AUTHORIZATION,
            },
            token_request: Request {
                url: checked.token_endpoint.clone(),
                client_auth: Some(checked.client_auth.name()),
                parameters: Parameters(checked.token_parameters.clone()),
                per_sign_in: FRESH_IN_TOKEN,
            },
            id_token: IdToken {
                issuer: issuer.issuer.clone(),
                audience: issuer.audience.clone(),
                algorithms: algorithms.map(|them| them.iter().map(|it| it.name()).collect()),
                typ: issuer.typ.clone().unwrap_or_default(),
                typ_may_be_absent: issuer.typ_absent,
                clock_tolerance: issuer.leeway.as_secs(),
                max_age: issuer.max_token_age,
                max_authentication_age: checked.max_authentication_age,
                judged_at: checked.judged_at.map(|time| time.0),
                subject: issuer.subject.clone(),
                understood_crit: issuer.crit.clone(),
            },
            keys: keys.map(listed),
            warnings: checked.warnings.iter().map(ToString::to_string).collect(),
        }))
    }
}

impl Serialize for Parameters {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accept(accepted) => accepted.fmt(f),
            Self::Reject { message, .. } => writeln!(f, "{}", Untrusted(message.as_str())),
        }
    }
}

impl fmt::Display for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{GOOD}The connector can be used.{RESET}\n")?;
        writeln!(f, "Browsers are sent to {}", Untrusted(&*self.authorization_request.url))?;
        self.authorization_request.parameters.fmt(f)?;
        writeln!(f, "{:24}new for each sign-in: redirect_uri, state, nonce, code_challenge", "")?;
        line(f, "code_challenge_method", "S256 (PKCE)")?;
        writeln!(f, "\nCodes are redeemed at {}", Untrusted(&*self.token_request.url))?;
        let auth = self.token_request.client_auth.unwrap_or_default();
        line(f, "client authentication", auth)?;
        self.token_request.parameters.fmt(f)?;
        writeln!(f, "{:24}new for each sign-in: code, redirect_uri, code_verifier", "")?;
        writeln!(f, "\nID tokens must have")?;
        self.id_token.fmt(f)?;
        let Some(keys) = &self.keys else { return Ok(()) };
        writeln!(f, "\nThe provider has these keys")?;
        for key in keys {
            let kid = key.kid.as_deref().map(|kid| Excerpt(kid).to_string());
            line(f, kid.as_deref().unwrap_or("without kid"), &key.algorithms)?;
        }
        Ok(())
    }
}

impl fmt::Display for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(name, value)| line(f, name, Excerpt(value)))
    }
}

impl fmt::Display for IdToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.issuer.as_slice() {
            [] => line(f, "iss", "any https URL")?,
            issuers => line(f, "iss", Listed(issuers))?,
        }
        let (client, others) = match self.audience.split_last() {
            Some((client, others)) => (client.as_str(), others),
            None => ("", &[][..]),
        };
        match others {
            [] => line(f, "aud", format_args!("{}, and no other", Excerpt(client)))?,
            others => line(
                f,
                "aud",
                format_args!("{}, and at most also {}", Excerpt(client), Listed(others)),
            )?,
        }
        match &self.algorithms {
            None => line(f, "alg", "any that the keys are for")?,
            Some(algorithms) => line(f, "alg", algorithms.join(", "))?,
        }
        let absent = if self.typ_may_be_absent { ", or none" } else { "" };
        line(f, "typ", format_args!("{}{absent}", Listed(&self.typ)))?;
        line(f, "nonce", "the one that was sent")?;
        let tolerance = self.clock_tolerance;
        line(f, "exp, iat, nbf", format_args!("fit, with a tolerance of {tolerance} s"))?;
        if let Some(secs) = self.max_age {
            line(f, "iat", format_args!("at most {secs} s ago"))?;
        }
        if let Some(secs) = self.max_authentication_age {
            line(f, "auth_time", format_args!("at most {secs} s ago"))?;
        }
        if let Some(subject) = &self.subject {
            line(f, "sub", Excerpt(subject))?;
        }
        if !self.understood_crit.is_empty() {
            line(f, "crit", format_args!("only {}", Listed(&self.understood_crit)))?;
        }
        Ok(())
    }
}

struct Listed<'a>(&'a [String]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, text) in self.0.iter().enumerate() {
            write!(f, "{}{}", if index == 0 { "" } else { " or " }, Excerpt(text))?;
        }
        Ok(())
    }
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, value: impl fmt::Display) -> fmt::Result {
    writeln!(f, "  {:<21} {value}", Untrusted(name).to_string())
}
