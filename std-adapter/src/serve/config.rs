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
use tollgate_core::policy::{Audience, PolicyError, RequiredClaim};
use tollgate_core::{Algorithm, Claim, Leeway, Now, UnixTime, limits};

use super::origin::Proxy;
use super::resource::{Resource, ResourceError};
use super::rules::{RawRule, RuleError, Rules};

/// Where the server listens unless something else is said.
pub(crate) const DEFAULT_LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 4180);

/// What flags and the environment say.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct Overrides {
    /// Listen on this address [default: 127.0.0.1:4180]
    #[arg(long, value_name = "ADDR", env = "TOLLGATE_LISTEN")]
    pub(crate) listen: Option<SocketAddr>,

    /// Read this configuration file (TOML)
    #[arg(long, value_name = "FILE", env = "TOLLGATE_CONFIG")]
    config: Option<PathBuf>,

    /// Accept tokens of this issuer, and find its keys by discovery
    #[arg(long, value_name = "URL", env = "TOLLGATE_ISSUER")]
    issuer: Option<String>,

    /// Accept tokens for this audience (aud), compared exactly; repeatable
    #[arg(long, value_delimiter = ' ', env = "TOLLGATE_AUDIENCE")]
    audience: Vec<String>,

    /// Require this scope; repeatable
    #[arg(long, value_delimiter = ' ', env = "TOLLGATE_SCOPE")]
    scope: Vec<String>,

    /// Tolerate clocks that are so far apart: in seconds, or as in "1 minute" [default: 60]
    #[arg(long, value_name = "TIME", env = "TOLLGATE_LEEWAY")]
    leeway: Option<HumanDuration>,

    /// Accept this kind of token (typ) instead of access tokens by RFC 9068; repeatable
    #[arg(long, value_delimiter = ' ', env = "TOLLGATE_TYP", conflicts_with = "any_typ")]
    typ: Vec<String>,

    /// Accept any kind of token, ID tokens among them
    #[arg(long)]
    any_typ: bool,

    /// Keep the keys in this file, and start with those in it while the issuer cannot be reached
    #[arg(long, value_name = "FILE", env = "TOLLGATE_SNAPSHOT")]
    snapshot: Option<PathBuf>,

    /// Believe this proxy about the original method and path, if rules are configured
    #[arg(long, value_enum, env = "TOLLGATE_PROXY")]
    proxy: Option<Proxy>,

    /// The API's own URL, for its metadata (RFC 9728) and for challenges
    #[arg(long, value_name = "URL", env = "TOLLGATE_RESOURCE")]
    resource: Option<String>,

    /// Fetch keys over http:// if the issuer is on this machine
    #[arg(long)]
    allow_insecure_loopback: bool,
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
    #[error(
        "--{0} belongs to an issuer: name it with --issuer, or write {0} into its [[issuer]] table"
    )]
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
    current_date: Option<Date>,
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
#[serde(untagged, expecting = "seconds since 1970, or a time such as \"2026-11-21T18:50:00Z\"")]
enum Date {
    Seconds(i64),
    Toml(toml::value::Datetime),
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
        let mut scopes: Vec<_> = tables.iter().flat_map(|table| table.scope.clone()).collect();
        let issuers = tables.into_iter().map(IssuerTable::issuer).collect::<Result<_, _>>()?;
        let insecure = overrides.allow_insecure_loopback || file.allow_insecure_loopback;
        let plaintext = if insecure { Plaintext::Loopback } else { Plaintext::Refuse };
        let access = match (overrides.proxy.or(file.proxy), file.rule) {
            // Without rules, the headers that tell the path are not even read.
            (_, rules) if rules.is_empty() => None,
            (Some(proxy), rules) => Some((proxy, Rules::new(rules)?)),
            (None, _) => return Err(ConfigError::NoProxy),
        };
        if let Some((_, rules)) = &access {
            scopes.extend(rules.scopes());
        }
        scopes.sort_unstable();
        scopes.dedup();
        let resource = overrides.resource.or(file.resource);
        let resource = resource.map(|url| Resource::new(url, plaintext, scopes)).transpose()?;
        Ok(Self {
            listen: overrides.listen.or(file.listen).unwrap_or(DEFAULT_LISTEN),
            access,
            resource,
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
            audience: words(&self.audience),
            scope: words(&self.scope),
            leeway: self.leeway,
            typ: words(&self.typ),
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

/// Two spaces in a row have nothing between them.
fn words(list: &[String]) -> Vec<String> {
    list.iter().filter(|word| !word.is_empty()).cloned().collect()
}

fn parse_date(date: Date) -> Result<UnixTime, ConfigError> {
    let text = match date {
        Date::Seconds(secs) => return Ok(UnixTime(secs)),
        Date::Toml(date) => date.to_string(),
        Date::Text(text) => text,
    };
    let timestamp: Result<jiff::Timestamp, _> = text.parse();
    timestamp.map(|at| UnixTime(at.as_second())).map_err(|_| ConfigError::CurrentDate)
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
