//! A rule on its way through the library, stage by stage.

use tollgate_core::policy::{Audience, Expected, MissingExp, RequiredClaim};
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
    run_with(case, |key| RustCryptoKey::try_from(key))
}

/// What the library makes of the case's input, with engines that `make` makes.
pub fn run_with<V: SignatureVerifier>(
    case: &Case,
    make: impl Fn(&EcPublicKey) -> Result<V, UnusableKey>,
) -> Verdict {
    let Options { issuer, audience, algorithms, now, leeway, require, typ, required_scopes } =
        &case.options;
    let audiences: Vec<Audience<&str>> = list(audience).map(Audience::Exact).collect();
    let types: Vec<&str> = list(typ).collect();
    let scopes: Vec<&str> = required_scopes.iter().map(String::as_str).collect();
    let require: Vec<RequiredClaim<&str>> =
        require.iter().map(|name| RequiredClaim::name(name.as_str())).collect();
    let issuer = issuer.as_deref();
    let missing_exp = match case.options.require.iter().any(|name| name == "exp") {
        true => MissingExp::Refuse,
        false => MissingExp::Accept,
    };
    let algorithms: Option<Vec<Algorithm>> = algorithms.as_ref().map(|names| {
        names.iter().map(|name| Algorithm::from_name(name).expect("an algorithm's name")).collect()
    });
    let builder = Policy::builder(
        issuer.as_ref().map_or(Expected::Any, |one| Expected::OneOf(std::slice::from_ref(one))),
        audience.as_ref().map_or(Expected::Any, |_| Expected::OneOf(&audiences)),
    )
    .algorithms(algorithms.as_deref().unwrap_or(Algorithm::ALL))
    .typ(typ.as_ref().map_or(TypRule::Any, |_| TypRule::OneOf(&types)))
    .leeway(Leeway::from_secs(*leeway).expect("a leeway within the cap"))
    .missing_exp(missing_exp)
    .required_claims(&require)
    .required_scopes(&scopes);
    let policy = builder.build().expect("a policy");

    // Which kinds of token are accepted is no matter of the signature.
    let any_typ = Policy::builder(Expected::Any, Expected::Any)
        .algorithms(algorithms.as_deref().unwrap_or(Algorithm::ALL))
        .build()
        .expect("a policy");
    let jws = match stages(case, &make, &any_typ.header_rules(), |_| Ok(())) {
        Ok(()) => Word::Accept,
        Err(_) => Word::Reject,
    };
    let now = Now::Exact(UnixTime(*now));
    let accept = |verified: VerifiedPayload<'_, '_>| {
        policy.accept(SignedClaims::parse(verified)?, now).map(drop)
    };
    let (reason, blame) = match stages(case, &make, &policy.header_rules(), accept) {
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

enum Refused {
    Token(Rejection),
    Keys(KeySetError),
}

impl From<Rejection> for Refused {
    fn from(rejection: Rejection) -> Self {
        Self::Token(rejection)
    }
}

fn stages<V: SignatureVerifier>(
    case: &Case,
    make: impl Fn(&EcPublicKey) -> Result<V, UnusableKey>,
    rules: &HeaderRules<'_>,
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
    let keys: KeySet<V, 512> = KeySet::from_jwks_with(&text, make).map_err(Refused::Keys)?;
    judge(keys.select(candidate)?.verify()?)?;
    Ok(())
}

fn list(names: &Option<OneOrMany>) -> impl Iterator<Item = &str> {
    names.iter().flat_map(OneOrMany::as_slice).map(String::as_str)
}
