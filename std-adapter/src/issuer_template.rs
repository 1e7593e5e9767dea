//! [`IssuerTemplate`]: the issuers of many tenants, as one setting.

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use tollgate_core::{Claim, Claims, Rejection};

/// The longest id of a tenant, in bytes.
const MAX_TENANT_LEN: usize = 64;

/// A URL with one variable, which is a segment of its path: `https://login.example/{tid}/v2.0`. The claim with
/// the name of the variable must have the same value as the segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IssuerTemplate {
    prefix: String,
    suffix: String,
    claim: String,
}

/// The tenants whose tokens are accepted.
///
/// ```
/// use tollgate::gate::{Issuer, Tenants};
///
/// let issuer = Issuer::new("https://login.example/{tid}/v2.0")
///     .jwks_uri("https://login.example/common/keys")
///     .tenants(Tenants::Listed(vec!["8eaef023-2b34-4da1-9baa-8bc8c9d6a490".to_owned()]))
///     .audience("https://api.example.com");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tenants {
    /// All tenants of the provider, including future ones. In files: `"any"`.
    Any,
    /// The tenants with these ids.
    Listed(Vec<String>),
}

impl Tenants {
    /// Returns the first text in the list that cannot be the id of a tenant, or `""` if the list is empty.
    pub(crate) fn mistake(&self) -> Option<&str> {
        match self {
            Self::Any => None,
            Self::Listed(ids) if ids.is_empty() => Some(""),
            Self::Listed(ids) => ids.iter().map(String::as_str).find(|id| !is_tenant(id)),
        }
    }

    fn accept(&self, tenant: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(ids) => ids.iter().any(|id| id == tenant),
        }
    }
}

impl<'de> Deserialize<'de> for Tenants {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "give \"any\", or an array with the ids of tenants")]
        enum Given {
            Word(String),
            Ids(Vec<String>),
        }
        match Given::deserialize(from)? {
            Given::Ids(ids) => Ok(Self::Listed(ids)),
            Given::Word(word) if word == "any" => Ok(Self::Any),
            Given::Word(_) => {
                Err(D::Error::custom("give \"any\", or an array with the ids of tenants"))
            }
        }
    }
}

impl IssuerTemplate {
    /// Parses a template. Returns `None` if the text is not one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (prefix, rest) = text.split_once('{')?;
        let (claim, suffix) = rest.split_once('}')?;
        let (_, after_scheme) = prefix.split_once("://")?;
        let (host, _) = after_scheme.split_once('/')?;
        let is_name = !claim.is_empty()
            && claim.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let is_segment = prefix.ends_with('/') && (suffix.is_empty() || suffix.starts_with('/'));
        let is_path = !text.contains(['?', '#']) && !suffix.contains(['{', '}']);
        (is_name && is_segment && is_path && !host.is_empty()).then(|| Self {
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
            claim: claim.to_owned(),
        })
    }

    /// Returns the name of the claim that has the variable's value.
    pub(crate) fn claim(&self) -> &str {
        &self.claim
    }

    /// Returns whether a text is the same template, whatever it calls the variable: documents of providers use
    /// names of their own, such as `{tenantid}` for the claim `tid`.
    pub(crate) fn is_like(&self, text: &str) -> bool {
        Self::parse(text).is_some_and(|it| (&it.prefix, &it.suffix) == (&self.prefix, &self.suffix))
    }

    /// Returns whether this is the issuer of one of the tenants.
    pub(crate) fn fits(&self, issuer: &str, tenants: &Tenants) -> bool {
        self.tenant(issuer).is_some_and(|tenant| tenants.accept(tenant))
    }

    /// Returns the tenant whose issuer this is.
    fn tenant<'t>(&self, issuer: &'t str) -> Option<&'t str> {
        let tenant = issuer.strip_prefix(&*self.prefix)?.strip_suffix(&*self.suffix)?;
        Some(tenant).filter(|tenant| is_tenant(tenant))
    }

    /// Checks that the issuer of a token fits, that its tenant is accepted, and that the claim names the same tenant.
    pub(crate) fn judge(&self, tenants: &Tenants, claims: &Claims<'_>) -> Result<(), Rejection> {
        let issuer = claims.issuer().ok_or(Rejection::ClaimMissing(Claim::Issuer))?.to_string();
        let tenant = self.tenant(&issuer).ok_or(Rejection::IssuerMismatch)?;
        let claim = claims.get(&self.claim).and_then(|claim| claim.as_text());
        if tenants.accept(tenant) && claim.is_some_and(|claim| claim == *tenant) {
            Ok(())
        } else {
            Err(Rejection::IssuerMismatch)
        }
    }
}

/// `1*64( ALPHA / DIGIT / "." / "_" / "-" )`
fn is_tenant(text: &str) -> bool {
    (1..=MAX_TENANT_LEN).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_has_one_variable_which_is_a_segment_of_its_path() {
        for text in [
            "https://login.example/{tid}/v2.0",
            "https://login.example/{tid}",
            "https://login.example/a/{tenant_id}/",
            "http://127.0.0.1:8080/{tid}",
        ] {
            assert!(IssuerTemplate::parse(text).is_some(), "{text}");
        }
        for text in [
            "https://login.example/v2.0",
            "https://{tid}.login.example/v2.0",
            "https://{tid}/v2.0",
            "https:///{tid}",
            "https://login.example/a{tid}/v2.0",
            "https://login.example/{tid}a/v2.0",
            "https://login.example/{tid}/{other}",
            "https://login.example/{tid}/}",
            "https://login.example/{{tid}}",
            "https://login.example/{}/v2.0",
            "https://login.example/{t/d}/v2.0",
            "https://login.example/?tenant=/{tid}",
            "https://login.example/#/{tid}",
            "https://login.example/{tid",
            "login.example/{tid}",
            "{tid}",
            "",
        ] {
            assert!(IssuerTemplate::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_tenant_is_one_segment_of_few_characters() {
        let template = IssuerTemplate::parse("https://login.example/{tid}/v2.0").unwrap();
        let longest = "a".repeat(64);
        for tenant in ["a", "0.A-z_9", "72f988bf-86f1-41af-91ab-2d7cd011db47", &longest] {
            let issuer = format!("https://login.example/{tenant}/v2.0");
            assert_eq!(template.tenant(&issuer), Some(tenant));
        }
        let too_long = format!("https://login.example/{}/v2.0", "a".repeat(65));
        for issuer in [
            "https://login.example//v2.0",
            "https://login.example/v2.0",
            "https://login.example/a/b/v2.0",
            "https://login.example/a%2Fb/v2.0",
            "https://login.example/a/v2.0/",
            "https://login.example/a/v2.0?x",
            "https://login.example/a b/v2.0",
            "https://login.example/ä/v2.0",
            "https://login.example/{tid}/v2.0",
            "https://login.example.evil/a/v2.0",
            "http://login.example/a/v2.0",
            &too_long,
        ] {
            assert_eq!(template.tenant(issuer), None, "{issuer}");
        }
    }

    #[test]
    fn templates_are_alike_whatever_they_call_the_variable() {
        let ours = IssuerTemplate::parse("https://login.example/{tid}/v2.0").unwrap();
        for same in ["https://login.example/{tid}/v2.0", "https://login.example/{tenantid}/v2.0"] {
            assert!(ours.is_like(same), "{same}");
        }
        for other in [
            "https://login.example/{tid}/v1.0",
            "https://login.example/{tid}/v2.0/",
            "https://Login.example/{tid}/v2.0",
            "https://login.example/a/v2.0",
            "https://login.example/{}/v2.0",
            "https://login.example//v2.0",
        ] {
            assert!(!ours.is_like(other), "{other}");
        }
        assert_eq!(ours.claim(), "tid");
    }

    #[test]
    fn tenants_are_any_or_a_list_of_ids() {
        let read = |json: &str| serde_json::from_str::<Tenants>(json).unwrap();
        assert_eq!(read("\"any\""), Tenants::Any);
        assert_eq!(read("[\"a\",\"b\"]").mistake(), None);
        assert_eq!(read("[]").mistake(), Some(""));
        assert_eq!(read("[\"a\",\"b/c\"]").mistake(), Some("b/c"));
        assert_eq!(read("[\"a\",\"*\"]").mistake(), Some("*"));
        assert_eq!(read("[\"any\"]"), Tenants::Listed(vec!["any".to_owned()]));
        for mistake in ["true", "\"a\"", "{}"] {
            assert!(serde_json::from_str::<Tenants>(mistake).is_err(), "{mistake}");
        }
    }
}
