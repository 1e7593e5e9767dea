//! Errors in `[[rule]]` tables.

use std::fmt;

use tollgate::gate::DemandError;

use crate::serve::path::BadPath;
use crate::serve::resource::ResourceError;

/// A rule that is malformed or overlaps with another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RuleError {
    pub(super) number: usize,
    pub(super) path: String,
    pub(super) fault: Fault,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    TooMany { most: usize },
    Query,
    Path(BadPath),
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
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule {} ({:?}): ", self.number, self.path)?;
        match &self.fault {
            Fault::TooMany { most } => write!(
                f,
                "path: there are more than {most} rules. Merge several into one for their common \
                 path"
            ),
            Fault::Query => f.write_str("path: it has a query. Remove the ? and what follows"),
            Fault::Path(bad) => write!(f, "path: {bad}. Write it like \"/orders\""),
            Fault::OtherSpelling { number } => write!(
                f,
                "path: some upstreams read it as the path of rule {number}. Spell both alike"
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
                "public: a public path needs no token, so it cannot require scopes or claims, nor anything \
                 else of a token. Remove public, or the other keys",
            ),
            Fault::MaxAge => f.write_str("max_age: it is too long. Write one like \"15 minutes\""),
            Fault::ToolWithoutMcp => f.write_str(
                "mcp: a rule for a tool goes by headers, which only a server of revision 2026-07-28 compares with \
                 the body. If this server does so, write mcp = \"2026-07-28\"",
            ),
            Fault::ToolTwice(name) => {
                write!(f, "tool: {name:?} is listed twice. Write one table for it")
            }
            Fault::AcrTwice => f.write_str(
                "acr: the rule names classes already, so a tool cannot name others. Remove one of the two",
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
