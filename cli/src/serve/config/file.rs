//! The file, as it is written: TOML.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, de};
use tollgate::duration::HumanDuration;
use tollgate::gate::Issuer;
use tollgate::jwks::FetchRules;
use tollgate::policy_config::PolicyConfig;
use tollgate_core::policy::{Audience, PolicyError, RequiredClaim};
use tollgate_core::{Algorithm, Claim, Leeway, UnixTime, limits};

use super::ConfigError;
use crate::serve::limits::RawLimits;
use crate::serve::origin::Proxy;
use crate::serve::rules::RawRule;

/// The whole file.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) listen: Option<SocketAddr>,
    pub(super) proxy: Option<Proxy>,
    pub(super) resource: Option<String>,
    pub(super) realm: Option<String>,
    #[serde(default)]
    pub(super) allow_insecure_loopback: bool,
    pub(super) current_date: Option<Date>,
    max_connections: Option<u64>,
    max_header_bytes: Option<u64>,
    idle_timeout: Option<HumanDuration>,
    drain_timeout: Option<HumanDuration>,
    #[serde(default)]
    pub(super) issuer: Vec<IssuerTable>,
    #[serde(default)]
    pub(super) rule: Vec<RawRule>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IssuerTable {
    /// The first is where the keys are.
    #[serde(deserialize_with = "one_or_many")]
    pub(super) issuer: Vec<String>,
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) audience: Vec<String>,
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) audience_prefix: Vec<String>,
    #[serde(default)]
    pub(super) any_audience: bool,
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) scope: Vec<String>,
    #[serde(alias = "clock_tolerance")]
    pub(super) leeway: Option<HumanDuration>,
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) typ: Vec<String>,
    #[serde(default)]
    pub(super) any_typ: bool,
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) algorithms: Vec<String>,
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) crit: Vec<String>,
    pub(super) max_token_age: Option<HumanDuration>,
    pub(super) subject: Option<String>,
    #[serde(default)]
    pub(super) required_claims: BTreeMap<String, ClaimRule>,
    pub(super) jwks_uri: Option<String>,
    pub(super) snapshot: Option<PathBuf>,
    pub(super) max_stale: Option<HumanDuration>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "seconds since 1970, or a time such as \"2026-11-21T18:50:00Z\"")]
pub(super) enum Date {
    Seconds(i64),
    Toml(toml::value::Datetime),
    Text(String),
}

/// `true` if the claim must be there, or the text that it must be.
#[derive(Deserialize)]
#[serde(untagged, expecting = "true, or the text that the claim must be")]
pub(super) enum ClaimRule {
    Present(bool),
    Equal(String),
}

/// One text, or an array of them.
pub(in crate::serve) fn one_or_many<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    match OneOrMany::deserialize(deserializer) {
        Ok(OneOrMany::One(text)) => Ok(vec![text]),
        Ok(OneOrMany::Many(texts)) => Ok(texts),
        Err(_) => Err(de::Error::custom("give a string, or an array of strings")),
    }
}

impl File {
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        let text =
            fs::read_to_string(path).map_err(|error| ConfigError::File(path.to_owned(), error))?;
        toml::from_str(&text).map_err(|error| ConfigError::Toml(path.to_owned(), error.to_string()))
    }

    pub(super) fn limits(&self) -> RawLimits {
        let &Self { max_connections, max_header_bytes, idle_timeout, drain_timeout, .. } = self;
        RawLimits { max_connections, max_header_bytes, idle_timeout, drain_timeout }
    }
}

impl IssuerTable {
    pub(super) fn issuer(self) -> Result<Issuer, ConfigError> {
        let Some(url) = self.issuer.first().cloned() else {
            return Err(ConfigError::NoIssuer);
        };
        let wrong = |key: &'static str, fix: &str| ConfigError::Issuer {
            issuer: url.clone(),
            key,
            fix: fix.to_owned(),
        };
        let exact = self.audience.into_iter().map(Audience::Exact);
        let audiences: Vec<_> =
            exact.chain(self.audience_prefix.into_iter().map(Audience::Prefix)).collect();
        if audiences.is_empty() && !self.any_audience {
            return Err(wrong(
                "audience",
                "name the API that the tokens are meant for, as in \"https://api.example.com\"",
            ));
        }
        if !audiences.is_empty() && self.any_audience {
            return Err(wrong("any_audience", "remove it, or the audiences"));
        }
        let mut policy = PolicyConfig::access_token(self.issuer, audiences);
        if self.any_audience {
            policy.audiences = None;
        }
        match (self.typ.is_empty(), self.any_typ) {
            (false, true) => return Err(wrong("any_typ", "remove it, or typ")),
            (true, false) => {}
            (_, _) => policy = policy.with_typ(self.typ),
        }
        if let Some(leeway) = self.leeway {
            let leeway = leeway.as_secs().and_then(Leeway::from_secs);
            policy.leeway = leeway.ok_or_else(|| {
                wrong("leeway", &format!("give at most {} seconds", limits::MAX_LEEWAY_SECS))
            })?;
        }
        if !self.algorithms.is_empty() {
            let algorithms = self.algorithms.iter().map(|name| Algorithm::from_name(name));
            let algorithms = algorithms.collect::<Option<_>>();
            policy.algorithms =
                algorithms.ok_or_else(|| wrong("algorithms", "choose from ES256 and ES384"))?;
        }
        if let Some(age) = self.max_token_age {
            let age = age.as_secs().ok_or_else(|| wrong("max_token_age", "it is too long"))?;
            policy.max_token_age = Some(age);
        }
        for (name, rule) in self.required_claims {
            policy.required_claims.push(match rule {
                ClaimRule::Present(true) => RequiredClaim::name(name),
                ClaimRule::Equal(value) => RequiredClaim::name_equal_to(name, value),
                ClaimRule::Present(false) => {
                    return Err(wrong("required_claims", "remove a claim that is not required"));
                }
            });
        }
        policy.crit = self.crit;
        policy.subject = self.subject;
        policy.required_scopes = self.scope;
        if let Err(error) = policy.policy() {
            let (key, fix) = match error {
                PolicyError::Scope { .. } => ("scope", "write each scope by itself, in an array"),
                PolicyError::Crit { .. } => ("crit", "list only names of your own"),
                PolicyError::Empty { claim: Claim::Issuer, .. } => ("issuer", "name one"),
                PolicyError::Empty { .. } => ("audience", "name one"),
                _ => ("required_claims", "name claims"),
            };
            return Err(wrong(key, &format!("{error}: {fix}")));
        }
        let mut rules = FetchRules::DEFAULT;
        if let Some(max_stale) = self.max_stale {
            rules.max_stale = max_stale.0;
        }
        let mut issuer = Issuer::with_policy(url, policy).fetch_rules(rules);
        if let Some(jwks_uri) = self.jwks_uri {
            issuer = issuer.jwks_uri(jwks_uri);
        }
        if let Some(snapshot) = self.snapshot {
            issuer = issuer.snapshot(snapshot);
        }
        Ok(issuer)
    }
}

pub(super) fn parse_date(date: Date) -> Result<UnixTime, ConfigError> {
    let text = match date {
        Date::Seconds(secs) => return Ok(UnixTime(secs)),
        Date::Toml(date) => date.to_string(),
        Date::Text(text) => text,
    };
    let timestamp: Result<jiff::Timestamp, _> = text.parse();
    timestamp.map(|at| UnixTime(at.as_second())).map_err(|_| ConfigError::CurrentDate)
}
