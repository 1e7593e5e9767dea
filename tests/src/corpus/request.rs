//! A case as a request for the oracle and the core, and a request as a case.

use super::case::{Case, Input, Jwks, OneOrMany, Options, Outcome, Word};
use super::requirement::{self, path, path_text};
use crate::mint::{from_hex, to_hex};
use crate::oracle::{
    Audience, Clock, Credentials, Path, Policy, Request, Requirement, Rule, Test, Typ, Verdict,
};

impl Case {
    /// The request that this case describes.
    pub fn request(&self) -> Request {
        let bytes = |text: &String| text.clone().into_bytes();
        let credentials = match &self.input {
            Input::Token(text) => Credentials::Token(bytes(text)),
            Input::TokenHex(hex) => Credentials::Token(from_hex(hex)),
            Input::AuthorizationHeader(value) => {
                Credentials::Lines(value.iter().map(bytes).collect())
            }
            Input::AuthorizationHeaderHex(hex) => Credentials::Lines(vec![from_hex(hex)]),
            Input::AuthorizationHeaders(lines) => {
                Credentials::Lines(lines.iter().map(bytes).collect())
            }
        };
        let options = &self.options;
        let many = |list: &OneOrMany| list.as_slice().to_vec();
        let required = |name: &String| Requirement {
            rule: Rule::Claim(Path::Name(name.clone()), Test::Present),
            validity: true,
        };
        let require = options.require.iter().map(required);
        let policy = Policy {
            issuers: options.issuer.clone().map(|issuer| vec![issuer]),
            audiences: options
                .audience
                .as_ref()
                .map(|list| many(list).into_iter().map(Audience::Exact).collect()),
            algorithms: options.algorithms.clone(),
            typ: options.typ.as_ref().map_or(Typ::Any, |list| Typ::OneOf(many(list))),
            leeway: options.leeway,
            needs_exp: options.require.iter().any(|name| name == "exp"),
            required_scopes: options.required_scopes.clone(),
            scope_claims: options.scope_claim.iter().map(|text| path(text)).collect(),
            requirements: require
                .chain(options.required_claims.iter().map(requirement::read))
                .collect(),
            ..Policy::default()
        };
        let sets = vec![(self.keys.bytes(), None)];
        Request { credentials, sets, policy, clock: Clock::Exact(options.now) }
    }

    /// Describes a request as a case for `tollgate check`, as far as a case can.
    pub fn describing(id: String, request: &Request, verdict: &Verdict) -> Self {
        let policy = &request.policy;
        let text = |line: &Vec<u8>| String::from_utf8(line.clone());
        let input = match &request.credentials {
            Credentials::Token(token) => {
                text(token).map_or_else(|_| Input::TokenHex(to_hex(token)), Input::Token)
            }
            Credentials::Lines(lines) => {
                lines.iter().map(text).collect::<Result<_, _>>().map_or_else(
                    |_| Input::AuthorizationHeaderHex(to_hex(&lines[0])),
                    Input::AuthorizationHeaders,
                )
            }
        };
        let keys = request.sets.first().map(|(text, _)| text.clone()).unwrap_or_default();
        let exact = |audience: &Audience| match audience {
            Audience::Exact(exact) | Audience::Prefix(exact) => exact.clone(),
        };
        let mut require = policy.required.clone();
        require.extend(policy.needs_exp.then(|| "exp".to_owned()));
        Self {
            id,
            reference: String::new(),
            keys: String::from_utf8(keys)
                .map_or_else(|error| Jwks::Hex(to_hex(error.as_bytes())), Jwks::Text),
            input,
            options: Options {
                issuer: policy.issuers.as_ref().and_then(|issuers| issuers.first().cloned()),
                audience: policy
                    .audiences
                    .as_ref()
                    .map(|audiences| OneOrMany::Many(audiences.iter().map(exact).collect())),
                algorithms: policy.algorithms.clone(),
                now: request.clock.time(),
                leeway: policy.leeway,
                require,
                typ: match &policy.typ {
                    Typ::Any => None,
                    Typ::OneOf(types) | Typ::AbsentOr(types) => {
                        Some(OneOrMany::Many(types.clone()))
                    }
                },
                required_scopes: policy.required_scopes.clone(),
                scope_claim: policy.scope_claims.iter().map(path_text).collect(),
                required_claims: policy.requirements.iter().map(requirement::written).collect(),
            },
            outcome: Outcome {
                word: Word::accept(matches!(verdict, Verdict::Accepted(_))),
                reason: None,
                code: None,
                status: None,
                jws: None,
            },
        }
    }
}

impl Jwks {
    /// The text of the set.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Value(value) => value.to_string().into_bytes(),
            Self::Text(text) => text.clone().into_bytes(),
            Self::Hex(hex) => from_hex(hex),
        }
    }
}
