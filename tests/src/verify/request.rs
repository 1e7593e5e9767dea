//! Sends the oracle's requests through the core, and puts the core's verdicts into the oracle's words.

use std::collections::BTreeMap;

use tollgate_core::json::{Text, Value};
use tollgate_core::policy::{
    self, ClaimPath, ClaimTest, Expected, IdTokenRules, MissingExp, PolicyBuilder,
    ProofOfPossession, Scalar, Unjudged,
};
use tollgate_core::{
    AcceptedToken, Algorithm, BearerToken, Claim, Jwk, Key, KeySet, KeySetError, Leeway, Now,
    NumericDate, Policy, Rejection, Scratch, SignatureVerifier, TypRule, UnixTime, UnusableKey,
    Verifier,
};

use super::engine::{Engine, SharedEngine};
use crate::oracle::{
    self, CAPACITY, Clock, Credentials, Faults, Fraction, Json, Path, Request, Rule, Seen, Stage,
    Test, Typ, Verdict,
};

/// Why the core refuses a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The keys are not a JWK set.
    Keys(KeySetError),
    /// The token is refused.
    Token(Rejection),
}

/// Returns the core's verdict with this engine, in the oracle's words.
pub fn judge_request(request: &Request, engine: Engine) -> Verdict {
    match verify_request(request, |key| engine.make(key)) {
        Ok(seen) => Verdict::Accepted(Box::new(seen)),
        Err(refused) => refused.into(),
    }
}

impl From<Refused> for Verdict {
    fn from(refused: Refused) -> Self {
        let (stage, fault) = refused.fault();
        Self::Refused { stage, faults: Faults::from([fault]) }
    }
}

impl Refused {
    /// Returns the stage that refused the request, and its reason with the facts.
    fn fault(self) -> (Stage, String) {
        match self {
            Self::Keys(KeySetError::Json(error)) => {
                (Stage::KeySet, format!("{} keys", error.kind.reason()))
            }
            Self::Keys(error) => (Stage::KeySet, error.reason().to_owned()),
            Self::Token(rejection) => fault(rejection),
        }
    }
}

/// Sends a request through the core, with engines that `make` makes.
pub fn verify_request<V: SignatureVerifier>(
    request: &Request,
    make: impl Fn(&Jwk<'_>) -> Result<V, UnusableKey>,
) -> Result<Seen, Refused> {
    with_policy(&request.policy, |policy| match keys(&request.sets, make) {
        Ok(keys) => verify_with(&keys, policy, request).map_err(Refused::Token),
        // A token that needs no key is refused for its own fault.
        Err(error) => match verify_with(&KeySet::<V, 0>::new(), policy, request) {
            Err(rejection) if rejection.stage() < tollgate_core::Stage::KeySelection => {
                Err(Refused::Token(rejection))
            }
            _ => Err(Refused::Keys(error)),
        },
    })
}

fn verify_with<V: SignatureVerifier, const N: usize>(
    keys: &KeySet<V, N>,
    policy: Policy<'_>,
    request: &Request,
) -> Result<Seen, Rejection> {
    let now = match request.clock {
        Clock::Exact(now) => Now::Exact(UnixTime(now)),
        Clock::AtLeast(now) => Now::AtLeast(UnixTime(now)),
    };
    let verifier = Verifier::new(keys, policy);
    let longest = match &request.credentials {
        Credentials::Lines(lines) => lines.first().map_or(0, Vec::len),
        Credentials::Token(token) => token.len(),
    };
    // What a token needs at the most, and no byte more.
    let mut scratch = vec![0; Scratch::needed_for(longest)];
    let verdict = match &request.credentials {
        Credentials::Token(token) => BearerToken::from_token68(token)
            .and_then(|token| verifier.verify(token, now, &mut scratch)),
        Credentials::Lines(lines) => match &lines[..] {
            [line] => verifier.verify_header(line, now, &mut scratch),
            lines => BearerToken::from_field_lines(lines.iter().map(Vec::as_slice))
                .and_then(|token| verifier.verify(token, now, &mut scratch)),
        },
    };
    verdict.map(|token| seen(&token))
}

/// Returns the id and the algorithm of each usable key, sorted, and the indexes of those left out.
///
/// # Errors
///
/// The fault of the set as a whole.
pub fn usable_keys(jwks: &[u8], engine: Engine) -> Result<(Vec<UsableKey>, Vec<usize>), String> {
    let mut left_out = Vec::new();
    let keys: Box<KeySet<_, CAPACITY>> = Box::new(
        KeySet::from_jwks_reporting(jwks, |key| engine.make(key), |index, _| left_out.push(index))
            .map_err(|error| Refused::Keys(error).fault().1)?,
    );
    assert!(keys.keys().is_sorted_by(|left, right| left.id() <= right.id()));
    let name = |key: &Key<SharedEngine>| {
        let algorithms = key.algorithms().all();
        let names: Vec<_> = algorithms.iter().map(Algorithm::name).collect();
        (key.id().map(|id| id.to_string()), names.join(" "))
    };
    let mut keys: Vec<UsableKey> = keys.keys().iter().map(name).collect();
    // The order of keys with the same id is not defined.
    keys.sort();
    Ok((keys, left_out))
}

/// The id and the algorithms of a key.
pub type UsableKey = (Option<String>, String);

fn keys<V>(
    sets: &[(Vec<u8>, Option<&'static str>)],
    make: impl Fn(&Jwk<'_>) -> Result<V, UnusableKey>,
) -> Result<Box<KeySet<V, CAPACITY>>, KeySetError> {
    let mut keys = Box::new(KeySet::new());
    for (text, issuer) in sets {
        let set = KeySet::<V, CAPACITY>::from_jwks_with(text, &make)?;
        keys.extend(match issuer {
            Some(issuer) => set.with_issuer(issuer),
            None => set,
        })?;
    }
    Ok(keys)
}

/// The policy as its user would build it: by a profile, if it has one.
fn with_policy<T>(spec: &oracle::Policy, judge: impl FnOnce(Policy<'_>) -> T) -> T {
    let issuers = spec.issuers.as_deref().map(strs);
    let audiences: Option<Vec<_>> =
        spec.audiences.as_ref().map(|audiences| audiences.iter().map(audience).collect());
    let algorithms: Option<Vec<Algorithm>> = spec
        .algorithms
        .as_ref()
        .map(|names| names.iter().map(|name| Algorithm::from_name(name).unwrap()).collect());
    let (crit, scopes) = (strs(&spec.understood_crit), strs(&spec.required_scopes));
    let scope_claims: Vec<_> = spec.scope_claims.iter().map(path).collect();
    let requirements: Vec<_> = spec.requirements.iter().flat_map(requirement).collect();
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
        .understood_crit(&crit)
        .leeway(Leeway::from_secs(spec.leeway).unwrap())
        .missing_exp(if spec.needs_exp { MissingExp::Refuse } else { MissingExp::Accept })
        .unjudged(if spec.accepts_unjudged { Unjudged::Accept } else { Unjudged::Refuse })
        .required(&required)
        .required_scopes(&scopes)
        .scope_claims(&scope_claims)
        .requirements(&requirements);
    if let Some(algorithms) = &algorithms {
        builder = builder.algorithms(algorithms);
    }
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

fn path(path: &Path) -> ClaimPath<&str> {
    match path {
        Path::Name(name) => ClaimPath::Name(name),
        Path::Pointer(pointer) => ClaimPath::Pointer(pointer),
    }
}

/// A requirement and its parts, as they follow one another.
fn requirement(requirement: &oracle::Requirement) -> Vec<policy::Requirement<&str>> {
    let mut list = rule(&requirement.rule);
    if requirement.validity {
        list[0] = list[0].for_validity();
    }
    list
}

fn rule(rule: &Rule) -> Vec<policy::Requirement<&str>> {
    use policy::Requirement;
    let (group, parts) = match rule {
        Rule::Any(parts) => (Requirement::any(parts.len()), parts),
        Rule::All(parts) => (Requirement::all(parts.len()), parts),
        Rule::Claim(Path::Name(name), test) => {
            return vec![Requirement::name(name, claim_test(test))];
        }
        Rule::Claim(Path::Pointer(path), test) => {
            return vec![Requirement::pointer(path, claim_test(test))];
        }
    };
    std::iter::once(group).chain(parts.iter().flat_map(self::rule)).collect()
}

fn claim_test(test: &Test) -> ClaimTest<&str> {
    match test {
        Test::Present => ClaimTest::Present,
        Test::Equals(value) => ClaimTest::Equals(scalar(value)),
        Test::Contains(value) => ClaimTest::Contains(scalar(value)),
        Test::StartsWith(start) => ClaimTest::StartsWith(start),
        Test::EndsWith(end) => ClaimTest::EndsWith(end),
    }
}

fn scalar(value: &oracle::Scalar) -> Scalar<&str> {
    match value {
        oracle::Scalar::Text(text) => Scalar::Text(text),
        oracle::Scalar::Number(number) => Scalar::Number(number),
        oracle::Scalar::Bool(value) => Scalar::Bool(*value),
    }
}

fn claim(name: &str) -> Claim {
    *Claim::ALL.iter().find(|claim| claim.name() == name).unwrap()
}

/// The stage of a rejection, and its reason with the facts.
fn fault(rejection: Rejection) -> (Stage, String) {
    use Rejection as R;
    use tollgate_core::Stage as Reached;

    let stage = match rejection.stage() {
        // Only where the policy reads them.
        Reached::Claims if of_optional_claim(rejection) => Stage::Policy,
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
        R::RequiredClaimMissing { index }
        | R::RequiredClaimMismatch { index }
        | R::RequirementUnmet { index } => index.to_string(),
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

fn of_optional_claim(rejection: Rejection) -> bool {
    let (Rejection::ClaimType(claim) | Rejection::ClaimOutOfRange(claim)) = rejection else {
        return false;
    };
    matches!(
        claim,
        Claim::JwtId
            | Claim::Scope
            | Claim::AuthorizedParty
            | Claim::Nonce
            | Claim::AuthTime
            | Claim::AccessTokenHash
    )
}

/// What the core's user can learn of an accepted token.
fn seen(token: &AcceptedToken<'_>) -> Seen {
    let claims = token.claims();
    let mut ill_typed = BTreeMap::new();
    let mut read = |name, outcome: Result<(), Rejection>| {
        if let Err(rejection) = outcome {
            ill_typed.insert(name, fault(rejection).1);
        }
    };
    let optional = [
        ("jti", claims.jwt_id()),
        ("azp", claims.authorized_party()),
        ("nonce", claims.nonce()),
        ("at_hash", claims.access_token_hash()),
    ];
    for (name, outcome) in optional {
        read(name, outcome.map(|_| ()));
    }
    read("auth_time", claims.auth_time().map(|_| ()));
    read("scope", claims.scopes().map(|_| ()));
    let always =
        [("iss", claims.issuer()), ("sub", claims.subject()), ("client_id", claims.client_id())];
    let texts = always.into_iter().chain(optional.map(|(name, text)| (name, text.ok().flatten())));
    let dates = [
        ("exp", claims.expiration()),
        ("nbf", claims.not_before()),
        ("iat", claims.issued_at()),
        ("auth_time", claims.auth_time().ok().flatten()),
    ];
    let texts = texts.filter_map(|(name, text)| Some((name, text?.to_string())));
    let dates = dates.into_iter().filter_map(|(name, date)| Some((name, fraction(date?))));
    let scopes = claims.scopes().map_or_else(
        |_| Vec::new(),
        |scopes| scopes.iter().map(|scope| scope.to_string()).collect::<Vec<_>>(),
    );
    let scopes_of_claim = claims.scopes().ok();
    assert!(scopes.iter().all(|scope| scopes_of_claim.is_some_and(|all| all.contains(scope))));
    Seen {
        header: tree(Value::Object(token.header().object())),
        alg: token.header().algorithm().name(),
        claims: tree(Value::Object(claims.object())),
        texts: texts.collect::<BTreeMap<_, _>>(),
        dates: dates.collect::<BTreeMap<_, _>>(),
        audiences: claims
            .audiences()
            .map(|audiences| audiences.iter().map(|audience| audience.to_string()).collect()),
        scopes,
        ill_typed,
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
        Value::String(text) => Json::String(points(text)),
        Value::Array(array) => Json::Array(array.elements().map(tree).collect()),
        Value::Object(object) => {
            let member = |(name, value): (Text<'_>, Value<'_>)| {
                assert_eq!(object.get(&name.to_string()), Some(value), "{name}");
                (points(name), tree(value))
            };
            Json::Object(object.members().map(member).collect())
        }
    }
}

/// The characters of a string. All ways to read them must agree.
fn points(text: Text<'_>) -> oracle::Text {
    let written = text.to_string();
    assert!(text == *written && text.chars().eq(written.chars()), "{written}");
    oracle::Text::from(written.as_str())
}
