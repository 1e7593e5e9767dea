//! A `[[rule]]` table, as it is in the file.

use serde::{Deserialize, Deserializer, de};
use tollgate::duration::HumanDuration;
use tollgate::{one_or_many, required_claims};
use tollgate_core::policy;

use super::credentials::{Credential, CrossSite};
use super::error::Fault;
use super::foreign_pattern::ForeignPattern;
use super::mcp;
use super::path_pattern::{Extent, PathPattern};
use crate::serve::path::NormalPath;

/// The maximum number of segments in the path of a rule, which bounds how deep the search for a rule goes.
const MAX_SEGMENTS: usize = 64;

/// A `[[rule]]` table, as in the file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawRule {
    /// The rule applies to this path and all paths below it.
    pub(crate) path: Option<String>,
    /// The rule applies to this path only.
    pub(crate) path_exact: Option<String>,
    /// As `path`, but `{}` stands for any segment.
    pub(crate) path_pattern: Option<String>,
    /// Whether characters that look like a pattern are meant as they are.
    #[serde(default)]
    pub(crate) literal: bool,
    /// What the paths below may contain although servers read it in different ways.
    #[serde(default, deserialize_with = "one_or_many::deserialize")]
    pub(crate) allow_in_path: Vec<String>,
    /// The methods that the rule applies to; empty for every method.
    #[serde(default, deserialize_with = "one_or_many::deserialize")]
    pub(crate) methods: Vec<String>,
    /// The scopes that a token needs.
    #[serde(default, deserialize_with = "one_or_many::deserialize")]
    pub(crate) scope: Vec<String>,
    /// A token needs one of these scopes.
    #[serde(default, deserialize_with = "one_of")]
    pub(crate) any_scope: Vec<String>,
    /// What the claims of a token must be.
    #[serde(default, deserialize_with = "required_claims::deserialize")]
    pub(crate) required_claims: Vec<policy::Requirement<String>>,
    /// The issuers whose tokens are accepted; empty for all.
    #[serde(default, deserialize_with = "one_of")]
    pub(crate) issuer: Vec<String>,
    /// A token must name one of these audiences; empty for that of the resource.
    #[serde(default, deserialize_with = "one_of")]
    pub(crate) audience: Vec<String>,
    /// How long ago the user may have signed in (RFC 9470).
    pub(crate) max_age: Option<HumanDuration>,
    /// A token must name one of these authentication context classes (RFC 9470).
    #[serde(default, deserialize_with = "one_of")]
    pub(crate) acr: Vec<String>,
    /// The URL of the resource that the path belongs to (RFC 9728 §1.2).
    pub(crate) resource: Option<String>,
    /// The revision of an MCP server that compares the headers of a request with its body.
    pub(crate) mcp: Option<mcp::Revision>,
    /// What calls of tools need, besides.
    #[serde(default)]
    pub(crate) tool: Vec<mcp::RawTool>,
    /// The credentials that are accepted; empty for all.
    #[serde(default, deserialize_with = "credentials")]
    pub(crate) credentials: Vec<Credential>,
    /// Whether other sites may make a browser send requests with its session.
    pub(crate) cross_site: Option<CrossSite>,
    /// Whether requests pass without a token.
    #[serde(default)]
    pub(crate) public: bool,
    /// Whether requests are refused, whatever their token.
    #[serde(default)]
    pub(crate) deny: bool,
    /// Whether CORS preflight requests pass, which browsers send without a token.
    #[serde(default)]
    pub(crate) cors_preflight: bool,
}

impl RawRule {
    /// Each key that names a path, with its value.
    pub(super) fn paths(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let keys = [
            ("path", &self.path),
            ("path_exact", &self.path_exact),
            ("path_pattern", &self.path_pattern),
        ];
        keys.into_iter().filter_map(|(key, path)| Some((key, path.as_deref()?)))
    }

    pub(super) fn pattern(&self) -> Result<PathPattern, Fault> {
        let mut paths = self.paths();
        let (Some((key, path)), None) = (paths.next(), paths.next()) else {
            return Err(Fault::NotOnePath);
        };
        let is_pattern = key == "path_pattern";
        if let Some(foreign_pattern) = ForeignPattern::find(path, is_pattern, self.literal) {
            return Err(Fault::ForeignPattern(foreign_pattern));
        }
        let normal = NormalPath::parse(path).map_err(Fault::Path)?;
        let extent = if key == "path_exact" { Extent::Exact } else { Extent::Below };
        let pattern = PathPattern::new(&normal, is_pattern, extent);
        if is_pattern && !pattern.has_any() {
            return Err(Fault::NoPlaceholder { path: path.to_owned() });
        }
        if pattern.depth() > MAX_SEGMENTS {
            return Err(Fault::TooDeep { most: MAX_SEGMENTS });
        }
        Ok(pattern)
    }
}

/// Reads the kinds of credentials. An empty list would let nothing pass.
fn credentials<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Credential>, D::Error> {
    let list = Vec::<Credential>::deserialize(from)?;
    if list.is_empty() {
        return Err(de::Error::custom(
            "the list is empty. Write [\"bearer\"] or [\"session\"], or remove the key",
        ));
    }
    Ok(list)
}

/// Reads a list of alternatives. An empty one would let nothing pass, or everything.
pub(super) fn one_of<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let list = one_or_many::deserialize(from)?;
    if list.is_empty() {
        return Err(de::Error::custom("the list is empty. Name at least one, or remove the key"));
    }
    Ok(list)
}
