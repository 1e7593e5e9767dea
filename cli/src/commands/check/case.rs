//! A case of a corpus: a token or signature, keys, options, and the expected verdict.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use tollgate::gate::Issuer;
use tollgate::{one_or_many, required_claims};
use tollgate_core::policy::{ClaimTest, MissingExp, Requirement};
use tollgate_core::{Algorithm, Leeway, Now, UnixTime};

use crate::policy_flags::any_token;

/// A case. Unknown fields are ignored.
#[derive(Deserialize)]
pub(crate) struct Case<'a> {
    #[serde(default)]
    pub(crate) id: Value,
    /// Any JSON value, including `null`.
    #[serde(borrow, default, deserialize_with = "present")]
    jwks: Option<&'a RawValue>,
    jwks_text: Option<String>,
    jwks_hex: Option<String>,
    token: Option<String>,
    token_hex: Option<String>,
    /// `Some(None)` for `null`: the request has no such header.
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

/// What a case asks about.
pub(crate) enum Subject {
    Token(Input),
    Signature(RawSignature),
}

/// How the token is given.
pub(crate) enum Input {
    /// Without a header.
    Token(Vec<u8>),
    /// In the Authorization field lines of a request.
    FieldLines(Vec<Vec<u8>>),
}

/// A signature without a token, R and S side by side.
pub(crate) struct RawSignature {
    pub(crate) algorithm: String,
    pub(crate) message: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

/// The leeway is more than any policy allows. It is an error, and is not clamped.
#[derive(Clone, Copy)]
pub(crate) struct LeewayTooLarge;

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Expectation {
    Accept,
    Reject,
    Either,
}

/// A field that is present, perhaps as `null`.
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

    /// The text of the key set. It is empty, and so unusable, if the case has no keys.
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
            _ => {
                Err("it needs token, authorization_header, or alg with msg_hex and sig_hex"
                    .to_owned())
            }
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

    /// The expected verdict, if there is one.
    pub(crate) fn expectation(&self) -> Option<Expectation> {
        let by_validity = |valid| if valid { Expectation::Accept } else { Expectation::Reject };
        let expected = self.expect.or(self.valid.map(by_validity))?;
        // Such cases come from suites that test signatures only.
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

/// The policy of a case. An option that is missing or null is not checked.
#[derive(Deserialize)]
pub(crate) struct Options {
    issuer: Option<List>,
    audience: Option<List>,
    algorithms: Option<Vec<String>>,
    now: Option<f64>,
    leeway: Option<f64>,
    require: Option<Vec<String>>,
    typ: Option<List>,
    required_scopes: Option<Vec<String>>,
    #[serde(default, deserialize_with = "one_or_many::deserialize")]
    scope_claim: Vec<String>,
    #[serde(default, deserialize_with = "required_claims::deserialize")]
    required_claims: Vec<Requirement<String>>,
    jws_only: Option<bool>,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct List {
    #[serde(deserialize_with = "one_or_many::deserialize")]
    values: Vec<String>,
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
        scope_claim: Vec::new(),
        required_claims: Vec::new(),
        jws_only: None,
    };

    /// Whether the case is about the signature only.
    fn jws_only(&self) -> bool {
        self.jws_only.unwrap_or_default()
    }

    /// The time at which to judge, if the case sets it.
    pub(crate) fn now(&self) -> Option<Now> {
        // Whole seconds are exact in a float up to 2^53, and no token lives longer.
        #[allow(clippy::as_conversions, reason = "a conversion from float saturates")]
        self.now.map(|secs| Now::Exact(UnixTime(secs.floor() as i64)))
    }

    /// An unknown algorithm may be listed, but no token with it is accepted.
    pub(crate) fn algorithms(&self) -> Option<Vec<Algorithm>> {
        let names = self.algorithms.as_ref()?.iter();
        Some(names.filter_map(|name| Algorithm::from_name(name)).collect())
    }

    pub(crate) fn required_scopes(&self) -> &[String] {
        self.required_scopes.as_deref().unwrap_or_default()
    }

    /// The settings that the options describe. The leeway is 0 by default, and `exp` may be absent
    /// unless `require` lists it.
    pub(crate) fn issuer(&self) -> Result<Issuer, LeewayTooLarge> {
        let mut issuer = any_token();
        if let Some(issuers) = &self.issuer {
            issuer.any_issuer = false;
            issuer.issuer.clone_from(&issuers.values);
        }
        if let Some(audience) = &self.audience {
            issuer.any_audience = false;
            issuer.audience.clone_from(&audience.values);
        }
        issuer.algorithms = self.algorithms();
        issuer.typ = self.typ.as_ref().map(|typ| typ.values.clone());
        issuer.leeway = leeway(self.leeway.unwrap_or_default()).ok_or(LeewayTooLarge)?;
        let require = self.require.as_deref().unwrap_or_default();
        if !require.iter().any(|claim| claim == "exp") {
            issuer.missing_exp = MissingExp::Accept;
        }
        let present =
            |name: &String| Requirement::name(name.clone(), ClaimTest::Present).for_validity();
        issuer.required_claims = require.iter().map(present).collect();
        issuer.required_claims.extend(self.required_claims.iter().cloned());
        issuer.scope_claim.clone_from(&self.scope_claim);
        issuer.scope = self.required_scopes().to_vec();
        Ok(issuer)
    }
}

fn leeway(secs: f64) -> Option<Leeway> {
    #[allow(clippy::as_conversions, reason = "a conversion from float saturates")]
    let whole = secs as u32;
    (f64::from(whole) == secs).then(|| Leeway::from_secs(whole)).flatten()
}
