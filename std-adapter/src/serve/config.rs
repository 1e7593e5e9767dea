//! The configuration of the server: a file, flags and the environment in, a checked one out.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, de};
use tollgate::duration::HumanDuration;
use tollgate::gate::{Gate, GateBuilder, GateError, Issuer};
use tollgate::issuer_url::Plaintext;
use tollgate::jwks::FetchRules;
use tollgate::policy_config::PolicyConfig;
use tollgate_core::policy::{Audience, RequiredClaim};
use tollgate_core::{Algorithm, Leeway, Now, UnixTime, limits};

use super::origin::Proxy;
use super::resource::{Resource, ResourceError};
use super::rules::{RawRule, RuleError, Rules};

/// Where the server listens unless something else is said.
pub(crate) const DEFAULT_LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 4180);

/// What flags and the environment say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overrides {
    pub(crate) config: Option<PathBuf>,
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) resource: Option<String>,
    pub(crate) allow_insecure_loopback: bool,
    pub(crate) issuer: Option<String>,
    pub(crate) audience: Vec<String>,
    pub(crate) scope: Vec<String>,
    pub(crate) leeway: Option<HumanDuration>,
    pub(crate) typ: Vec<String>,
    pub(crate) any_typ: bool,
    pub(crate) snapshot: Option<PathBuf>,
}

/// The configuration.
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    /// The rules, and who tells what they are for.
    pub(crate) access: Option<(Proxy, Rules)>,
    pub(crate) resource: Option<Resource>,
    realm: Option<String>,
    plaintext: Plaintext,
    current_date: Option<UnixTime>,
    issuers: Vec<Issuer>,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("cannot read {0}: {1}")]
    File(PathBuf, std::io::Error),
    #[error("{}: {}", .0.display(), .1.trim_end())]
    Toml(PathBuf, String),
    #[error(
        "no issuer is configured. Name the one that issues the tokens, and the API they are for:\n  \
         tollgate serve --issuer https://auth.example.com/oidc --audience https://api.example.com\n\
         or try everything without one: tollgate serve --demo"
    )]
    NoIssuer,
    #[error("--{0} says something about an issuer: name it with --issuer")]
    NoIssuerFor(&'static str),
    #[error("issuers are configured both in the file and by flags: use one of them")]
    TwoSources,
    #[error("issuer {issuer:?}: {key}: {fix}")]
    Issuer { issuer: String, key: &'static str, fix: String },
    #[error("{0}")]
    Rule(#[from] RuleError),
    #[error(
        "there are rules, but it is not known which headers tell the path. Set proxy (--proxy) to \
         what stands in front: nginx, traefik, caddy or envoy"
    )]
    NoProxy,
    #[error("resource: {0}")]
    Resource(#[from] ResourceError),
    #[error("current_date: give seconds since 1970, or a time such as \"2026-11-21T18:50:00Z\"")]
    CurrentDate,
    #[error("{0}")]
    Gate(#[from] GateError),
}

/// The file, as it is written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: Option<SocketAddr>,
    proxy: Option<Proxy>,
    resource: Option<String>,
    realm: Option<String>,
    #[serde(default)]
    allow_insecure_loopback: bool,
    current_date: Option<IntegerOrText>,
    #[serde(default)]
    issuer: Vec<IssuerTable>,
    #[serde(default)]
    rule: Vec<RawRule>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct IssuerTable {
    /// The first is where the keys are.
    #[serde(deserialize_with = "one_or_many")]
    issuer: Vec<String>,
    #[serde(default, deserialize_with = "one_or_many")]
    audience: Vec<String>,
    #[serde(default, deserialize_with = "one_or_many")]
    audience_prefix: Vec<String>,
    #[serde(default)]
    any_audience: bool,
    #[serde(default, deserialize_with = "one_or_many")]
    scope: Vec<String>,
    #[serde(alias = "clock_tolerance")]
    leeway: Option<HumanDuration>,
    #[serde(default, deserialize_with = "one_or_many")]
    typ: Vec<String>,
    #[serde(default)]
    any_typ: bool,
    #[serde(default, deserialize_with = "one_or_many")]
    algorithms: Vec<String>,
    #[serde(default, deserialize_with = "one_or_many")]
    crit: Vec<String>,
    max_token_age: Option<HumanDuration>,
    subject: Option<String>,
    #[serde(default)]
    required_claims: BTreeMap<String, ClaimRule>,
    jwks_uri: Option<String>,
    snapshot: Option<PathBuf>,
    max_stale: Option<HumanDuration>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum IntegerOrText {
    Integer(i64),
    Text(String),
}

/// `true` if the claim must be there, or the text that it must be.
#[derive(Deserialize)]
#[serde(untagged, expecting = "true, or the text that the claim must be")]
enum ClaimRule {
    Present(bool),
    Equal(String),
}

/// One text, or an array of them.
pub(super) fn one_or_many<'de, D: Deserializer<'de>>(
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

impl Config {
    /// Reads the file, if one is named; flags go before what it says.
    pub(crate) fn load(overrides: Overrides) -> Result<Self, ConfigError> {
        let file = match &overrides.config {
            Some(path) => File::read(path)?,
            None => File::default(),
        };
        let tables = match overrides.issuer_table()? {
            Some(_) if !file.issuer.is_empty() => return Err(ConfigError::TwoSources),
            Some(table) => vec![table],
            None => file.issuer,
        };
        if tables.is_empty() {
            return Err(ConfigError::NoIssuer);
        }
        let issuers = tables.into_iter().map(IssuerTable::issuer).collect::<Result<_, _>>()?;
        let insecure = overrides.allow_insecure_loopback || file.allow_insecure_loopback;
        let plaintext = if insecure { Plaintext::Loopback } else { Plaintext::Refuse };
        let access = match (overrides.proxy.or(file.proxy), file.rule) {
            // Without rules, the headers that tell the path are not even read.
            (_, rules) if rules.is_empty() => None,
            (Some(proxy), rules) => Some((proxy, Rules::new(rules)?)),
            (None, _) => return Err(ConfigError::NoProxy),
        };
        let resource = overrides.resource.or(file.resource);
        Ok(Self {
            listen: overrides.listen.or(file.listen).unwrap_or(DEFAULT_LISTEN),
            access,
            resource: resource.map(|url| Resource::new(url, plaintext)).transpose()?,
            realm: file.realm,
            plaintext,
            current_date: file.current_date.map(parse_date).transpose()?,
            issuers,
        })
    }

    /// The gate that is configured.
    pub(crate) fn gate(&self, predecessor: Option<&Gate>) -> Result<Gate, ConfigError> {
        let mut builder = self.issuers.iter().cloned().fold(Gate::builder(), GateBuilder::issuer);
        builder = builder.plaintext(self.plaintext);
        if let Some(realm) = &self.realm {
            builder = builder.realm(realm);
        }
        if let Some(resource) = &self.resource {
            builder = builder.resource_metadata(resource.metadata_url());
        }
        if let Some(date) = self.current_date {
            tracing::warn!(current_date = %date, "times are judged as of a fixed date: for tests only");
            builder = builder.clock(move || Now::Exact(date));
        }
        if let Some(predecessor) = predecessor {
            builder = builder.replaces(predecessor);
        }
        Ok(builder.build()?)
    }
}

impl File {
    fn read(path: &Path) -> Result<Self, ConfigError> {
        let text =
            fs::read_to_string(path).map_err(|error| ConfigError::File(path.to_owned(), error))?;
        toml::from_str(&text).map_err(|error| ConfigError::Toml(path.to_owned(), error.to_string()))
    }
}

impl Overrides {
    fn issuer_table(&self) -> Result<Option<IssuerTable>, ConfigError> {
        let Some(issuer) = &self.issuer else {
            let said = [
                (!self.audience.is_empty(), "audience"),
                (!self.scope.is_empty(), "scope"),
                (self.leeway.is_some(), "leeway"),
                (!self.typ.is_empty(), "typ"),
                (self.any_typ, "any-typ"),
                (self.snapshot.is_some(), "snapshot"),
            ];
            let alone = said.into_iter().find_map(|(is_said, name)| is_said.then_some(name));
            return alone.map_or(Ok(None), |name| Err(ConfigError::NoIssuerFor(name)));
        };
        Ok(Some(IssuerTable {
            issuer: vec![issuer.clone()],
            audience: self.audience.clone(),
            scope: self.scope.clone(),
            leeway: self.leeway,
            typ: self.typ.clone(),
            any_typ: self.any_typ,
            snapshot: self.snapshot.clone(),
            ..IssuerTable::default()
        }))
    }
}

impl IssuerTable {
    fn issuer(self) -> Result<Issuer, ConfigError> {
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
            (true, false) => {}
            (false, true) => return Err(wrong("any_typ", "remove it, or typ")),
            (false, false) => {
                // Whoever says just what the profile says does not leave it.
                let is_profile = self.typ.iter().all(|typ| {
                    ["at+jwt", "application/at+jwt"].iter().any(|it| it.eq_ignore_ascii_case(typ))
                });
                if !is_profile {
                    policy.required.clear();
                }
                policy.typ = Some(self.typ);
            }
            (true, true) => {
                policy.typ = None;
                policy.required.clear();
            }
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

fn parse_date(date: IntegerOrText) -> Result<UnixTime, ConfigError> {
    match date {
        IntegerOrText::Integer(secs) => Ok(UnixTime(secs)),
        IntegerOrText::Text(text) => {
            let timestamp: Result<jiff::Timestamp, _> = text.parse();
            timestamp.map(|at| UnixTime(at.as_second())).map_err(|_| ConfigError::CurrentDate)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(toml: &str) -> Result<Config, ConfigError> {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("tollgate-config-{}-{number}.toml", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, toml).unwrap();
        let config = Config::load(Overrides { config: Some(path.clone()), ..Overrides::default() });
        fs::remove_file(path).unwrap();
        config
    }

    /// The blocks of TOML in a document.
    fn blocks(document: &str) -> Vec<&str> {
        let blocks = document.split("```toml\n").skip(1);
        blocks.map(|rest| rest.split("```").next().unwrap()).collect()
    }

    #[test]
    fn the_configurations_in_the_documents_are_valid() {
        let documents = [
            include_str!("../../../docs/configuration.md"),
            include_str!("../../../docs/logto.md"),
            include_str!("../../../docs/offline.md"),
        ];
        let mut count = 0;
        for block in documents.iter().flat_map(|document| blocks(document)) {
            // Others are lines to be added.
            if block.contains("[[issuer]]") {
                let loaded = load(block).map(drop);
                assert!(loaded.is_ok(), "{block}\n{}", loaded.unwrap_err());
                count += 1;
            }
        }
        assert_eq!(count, 5);
        assert!(load(include_str!("../../../examples/proxies/tollgate.toml")).is_ok());
    }

    #[test]
    fn every_setting_of_a_connectors_verification_config_is_there() {
        let config = load(
            r#"
            current_date = "2026-11-21T18:50:00Z"
            [[issuer]]
            jwks_uri = "https://keys.example.com/jwks"
            issuer = ["https://a.example", "https://b.example"]
            audience = ["https://api.example.com", "https://other.example.com"]
            algorithms = ["ES384"]
            clock_tolerance = "5 minutes"
            crit = "urn:example:crit"
            max_token_age = "2 hours"
            subject = "user_7f3k"
            typ = "JWT"
            "#,
        );
        let config = config.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(config.current_date, Some(UnixTime(1_795_287_000)));
        let issuer = format!("{:?}", config.issuers);
        for setting in [
            "url: \"https://a.example\"",
            "jwks_uri: Some(\"https://keys.example.com/jwks\")",
            "issuers: Some([\"https://a.example\", \"https://b.example\"])",
            "[Exact(\"https://api.example.com\"), Exact(\"https://other.example.com\")]",
            "algorithms: [Es384]",
            "leeway: Leeway(300)",
            "crit: [\"urn:example:crit\"]",
            "max_token_age: Some(7200)",
            "subject: Some(\"user_7f3k\")",
            "typ: Some([\"JWT\"])",
            "required: []",
        ] {
            assert!(issuer.contains(setting), "{setting} is not in {issuer}");
        }
    }

    #[test]
    fn access_tokens_by_rfc_9068_are_the_default() {
        let table = "[[issuer]]\nissuer = \"https://a.example\"\naudience = \"a\"\n";
        for typ in ["", "typ = \"at+jwt\"", "typ = [\"application/AT+JWT\"]"] {
            let issuers = format!("{:?}", load(&format!("{table}{typ}")).unwrap().issuers);
            assert!(issuers.contains("ClientId"), "{issuers}");
            assert!(issuers.contains("leeway: Leeway(60)"), "{issuers}");
        }
        for typ in ["typ = \"JWT\"", "any_typ = true", "typ = [\"at+jwt\", \"JWT\"]"] {
            let issuers = format!("{:?}", load(&format!("{table}{typ}")).unwrap().issuers);
            assert!(issuers.contains("required: []"), "{issuers}");
        }
    }
}
