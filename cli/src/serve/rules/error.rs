//! Why a rule cannot be meant as it is written.

use std::fmt;

use super::{BadPath, MAX_RULES};

/// A rule that cannot be meant as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RuleError {
    pub(super) number: usize,
    pub(super) path: String,
    pub(super) fault: Fault,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    TooMany,
    Query,
    Path(BadPath),
    OtherSpelling { number: usize },
    Method(String),
    MethodCase(String),
    MethodTwice { method: String, number: usize },
    EveryMethod { number: usize },
    Scope(String),
    PublicWithScope,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule {} ({:?}): ", self.number, self.path)?;
        match &self.fault {
            Fault::TooMany => write!(
                f,
                "path: there are more than {MAX_RULES} rules. Write one for a path that several \
                 have in common"
            ),
            Fault::Query => f.write_str("path: a rule has no query. End the path before the ?"),
            Fault::Path(bad) => write!(f, "path: {bad}. Write it like \"/orders\""),
            Fault::OtherSpelling { number } => write!(
                f,
                "path: to some upstreams this is the path of rule {number}. Spell both alike"
            ),
            Fault::Method(method) => {
                write!(f, "methods: {method:?} is no method. Write one like \"GET\"")
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
                "methods: rule {number} is for the same path, and one of both is for every \
                 method. List different methods in each"
            ),
            Fault::Scope(scope) => write!(
                f,
                "scope: {scope:?} is no scope-token (RFC 6749 §3.3). Write several scopes as \
                 [\"one\", \"two\"], without spaces, quotation marks or backslashes"
            ),
            Fault::PublicWithScope => f.write_str(
                "public: without a token there is no scope. Remove either public or scope",
            ),
        }
    }
}

impl std::error::Error for RuleError {}
