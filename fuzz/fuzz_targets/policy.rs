//! Policies of any parts: one is refused for the part that makes no sense. One that requires more, or
//! judges later, never accepts what was refused before.

#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use tollgate_core::policy::{
    Audience, ClaimPath, ClaimTest, Expected, MissingExp, Policy, PolicyBuilder, PolicyError,
    Requirement, Scalar, Unjudged,
};
use tollgate_core::{Leeway, Now, Rejection, UnixTime, limits};
use tollgate_tests::verify::believed_claims;

#[derive(Arbitrary, Debug)]
struct Parts<'a> {
    now: i32,
    later: u16,
    leeway: u16,
    max_age: Option<u16>,
    may_live_for_ever: bool,
    issuers: Option<Vec<&'a str>>,
    audiences: Option<Vec<(bool, &'a str)>>,
    scopes: Vec<&'a str>,
    scope_claims: Vec<(bool, &'a str)>,
    requirements: Vec<Part<'a>>,
    /// The claims, without the braces around them.
    claims: &'a str,
}

/// A requirement, or the head of a group.
#[derive(Arbitrary, Debug)]
struct Part<'a> {
    kind: Kind<'a>,
    validity: bool,
}

#[derive(Arbitrary, Debug)]
enum Kind<'a> {
    Claim { is_pointer: bool, path: &'a str, test: Test<'a> },
    Any(u8),
    All(u8),
}

#[derive(Arbitrary, Debug)]
enum Test<'a> {
    Present,
    Equals(Value<'a>),
    Contains(Value<'a>),
    StartsWith(&'a str),
    EndsWith(&'a str),
}

#[derive(Arbitrary, Debug)]
enum Value<'a> {
    Text(&'a str),
    Number(&'a str),
    Bool(bool),
}

fn path<'a>(is_pointer: bool, path: &'a str) -> ClaimPath<&'a str> {
    if is_pointer { ClaimPath::Pointer(path) } else { ClaimPath::Name(path) }
}

fn requirement<'a>(part: &Part<'a>) -> Requirement<&'a str> {
    let scalar = |value: &Value<'a>| match *value {
        Value::Text(text) => Scalar::Text(text),
        Value::Number(number) => Scalar::Number(number),
        Value::Bool(value) => Scalar::Bool(value),
    };
    let requirement = match &part.kind {
        Kind::Any(parts) => Requirement::any(usize::from(*parts)),
        Kind::All(parts) => Requirement::all(usize::from(*parts)),
        Kind::Claim { is_pointer, path, test } => {
            let test = match test {
                Test::Present => ClaimTest::Present,
                Test::Equals(value) => ClaimTest::Equals(scalar(value)),
                Test::Contains(value) => ClaimTest::Contains(scalar(value)),
                Test::StartsWith(start) => ClaimTest::StartsWith(*start),
                Test::EndsWith(end) => ClaimTest::EndsWith(*end),
            };
            if *is_pointer {
                Requirement::pointer(*path, test)
            } else {
                Requirement::name(*path, test)
            }
        }
    };
    if part.validity { requirement.for_validity() } else { requirement }
}

fuzz_target!(|parts: Parts<'_>| {
    let Parts { now, later, max_age, scopes, .. } = &parts;
    let prefix = |is_prefix| if is_prefix { Audience::Prefix } else { Audience::Exact };
    let audiences = parts.audiences.as_ref().map(|all| {
        all.iter().map(|(is_prefix, name)| prefix(*is_prefix)(*name)).collect::<Vec<_>>()
    });
    let required: Vec<_> = parts.requirements.iter().map(requirement).collect();
    let scope_claims: Vec<_> =
        parts.scope_claims.iter().map(|(is_pointer, claim)| path(*is_pointer, claim)).collect();

    let missing = if parts.may_live_for_ever { MissingExp::Accept } else { MissingExp::Refuse };
    let any = || Policy::builder(Expected::Any, Expected::Any).missing_exp(missing);
    let named = || {
        let issuers = parts.issuers.as_ref().map_or(Expected::Any, |all| Expected::OneOf(all));
        let audiences = audiences.as_ref().map_or(Expected::Any, |all| Expected::OneOf(all));
        Policy::builder(issuers, audiences).missing_exp(missing)
    };
    let satisfied = || named().requirements(&required);
    let aged = || match max_age {
        Some(age) => satisfied().max_token_age((*age).into()),
        None => satisfied(),
    };
    let scoped = || aged().required_scopes(scopes).scope_claims(&scope_claims);

    // From one that asks for little to one that asks for all.
    let text = format!("{{{}}}", parts.claims);
    let policies =
        [any(), named(), satisfied(), aged(), scoped()].map(|policy| build(policy, &parts));
    let exact = |time: i64| Now::Exact(UnixTime(time));
    let (now, later) = (i64::from(*now), i64::from(*now) + i64::from(*later));
    let mut accepted = true;
    for policy in policies.into_iter().flatten() {
        let verdict = judge(&text, policy, exact(now));
        assert!(verdict.is_err() || accepted, "{parts:?}");
        accepted = verdict.is_ok();
        if let Err(Rejection::Expired { .. } | Rejection::TooOld { .. }) = verdict {
            assert!(judge(&text, policy, exact(later)).is_err(), "{parts:?}");
        }
    }
    // Tolerance, and no clock, refuse nothing that would be accepted otherwise.
    let leeway = Leeway::from_secs(parts.leeway.into());
    assert_eq!(leeway.is_some(), u32::from(parts.leeway) <= limits::MAX_LEEWAY_SECS);
    if accepted
        && let Some(leeway) = leeway
        && let Ok(policy) = scoped().leeway(leeway).build()
    {
        assert_eq!(judge(&text, policy, exact(now)), Ok(()), "{parts:?}");
        let policy = scoped().unjudged(Unjudged::Accept).build().unwrap();
        let floor = Now::AtLeast(UnixTime(now));
        assert_eq!(judge(&text, policy, floor), Ok(()), "{parts:?}");
    }
});

fn judge(claims: &str, policy: Policy<'_>, now: Now) -> Result<(), Rejection> {
    believed_claims(claims, |signed| policy.accept(signed, now).map(drop))?
}

fn is_pointer(text: &str) -> bool {
    let is_escape = |rest: &str| rest.starts_with(['0', '1']);
    text.starts_with('/') && text.split('~').skip(1).all(is_escape)
}

/// The policy, if it can be made.
fn build<'p>(policy: PolicyBuilder<'p>, parts: &Parts<'_>) -> Option<Policy<'p>> {
    let built = policy.build();
    match built {
        Ok(_) => {}
        Err(PolicyError::Empty { index, .. }) => {
            let issuer = parts.issuers.as_ref().and_then(|all| all.get(index));
            let audience = parts.audiences.as_ref().and_then(|all| all.get(index));
            assert!(
                issuer.is_some_and(|one| one.is_empty())
                    || audience.is_some_and(|one| one.1.is_empty())
            );
        }
        Err(PolicyError::Scope { index }) => {
            let scope = parts.scopes[index];
            let is_odd = |c: char| !('!'..='~').contains(&c) || c == '"' || c == '\\';
            assert!(scope.is_empty() || scope.contains(is_odd), "{scope}");
        }
        Err(PolicyError::Pointer { index }) => {
            let Kind::Claim { path, .. } = parts.requirements[index].kind else {
                panic!("{index}")
            };
            assert!(!is_pointer(path), "{path}");
        }
        Err(PolicyError::ScopeClaim { index }) => {
            let (_, path) = parts.scope_claims[index];
            assert!(!is_pointer(path), "{path}");
        }
        Err(PolicyError::Number { index }) => {
            let Kind::Claim { test, .. } = &parts.requirements[index].kind else {
                panic!("{index}")
            };
            let (Test::Equals(value) | Test::Contains(value)) = test else { panic!("{test:?}") };
            let Value::Number(number) = value else { panic!("{value:?}") };
            let is_of_numbers = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
            let claims = format!("{{\"x\":{number}}}");
            assert!(
                !number.chars().all(is_of_numbers) || believed_claims(claims, |_| ()).is_err(),
                "{number}"
            );
        }
        Err(PolicyError::Boundary { index }) => {
            let Kind::Claim { test, .. } = &parts.requirements[index].kind else {
                panic!("{index}")
            };
            let edge = match test {
                Test::StartsWith(start) => start.chars().last(),
                Test::EndsWith(end) => end.chars().next(),
                other => panic!("{other:?}"),
            };
            let in_name = |c: char| !c.is_ascii_punctuation() || c == '-' || c == '_';
            assert!(edge.is_none_or(in_name), "{test:?}");
        }
        Err(PolicyError::Group { index }) => {
            assert!(!matches!(parts.requirements[index].kind, Kind::Claim { .. }), "{index}");
        }
        Err(other) => panic!("{other:?}"),
    }
    built.ok()
}
