//! The format of a case. `tollgate check` reads it, too.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One rule: an input and its verdict.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Case {
    /// The rule as a sentence.
    pub id: String,
    /// The standard that requires it.
    #[serde(rename = "ref", default)]
    pub reference: String,
    /// The keys.
    #[serde(flatten)]
    pub keys: Jwks,
    /// The token.
    #[serde(flatten)]
    pub input: Input,
    /// The policy.
    #[serde(default)]
    pub options: Options,
    /// The stated outcome.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// A JWK set.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Jwks {
    /// Any JSON value.
    #[serde(rename = "jwks")]
    Value(Value),
    /// Any text.
    #[serde(rename = "jwks_text")]
    Text(String),
    /// Any bytes.
    #[serde(rename = "jwks_hex")]
    Hex(String),
}

/// A token, in a header or without one.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// A token without a header.
    Token(String),
    /// A token that is not UTF-8, in hexadecimal.
    TokenHex(String),
    /// The value of an `Authorization` header, if there is one.
    AuthorizationHeader(Option<String>),
    /// The value of an `Authorization` header that is not UTF-8, in hexadecimal.
    AuthorizationHeaderHex(String),
    /// The field lines of that name in a request.
    AuthorizationHeaders(Vec<String>),
}

/// The policy. A member that is `None` is not checked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// The issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The accepted audiences; one must match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<OneOrMany>,
    /// The names of the algorithms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithms: Option<Vec<String>>,
    /// Seconds since the epoch.
    pub now: i64,
    /// Seconds.
    #[serde(skip_serializing_if = "is_zero")]
    pub leeway: u32,
    /// Claims that must be present. `exp` may be missing unless this list contains it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub require: Vec<String>,
    /// The accepted types of token; one must match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub typ: Option<OneOrMany>,
    /// Scopes that must all be present.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required_scopes: Vec<String>,
    /// The claims with scopes, by name or JSON Pointer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scope_claim: Vec<String>,
    /// What is required of other claims, as configuration files write it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required_claims: Vec<Value>,
}

/// One string or a list of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// A list, which may be empty.
    Many(Vec<String>),
}

impl OneOrMany {
    /// All of them.
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            issuer: None,
            audience: None,
            algorithms: None,
            now: crate::mint::NOW,
            leeway: 0,
            require: Vec::new(),
            typ: None,
            required_scopes: Vec::new(),
            scope_claim: Vec::new(),
            required_claims: Vec::new(),
        }
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// An outcome: the verdict and its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The verdict on the token as a whole.
    #[serde(rename = "expect")]
    pub word: Word,
    /// The reason why it is refused.
    #[serde(rename = "expect_reason", default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The code that clients see. Absent if the *keys* are at fault.
    #[serde(rename = "expect_code", default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The HTTP status. Absent if the *keys* are at fault.
    #[serde(rename = "expect_status", default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The verdict on structure, header, key and signature alone, without `typ`.
    #[serde(rename = "jws_expect", default, skip_serializing_if = "Option::is_none")]
    pub jws: Option<Word>,
}

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// Yes.
    Accept,
    /// No.
    Reject,
}

impl Word {
    /// The word for this answer.
    pub fn accept(is_accepted: bool) -> Self {
        if is_accepted { Self::Accept } else { Self::Reject }
    }
}
