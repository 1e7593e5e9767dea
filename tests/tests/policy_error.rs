//! Policies that cannot be made.

use tollgate_core::Claim;
use tollgate_core::policy::{
    Audience, Expected, Policy, PolicyBuilder, PolicyError, RequiredClaim,
};
use tollgate_tests::verify::lenient;

fn errors(builder: PolicyBuilder<'static>) -> Result<(), PolicyError> {
    builder.build().map(|_| ())
}

#[test]
fn policy_is_made_in_a_const() {
    const POLICY: Result<Policy<'_>, PolicyError> =
        lenient().required_scopes(&["read", "read me"]).build();
    assert_eq!(POLICY.map(|_| ()).unwrap_err(), PolicyError::Scope { index: 1 });
}

#[test]
fn accepted_issuers_and_audiences_are_not_empty() {
    let policy = |issuers, audiences| {
        errors(Policy::builder(Expected::OneOf(issuers), Expected::OneOf(audiences)))
    };
    const GOOD: Audience<&str> = Audience::Exact("a");
    assert_eq!(policy(&["i"], &[GOOD, Audience::Prefix("urn:")]), Ok(()));
    assert_eq!(policy(&[], &[]), Ok(()), "an empty list accepts nobody");
    let empty = |claim| Err(PolicyError::Empty { claim, index: 1 });
    assert_eq!(policy(&["i", ""], &[GOOD]), empty(Claim::Issuer));
    assert_eq!(policy(&["i"], &[GOOD, Audience::Exact("")]), empty(Claim::Audience));
    assert_eq!(policy(&["i"], &[GOOD, Audience::Prefix("")]), empty(Claim::Audience));
}

#[test]
fn required_scope_must_be_a_scope_token() {
    assert_eq!(errors(lenient().required_scopes(&["read:orders", "!#[]~"])), Ok(()));
    for bad in ["", " ", "read write", "a\"b", "a\\b", "a\tb", "a\0", "ü", "\u{7f}"] {
        let scopes: &'static [&'static str] = Box::leak(Box::new(["good", bad]));
        let found = errors(lenient().required_scopes(scopes));
        assert_eq!(found, Err(PolicyError::Scope { index: 1 }), "{bad:?}");
    }
}

#[test]
fn understood_crit_cannot_be_registered() {
    assert_eq!(errors(lenient().understood_crit(&["exp", "http://example.com/x"])), Ok(()));
    for registered in [
        "alg", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit", "enc",
        "zip", "epk", "apu", "apv", "iv", "tag", "p2s", "p2c", "b64",
    ] {
        let names: &'static [&'static str] = Box::leak(Box::new(["exp", registered]));
        let found = errors(lenient().understood_crit(names));
        assert_eq!(found, Err(PolicyError::Crit { index: 1 }), "{registered}");
    }
}

#[test]
fn pointer_must_be_a_json_pointer() {
    for good in ["/", "/a", "/a/0/b", "/~0~1"] {
        let claims: &'static [_] = Box::leak(Box::new([RequiredClaim::pointer(good)]));
        assert_eq!(errors(lenient().required_claims(claims)), Ok(()), "{good}");
    }
    for bad in ["", "a", "a/b", "#/a", "/~", "/~2", "/a~", "/~~0", "/~~01"] {
        let claims: &'static [_] = Box::leak(Box::new([
            RequiredClaim::name("any name ~ will do"),
            RequiredClaim::pointer_equal_to(bad, "x"),
        ]));
        let found = errors(lenient().required_claims(claims));
        assert_eq!(found, Err(PolicyError::Pointer { index: 1 }), "{bad}");
    }
}

#[test]
fn every_policy_error_has_a_reason_and_a_sentence() {
    let errors = [
        (PolicyError::Scope { index: 3 }, "policy-scope"),
        (PolicyError::Crit { index: 3 }, "policy-crit"),
        (PolicyError::Pointer { index: 3 }, "policy-pointer"),
    ];
    for (error, reason) in errors {
        assert_eq!(error.reason(), reason);
        assert!(error.to_string().contains(" at 3 "), "{error}");
    }
}
