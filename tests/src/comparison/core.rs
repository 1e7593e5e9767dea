//! The core's verdict, in the oracle's words.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, LazyLock, Mutex};

use tollgate_core::json::Value;
use tollgate_core::policy::{
    self, Expected, IdTokenRules, MissingExp, PolicyBuilder, ProofOfPossession, RequiredClaim,
    Unjudged,
};
use tollgate_core::provisioned::{
    Comb, P256, P384, ProvisionedKey, PublicKey, UntabledKey, table_bytes,
};
use tollgate_core::rustcrypto::RustCryptoKey;
use tollgate_core::{
    AcceptedToken, Algorithm, BearerToken, Claim, EcPublicKey, KeySet, KeySetError, Leeway, Now,
    NumericDate, Policy, Rejection, Scratch, SignatureVerifier, TypRule, UnixTime, UnusableKey,
    Verifier,
};

use super::CAPACITY;
use crate::generated::Request;
use crate::oracle::{self, Clock, Faults, Fraction, Json, Path, Seen, Stage, Text, Typ, Verdict};

/// What does the curve's arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// RustCrypto's curves.
    Reference,
    /// Our own, with a table for each key.
    Tabled,
    /// Our own, without tables.
    Untabled,
}

/// What the core says.
pub fn judge(request: &Request, engine: Engine) -> Verdict {
    match engine {
        Engine::Reference => judge_with(request, |key| RustCryptoKey::try_from(key)),
        Engine::Tabled => judge_with(request, tabled),
        Engine::Untabled => judge_with(request, untabled),
    }
}

fn judge_with<V: SignatureVerifier>(
    request: &Request,
    make: impl Fn(&EcPublicKey) -> Result<V, UnusableKey>,
) -> Verdict {
    let keys = match keys(request, make) {
        Ok(keys) => keys,
        Err(error) => return refused(Stage::KeySet, key_set_fault(error)),
    };
    let now = match request.clock {
        Clock::Exact(now) => Now::Exact(UnixTime(now)),
        Clock::AtLeast(now) => Now::AtLeast(UnixTime(now)),
    };
    with_policy(&request.policy, |policy| {
        let verifier = Verifier::new(&keys, policy);
        // What a token needs at the most, and no byte more.
        let longest = request.lines.first().map_or(0, Vec::len);
        let mut scratch = vec![0; Scratch::needed_for(longest)];
        let verdict = match &request.lines[..] {
            [line] => verifier.verify_header(line, now, &mut scratch),
            lines => BearerToken::from_field_lines(lines.iter().map(Vec::as_slice))
                .and_then(|token| verifier.verify(token, now, &mut scratch)),
        };
        match verdict {
            Ok(token) => Verdict::Accepted(Box::new(seen(&token))),
            Err(rejection) => {
                let (stage, fault) = fault(rejection);
                refused(stage, fault)
            }
        }
    })
}

fn refused(stage: Stage, fault: String) -> Verdict {
    Verdict::Refused { stage, faults: Faults::from([fault]) }
}

fn keys<V>(
    request: &Request,
    make: impl Fn(&EcPublicKey) -> Result<V, UnusableKey>,
) -> Result<KeySet<V, CAPACITY>, KeySetError> {
    let mut keys = KeySet::new();
    for (text, issuer) in &request.sets {
        let set = KeySet::<V, CAPACITY>::from_jwks_with(text, &make)?;
        keys.extend(match issuer {
            Some(issuer) => set.with_issuer(interned(issuer)),
            None => set,
        })?;
    }
    Ok(keys)
}

/// The same text, kept until the program ends; each text once.
fn interned(text: &str) -> &'static str {
    static KNOWN: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap();
    known.get(text).copied().unwrap_or_else(|| {
        let text = String::from(text).leak();
        known.insert(text);
        text
    })
}

fn key_set_fault(error: KeySetError) -> String {
    match error {
        KeySetError::Json(error) => format!("{} keys", error.kind.reason()),
        other => other.reason().to_owned(),
    }
}

/// The policy as its user would build it: by a profile, if it has one.
fn with_policy<T>(spec: &oracle::Policy, judge: impl FnOnce(Policy<'_>) -> T) -> T {
    let issuers = spec.issuers.as_deref().map(strs);
    let audiences: Option<Vec<_>> =
        spec.audiences.as_ref().map(|audiences| audiences.iter().map(audience).collect());
    let algorithms: Vec<Algorithm> =
        spec.algorithms.iter().map(|name| Algorithm::from_name(name).unwrap()).collect();
    let (crit, scopes) = (strs(&spec.understood_crit), strs(&spec.required_scopes));
    let required_claims: Vec<_> = spec
        .required_claims
        .iter()
        .map(|required| match (&required.path, &required.value) {
            (Path::Name(name), None) => RequiredClaim::name(name.as_str()),
            (Path::Name(name), Some(value)) => RequiredClaim::name_equal_to(name.as_str(), value),
            (Path::Pointer(pointer), None) => RequiredClaim::pointer(pointer.as_str()),
            (Path::Pointer(pointer), Some(value)) => {
                RequiredClaim::pointer_equal_to(pointer.as_str(), value)
            }
        })
        .collect();
    let types = match &spec.typ {
        Typ::Any => Vec::new(),
        Typ::OneOf(types) | Typ::AbsentOr(types) => strs(types),
    };

    let (profile, builder): (oracle::Policy, PolicyBuilder<'_>) = match (&issuers, &audiences) {
        (Some(issuers), Some(audiences)) if spec.id_token.is_some() => {
            let rules = spec.id_token.as_ref().unwrap();
            let rules = IdTokenRules {
                client_id: &rules.client_id,
                nonce: rules.nonce.as_deref(),
                max_authentication_age: rules.max_age,
                access_token: rules.access_token.as_deref(),
            };
            (oracle::Policy::id_token(""), Policy::id_token(issuers, audiences, rules))
        }
        (Some(issuers), Some(audiences))
            if spec.required.starts_with(&oracle::Policy::access_token().required) =>
        {
            (oracle::Policy::access_token(), Policy::access_token(issuers, audiences))
        }
        _ => {
            assert!(spec.id_token.is_none(), "the profile names issuers and audiences");
            let issuers = issuers.as_deref().map_or(Expected::Any, Expected::OneOf);
            let audiences = audiences.as_deref().map_or(Expected::Any, Expected::OneOf);
            (oracle::Policy::default(), Policy::builder(issuers, audiences))
        }
    };
    let required: Vec<Claim> =
        spec.required[profile.required.len()..].iter().map(|name| claim(name)).collect();
    let mut builder = builder
        .algorithms(&algorithms)
        .understood_crit(&crit)
        .leeway(Leeway::from_secs(spec.leeway).unwrap())
        .missing_exp(if spec.needs_exp { MissingExp::Refuse } else { MissingExp::Accept })
        .unjudged(if spec.accepts_unjudged { Unjudged::Accept } else { Unjudged::Refuse })
        .required(&required)
        .required_claims(&required_claims)
        .required_scopes(&scopes);
    if spec.typ != profile.typ {
        builder = builder.typ(match spec.typ {
            Typ::Any => TypRule::Any,
            Typ::OneOf(_) => TypRule::OneOf(&types),
            Typ::AbsentOr(_) => TypRule::AbsentOr(&types),
        });
    }
    if let Some(age) = spec.max_token_age {
        builder = builder.max_token_age(age);
    }
    if let Some(subject) = &spec.subject {
        builder = builder.subject(subject);
    }
    if spec.accepts_bound {
        builder = builder.proof_of_possession(ProofOfPossession::CheckedByCaller);
    }
    judge(builder.build().unwrap())
}

fn strs(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

fn audience(audience: &oracle::Audience) -> policy::Audience<&str> {
    match audience {
        oracle::Audience::Exact(exact) => policy::Audience::Exact(exact),
        oracle::Audience::Prefix(prefix) => policy::Audience::Prefix(prefix),
    }
}

fn claim(name: &str) -> Claim {
    *Claim::ALL.iter().find(|claim| claim.name() == name).unwrap()
}

/// Where a rejection stands, and its reason with its facts.
fn fault(rejection: Rejection) -> (Stage, String) {
    use Rejection as R;
    use tollgate_core::Stage as Reached;

    let stage = match rejection.stage() {
        Reached::Authorization => Stage::Authorization,
        Reached::Compact => Stage::Compact,
        Reached::Header => Stage::Header,
        Reached::KeySelection => Stage::Choice,
        Reached::Signature => Stage::Signature,
        Reached::Claims => Stage::Claims,
        Reached::Policy => Stage::Policy,
        other => panic!("the oracle has no stage {other:?}"),
    };
    let facts = match rejection {
        R::TokenTooLong { len } | R::HeaderTooLong { len } => len.to_string(),
        R::PartCount { found } => found.to_string(),
        R::PartEmpty(part) | R::Misencoded { part, .. } | R::Json { part, .. } => part.to_string(),
        R::HeaderMemberType(member) => member.to_string(),
        R::AlgorithmNotAllowed(algorithm) => algorithm.to_string(),
        R::AlgorithmMismatch { header, key } => format!("{header} {key}"),
        R::SignatureLength { expected, found } => format!("{expected} {found}"),
        R::ClaimType(claim)
        | R::ClaimOutOfRange(claim)
        | R::ClaimMissing(claim)
        | R::Unjudgeable(claim) => claim.to_string(),
        R::RequiredClaimMissing { index } | R::RequiredClaimMismatch { index } => index.to_string(),
        R::Expired { exp: time, now }
        | R::NotYetValid { nbf: time, now }
        | R::IssuedInFuture { iat: time, now }
        | R::TooOld { iat: time, now }
        | R::AuthenticationTooOld { auth_time: time, now }
        | R::AuthenticationInFuture { auth_time: time, now } => format!("{time} {now}"),
        // The rest has no facts; what must not happen, such as too little memory, no oracle names.
        _ => String::new(),
    };
    (stage, format!("{} {facts}", rejection.reason()).trim_end().to_owned())
}

/// What the core's user can learn of an accepted token.
fn seen(token: &AcceptedToken<'_>) -> Seen {
    let claims = token.claims();
    let texts = [
        ("iss", claims.issuer()),
        ("sub", claims.subject()),
        ("jti", claims.jwt_id()),
        ("scope", claims.scope()),
        ("client_id", claims.client_id()),
        ("azp", claims.authorized_party()),
        ("nonce", claims.nonce()),
        ("at_hash", claims.access_token_hash()),
    ];
    let dates = [
        ("exp", claims.expiration()),
        ("nbf", claims.not_before()),
        ("iat", claims.issued_at()),
        ("auth_time", claims.auth_time()),
    ];
    let texts = texts.into_iter().filter_map(|(name, text)| Some((name, text?.to_string())));
    let dates = dates.into_iter().filter_map(|(name, date)| Some((name, fraction(date?))));
    Seen {
        header: tree(Value::Object(token.header().object())),
        alg: token.header().algorithm().name(),
        claims: tree(Value::Object(claims.object())),
        texts: texts.collect::<BTreeMap<_, _>>(),
        dates: dates.collect::<BTreeMap<_, _>>(),
        audiences: claims
            .audiences()
            .map(|audiences| audiences.iter().map(|audience| audience.to_string()).collect()),
        is_bound: claims.is_bound_to_key(),
        matched: token.audience().map(|audience| audience.to_string()),
    }
}

fn fraction(date: NumericDate) -> Fraction {
    Fraction { floor: date.floor().0, ceil: date.ceil().0 }
}

fn tree(value: Value<'_>) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(bool) => Json::Bool(bool),
        Value::Number(number) => Json::Number(number.to_owned()),
        Value::String(text) => Json::String(Text::from(text.to_string().as_str())),
        Value::Array(array) => Json::Array(array.elements().map(tree).collect()),
        Value::Object(object) => Json::Object(
            object
                .members()
                .map(|(name, value)| (Text::from(name.to_string().as_str()), tree(value)))
                .collect(),
        ),
    }
}

type Shared = Arc<dyn SignatureVerifier + Send + Sync>;

/// An engine with a table. The same one is kept, since tables cost more than tokens.
fn tabled(key: &EcPublicKey) -> Result<Shared, UnusableKey> {
    type Known = HashMap<(Vec<u8>, Vec<u8>), Shared>;
    static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
    let name = (key.x().to_vec(), key.y().to_vec());
    if let Some(known) = KNOWN.lock().unwrap().get(&name) {
        return Ok(Arc::clone(known));
    }
    let made: Shared = match key.algorithm() {
        Algorithm::Es256 => {
            let memory = vec![0; table_bytes::<P256, Comb<5, 2>>()];
            let key = PublicKey::<P256>::try_from(key)?;
            let key = ProvisionedKey::<P256, Comb<5, 2>, _, Comb<10, 2>>::build_in(&key, memory);
            Arc::new(key.unwrap())
        }
        Algorithm::Es384 => {
            let memory = vec![0; table_bytes::<P384, Comb<5, 2>>()];
            let key = PublicKey::<P384>::try_from(key)?;
            let key = ProvisionedKey::<P384, Comb<5, 2>, _, Comb<10, 2>>::build_in(&key, memory);
            Arc::new(key.unwrap())
        }
    };
    KNOWN.lock().unwrap().insert(name, Arc::clone(&made));
    Ok(made)
}

fn untabled(key: &EcPublicKey) -> Result<Shared, UnusableKey> {
    Ok(match key.algorithm() {
        Algorithm::Es256 => Arc::new(UntabledKey::<P256>::try_from(key)?),
        Algorithm::Es384 => Arc::new(UntabledKey::<P384>::try_from(key)?),
    })
}
