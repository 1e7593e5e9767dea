//! [`Explanation`]: what an operator needs to know about a refused token.

mod demand;
mod token_parts;

use std::fmt::{self, Display};

use tollgate_core::policy::{ACCESS_TOKEN_CLAIMS, Requirement};
use tollgate_core::{Algorithm, Claim, HeaderMember, Rejection, Stage, UnixTime};

use crate::gate::{Demand, Denied};
use crate::issuer::Issuer;
use crate::issuer_template::{IssuerTemplate, Tenants};
use crate::required_claims;
use crate::untrusted::Excerpt;
use token_parts::TokenParts;

/// Explains a refusal to the operator: what the token has, what was wanted, and which setting decides.
///
/// A [`Rejection`] has no bytes of the token, so that it can be sent to the client. An explanation looks the values
/// up again. They are escaped and cut to [`MAX_EXCERPT`](crate::untrusted::MAX_EXCERPT) characters, but may be
/// personal: do not send them to clients.
///
/// ```
/// use tollgate::explanation::Explanation;
/// use tollgate::gate::Issuer;
/// use tollgate::tollgate_core::Rejection;
///
/// let issuer = Issuer::new("https://auth.example.com").audience("https://api.example.com");
/// // {"alg":"ES256","typ":"JWT"}
/// let token = "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.e30.AA";
/// let explanation = Explanation::new(Rejection::TypMismatch, token, &issuer);
/// assert_eq!(
///     explanation.to_string(),
///     "typ is \"JWT\" (unverified), wanted \"at+jwt\"; see the setting typ (--typ)"
/// );
/// ```
#[derive(Clone, Debug)]
pub struct Explanation {
    facts: Vec<Fact>,
    is_verified: bool,
}

/// One value of a token, and what was wanted instead.
///
/// ```
/// use tollgate::explanation::{Explanation, Fact};
/// use tollgate::gate::Issuer;
/// use tollgate::tollgate_core::Rejection;
///
/// let issuer = Issuer::new("https://auth.example.com").audience("https://api.example.com");
/// // {"alg":"ES256","typ":"JWT"}
/// let token = "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.e30.AA";
/// let explanation = Explanation::new(Rejection::TypMismatch, token, &issuer);
/// let [Fact { name, found, wanted, .. }] = explanation.facts() else { panic!() };
/// assert_eq!((name.as_str(), found.as_deref()), ("typ", Some("\"JWT\"")));
/// assert_eq!(wanted, "\"at+jwt\"");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fact {
    /// The name of the claim or of the member of the header.
    pub name: String,
    /// Its value in the token, escaped; strings are in quotation marks. `None` if it is absent.
    pub found: Option<String>,
    /// What was wanted.
    pub wanted: String,
    /// The setting that decides, and its flag, if there is one.
    pub setting: Option<&'static str>,
}

impl Explanation {
    /// Explains why the settings of an issuer refuse a token.
    #[must_use]
    pub fn new(rejection: Rejection, token: &str, issuer: &Issuer) -> Self {
        let parts = TokenParts::decode(token);
        // At later stages, the issuer's signature is valid.
        let is_verified = rejection.stage() > Stage::Signature;
        let mut facts = facts(rejection, &parts, issuer);
        if matches!(rejection.stage(), Stage::KeySelection | Stage::Signature) {
            facts.extend(foreign_issuer(&parts, issuer));
        }
        Self { facts, is_verified }
    }

    /// Explains why a token does not meet a demand. The issuer's settings accept the token.
    pub(crate) fn of_demand(denied: &Denied, demand: &Demand, token: &str) -> Self {
        let facts = demand::facts(denied, demand, &TokenParts::decode(token));
        Self { facts, is_verified: true }
    }

    /// Marks the values as unverified, for a token whose signature was not checked.
    #[must_use]
    pub fn unverified(self) -> Self {
        Self { is_verified: false, ..self }
    }

    /// Says which scopes a token needs, if it lacks one of them.
    #[must_use]
    pub fn with_scopes<S: AsRef<str>>(mut self, scopes: &[S]) -> Self {
        for fact in self.facts.iter_mut().filter(|fact| fact.setting == Some(SCOPE)) {
            fact.wanted = list(scopes);
        }
        self
    }

    /// Says which keys there are, if the token names another one.
    #[must_use]
    pub fn with_key_ids<S: AsRef<str>>(mut self, key_ids: &[S]) -> Self {
        if let Some(fact) = self.facts.iter_mut().find(|fact| fact.name == KEY_ID) {
            fact.wanted = list(key_ids);
        }
        self
    }

    /// Returns the values that explain the refusal. Some refusals need no explanation.
    #[must_use]
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// Returns whether the signature of the token was valid. If not, anyone can have written the values.
    #[must_use]
    pub const fn is_verified(&self) -> bool {
        self.is_verified
    }
}

impl Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fact) in self.facts.iter().enumerate() {
            let Fact { name, found, wanted, setting } = fact;
            let separator = if index == 0 { "" } else { ". " };
            let (found, note) = match found {
                None => ("absent", ""),
                Some(found) if self.is_verified => (found.as_str(), ""),
                Some(found) => (found.as_str(), " (unverified)"),
            };
            write!(f, "{separator}{name} is {found}{note}, wanted {wanted}")?;
            if let Some(setting) = setting {
                write!(f, "; see the setting {setting}")?;
            }
        }
        Ok(())
    }
}

const ALGORITHMS: &str = "algorithms (--algorithm)";
const AUDIENCE: &str = "audience (--audience) and audience_prefix";
const ISSUER: &str = "issuer (--issuer)";
const LEEWAY: &str = "leeway (--leeway)";
const MAX_AGE: &str = "max_token_age (--max-age)";
const REQUIRED_CLAIMS: &str = "required_claims (--require)";
const SCOPE: &str = "scope (--scope), scope_claim, and scope of the rule";
const SUBJECT: &str = "subject (--subject)";
const TRUST_DOMAIN: &str = "trust_domain";

/// The member of the header that names the key.
const KEY_ID: &str = "kid";

impl Fact {
    fn new(name: &str, found: Option<String>, wanted: impl Into<String>) -> Self {
        Self { name: name.to_owned(), found, wanted: wanted.into(), setting: None }
    }

    fn setting(self, setting: &'static str) -> Self {
        Self { setting: Some(setting), ..self }
    }
}

fn facts(rejection: Rejection, parts: &TokenParts, issuer: &Issuer) -> Vec<Fact> {
    match rejection {
        Rejection::RequiredClaimMissing { index }
        | Rejection::RequiredClaimMismatch { index }
        | Rejection::RequirementUnmet { index } => {
            let is_own = index < issuer.required_claims.len();
            let setting = if is_own { REQUIRED_CLAIMS } else { TRUST_DOMAIN };
            required(&issuer.requirements(), index, parts, setting)
        }
        Rejection::InsufficientScope => {
            let fact = |path| Fact::new(path, parts.claim_at(path), list(&issuer.scope));
            scope_claims(issuer).map(|path| fact(path).setting(SCOPE)).collect()
        }
        Rejection::ClaimType(Claim::Scope) => {
            let wanted = "a string or an array of strings";
            let fact = |path| Fact::new(path, parts.typed_claim_at(path), wanted);
            scope_claims(issuer).map(|path| fact(path).setting("scope_claim")).collect()
        }
        Rejection::IssuerMismatch if issuer.tenants.is_some() => tenant(parts, issuer),
        rejection => fact(rejection, parts, issuer).into_iter().collect(),
    }
}

/// The issuer of a token, and the claim that names its tenant.
fn tenant(parts: &TokenParts, issuer: &Issuer) -> Vec<Fact> {
    let templates = list(&issuer.issuer);
    let wanted = match &issuer.tenants {
        Some(Tenants::Listed(ids)) => format!("{templates} for the tenant {}", list(ids)),
        _ => templates,
    };
    let name = issuer.issuer.first().and_then(|text| IssuerTemplate::parse(text));
    let claim = name.map(|template| {
        let claim = template.claim();
        Fact::new(claim, parts.claim(claim), "the tenant in iss")
    });
    let iss = Fact::new("iss", parts.claim("iss"), wanted).setting("issuer and tenants");
    std::iter::once(iss).chain(claim).collect()
}

/// The claims that a requirement reads.
fn required(
    list: &[Requirement<String>],
    index: usize,
    parts: &TokenParts,
    setting: &'static str,
) -> Vec<Fact> {
    let fact = |(path, condition): (&str, String)| {
        Fact::new(path, parts.claim_at(path), format!("it to {condition}")).setting(setting)
    };
    required_claims::claims(list, index).map(fact).collect()
}

/// The claims that may hold scopes.
fn scope_claims(issuer: &Issuer) -> impl Iterator<Item = &str> {
    let default = issuer.scope_claim.is_empty().then_some(Claim::Scope.name());
    issuer.scope_claim.iter().map(String::as_str).chain(default)
}

fn fact(rejection: Rejection, parts: &TokenParts, issuer: &Issuer) -> Option<Fact> {
    use Rejection as R;
    let header = |name: &str, wanted: String| Fact::new(name, parts.header(name), wanted);
    let claim =
        |claim: Claim, wanted: String| Fact::new(claim.name(), parts.claim(claim.name()), wanted);
    let time = |claim: Claim, found: UnixTime, wanted: String| {
        Fact::new(claim.name(), Some(date(found)), wanted)
    };
    let leeway = issuer.leeway.as_secs();
    let until = |now: UnixTime| format!("at most {}, plus the leeway of {leeway} s", date(now));
    let typ = || header("typ", list(&issuer.accepted_typ().unwrap_or_default()));
    Some(match rejection {
        R::AlgorithmMissing | R::AlgorithmUnsupported => header("alg", algorithms(issuer)),
        R::AlgorithmNotAllowed(_) => header("alg", algorithms(issuer)).setting(ALGORITHMS),
        R::AlgorithmMismatch { key, .. } => {
            header("alg", format!("{key}, which the key is for")).setting(ALGORITHMS)
        }
        R::TypMissing => typ().setting("typ (--typ) and typ_absent (--typ-absent)"),
        R::TypMismatch => typ().setting("typ (--typ)"),
        R::CriticalNotUnderstood => header("crit", list(&issuer.crit)).setting("crit"),
        R::HeaderMemberType(member) => {
            let wanted = match member {
                HeaderMember::Crit => "an array of strings",
                _ => "a string",
            };
            Fact::new(member.name(), parts.typed_header(member.name()), wanted)
        }
        R::UnknownKey | R::AmbiguousKey => {
            header(KEY_ID, "the id of one key of the issuer".to_owned()).setting("jwks_uri")
        }
        R::ClaimType(claim) => {
            let wanted = match claim {
                Claim::Audience => "a string or an array of strings",
                Claim::Expiration | Claim::NotBefore | Claim::IssuedAt | Claim::AuthTime => {
                    "a number"
                }
                _ => "a string",
            };
            Fact::new(claim.name(), parts.typed_claim(claim.name()), wanted)
        }
        R::ClaimOutOfRange(of) => claim(of, "at most 2^53 seconds from 1970".to_owned()),
        R::ClaimMissing(missing) => match missing {
            Claim::Issuer => claim(missing, list(&issuer.issuer)).setting(ISSUER),
            Claim::Audience => claim(missing, audiences(issuer)).setting(AUDIENCE),
            Claim::Subject if issuer.subject.is_some() => {
                claim(missing, list(issuer.subject.as_slice())).setting(SUBJECT)
            }
            Claim::Subject if issuer.trust_domain.is_some() => {
                claim(missing, "a SPIFFE ID".to_owned()).setting(TRUST_DOMAIN)
            }
            Claim::IssuedAt if issuer.max_token_age.is_some() => {
                claim(missing, "the time of issue".to_owned()).setting(MAX_AGE)
            }
            Claim::Expiration => claim(missing, "the time of expiry".to_owned()),
            missing if ACCESS_TOKEN_CLAIMS.contains(&missing) => {
                claim(missing, "a value, since RFC 9068 requires it of access tokens".to_owned())
                    .setting("typ (--typ): another one than at+jwt leaves RFC 9068")
            }
            missing => claim(missing, "a value".to_owned()),
        },
        R::IssuerMismatch => claim(Claim::Issuer, list(&issuer.issuer)).setting(ISSUER),
        R::IssuerNotOfKey => claim(Claim::Issuer, "the issuer that its key belongs to".to_owned()),
        R::AudienceMismatch | R::AudienceUntrusted => {
            claim(Claim::Audience, audiences(issuer)).setting(AUDIENCE)
        }
        R::Expired { exp, now } => {
            let wanted = format!("after {}, less the leeway of {leeway} s", date(now));
            time(Claim::Expiration, exp, wanted).setting(LEEWAY)
        }
        R::NotYetValid { nbf, now } => time(Claim::NotBefore, nbf, until(now)).setting(LEEWAY),
        R::IssuedInFuture { iat, now } => time(Claim::IssuedAt, iat, until(now)).setting(LEEWAY),
        R::TooOld { iat, now } => {
            let age = issuer.max_token_age.unwrap_or_default();
            let wanted = format!("at most {age} s before {}, plus {leeway} s", date(now));
            time(Claim::IssuedAt, iat, wanted).setting(MAX_AGE)
        }
        R::SubjectMismatch => {
            claim(Claim::Subject, list(issuer.subject.as_slice())).setting(SUBJECT)
        }
        R::ProofOfPossessionRequired => {
            Fact::new("cnf", parts.claim("cnf"), "a token that is not bound to a key")
                .setting("proof_of_possession (--proof-of-possession)")
        }
        _ => return None,
    })
}

/// The `iss` of a token that no key of ours verifies, if it names another issuer.
fn foreign_issuer(parts: &TokenParts, issuer: &Issuer) -> Option<Fact> {
    let found = parts.claim("iss")?;
    let is_ours = |ours: &String| Excerpt(ours).to_string() == found;
    let is_open = issuer.any_issuer || issuer.trust_domain.is_some() || issuer.tenants.is_some();
    if is_open || issuer.issuer.iter().any(is_ours) {
        return None;
    }
    Some(Fact::new("iss", Some(found), list(&issuer.issuer)).setting(ISSUER))
}

fn algorithms(issuer: &Issuer) -> String {
    let algorithms = issuer.algorithms.as_deref().unwrap_or(Algorithm::ALL);
    let names: Vec<_> = algorithms.iter().map(|algorithm| algorithm.name()).collect();
    names.join(" or ")
}

fn audiences(issuer: &Issuer) -> String {
    let exact = issuer.audience.iter().map(|audience| Excerpt(audience).to_string());
    let prefixes = issuer.audience_prefix.iter();
    let prefixes =
        prefixes.map(|prefix| format!("a longer one that begins with {}", Excerpt(prefix)));
    exact.chain(prefixes).collect::<Vec<_>>().join(" or ")
}

/// What a list of settings accepts.
fn list<S: AsRef<str>>(values: &[S]) -> String {
    const MOST: usize = 16;
    let mut names: Vec<_> =
        values.iter().take(MOST).map(|value| Excerpt(value.as_ref()).to_string()).collect();
    if values.len() > MOST {
        names.push("others".to_owned());
    }
    if names.is_empty() { "none".to_owned() } else { names.join(" or ") }
}

/// Seconds since 1970, and the date as people read it.
fn date(time: UnixTime) -> String {
    match jiff::Timestamp::from_second(time.0) {
        Ok(date) => format!("{time} ({date})"),
        // Before the year -9999 or after 9999.
        Err(_) => time.to_string(),
    }
}
