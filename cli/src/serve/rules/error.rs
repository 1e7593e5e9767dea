//! Errors in `[[rule]]` tables.

use std::fmt;

use tollgate_core::policy::PolicyError;

use crate::serve::path::BadPath;

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
    Scope(String),
    PublicWithScope,
    RequiredClaims(PolicyError),
    Validity,
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
            Fault::Scope(scope) => write!(
                f,
                "scope: {scope:?} is not a scope-token (RFC 6749 §3.3). Write several scopes as \
                 [\"one\", \"two\"], without spaces, quotation marks or backslashes"
            ),
            Fault::PublicWithScope => f.write_str(
                "public: a public path needs no token, so it cannot require scopes or claims. Remove \
                 public, or scope and required_claims",
            ),
            Fault::RequiredClaims(error) => write!(f, "required_claims: {error}"),
            Fault::Validity => f.write_str(
                "required_claims: validity is a matter of the issuer, not of a path. Move the requirement \
                 to the [[issuer]] table, or remove validity",
            ),
        }
    }
}

impl std::error::Error for RuleError {}
