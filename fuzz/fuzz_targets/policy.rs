//! Policies of any parts: one is refused for the part that makes no sense. One that requires more, or
//! judges later, never accepts what was refused before.

#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use tollgate_core::policy::{
    Audience, Expected, MissingExp, Policy, PolicyBuilder, PolicyError, RequiredClaim, Unjudged,
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
    names: Vec<&'a str>,
    pointers: Vec<(&'a str, Option<&'a str>)>,
    /// The claims, without the braces around them.
    claims: &'a str,
}

fuzz_target!(|parts: Parts<'_>| {
    let Parts { now, later, max_age, scopes, .. } = &parts;
    let prefix = |is_prefix| if is_prefix { Audience::Prefix } else { Audience::Exact };
    let audiences = parts.audiences.as_ref().map(|all| {
        all.iter().map(|(is_prefix, name)| prefix(*is_prefix)(*name)).collect::<Vec<_>>()
    });
    let pointers = parts.pointers.iter().map(|(pointer, value)| match value {
        Some(value) => RequiredClaim::pointer_equal_to(*pointer, *value),
        None => RequiredClaim::pointer(*pointer),
    });
    let names = parts.names.iter().map(|name| RequiredClaim::name(*name));
    let required: Vec<RequiredClaim<&str>> = pointers.chain(names).collect();

    let missing = if parts.may_live_for_ever { MissingExp::Accept } else { MissingExp::Refuse };
    let any = || Policy::builder(Expected::Any, Expected::Any).missing_exp(missing);
    let named = || {
        let issuers = parts.issuers.as_ref().map_or(Expected::Any, |all| Expected::OneOf(all));
        let audiences = audiences.as_ref().map_or(Expected::Any, |all| Expected::OneOf(all));
        Policy::builder(issuers, audiences).missing_exp(missing)
    };
    let satisfied = || named().required_claims(&required);
    let aged = || match max_age {
        Some(age) => satisfied().max_token_age((*age).into()),
        None => satisfied(),
    };
    let scoped = || aged().required_scopes(scopes);

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
            let (pointer, _) = parts.pointers[index];
            let is_escape = |rest: &str| rest.starts_with(['0', '1']);
            let is_written_well = pointer.split('~').skip(1).all(is_escape);
            assert!(!pointer.starts_with('/') || !is_written_well, "{pointer}");
        }
        Err(other) => panic!("{other:?}"),
    }
    built.ok()
}
