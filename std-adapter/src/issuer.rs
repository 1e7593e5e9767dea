//! [`Issuer`]: the settings of a trusted issuer.

mod deserialize;

use std::path::PathBuf;

use serde::Deserialize;
use tollgate_core::policy::{ACCESS_TOKEN_CLAIMS, MissingExp, RequiredClaim};
use tollgate_core::{Algorithm, Claim, Leeway};

use crate::clock;
use crate::jwks::FetchRules;
use crate::one_or_many;

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
    /// gate discovers the keys.
    #[serde(deserialize_with = "one_or_many::deserialize")]
    pub issuer: Vec<String>,
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
    /// The algorithms that are accepted.
    #[serde(default = "all_algorithms", deserialize_with = "deserialize::algorithms")]
    pub algorithms: Vec<Algorithm>,
    /// Names in the header's `crit` that the API understands and acts upon.
    #[serde(default, deserialize_with = "one_or_many::deserialize")]
    pub crit: Vec<String>,
    /// The maximum age of a token, in seconds since its `iat`.
    #[serde(default, deserialize_with = "deserialize::seconds")]
    pub max_token_age: Option<u32>,
    /// The only `sub` that is accepted.
    pub subject: Option<String>,
    /// Claims that must be present, or have a certain value.
    #[serde(default, deserialize_with = "deserialize::required_claims")]
    pub required_claims: Vec<RequiredClaim<String>>,
    /// Whether tokens without `exp` are accepted.
    #[serde(skip)]
    pub missing_exp: MissingExp,
    /// What every token must be, unless other settings say otherwise.
    #[serde(skip)]
    pub profile: Profile,
    /// The URL of the keys, instead of discovery.
    pub jwks_uri: Option<String>,
    /// A file that keeps the keys, for a start while the issuer cannot be reached.
    pub snapshot: Option<PathBuf>,
    /// When keys are fetched, and how long they may be used. Files set `max_stale` only.
    #[serde(default, rename = "max_stale", deserialize_with = "deserialize::max_stale")]
    pub fetch_rules: FetchRules,
}

/// What every token must be, unless other settings say otherwise.
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
            any_issuer: false,
            audience: Vec::new(),
            audience_prefix: Vec::new(),
            any_audience: false,
            scope: Vec::new(),
            leeway: default_leeway(),
            typ: None,
            any_typ: false,
            algorithms: all_algorithms(),
            crit: Vec::new(),
            max_token_age: None,
            subject: None,
            required_claims: Vec::new(),
            missing_exp: MissingExp::default(),
            profile: Profile::default(),
            jwks_uri: None,
            snapshot: None,
            fetch_rules: FetchRules::default(),
        }
    }
}

impl Issuer {
    /// Trusts the issuer at `url`. The `iss` of its tokens must equal the URL exactly.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { issuer: vec![url.into()], ..Self::default() }
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
        Self { typ: None, any_typ: true, ..self }
    }

    /// Tolerates clocks that differ by this much.
    #[must_use]
    pub fn leeway(self, leeway: Leeway) -> Self {
        Self { leeway, ..self }
    }

    /// Accepts only these algorithms.
    #[must_use]
    pub fn algorithms(self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        Self { algorithms: algorithms.into_iter().collect(), ..self }
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

    /// Accepts only this subject (`sub`).
    #[must_use]
    pub fn subject(self, subject: impl Into<String>) -> Self {
        Self { subject: Some(subject.into()), ..self }
    }

    /// Also requires a claim, perhaps with a certain value.
    #[must_use]
    pub fn required_claim(mut self, claim: RequiredClaim<String>) -> Self {
        self.required_claims.push(claim);
        self
    }

    /// Fetches the keys from this URL instead of discovering it.
    #[must_use]
    pub fn jwks_uri(self, jwks_uri: impl Into<String>) -> Self {
        Self { jwks_uri: Some(jwks_uri.into()), ..self }
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

    /// The accepted kinds of token; `None` for any.
    pub(crate) fn accepted_typ(&self) -> Option<Vec<&str>> {
        match (&self.typ, self.profile) {
            (Some(typ), _) => Some(typ.iter().map(String::as_str).collect()),
            (None, Profile::AccessToken) if !self.any_typ => Some(vec![ACCESS_TOKEN_TYP]),
            (None, _) => None,
        }
    }

    /// The claims that the profile requires.
    pub(crate) fn profile_claims(&self) -> Vec<Claim> {
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

fn all_algorithms() -> Vec<Algorithm> {
    Algorithm::ALL.to_vec()
}
