//! How a rule is written.

use serde_json::Value;
use tollgate_core::{Rejection, Stage};

use super::case::{Case, Input, Jwks, OneOrMany, Options, Outcome, Word};
pub(super) use crate::mint::to_hex as hex;
use crate::mint::{self, Token};

/// Builds a rule: by default with the good keys, for the good issuer and audience.
pub(super) struct Rule {
    id: String,
    reference: String,
    keys: Jwks,
    input: Input,
    options: Options,
}

/// The rule `id`, as `reference` has it, about this token.
pub(super) fn rule(id: &str, reference: &str, input: impl Into<Input>) -> Rule {
    Rule {
        id: id.to_owned(),
        reference: reference.to_owned(),
        keys: Jwks::Value(mint::good_jwks()),
        input: input.into(),
        options: Options {
            issuer: Some(mint::ISSUER.to_owned()),
            audience: Some(OneOrMany::One(mint::AUDIENCE.to_owned())),
            ..Options::default()
        },
    }
}

impl Rule {
    pub(super) fn keys(self, keys: impl Into<Jwks>) -> Self {
        Self { keys: keys.into(), ..self }
    }

    pub(super) fn options(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(&mut self.options);
        self
    }

    pub(super) fn leeway(self, secs: u32) -> Self {
        self.options(|options| options.leeway = secs)
    }

    pub(super) fn typ(self, typ: &[&str]) -> Self {
        self.options(|options| options.typ = Some(OneOrMany::Many(owned(typ))))
    }

    pub(super) fn require(self, claims: &[&str]) -> Self {
        self.options(|options| options.require = owned(claims))
    }

    pub(super) fn scopes(self, scopes: &[&str]) -> Self {
        self.options(|options| options.required_scopes = owned(scopes))
    }

    pub(super) fn algorithms(self, names: &[&str]) -> Self {
        self.options(|options| options.algorithms = Some(owned(names)))
    }

    pub(super) fn audience(self, audience: impl Into<Option<OneOrMany>>) -> Self {
        self.options(|options| options.audience = audience.into())
    }

    pub(super) fn accepted(self) -> Case {
        let jws = Some(Word::Accept);
        self.with(Outcome { word: Word::Accept, reason: None, code: None, status: None, jws })
    }

    /// Refused before the claims are looked at, or by them, as the reason tells.
    pub(super) fn rejected(self, reason: &str) -> Case {
        let jws = if is_valid_jws(reason) { Word::Accept } else { Word::Reject };
        self.rejected_with(reason, jws, Some(code(reason)))
    }

    /// Refused for a signed payload that is not JSON.
    pub(super) fn payload_rejected(self, reason: &str) -> Case {
        self.rejected_with(reason, Word::Accept, Some(code(reason)))
    }

    /// Refused for keys that are not a JWK set: the token is not to blame.
    pub(super) fn keys_rejected(self, reason: &str) -> Case {
        self.rejected_with(reason, Word::Reject, None)
    }

    fn rejected_with(self, reason: &str, jws: Word, code: Option<(&str, u16)>) -> Case {
        self.with(Outcome {
            word: Word::Reject,
            reason: Some(reason.to_owned()),
            code: code.map(|(code, _)| code.to_owned()),
            status: code.map(|(_, status)| status),
            jws: Some(jws),
        })
    }

    fn with(self, outcome: Outcome) -> Case {
        let Self { id, reference, keys, input, options } = self;
        Case { id, reference, keys, input, options, outcome }
    }
}

/// Whether a token that is refused for this reason is a valid JWS. Which kinds of token are accepted
/// (`typ`) does not matter for that, though the header says it.
fn is_valid_jws(reason: &str) -> bool {
    let reason = Rejection::reasons().find(|known| known.name == reason);
    let reason = reason.unwrap();
    reason.stage > Stage::Signature || matches!(reason.name, "typ-missing" | "typ-mismatch")
}

/// The code and the status of a reason.
fn code(reason: &str) -> (&'static str, u16) {
    match reason {
        "authorization-missing" => ("auth.authorization_header_missing", 401),
        "authorization-repeated" | "authorization-malformed" | "token-malformed" => {
            ("auth.authorization_token_invalid_format", 401)
        }
        "scheme-not-bearer" => ("auth.authorization_token_type_not_supported", 401),
        "insufficient-scope" => ("insufficient_scope", 403),
        "requirement-unmet" => ("access_denied", 403),
        _ => ("invalid_token", 401),
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A value of the `Authorization` header.
pub(super) fn authorization(value: impl Into<String>) -> Input {
    Input::AuthorizationHeader(Some(value.into()))
}

impl From<Token> for Input {
    fn from(token: Token) -> Self {
        Self::Token(token.mint())
    }
}

impl From<String> for Input {
    fn from(token: String) -> Self {
        Self::Token(token)
    }
}

impl From<Value> for Jwks {
    fn from(jwks: Value) -> Self {
        Self::Value(jwks)
    }
}

impl From<String> for Jwks {
    fn from(jwks: String) -> Self {
        Self::Text(jwks)
    }
}

impl From<&str> for OneOrMany {
    fn from(one: &str) -> Self {
        Self::One(one.to_owned())
    }
}

impl From<&[&str]> for OneOrMany {
    fn from(many: &[&str]) -> Self {
        Self::Many(owned(many))
    }
}
