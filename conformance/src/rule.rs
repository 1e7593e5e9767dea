//! A rule of the corpus, and the features that a verifier needs for it.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tollgate_tests::corpus::{self, Case, Input, Jwks, Options, Standing, Word};

/// A rule.
pub struct Rule {
    /// The case in the corpus.
    pub case: Case,
    /// Its line in the corpus.
    pub line: String,
    /// The beginning of the line's SHA-256, to detect changes of the rule.
    pub digest: String,
    /// Whether a standard requires it.
    pub standing: Standing,
    /// The features that a verifier needs.
    pub needs: Vec<Need>,
}

/// A feature that not every library has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Takes the token from an `Authorization` header.
    Header,
    /// Reads the text of a JWK set, and skips unusable keys.
    KeySet,
    /// Chooses a key from a set.
    KeyChoice,
    /// Compares issuer and audience.
    Parties,
    /// Checks for an expected `typ`.
    Typ,
    /// Requires scopes.
    Scopes,
    /// Requires values of claims.
    Claims,
}

impl Rule {
    /// Reads all rules of the corpus.
    pub fn all() -> Vec<Self> {
        let text = std::fs::read_to_string(corpus::PATH).expect("the corpus");
        text.lines().map(|line| Self::parse(line).expect("a rule")).collect()
    }

    /// Parses a line of the corpus.
    ///
    /// # Errors
    ///
    /// Returns an error if the line is not a rule.
    pub fn parse(line: &str) -> Result<Self, serde_json::Error> {
        let case: Case = serde_json::from_str(line)?;
        let digest = Sha256::digest(line);
        Ok(Self {
            digest: digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect(),
            standing: Standing::of(&case),
            needs: needs(&case),
            line: line.to_owned(),
            case,
        })
    }

    /// Whether the rule accepts the token.
    pub fn accepts(&self) -> bool {
        self.case.outcome.word == Word::Accept
    }

    /// Returns the token, if it comes without a header.
    pub fn token(&self) -> Option<Vec<u8>> {
        match &self.case.input {
            Input::Token(token) => Some(token.as_bytes().to_vec()),
            Input::TokenHex(hex) => Some(tollgate_tests::mint::from_hex(hex)),
            _ => None,
        }
    }

    /// Returns the `alg` in the token's header, if the header can be read.
    pub fn algorithm(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Header {
            alg: String,
        }
        let token = self.token()?;
        let header = std::str::from_utf8(token.split(|&byte| byte == b'.').next()?).ok()?;
        let header = Base64UrlUnpadded::decode_vec(header).ok()?;
        Some(serde_json::from_slice::<Header>(&header).ok()?.alg)
    }

    /// Returns the policy's options.
    pub fn options(&self) -> &Options {
        &self.case.options
    }

    /// Returns the expected audiences.
    pub fn audiences(&self) -> Option<Vec<String>> {
        self.case.options.audience.as_ref().map(|audience| audience.as_slice().to_vec())
    }

    /// Returns the JWKs of the set, or nothing if the set is malformed.
    pub fn jwks(&self) -> Vec<Value> {
        match &self.case.keys {
            Jwks::Value(set) => set["keys"].as_array().cloned().unwrap_or_default(),
            _ => Vec::new(),
        }
    }
}

impl Need {
    /// All features.
    pub const ALL: &'static [Self] = &[
        Self::Header,
        Self::KeySet,
        Self::KeyChoice,
        Self::Parties,
        Self::Typ,
        Self::Scopes,
        Self::Claims,
    ];
}

fn needs(case: &Case) -> Vec<Need> {
    let (id, reference) = (case.id.as_str(), case.reference.as_str());
    let reason = case.outcome.reason.as_deref().unwrap_or_default();
    let is_about = |words: &[&str]| words.iter().any(|word| id.contains(word));
    let refers_to = |references: &[&str]| references.contains(&reference);
    let is_header = !matches!(case.input, Input::Token(_) | Input::TokenHex(_));
    let is_key_set = !matches!(case.keys, Jwks::Value(_)) || reference.starts_with("RFC 7517 §5");
    let is_choice = reference == "RFC 7515 §4.1.4" || is_about(&["without_kid", "same_kid"]);
    let is_of_parties =
        refers_to(&["RFC 7519 §4.1.1", "RFC 7519 §4.1.3", "CVE-2020-26160", "CVE-2026-25537"])
            || reference == "RFC 7519 §7.3" && is_about(&["issuer", "audience"])
            || ["issuer-mismatch", "audience-mismatch"].contains(&reason)
            || reason == "claim-missing" && case.options.require.is_empty();
    let is_of_scopes = reference == "RFC 6749 §3.3" || !case.options.required_scopes.is_empty();
    let is_of_claims = !case.options.required_claims.is_empty();
    [
        (is_header, Need::Header),
        (is_key_set, Need::KeySet),
        (is_choice, Need::KeyChoice),
        (is_of_parties, Need::Parties),
        (case.options.typ.is_some(), Need::Typ),
        (is_of_scopes, Need::Scopes),
        (is_of_claims, Need::Claims),
    ]
    .into_iter()
    .filter_map(|(applies, need)| applies.then_some(need))
    .collect()
}
