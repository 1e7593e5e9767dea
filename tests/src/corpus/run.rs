//! A rule on its way through the library, stage by stage.

use tollgate_core::policy::{Audience, Expected, MissingExp, PolicyBuilder, RequiredClaim};
use tollgate_core::rustcrypto::RustCryptoKey;
use tollgate_core::{
    Algorithm, BearerToken, CompactJws, EcPublicKey, HeaderRules, KeySet, KeySetError, Leeway, Now,
    Policy, Rejection, SignatureVerifier, SignedClaims, TypRule, UnixTime, UnusableKey,
    VerifiedPayload,
};

use super::case::{Case, Input, Keys, OneOrMany, Options, Verdict, Word};
use crate::mint::from_hex;

/// What the library makes of the case's input, with the reference engine.
pub fn run(case: &Case) -> Verdict {
    run_with::<RustCryptoKey>(case)
}

/// What the library makes of the case's input, with any engine.
pub fn run_with<K: Engine>(case: &Case) -> Verdict {
    let Options { issuer, audience, algorithms, now, leeway, require, typ, required_scopes } =
        &case.options;
    let audiences: Vec<Audience<String>> = list(audience).map(Audience::Exact).collect();
    let types: Vec<String> = list(typ).collect();
    let require: Vec<RequiredClaim<String>> =
        require.iter().cloned().map(RequiredClaim::name).collect();
    let missing_exp = match case.options.require.iter().any(|name| name == "exp") {
        true => MissingExp::Refuse,
        false => MissingExp::Accept,
    };
    let algorithms: Option<Vec<Algorithm>> = algorithms.as_ref().map(|names| {
        names.iter().map(|name| Algorithm::from_name(name).expect("an algorithm's name")).collect()
    });
    let builder: PolicyBuilder<'_, String> = Policy::builder(
        issuer.as_ref().map_or(Expected::Any, |one| Expected::OneOf(std::slice::from_ref(one))),
        audience.as_ref().map_or(Expected::Any, |_| Expected::OneOf(&audiences)),
    )
    .algorithms(algorithms.as_deref().unwrap_or(Algorithm::ALL))
    .typ(typ.as_ref().map_or(TypRule::Any, |_| TypRule::OneOf(&types)))
    .leeway(Leeway::from_secs(*leeway).expect("a leeway within the cap"))
    .missing_exp(missing_exp)
    .required_claims(&require)
    .required_scopes(required_scopes);
    let policy = builder.build().expect("a policy");

    // Which kinds of token are accepted is no matter of the signature.
    let any_typ = Policy::builder(Expected::Any, Expected::Any)
        .algorithms(algorithms.as_deref().unwrap_or(Algorithm::ALL))
        .build()
        .expect("a policy");
    let jws = match stages::<K>(case, &any_typ.header_rules(), |_| Ok(())) {
        Ok(()) => Word::Accept,
        Err(_) => Word::Reject,
    };
    let now = Now::Exact(UnixTime(*now));
    let accept = |verified: VerifiedPayload<'_, '_>| {
        policy.accept(SignedClaims::parse(verified)?, now).map(drop)
    };
    let (reason, blame) = match stages::<K>(case, &policy.header_rules(), accept) {
        Ok(()) => (None, None),
        Err(Refused::Token(rejection)) => (Some(rejection.reason()), Some(rejection)),
        Err(Refused::Keys(error)) => (Some(error.reason()), None),
    };
    Verdict {
        word: if reason.is_some() { Word::Reject } else { Word::Accept },
        reason: reason.map(str::to_owned),
        code: blame.map(|rejection| rejection.code().to_owned()),
        status: blame.map(Rejection::http_status),
        jws: Some(jws),
    }
}

/// What verifies signatures with a key of a JWK set.
pub trait Engine:
    SignatureVerifier + for<'a> TryFrom<&'a EcPublicKey, Error = UnusableKey>
{
}

impl<K> Engine for K where
    K: SignatureVerifier + for<'a> TryFrom<&'a EcPublicKey, Error = UnusableKey>
{
}

enum Refused {
    Token(Rejection),
    Keys(KeySetError),
}

impl From<Rejection> for Refused {
    fn from(rejection: Rejection) -> Self {
        Self::Token(rejection)
    }
}

fn stages<K: Engine>(
    case: &Case,
    rules: &HeaderRules<'_, String>,
    judge: impl FnOnce(VerifiedPayload<'_, '_>) -> Result<(), Rejection>,
) -> Result<(), Refused> {
    let bytes;
    let token = match &case.input {
        Input::Token(text) => BearerToken::from_token68(text.as_bytes())?,
        Input::TokenHex(hex) => {
            bytes = from_hex(hex);
            BearerToken::from_token68(&bytes)?
        }
        Input::AuthorizationHeader(value) => {
            BearerToken::from_field_lines(value.iter().map(String::as_bytes))?
        }
        Input::AuthorizationHeaderHex(hex) => {
            bytes = from_hex(hex);
            BearerToken::from_header_value(&bytes)?
        }
        Input::AuthorizationHeaders(lines) => {
            BearerToken::from_field_lines(lines.iter().map(String::as_bytes))?
        }
    };
    let mut scratch = vec![0; token.as_str().len()];
    let jws = CompactJws::split(token)?;
    let candidate = jws.decode_header(rules, &mut scratch)?;
    let text = match &case.keys {
        Keys::Value(value) => value.to_string().into_bytes(),
        Keys::Text(text) => text.clone().into_bytes(),
        Keys::Hex(hex) => from_hex(hex),
    };
    let keys: Box<KeySet<K, 512>> = Box::new(KeySet::from_jwks(&text).map_err(Refused::Keys)?);
    judge(keys.select(candidate)?.verify()?)?;
    Ok(())
}

fn list(names: &Option<OneOrMany>) -> impl Iterator<Item = String> {
    names.iter().flat_map(OneOrMany::as_slice).cloned()
}
