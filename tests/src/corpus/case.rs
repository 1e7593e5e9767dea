use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One rule: an input and its verdict.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Case {
    /// The rule as a sentence.
    pub id: String,
    /// Where it is written.
    #[serde(rename = "ref", default)]
    pub reference: String,
    /// The keys.
    #[serde(flatten)]
    pub keys: Keys,
    /// The token.
    #[serde(flatten)]
    pub input: Input,
    /// The policy.
    #[serde(default)]
    pub options: Options,
    /// What must come out.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// A JWK set.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Keys {
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
    /// A token that is no text.
    TokenHex(String),
    /// The value of an `Authorization` header, if there is one.
    AuthorizationHeader(Option<String>),
    /// The value of an `Authorization` header that is no text.
    AuthorizationHeaderHex(String),
    /// The field lines of that name in a request.
    AuthorizationHeaders(Vec<String>),
}

/// What the policy says. Whatever is `None` is not checked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// The issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The audiences, any of which will do.
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
    /// Claims that must be there. `exp` need not be, unless it is in this list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub require: Vec<String>,
    /// The types of token, any of which will do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub typ: Option<OneOrMany>,
    /// Scopes, all of which must be there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required_scopes: Vec<String>,
}

/// One string or a list of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Many, or none.
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
        }
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What comes out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// On the token as a whole.
    #[serde(rename = "expect")]
    pub word: Word,
    /// Why it is refused, by the name of the reason.
    #[serde(rename = "expect_reason", default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why it is refused, by the code that clients see. None where the *keys* are at fault.
    #[serde(rename = "expect_code", default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The HTTP status. None where the *keys* are at fault.
    #[serde(rename = "expect_status", default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// On structure, header, key and signature alone; `typ` is not looked at.
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
