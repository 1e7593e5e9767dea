//! Policies that cannot be made.

use tollgate_core::Claim;
use tollgate_core::policy::{
    Audience, ClaimPath, ClaimTest, Expected, Policy, PolicyBuilder, PolicyError, Requirement,
    Scalar,
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
    let present = |path| Requirement::pointer(path, ClaimTest::Present);
    for good in ["/", "/a", "/a/0/b", "/~0~1"] {
        assert_eq!(errors(lenient().requirements(leak([present(good)]))), Ok(()), "{good}");
        let scopes = leak([ClaimPath::Pointer(good)]);
        assert_eq!(errors(lenient().scope_claims(scopes)), Ok(()), "{good}");
    }
    for bad in ["", "a", "a/b", "#/a", "/~", "/~2", "/a~", "/~~0", "/~~01"] {
        let by_name = Requirement::name("any name ~ will do", ClaimTest::Present);
        let found = errors(lenient().requirements(leak([by_name, present(bad)])));
        assert_eq!(found, Err(PolicyError::Pointer { index: 1 }), "{bad}");
        let scopes = leak([ClaimPath::Name("~"), ClaimPath::Pointer(bad)]);
        let found = errors(lenient().scope_claims(scopes));
        assert_eq!(found, Err(PolicyError::ScopeClaim { index: 1 }), "{bad}");
    }
}

fn leak<T, const N: usize>(list: [T; N]) -> &'static [T] {
    Box::leak(Box::new(list))
}

#[test]
fn number_in_a_requirement_must_be_one_of_json() {
    for test in [ClaimTest::Equals, ClaimTest::Contains] {
        let list = |number| leak([Requirement::name("a", test(Scalar::Number(number)))]);
        assert_eq!(errors(lenient().requirements(list("-1.50e+3"))), Ok(()));
        for bad in ["", "01", "inf", "NaN", "1 "] {
            let found = errors(lenient().requirements(list(bad)));
            assert_eq!(found, Err(PolicyError::Number { index: 0 }), "{bad}");
        }
    }
}

#[test]
fn prefix_must_end_and_suffix_must_begin_at_a_boundary() {
    let starts = |text| leak([Requirement::name("a", ClaimTest::StartsWith(text))]);
    let ends = |text| leak([Requirement::name("a", ClaimTest::EndsWith(text))]);
    for good in ["spiffe://example.org/", "system:serviceaccount:", "/"] {
        assert_eq!(errors(lenient().requirements(starts(good))), Ok(()), "{good}");
    }
    for good in ["@example.com", ".example.com", "/x"] {
        assert_eq!(errors(lenient().requirements(ends(good))), Ok(()), "{good}");
    }
    let boundary = Err(PolicyError::Boundary { index: 0 });
    for bad in ["", "spiffe://example.org", "a-", "a_", "a ", "\u{e9}"] {
        assert_eq!(errors(lenient().requirements(starts(bad))), boundary, "{bad}");
    }
    for bad in ["", "example.com", "-example.com", "_x", " x", "\u{e9}"] {
        assert_eq!(errors(lenient().requirements(ends(bad))), boundary, "{bad}");
    }
}

#[test]
fn group_must_have_its_parts() {
    let claim = Requirement::name("a", ClaimTest::Present);
    let (any, all) = (Requirement::any, Requirement::all);
    for good in [
        &[any(1), claim][..],
        &[claim, all(2), claim, any(2), claim, claim, claim],
        &[all(1), all(1), all(1), all(1), all(1), all(1), all(1), all(1), claim],
        &[any(2).for_validity(), claim, claim],
    ] {
        assert_eq!(errors(lenient().requirements(good.to_vec().leak())), Ok(()), "{good:?}");
    }
    for (bad, index) in [
        (&[any(0)][..], 0),
        (&[claim, all(0)], 1),
        (&[any(2), claim], 0),
        (&[any(usize::MAX), claim, claim], 0),
        (&[claim, any(1), claim, all(2), any(1), claim], 3),
        (&[any(1), claim.for_validity()], 0),
        (&[any(1), any(1), any(1), any(1), any(1), any(1), any(1), any(1), any(1), claim], 0),
    ] {
        let found = errors(lenient().requirements(bad.to_vec().leak()));
        assert_eq!(found, Err(PolicyError::Group { index }), "{bad:?}");
    }
}

#[test]
fn every_policy_error_has_a_reason_and_a_sentence() {
    let errors = [
        (PolicyError::Scope { index: 3 }, "policy-scope"),
        (PolicyError::Crit { index: 3 }, "policy-crit"),
        (PolicyError::Pointer { index: 3 }, "policy-pointer"),
        (PolicyError::ScopeClaim { index: 3 }, "policy-scope-claim"),
        (PolicyError::Number { index: 3 }, "policy-number"),
        (PolicyError::Boundary { index: 3 }, "policy-boundary"),
        (PolicyError::Group { index: 3 }, "policy-group"),
    ];
    for (error, reason) in errors {
        assert_eq!(error.reason(), reason);
        assert!(error.to_string().contains(" at 3 "), "{error}");
    }
}
