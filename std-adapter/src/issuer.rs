//! [`Issuer`]: the settings of a trusted issuer.

mod deserialize;
mod names;

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use tollgate_core::policy::{ACCESS_TOKEN_CLAIMS, MissingExp, ProofOfPossession, Requirement};
use tollgate_core::{Algorithm, Claim, Leeway};

use crate::clock;
use crate::duration::HumanDuration;
use crate::gate::GateError;
use crate::issuer_template::Tenants;
use crate::jwks::FetchRules;
use crate::{one_or_many, required_claims, trust_domain};

/// The settings of an issuer: which of its tokens to accept, and where its keys are.
///
/// Unless you say otherwise, these are access tokens by RFC 9068 (`typ: at+jwt`), with a clock
/// tolerance of 60 seconds. You have to name at least one audience.
///
/// ```
/// use tollgate::gate::Issuer;
///
/// let issuer = Issuer::new("https://auth.example.com/oidc")
///     .audience("https://api.example.com")
///     .scope("read:orders");
/// ```
///
/// Each method sets the field of the same name. Most fields are also keys of the `[[issuer]]` tables
/// of `tollgate serve`, which reads this type with serde:
///
/// ```
/// use tollgate::gate::Issuer;
///
/// let issuer: Issuer = serde_json::from_str(r#"{
///     "issuer": "https://auth.example.com/oidc",
///     "audience": ["https://api.example.com"],
///     "scope": "read:orders",
///     "leeway": "30 seconds",
///     "required_claims": { "organization_id": "org_1" }
/// }"#).unwrap();
/// assert_eq!(issuer.scope, ["read:orders"]);
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Issuer {
    /// `iss` must be one of these, compared exactly. The first is the URL of the issuer, from which a
    /// gate discovers the keys. If [`jwks_uri`](Self::jwks_uri), [`metadata_url`](Self::metadata_url) or
    /// [`jwks_file`](Self::jwks_file) is set, it may be any text (RFC 7519 §4.1.1).
    #[serde(default, deserialize_with = "one_or_many::deserialize")]
    pub issuer: Vec<String>,
    /// The SPIFFE trust domain whose JWT-SVIDs are accepted, such as `example.org`. Then `sub` must be a SPIFFE ID
    /// in it. `iss` may be absent, unless [`issuer`](Self::issuer) is set. `typ` may be `JWT`, `JOSE` or absent,
    /// unless [`typ`](Self::typ) is set. Keys may be for `jwt-svid`. [`jwks_uri`](Self::jwks_uri) or
    /// [`jwks_file`](Self::jwks_file) must name them.
    pub trust_domain: Option<String>,
    /// The tenants whose tokens are accepted, if the issuer is a template for the issuers of many tenants:
    /// `https://login.example/{tid}/v2.0`. Its one variable is a segment of the path, and the claim of that name
    /// must have the same value. [`jwks_uri`](Self::jwks_uri), [`metadata_url`](Self::metadata_url) or
    /// [`jwks_file`](Self::jwks_file) must name the keys, since nothing from a token becomes part of a URL.
    pub tenants: Option<Tenants>,
    /// Accepts any `iss`, for programs with keys of their own. A gate always needs an issuer.
    #[serde(skip)]
    pub any_issuer: bool,
    /// `aud` must contain one of these, compared exactly.
    #[serde(default, deserialize_with = "one_or_many::deserialize")]
    pub audience: Vec<String>,
    /// Or `aud` must contain a value that begins with one of these and continues.
    #[serde(default, deserialize_with = "one_or_many::deserialize")]
    pub audience_prefix: Vec<String>,
    /// Accepts tokens for any audience.
    #[serde(default)]
    pub any_audience: bool,
    /// Scopes that every token needs.
    #[serde(default, deserialize_with = "one_or_many::deserialize")]
    pub scope: Vec<String>,
    /// The claims that hold scopes: names, or JSON Pointers, which begin with a slash. A token has the scopes of
    /// all of them together. If the list is empty, only `scope` is read.
    #[serde(default, deserialize_with = "one_or_many::deserialize")]
    pub scope_claim: Vec<String>,
    /// How far clocks may differ.
    #[serde(
        default = "default_leeway",
        alias = "clock_tolerance",
        deserialize_with = "deserialize::leeway"
    )]
    pub leeway: Leeway,
    /// The kinds of token that are accepted; `None` for those of the [`profile`](Self::profile).
    #[serde(default, deserialize_with = "deserialize::typ")]
    pub typ: Option<Vec<String>>,
    /// Accepts any kind of token, ID tokens included.
    #[serde(default)]
    pub any_typ: bool,
    /// Also accepts tokens without `typ`, beside those that [`typ`](Self::typ) lists.
    #[serde(default)]
    pub typ_absent: bool,
    /// The algorithms that are accepted; `None` for all that the keys are for. An RSA key without `alg` is
    /// for RS256, and for another RSA algorithm only if this lists it.
    #[serde(default, deserialize_with = "deserialize::algorithms")]
    pub algorithms: Option<Vec<Algorithm>>,
    /// Names in the header's `crit` that the API understands and acts upon.
    #[serde(default, deserialize_with = "one_or_many::deserialize")]
    pub crit: Vec<String>,
    /// The maximum age of a token, in seconds since its `iat`.
    #[serde(default, deserialize_with = "deserialize::seconds")]
    pub max_token_age: Option<u32>,
    /// The only `sub` that is accepted.
    pub subject: Option<String>,
    /// What other claims must be.
    #[serde(default, deserialize_with = "required_claims::deserialize")]
    pub required_claims: Vec<Requirement<String>>,
    /// Whether tokens without `exp` are accepted.
    #[serde(skip)]
    pub missing_exp: MissingExp,
    /// Whether tokens that `cnf` binds to a key are accepted: `"refuse"`, or `"checked-by-gateway"` if
    /// something in front checks the proof.
    #[serde(default, deserialize_with = "deserialize::proof_of_possession")]
    pub proof_of_possession: ProofOfPossession,
    /// What every token must be, unless other settings say otherwise.
    #[serde(skip)]
    pub profile: Profile,
    /// The URL of the keys, instead of discovery.
    pub jwks_uri: Option<String>,
    /// The URL of the issuer's metadata, which names the URL of the keys, if it is not at a well-known place below
    /// [`issuer`](Self::issuer). The `issuer` in the metadata must equal the first of those exactly, except for what
    /// a template calls its variable.
    pub metadata_url: Option<String>,
    /// A file with the keys, instead of fetching them: a JWK set, a single JWK, or PEM with public keys and
    /// certificates, as [`KeyFile`](crate::key_file::KeyFile) describes. A gate reads it again every few
    /// seconds. The keys do not expire.
    pub jwks_file: Option<PathBuf>,
    /// A file with certificate authorities (PEM) that the issuer's servers may use, in addition to the
    /// system's. It is read when a gate is built.
    pub ca_file: Option<PathBuf>,
    /// A file with a bearer token for the requests that fetch keys. It is read anew for each, and sent over
    /// TLS only, and only to the servers that [`issuer`](Self::issuer), [`jwks_uri`](Self::jwks_uri) and
    /// [`metadata_url`](Self::metadata_url) name.
    pub bearer_token_file: Option<PathBuf>,
    /// A file that caches the keys, so that a gate can start while the issuer is unreachable.
    pub snapshot: Option<PathBuf>,
    /// When keys are fetched, and how long they may be used. Files set four of these rules, each by a key of
    /// its name: `refresh`, `cooldown`, `max_stale` and `fetch_timeout`.
    #[serde(skip)]
    pub fetch_rules: FetchRules,
    #[serde(default)]
    pub(crate) refresh: Option<HumanDuration>,
    #[serde(default)]
    cooldown: Option<HumanDuration>,
    #[serde(default)]
    pub(crate) max_stale: Option<HumanDuration>,
    #[serde(default)]
    pub(crate) fetch_timeout: Option<HumanDuration>,
}

/// What every token must be, unless other settings say otherwise.
///
/// ```
/// use tollgate::gate::{Issuer, Profile};
/// use tollgate::owned_policy::OwnedPolicy;
///
/// let mut issuer = Issuer::new("https://auth.example.com").audience("https://api.example.com");
/// assert_eq!(issuer.profile, Profile::AccessToken);
/// issuer.profile = Profile::AnyToken;
/// let policy = OwnedPolicy::new(&issuer)?;
/// # Ok::<(), tollgate::owned_policy::InvalidPolicy>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Profile {
    /// An access token by RFC 9068: `typ` is `at+jwt`, and all claims that it requires are present.
    /// A [`typ`](Issuer::typ) other than `at+jwt` leaves the profile.
    #[default]
    AccessToken,
    /// Any token: no `typ` and no claim is required. This is what `tollgate verify` and `tollgate
    /// check` assume.
    AnyToken,
}

/// The `typ` of an access token, RFC 9068 §2.1.
const ACCESS_TOKEN_TYP: &str = "at+jwt";

impl Default for Issuer {
    /// Settings that accept nothing yet: neither an issuer nor an audience is named.
    fn default() -> Self {
        Self {
            issuer: Vec::new(),
            trust_domain: None,
            tenants: None,
            any_issuer: false,
            audience: Vec::new(),
            audience_prefix: Vec::new(),
            any_audience: false,
            scope: Vec::new(),
            scope_claim: Vec::new(),
            leeway: default_leeway(),
            typ: None,
            any_typ: false,
            typ_absent: false,
            algorithms: None,
            crit: Vec::new(),
            max_token_age: None,
            subject: None,
            required_claims: Vec::new(),
            missing_exp: MissingExp::default(),
            proof_of_possession: ProofOfPossession::default(),
            profile: Profile::default(),
            jwks_uri: None,
            metadata_url: None,
            jwks_file: None,
            ca_file: None,
            bearer_token_file: None,
            snapshot: None,
            fetch_rules: FetchRules::default(),
            refresh: None,
            cooldown: None,
            max_stale: None,
            fetch_timeout: None,
        }
    }
}

impl Issuer {
    /// Trusts the issuer at `url`. The `iss` of its tokens must equal the URL exactly.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { issuer: vec![url.into()], ..Self::default() }
    }

    /// Accepts the JWT-SVIDs of this SPIFFE trust domain, such as `example.org`.
    #[must_use]
    pub fn of_trust_domain(name: impl Into<String>) -> Self {
        Self { trust_domain: Some(name.into()), ..Self::default() }
    }

    /// Accepts the tokens of these tenants. The issuer must be a template, such as
    /// `https://login.example/{tid}/v2.0`.
    #[must_use]
    pub fn tenants(self, tenants: Tenants) -> Self {
        Self { tenants: Some(tenants), ..self }
    }

    /// Also accepts tokens for this audience: the API's resource indicator.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience.push(audience.into());
        self
    }

    /// Also accepts tokens for *every* audience that begins with `prefix` and continues, such as
    /// `urn:logto:organization:`. [`Identity::audience`](crate::gate::Identity::audience)
    /// returns the whole audience.
    #[must_use]
    pub fn audience_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.audience_prefix.push(prefix.into());
        self
    }

    /// Accepts tokens for any audience. Tokens for other APIs pass, too.
    #[must_use]
    pub fn any_audience(self) -> Self {
        Self { any_audience: true, ..self }
    }

    /// Also requires this scope.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope.push(scope.into());
        self
    }

    /// Also requires these scopes.
    #[must_use]
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scope.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// Accepts only tokens of this kind (`typ`). A kind other than `at+jwt` leaves the profile of
    /// RFC 9068, so the claims that it requires may be absent.
    #[must_use]
    pub fn typ(self, typ: impl Into<String>) -> Self {
        Self { typ: Some(vec![typ.into()]), any_typ: false, ..self }
    }

    /// Accepts tokens of any kind, ID tokens included, and leaves the profile of RFC 9068.
    #[must_use]
    pub fn any_typ(self) -> Self {
        Self { typ: None, any_typ: true, typ_absent: false, ..self }
    }

    /// Also accepts tokens without `typ`. Needs [`typ`](Self::typ), which says what else is accepted. With
    /// `at+jwt` alone, these tokens need the claims that RFC 9068 requires, too.
    #[must_use]
    pub fn typ_absent(self) -> Self {
        Self { typ_absent: true, any_typ: false, ..self }
    }

    /// Tolerates clocks that differ by this much.
    #[must_use]
    pub fn leeway(self, leeway: Leeway) -> Self {
        Self { leeway, ..self }
    }

    /// Accepts only these algorithms. An RSA key without `alg` is for RS256, and for another RSA algorithm
    /// only if this lists it.
    #[must_use]
    pub fn algorithms(self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        Self { algorithms: Some(algorithms.into_iter().collect()), ..self }
    }

    /// Names members in the header's `crit` that the API understands and acts upon.
    #[must_use]
    pub fn crit(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.crit.extend(names.into_iter().map(Into::into));
        self
    }

    /// Rejects tokens that were issued more than this many seconds ago.
    #[must_use]
    pub fn max_token_age(self, secs: u32) -> Self {
        Self { max_token_age: Some(secs), ..self }
    }

    /// Says whether tokens without `exp` are accepted. They never expire.
    #[must_use]
    pub fn missing_exp(self, missing_exp: MissingExp) -> Self {
        Self { missing_exp, ..self }
    }

    /// Says whether tokens that `cnf` binds to a key are accepted (RFC 7800). By default they are refused,
    /// because as bearer tokens they may be stolen.
    #[must_use]
    pub fn proof_of_possession(self, proof_of_possession: ProofOfPossession) -> Self {
        Self { proof_of_possession, ..self }
    }

    /// Accepts only this subject (`sub`).
    #[must_use]
    pub fn subject(self, subject: impl Into<String>) -> Self {
        Self { subject: Some(subject.into()), ..self }
    }

    /// Also requires this of a claim. After a group, add its parts.
    #[must_use]
    pub fn required_claim(mut self, requirement: Requirement<String>) -> Self {
        self.required_claims.push(requirement);
        self
    }

    /// Also looks for scopes in this claim: a name, or a JSON Pointer, which begins with a slash. The first
    /// one replaces `scope`.
    #[must_use]
    pub fn scope_claim(mut self, claim: impl Into<String>) -> Self {
        self.scope_claim.push(claim.into());
        self
    }

    /// Fetches the keys from this URL instead of discovering it.
    #[must_use]
    pub fn jwks_uri(self, jwks_uri: impl Into<String>) -> Self {
        Self { jwks_uri: Some(jwks_uri.into()), ..self }
    }

    /// Reads the issuer's metadata from this URL, and fetches the keys from the URL that it names.
    #[must_use]
    pub fn metadata_url(self, metadata_url: impl Into<String>) -> Self {
        Self { metadata_url: Some(metadata_url.into()), ..self }
    }

    /// Reads the keys from this file instead of fetching them.
    #[must_use]
    pub fn jwks_file(self, file: impl Into<PathBuf>) -> Self {
        Self { jwks_file: Some(file.into()), ..self }
    }

    /// Also trusts the certificate authorities in this file (PEM) when fetching keys.
    #[must_use]
    pub fn ca_file(self, file: impl Into<PathBuf>) -> Self {
        Self { ca_file: Some(file.into()), ..self }
    }

    /// Sends the bearer token in this file when fetching keys.
    #[must_use]
    pub fn bearer_token_file(self, file: impl Into<PathBuf>) -> Self {
        Self { bearer_token_file: Some(file.into()), ..self }
    }

    /// Keeps the keys in this file, and starts with them if they are not too old.
    #[must_use]
    pub fn snapshot(self, file: impl Into<PathBuf>) -> Self {
        Self { snapshot: Some(file.into()), ..self }
    }

    /// Fetches keys by these rules.
    #[must_use]
    pub fn fetch_rules(self, fetch_rules: FetchRules) -> Self {
        Self { fetch_rules, ..self }
    }

    /// Describes the requirement at this place in [`required_claims`](Self::required_claims), with the parts of a
    /// group, in words.
    #[must_use]
    pub fn required_claim_described(&self, index: usize) -> String {
        required_claims::described(&self.requirements(), index)
    }

    /// The rules for fetching keys: those of a file, and [`fetch_rules`](Self::fetch_rules) for the rest.
    ///
    /// # Errors
    ///
    /// A rule of a file is out of its bounds.
    pub(crate) fn checked_fetch_rules(&self) -> Result<FetchRules, GateError> {
        let within = |setting, value: Option<HumanDuration>, rule, bounds: [u64; 2]| match value {
            None => Ok(rule),
            Some(HumanDuration(value)) => {
                let [least, most] = bounds.map(Duration::from_secs);
                let is_within = least <= value && value <= most;
                let issuer = || self.name().unwrap_or_default();
                is_within.then_some(value).ok_or_else(|| GateError::FetchRule {
                    issuer: issuer(),
                    setting,
                    least,
                    most,
                })
            }
        };
        const HOUR: u64 = 60 * 60;
        let rules = self.fetch_rules;
        Ok(FetchRules {
            refresh: within("refresh", self.refresh, rules.refresh, [60, 24 * HOUR])?,
            cooldown: within("cooldown", self.cooldown, rules.cooldown, [1, HOUR])?,
            max_stale: self.max_stale.map_or(rules.max_stale, |max_stale| max_stale.0),
            fetch_timeout: within(
                "fetch_timeout",
                self.fetch_timeout,
                rules.fetch_timeout,
                [1, 60],
            )?,
            ..rules
        })
    }

    /// The accepted kinds of token; `None` for any.
    pub(crate) fn accepted_typ(&self) -> Option<Vec<&str>> {
        match (&self.typ, self.profile) {
            (Some(typ), _) => Some(typ.iter().map(String::as_str).collect()),
            (None, _) if self.any_typ => None,
            (None, _) if self.trust_domain.is_some() => Some(trust_domain::TYP.to_vec()),
            (None, Profile::AccessToken) => Some(vec![ACCESS_TOKEN_TYP]),
            (None, _) => None,
        }
    }

    /// The first issuer, or the SPIFFE ID of the trust domain, if there is one. If any issuer is accepted, the
    /// URL of the keys stands for all.
    pub(crate) fn name(&self) -> Option<String> {
        let of_domain = self.trust_domain.as_deref().map(trust_domain::id);
        let of_keys = || self.jwks_uri.clone().filter(|_| self.any_issuer);
        of_domain.or_else(|| self.issuer.first().cloned()).or_else(of_keys)
    }

    /// Whether the header may have no `typ`.
    pub(crate) fn typ_may_be_absent(&self) -> bool {
        self.typ_absent || self.trust_domain.is_some() && self.typ.is_none()
    }

    /// What is required of claims: [`required_claims`](Self::required_claims), and what follows from other settings.
    pub(crate) fn requirements(&self) -> Vec<Requirement<String>> {
        let of_domain = self.trust_domain.as_deref().map(trust_domain::requirement);
        self.required_claims.iter().cloned().chain(of_domain).collect()
    }

    /// The claims that the profile requires.
    pub(crate) fn profile_claims(&self) -> Vec<Claim> {
        if self.trust_domain.is_some() {
            return vec![Claim::Subject, Claim::Audience, Claim::Expiration];
        }
        let is_access_token = |typ: &&str| {
            let typ = typ.split_once('/').map_or(*typ, |(kind, rest)| {
                if kind.eq_ignore_ascii_case("application") { rest } else { typ }
            });
            typ.eq_ignore_ascii_case(ACCESS_TOKEN_TYP)
        };
        let typ = self.accepted_typ().unwrap_or_default();
        let applies = self.profile == Profile::AccessToken
            && !typ.is_empty()
            && typ.iter().all(is_access_token);
        let mut claims = if applies { ACCESS_TOKEN_CLAIMS.to_vec() } else { Vec::new() };
        if self.missing_exp == MissingExp::Accept {
            claims.retain(|claim| *claim != Claim::Expiration);
        }
        claims
    }
}

fn default_leeway() -> Leeway {
    clock::DEFAULT_LEEWAY
}
