//! One line of a corpus: a token or signature, keys, options, and what should become of it.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use tollgate_core::policy::{Audience, MissingExp, RequiredClaim};
use tollgate_core::{Algorithm, Leeway, Now, UnixTime};

use tollgate::policy_config::PolicyConfig;

/// A case as it is written. Unknown fields are ignored.
#[derive(Deserialize)]
pub(crate) struct Case<'a> {
    #[serde(default)]
    pub(crate) id: Value,
    /// Any JSON value, `null` too.
    #[serde(borrow, default, deserialize_with = "present")]
    jwks: Option<&'a RawValue>,
    jwks_text: Option<String>,
    jwks_hex: Option<String>,
    token: Option<String>,
    token_hex: Option<String>,
    /// `Some(None)` is `null`: the request has no such header.
    #[serde(default, deserialize_with = "present")]
    authorization_header: Option<Option<String>>,
    authorization_header_hex: Option<String>,
    authorization_headers: Option<Vec<String>>,
    alg: Option<String>,
    #[serde(borrow, default)]
    jwk: Option<&'a RawValue>,
    msg_hex: Option<String>,
    sig_hex: Option<String>,
    options: Option<Options>,
    expect: Option<Expectation>,
    pub(crate) jws_expect: Option<Expectation>,
    valid: Option<bool>,
}

/// What is to be judged.
pub(crate) enum Subject {
    Token(Input),
    Signature(RawSignature),
}

/// How a token comes.
pub(crate) enum Input {
    /// Without a header.
    Token(Vec<u8>),
    /// In the Authorization field lines of a request.
    FieldLines(Vec<Vec<u8>>),
}

/// A signature alone, R and S side by side.
pub(crate) struct RawSignature {
    pub(crate) algorithm: String,
    pub(crate) message: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

/// A leeway that no policy allows; not to be clamped.
#[derive(Clone, Copy)]
pub(crate) struct LeewayTooLarge;

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Expectation {
    Accept,
    Reject,
    Either,
}

/// A field that is there, `null` or not.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    field: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(field).map(Some)
}

impl<'a> Case<'a> {
    pub(crate) fn parse(line: &'a str) -> Result<Self, String> {
        serde_json::from_str(line).map_err(|error| error.to_string())
    }

    pub(crate) fn options(&self) -> &Options {
        static NONE: Options = Options::NONE;
        self.options.as_ref().unwrap_or(&NONE)
    }

    /// The text of the key set; empty, and so unusable, if the case has none.
    pub(crate) fn jwks(&self) -> Result<Vec<u8>, String> {
        match (&self.jwks_text, &self.jwks_hex, self.jwks, self.jwk) {
            (Some(text), ..) => Ok(text.as_bytes().to_vec()),
            (_, Some(hex), ..) => bytes("jwks_hex", hex),
            (_, _, Some(json), _) => Ok(json.get().as_bytes().to_vec()),
            (_, _, _, Some(jwk)) => Ok(format!("{{\"keys\":[{}]}}", jwk.get()).into_bytes()),
            _ => Ok(Vec::new()),
        }
    }

    pub(crate) fn subject(&self) -> Result<Subject, String> {
        if let Some(input) = self.input()? {
            return Ok(Subject::Token(input));
        }
        match (&self.alg, &self.msg_hex, &self.sig_hex) {
            (Some(algorithm), Some(message), Some(signature)) => {
                Ok(Subject::Signature(RawSignature {
                    algorithm: algorithm.clone(),
                    message: bytes("msg_hex", message)?,
                    signature: bytes("sig_hex", signature)?,
                }))
            }
            _ => Err("it has no token, no authorization_header and no alg with msg_hex and \
                      sig_hex"
                .to_owned()),
        }
    }

    fn input(&self) -> Result<Option<Input>, String> {
        let bytes_of = |line: &String| line.as_bytes().to_vec();
        Ok(Some(if let Some(lines) = &self.authorization_headers {
            Input::FieldLines(lines.iter().map(bytes_of).collect())
        } else if let Some(hex) = &self.authorization_header_hex {
            Input::FieldLines(vec![bytes("authorization_header_hex", hex)?])
        } else if let Some(header) = &self.authorization_header {
            Input::FieldLines(header.iter().map(bytes_of).collect())
        } else if let Some(hex) = &self.token_hex {
            Input::Token(bytes("token_hex", hex)?)
        } else if let Some(token) = &self.token {
            Input::Token(bytes_of(token))
        } else {
            return Ok(None);
        }))
    }

    /// The verdict that the case asks for, if it asks for one.
    pub(crate) fn expectation(&self) -> Option<Expectation> {
        let by_validity = |valid| if valid { Expectation::Accept } else { Expectation::Reject };
        let expected = self.expect.or(self.valid.map(by_validity))?;
        // Such tokens come from suites that ask about the signature alone.
        let signature_only = self.options().jws_only() && expected == Expectation::Accept;
        (!signature_only).then_some(expected)
    }
}

fn bytes(field: &str, hex: &str) -> Result<Vec<u8>, String> {
    let digits = hex.as_bytes().chunks(2).map(|pair| {
        let pair = str::from_utf8(pair).ok().filter(|pair| pair.len() == 2 && !pair.contains('+'));
        pair.and_then(|pair| u8::from_str_radix(pair, 16).ok())
    });
    digits.collect::<Option<_>>().ok_or_else(|| format!("{field} is not hexadecimal"))
}

/// The policy of a case. What is missing or null is not checked.
#[derive(Deserialize)]
pub(crate) struct Options {
    issuer: Option<OneOrMany>,
    audience: Option<OneOrMany>,
    algorithms: Option<Vec<String>>,
    now: Option<f64>,
    leeway: Option<f64>,
    require: Option<Vec<String>>,
    typ: Option<OneOrMany>,
    required_scopes: Option<Vec<String>>,
    jws_only: Option<bool>,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn list(&self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one.clone()],
            Self::Many(many) => many.clone(),
        }
    }
}

impl Options {
    const NONE: Self = Self {
        issuer: None,
        audience: None,
        algorithms: None,
        now: None,
        leeway: None,
        require: None,
        typ: None,
        required_scopes: None,
        jws_only: None,
    };

    /// Whether the case is about its signature alone.
    fn jws_only(&self) -> bool {
        self.jws_only.unwrap_or_default()
    }

    /// The time of the verdict, if the case fixes it.
    pub(crate) fn now(&self) -> Option<Now> {
        // Seconds since 1970 are exact in a float up to 2^53, and no token lives longer.
        #[allow(clippy::as_conversions, reason = "a conversion from float saturates")]
        self.now.map(|secs| Now::Exact(UnixTime(secs.floor() as i64)))
    }

    pub(crate) fn algorithms(&self) -> Vec<Algorithm> {
        match &self.algorithms {
            // Algorithms that the core does not know can be allowed, but never be met.
            Some(names) => names.iter().filter_map(|name| Algorithm::from_name(name)).collect(),
            None => Algorithm::ALL.to_vec(),
        }
    }

    pub(crate) fn required_scopes(&self) -> Vec<String> {
        self.required_scopes.clone().unwrap_or_default()
    }

    pub(crate) fn config(&self) -> Result<PolicyConfig, LeewayTooLarge> {
        let require = self.require.clone().unwrap_or_default();
        let requires_exp = require.iter().any(|claim| claim == "exp");
        let exact =
            |audience: &OneOrMany| audience.list().into_iter().map(Audience::Exact).collect();
        Ok(PolicyConfig {
            issuers: self.issuer.as_ref().map(OneOrMany::list),
            audiences: self.audience.as_ref().map(exact),
            algorithms: self.algorithms(),
            typ: self.typ.as_ref().map(OneOrMany::list),
            leeway: leeway(self.leeway.unwrap_or_default()).ok_or(LeewayTooLarge)?,
            missing_exp: if requires_exp { MissingExp::Refuse } else { MissingExp::Accept },
            required_claims: require.into_iter().map(RequiredClaim::name).collect(),
            required_scopes: self.required_scopes(),
            ..PolicyConfig::default()
        })
    }
}

fn leeway(secs: f64) -> Option<Leeway> {
    #[allow(clippy::as_conversions, reason = "a conversion from float saturates")]
    let whole = secs as u32;
    (f64::from(whole) == secs).then(|| Leeway::from_secs(whole)).flatten()
}
