//! What a policy asks of good tokens, and what becomes of those that do not comply.

use serde_json::json;
use tollgate_core::policy::{
    Audience, ClaimPath, ClaimTest, Expected, MissingExp, Policy, ProofOfPossession, Requirement,
    Scalar,
};
use tollgate_core::{
    Algorithm, BearerToken, Claim, CompactJws, Leeway, Now, Rejection, SignedClaims, TypRule,
    UnixTime, Verifier,
};
use tollgate_tests::mint::{AUDIENCE, ISSUER, NOW, SigningKey, Token, jwk, jwks, k1, k2};
use tollgate_tests::verify::{good, good_keys, judge, judge_at, keys, lenient, look};

const AT: Now = Now::Exact(UnixTime(NOW));

#[test]
fn exp_is_required_unless_the_policy_says_otherwise() {
    let token = Token::good().without("exp").mint();
    assert_eq!(judge(&token, good()), Err(Rejection::ClaimMissing(Claim::Expiration)));
    assert_eq!(judge(&token, good().missing_exp(MissingExp::Accept)), Ok(()));
}

#[test]
fn any_of_several_issuers_is_accepted() {
    let accepts = |issuers: &[&str]| {
        judge(&Token::good().mint(), Policy::builder(Expected::OneOf(issuers), Expected::Any))
    };
    assert_eq!(accepts(&["https://first.example", ISSUER]), Ok(()));
    assert_eq!(accepts(&["https://first.example"]), Err(Rejection::IssuerMismatch));
    assert_eq!(accepts(&[]), Err(Rejection::IssuerMismatch));
}

#[test]
fn token_older_than_its_maximum_age_is_rejected_whatever_its_exp() {
    let token = Token::good().claim("iat", NOW).claim("exp", NOW + 1_000_000).mint();
    let judge_after = |secs: i64| judge_at(NOW + secs, &token, good().max_token_age(300));
    assert_eq!(judge_after(0), Ok(()));
    assert_eq!(judge_after(300), Ok(()));
    assert_eq!(
        judge_after(301),
        Err(Rejection::TooOld { iat: UnixTime(NOW), now: UnixTime(NOW + 301) })
    );
}

#[test]
fn maximum_age_extends_by_the_leeway() {
    let token = Token::good().claim("iat", NOW).mint();
    let policy = || good().max_token_age(300).leeway(Leeway::from_secs(60).unwrap());
    assert_eq!(judge_at(NOW + 360, &token, policy()), Ok(()));
    assert!(matches!(judge_at(NOW + 361, &token, policy()), Err(Rejection::TooOld { .. })));
}

#[test]
fn maximum_age_counts_from_iat_rounded_up() {
    let token = Token::good().claim("iat", format!("{}.5", NOW - 301)).mint();
    assert_eq!(judge(&token, good().max_token_age(300)), Ok(()));
}

#[test]
fn maximum_age_requires_iat() {
    let token = Token::good().without("iat").mint();
    assert_eq!(judge(&token, good()), Ok(()));
    assert_eq!(
        judge(&token, good().max_token_age(u32::MAX)),
        Err(Rejection::ClaimMissing(Claim::IssuedAt))
    );
}

#[test]
fn subject_is_compared_exactly() {
    let judge = |token: Token| judge(&token.mint(), good().subject("user_1"));
    assert_eq!(judge(Token::good()), Ok(()));
    assert_eq!(judge(Token::good().claim("sub", r#""us\u0065r_1""#)), Ok(()));
    for other in ["user_2", "User_1", "user_1 ", "user_", ""] {
        let token = Token::good().claim("sub", json!(other));
        assert_eq!(judge(token), Err(Rejection::SubjectMismatch), "{other:?}");
    }
    assert_eq!(judge(Token::good().without("sub")), Err(Rejection::ClaimMissing(Claim::Subject)));
}

fn matched(aud: serde_json::Value, accepted: &[Audience<&str>]) -> Result<String, Rejection> {
    let token = Token::good().claim("aud", aud).mint();
    let policy = Policy::builder(Expected::Any, Expected::OneOf(accepted));
    look(&token, &good_keys(), policy, AT, |token| token.audience().unwrap().to_string())
}

#[test]
fn audience_prefix_accepts_what_goes_on_and_tells_which() {
    let prefix = &[Audience::Prefix("urn:org:")];
    assert_eq!(matched(json!("urn:org:7"), prefix).unwrap(), "urn:org:7");
    assert_eq!(matched(json!(["x", "urn:org:7", "urn:org:8"]), prefix).unwrap(), "urn:org:7");
    for other in ["urn:org:", "urn:org", "Urn:org:7", "xurn:org:7", ""] {
        assert_eq!(matched(json!(other), prefix), Err(Rejection::AudienceMismatch), "{other}");
    }
}

#[test]
fn audience_that_is_exact_is_no_prefix() {
    let exact = &[Audience::Exact("urn:org:")];
    assert_eq!(matched(json!("urn:org:7"), exact), Err(Rejection::AudienceMismatch));
    assert_eq!(matched(json!("urn:org:"), exact).unwrap(), "urn:org:");
}

#[test]
fn audience_that_was_matched_is_none_where_any_is_accepted() {
    let token = Token::good().mint();
    assert!(look(&token, &good_keys(), lenient(), AT, |token| token.audience().is_none()).unwrap());
}

#[test]
fn crit_that_is_understood_and_present_is_accepted() {
    let judge = |token: Token| judge(&token.mint(), good().understood_crit(&["exp", "x"]));
    let token = || Token::good().member("exp", NOW);
    assert_eq!(judge(token().member("crit", json!(["exp"]))), Ok(()));
    assert_eq!(judge(token().member("crit", r#"["e\u0078p"]"#)), Ok(()));
    assert_eq!(judge(token().member("x", 1).member("crit", json!(["x", "exp"]))), Ok(()));
    assert_eq!(judge(token()), Ok(()));
}

#[test]
fn crit_that_is_understood_but_malformed_is_rejected() {
    let judge = |crit: &str| {
        let token = Token::good().member("exp", NOW).member("crit", crit);
        judge(&token.mint(), good().understood_crit(&["exp", "absent"]))
    };
    for crit in
        [r#"["absent"]"#, r#"["exp","exp"]"#, r#"["exp","e\u0078p"]"#, "[]", r#"["exp","alg"]"#]
    {
        assert_eq!(judge(crit), Err(Rejection::CriticalMalformed), "{crit}");
    }
    assert_eq!(judge(r#"["exp","EXP"]"#), Err(Rejection::CriticalNotUnderstood));
    assert_eq!(judge(r#"["exp","b64"]"#), Err(Rejection::PayloadNotEncoded));
}

#[test]
fn bound_token_is_refused_unless_the_caller_checks_the_proof() {
    let token = Token::good().claim("cnf", json!({ "jkt": "thumbprint" })).mint();
    assert_eq!(judge(&token, lenient()), Err(Rejection::ProofOfPossessionRequired));
    let policy = lenient().proof_of_possession(ProofOfPossession::CheckedByCaller);
    assert_eq!(judge(&token, policy), Ok(()));
}

#[test]
fn key_of_an_issuer_verifies_for_no_other() {
    let set = keys(&jwks([jwk(&k1(), "k1")]));
    let judge = |key_issuer: &'static str, token: Token, policy| {
        let bound = set.clone().with_issuer(key_issuer);
        look(&token.mint(), &bound, policy, AT, |_| ())
    };
    let both = &[ISSUER, "https://other.example"];
    let policy = || Policy::builder(Expected::OneOf(both), Expected::Any);
    assert_eq!(judge(ISSUER, Token::good(), policy()), Ok(()));
    let other = || Token::good().claim("iss", json!("https://other.example"));
    assert_eq!(judge(ISSUER, other(), policy()), Err(Rejection::IssuerNotOfKey));
    assert_eq!(judge("https://other.example", other(), policy()), Ok(()));
    assert_eq!(judge(ISSUER, other(), lenient()), Err(Rejection::IssuerNotOfKey));
    assert_eq!(
        judge(ISSUER, Token::good().without("iss"), lenient()),
        Err(Rejection::ClaimMissing(Claim::Issuer))
    );
}

#[test]
fn keys_of_two_issuers_in_one_set_verify_for_their_own_only() {
    const OTHER: &str = "https://other.example";
    let mut set = keys(&jwks([jwk(&k1(), "k1")])).with_issuer(ISSUER);
    set.extend(keys(&jwks([jwk(&k2(), "k2")])).with_issuer(OTHER)).unwrap();
    let judge = |token: Token| look(&token.mint(), &set, lenient(), AT, |_| ());
    assert_eq!(judge(Token::good()), Ok(()));
    assert_eq!(judge(Token::good_es384().claim("iss", json!(OTHER))), Ok(()));
    assert_eq!(judge(Token::good_es384()), Err(Rejection::IssuerNotOfKey));
    let same_id = set.extend(keys(&jwks([jwk(&k1(), "k1")])).with_issuer(OTHER));
    assert_eq!(same_id, Ok(()));
    let judge = |token: Token| look(&token.mint(), &set, lenient(), AT, |_| ());
    assert_eq!(judge(Token::good()), Err(Rejection::AmbiguousKey));
}

const ADMIN: Requirement<&str> =
    Requirement::pointer("/realm_access/roles", ClaimTest::Contains(Scalar::Text("admin")));
const ACCESS: Requirement<&str> =
    Requirement::name("token_use", ClaimTest::Equals(Scalar::Text("access"))).for_validity();

#[test]
fn requirement_for_validity_makes_a_token_invalid_and_others_deny_access() {
    let judge = |token: Token| judge(&token.mint(), lenient().requirements(&[ADMIN, ACCESS]));
    let admin = || Token::good().claim("realm_access", r#"{"roles":["user","admin"]}"#);
    let access = |token: Token| token.claim("token_use", json!("access"));
    assert_eq!(judge(access(admin())), Ok(()));
    assert_eq!(judge(access(Token::good())), Err(Rejection::RequirementUnmet { index: 0 }));
    let missing = Rejection::RequiredClaimMissing { index: 1 };
    assert_eq!(judge(admin()), Err(missing));
    assert_eq!(judge(Token::good()), Err(missing), "validity comes first");
    let id_token = Token::good().claim("token_use", json!("id"));
    assert_eq!(judge(id_token), Err(Rejection::RequiredClaimMismatch { index: 1 }));
    assert_eq!((missing.http_status(), missing.code()), (401, "invalid_token"));
    let unmet = Rejection::RequirementUnmet { index: 0 };
    assert_eq!((unmet.http_status(), unmet.code()), (403, "access_denied"));
}

#[test]
fn requirement_after_a_group_is_named_by_its_own_place() {
    const PRESENT: [Requirement<&str>; 2] =
        [Requirement::name("a", ClaimTest::Present), Requirement::name("b", ClaimTest::Present)];
    let list = [Requirement::any(2), PRESENT[0], PRESENT[1], ADMIN];
    let judge = |token: Token| judge(&token.mint(), lenient().requirements(&list));
    assert_eq!(judge(Token::good()), Err(Rejection::RequirementUnmet { index: 0 }));
    let b = Token::good().claim("b", 1);
    assert_eq!(judge(b), Err(Rejection::RequirementUnmet { index: 3 }));
}

#[test]
fn list_that_nobody_checked_is_never_met_by_accident() {
    let claim = Requirement::name("sub", ClaimTest::Present);
    let nested = |depth: usize| [vec![Requirement::all(1); depth], vec![claim]].concat();
    look(&Token::good().mint(), &good_keys(), lenient(), AT, |accepted| {
        let unmet = Err(Rejection::RequirementUnmet { index: 0 });
        assert_eq!(accepted.require(&nested(8)), Ok(()));
        assert_eq!(accepted.require(&[Requirement::all(0)]), unmet);
        assert_eq!(accepted.require(&[Requirement::all(2), claim]), unmet);
        assert_eq!(accepted.require(&nested(100_000)), unmet);
    })
    .unwrap();
}

#[test]
fn scopes_are_read_from_the_claims_that_the_policy_names() {
    const SCP: &[ClaimPath<&str>] =
        &[ClaimPath::Name("scp"), ClaimPath::Pointer("/realm_access/roles")];
    let policy = || lenient().scope_claims(SCP);
    let token = Token::good()
        .claim("scp", json!("read write"))
        .claim("realm_access", r#"{"roles":["admin","two words","\u0072ead","quo\"te"]}"#)
        .mint();
    let keys = good_keys();
    look(&token, &keys, policy().required_scopes(&["admin", "write"]), AT, |accepted| {
        let policy = policy().build().unwrap();
        let scopes = policy.scopes(accepted.claims()).unwrap();
        let found: Vec<String> = scopes.iter().map(|scope| scope.to_string()).collect();
        assert_eq!(found, ["read", "write", "admin", "read"]);
        assert!(found.iter().all(|scope| scopes.contains(scope)));
        for other in ["two", "words", "two words", "quo\"te", "", "openid"] {
            assert!(!scopes.contains(other), "{other}");
        }
    })
    .unwrap();
    let refused = |scope: &'static str| {
        let scopes: &'static [&'static str] = Box::leak(Box::new([scope]));
        judge(&token, policy().required_scopes(scopes))
    };
    assert_eq!(refused("two"), Err(Rejection::InsufficientScope));
    assert_eq!(refused("write:orders"), Err(Rejection::InsufficientScope), "it is in `scope`");
}

#[test]
fn header_rules_are_asked_again_when_the_claims_are_judged() {
    let token = Token::good().member("crit", json!(["x"])).member("x", 1).mint();
    let decoded_under = lenient().understood_crit(&["x"]).build().unwrap();
    let accept = |policy: Policy<'_>| {
        let mut scratch = vec![0; token.len()];
        let keys = good_keys();
        let jws = CompactJws::split(BearerToken::from_token68(token.as_bytes()).unwrap()).unwrap();
        let candidate = jws.decode_header(&decoded_under.header_rules(), &mut scratch).unwrap();
        let verified = keys.select(candidate).unwrap().verify().unwrap();
        policy.accept(SignedClaims::parse(verified).unwrap(), AT).map(|_| ())
    };
    assert_eq!(accept(decoded_under), Ok(()));
    assert_eq!(accept(lenient().build().unwrap()), Err(Rejection::CriticalNotUnderstood));
    let understood = || lenient().understood_crit(&["x"]);
    let es384 = understood().algorithms(&[Algorithm::Es384]).build().unwrap();
    assert_eq!(accept(es384), Err(Rejection::AlgorithmNotAllowed(Algorithm::Es256)));
    let id_token = understood().typ(TypRule::OneOf(&["JWT"])).build().unwrap();
    assert_eq!(accept(id_token), Err(Rejection::TypMismatch));
}

#[test]
fn typ_may_be_absent_or_one_of_a_list() {
    let policy = || good().typ(TypRule::AbsentOr(&["JWT"]));
    assert_eq!(judge(&Token::good().without_member("typ").mint(), policy()), Ok(()));
    assert_eq!(judge(&Token::good().member("typ", json!("jwt")).mint(), policy()), Ok(()));
    assert_eq!(judge(&Token::good().mint(), policy()), Err(Rejection::TypMismatch));
}

#[test]
fn keys_are_those_of_the_set_that_was_given() {
    let token = Token::good().signed_by(SigningKey::p256("another key")).mint();
    assert_eq!(judge(&token, lenient()), Err(Rejection::SignatureInvalid));
    let set = keys(&jwks([jwk(&SigningKey::p256("another key"), "k1")]));
    assert_eq!(look(&token, &set, lenient(), AT, |_| ()), Ok(()));
}

#[test]
fn policy_of_owned_names_judges_as_one_of_literals() {
    let (issuer, audience) = (ISSUER.to_owned(), Audience::Exact(AUDIENCE.to_owned()));
    let (scope, claim) =
        ("write:orders".to_owned(), Requirement::pointer("/aud".to_owned(), ClaimTest::Present));
    let (issuers, audiences) = ([issuer.as_str()], [audience.as_deref()]);
    let (scopes, claims) = ([scope.as_str()], [claim.as_deref()]);
    let policy = Policy::builder(Expected::OneOf(&issuers), Expected::OneOf(&audiences))
        .required_scopes(&scopes)
        .requirements(&claims)
        .build()
        .unwrap();
    let (keys, token) = (good_keys(), Token::good().mint());
    let mut scratch = vec![0; token.len()];
    let header = format!("Bearer {token}");
    let verifier = Verifier::new(&keys, policy);
    assert!(verifier.verify_header(header.as_bytes(), AT, &mut scratch).is_ok());
    let poorer = format!("Bearer {}", Token::good().without("scope").mint());
    assert_eq!(
        verifier.verify_header(poorer.as_bytes(), AT, &mut scratch).unwrap_err(),
        Rejection::InsufficientScope
    );
}
