//! Errors in `[[rule]]` tables.

use std::fmt;

use tollgate::gate::DemandError;

use super::RawRule;
use super::foreign_pattern::ForeignPattern;
use crate::serve::path::BadPath;
use crate::serve::resource::ResourceError;

/// A rule that is malformed or overlaps with another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RuleError {
    number: usize,
    /// The key of its path, and the path, if it has one.
    path: Option<(&'static str, String)>,
    pub(super) fault: Fault,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    TooMany { most: usize },
    TooDeep { most: usize },
    NotOnePath,
    NoPlaceholder { path: String },
    ForeignPattern(ForeignPattern),
    Path(BadPath),
    Construct(String),
    NothingBelow,
    OtherSpelling { number: usize },
    Method(String),
    MethodCase(String),
    MethodTwice { method: String, number: usize },
    EveryMethod { number: usize },
    Demand(DemandError),
    PublicWithDemand,
    MaxAge,
    ToolWithoutMcp,
    ToolTwice(String),
    AcrTwice,
    Resource(ResourceError),
    ResourceAudience(String),
    NoResource { number: usize, resource: String },
    PublicAndDenied,
    DeniedWithMore,
    SessionWithoutSignIn,
    CrossSiteWithoutSession,
    UnmeetableBySession(&'static str),
    ScopeOfSession,
}

impl RuleError {
    pub(super) fn new(number: usize, table: &RawRule, fault: Fault) -> Self {
        let path = table.paths().next().map(|(key, path)| (key, path.to_owned()));
        Self { number, path, fault }
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some((_, path)) => write!(f, "rule {} ({path:?}): ", self.number)?,
            None => write!(f, "rule {}: ", self.number)?,
        }
        let key = self.path.as_ref().map_or("path", |(key, _)| key);
        match &self.fault {
            Fault::TooMany { most } => write!(
                f,
                "{key}: there are more than {most} rules. Merge several into one for their common \
                 path"
            ),
            Fault::TooDeep { most } => write!(
                f,
                "{key}: it has more than {most} segments. Shorten it: a rule applies to all paths below its \
                 own"
            ),
            Fault::NotOnePath => f.write_str(
                "it needs exactly one of path, path_exact and path_pattern. Write path = \"/orders\" for this \
                 path and everything below it, path_exact for this path alone, or path_pattern = \
                 \"/orders/{}/items\" with {} for any segment",
            ),
            Fault::NoPlaceholder { path } => write!(
                f,
                "{key}: no segment of it is {{}}, which stands for any segment. Write path = {path:?}"
            ),
            Fault::ForeignPattern(foreign_pattern) => write!(f, "{key}: {foreign_pattern}"),
            Fault::Path(bad) => write!(f, "{key}: {bad}. Write it like \"/orders\""),
            Fault::Construct(text) => write!(
                f,
                "allow_in_path: {text:?} cannot be allowed. Choose from \"%2F\", \";\" and \"//\""
            ),
            Fault::NothingBelow => f.write_str(
                "allow_in_path: it applies to what lies below a path, and path_exact has nothing below it. \
                 Write path, or remove allow_in_path",
            ),
            Fault::OtherSpelling { number } => write!(
                f,
                "{key}: some upstreams read it as the path of rule {number}. Spell both alike"
            ),
            Fault::Method(method) => {
                write!(f, "methods: {method:?} is not a method. Write one like \"GET\"")
            }
            Fault::MethodCase(method) => write!(
                f,
                "methods: {method:?} is not in upper case. Write {:?}",
                method.to_ascii_uppercase()
            ),
            Fault::MethodTwice { method, number } if *number == self.number => {
                write!(f, "methods: {method:?} is listed twice. Remove one of them")
            }
            Fault::MethodTwice { method, number } => write!(
                f,
                "methods: rule {number} lists {method:?} for the same path. Remove it from one of \
                 them"
            ),
            Fault::EveryMethod { number } => write!(
                f,
                "methods: rule {number} has the same path, and one of the two applies to every \
                 method. List different methods in each"
            ),
            Fault::Demand(error) => write!(f, "{error}"),
            Fault::PublicWithDemand => f.write_str(
                "public: a public path needs no credentials, so it cannot require scopes or claims, nor \
                 anything else. Remove public, or the other keys",
            ),
            Fault::MaxAge => f.write_str("max_age: it is too long. Write one like \"15 minutes\""),
            Fault::ToolWithoutMcp => f.write_str(
                "mcp: a rule for a tool goes by headers, which only a server of revision 2026-07-28 compares with \
                 the body. If your server does so, write mcp = \"2026-07-28\". Otherwise, remove the tools",
            ),
            Fault::ToolTwice(name) => {
                write!(f, "tool: {name:?} is listed twice. Write one table for it")
            }
            Fault::AcrTwice => f.write_str(
                "acr: the rule names classes already, so a tool cannot name others. Remove acr from one of the two",
            ),
            Fault::Resource(error) => write!(f, "resource: {error}"),
            Fault::ResourceAudience(url) => write!(
                f,
                "resource: tokens must be meant for {url:?} (RFC 8707 §2), but no issuer accepts these. Add it \
                 to audience in the [[issuer]] table, or write the audience of the tokens into the rule"
            ),
            Fault::NoResource { number, resource } => write!(
                f,
                "resource: rule {number} says that this path belongs to {resource:?}, but this rule would take \
                 tokens for others, too. Write resource = {resource:?}, or an audience"
            ),
            Fault::PublicAndDenied => {
                f.write_str("deny: a path is public or denied, not both. Remove one of the two")
            }
            Fault::SessionWithoutSignIn => f.write_str(
                "credentials: there is no table [sign_in], so there are no sessions. Add the table, or remove \
                 credentials and cross_site",
            ),
            Fault::CrossSiteWithoutSession => f.write_str(
                "cross_site: it is for sessions, which the rule does not accept. Remove it, or add \"session\" to \
                 credentials",
            ),
            Fault::UnmeetableBySession(key) => write!(
                f,
                "{key}: it is for tokens, and the session of a browser can never meet it. Write credentials = \
                 [\"bearer\"], or remove {key}"
            ),
            Fault::ScopeOfSession => f.write_str(
                "scope: without resource in [sign_in], a session has no scopes. Set resource to the API whose scopes \
                 count, or write credentials = [\"bearer\"]",
            ),
            Fault::DeniedWithMore => f.write_str(
                "deny: no token helps here, so what the rule demands of one has no effect, nor has \
                 cors_preflight. Remove these keys, or deny",
            ),
        }
    }
}

impl std::error::Error for RuleError {}

impl From<DemandError> for Fault {
    fn from(error: DemandError) -> Self {
        Self::Demand(error)
    }
}

impl From<ResourceError> for Fault {
    fn from(error: ResourceError) -> Self {
        Self::Resource(error)
    }
}
