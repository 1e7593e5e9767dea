//! The three ways in which Logto grants permissions, each as a policy.

use serde_json::json;
use tollgate_core::policy::{Audience, ClaimTest, Expected, Policy, Requirement, Scalar};
use tollgate_core::{Claim, Now, Rejection, UnixTime};
use tollgate_tests::mint::{NOW, Token};
use tollgate_tests::verify::{good_keys, look};

const ISSUER: &str = "https://tenant.logto.app/oidc";
const API: &str = "https://api.example.com";
const ORGANIZATION: &str = "urn:logto:organization:";

/// A global API resource: the audience is the resource indicator, and scopes say what is allowed.
const GLOBAL_API: Policy<'_> = match Policy::access_token(&[ISSUER], &[Audience::Exact(API)])
    .required_scopes(&["read:orders"])
    .build()
{
    Ok(policy) => policy,
    Err(_) => panic!("not a policy"),
};

/// Organisation permissions: the audience names the organisation, and the handler is told which.
const ORGANIZATION_PERMISSIONS: Policy<'_> = match Policy::builder(
    Expected::OneOf(&[ISSUER]),
    Expected::OneOf(&[Audience::Prefix(ORGANIZATION)]),
)
.required_scopes(&["invite:member"])
.build()
{
    Ok(policy) => policy,
    Err(_) => panic!("not a policy"),
};

/// An API resource of an organisation: the audience is the resource, and a claim names the
/// organisation.
const ORGANIZATION_API: Policy<'_> = match Policy::access_token(&[ISSUER], &[Audience::Exact(API)])
    .requirements(&[Requirement::name("organization_id", ClaimTest::Equals(Scalar::Text("org_1")))])
    .required_scopes(&["read:orders"])
    .build()
{
    Ok(policy) => policy,
    Err(_) => panic!("not a policy"),
};

/// Logto signs with ES384.
fn token() -> Token {
    Token::good_es384().claim("iss", json!(ISSUER)).claim("aud", json!(API))
}

fn judge(policy: Policy<'_>, token: &Token) -> Result<Option<String>, Rejection> {
    let (keys, token) = (good_keys(), token.mint());
    let mut scratch = vec![0; token.len()];
    let header = format!("Bearer {token}");
    let verifier = tollgate_core::Verifier::new(&keys, policy);
    let accepted =
        verifier.verify_header(header.as_bytes(), Now::Exact(UnixTime(NOW)), &mut scratch)?;
    let organization = accepted.audience().and_then(|audience| audience.strip_prefix(ORGANIZATION));
    Ok(organization.map(|id| id.to_string()))
}

#[test]
fn global_api_resource_is_its_audience_and_scopes() {
    assert_eq!(judge(GLOBAL_API, &token()), Ok(None));
    let other_api = token().claim("aud", json!("https://other.example.com"));
    assert_eq!(judge(GLOBAL_API, &other_api), Err(Rejection::AudienceMismatch));
    let without_scope = token().claim("scope", json!("write:orders"));
    assert_eq!(judge(GLOBAL_API, &without_scope), Err(Rejection::InsufficientScope));
    let other_tenant = token().claim("iss", json!("https://other.logto.app/oidc"));
    assert_eq!(judge(GLOBAL_API, &other_tenant), Err(Rejection::IssuerMismatch));
}

#[test]
fn organization_permissions_hand_out_the_organization() {
    let of = |audience: &str| {
        let token = token().claim("aud", json!(audience)).claim("scope", json!("invite:member"));
        judge(ORGANIZATION_PERMISSIONS, &token)
    };
    assert_eq!(of("urn:logto:organization:org_1"), Ok(Some("org_1".to_owned())));
    assert_eq!(of("urn:logto:organization:org_2"), Ok(Some("org_2".to_owned())));
    for other in ["urn:logto:organization:", API, "urn:logto:organizations:org_1"] {
        assert_eq!(of(other), Err(Rejection::AudienceMismatch), "{other}");
    }
    let global = token().claim("aud", json!("urn:logto:organization:org_1"));
    assert_eq!(judge(ORGANIZATION_PERMISSIONS, &global), Err(Rejection::InsufficientScope));
}

#[test]
fn api_resource_of_an_organization_requires_its_id() {
    let member = |id: &str| token().claim("organization_id", json!(id));
    assert_eq!(judge(ORGANIZATION_API, &member("org_1")), Ok(None));
    assert_eq!(
        judge(ORGANIZATION_API, &member("org_2")),
        Err(Rejection::RequirementUnmet { index: 0 })
    );
    assert_eq!(judge(ORGANIZATION_API, &token()), Err(Rejection::RequirementUnmet { index: 0 }));
}

#[test]
fn organization_is_told_from_the_audience_that_was_matched() {
    let token = token()
        .claim("aud", json!(["https://api.example.com", "urn:logto:organization:org_9"]))
        .claim("scope", json!("invite:member"))
        .mint();
    let policy = Policy::builder(
        Expected::OneOf(&[ISSUER]),
        Expected::OneOf(&[Audience::Prefix(ORGANIZATION)]),
    );
    let id = look(&token, &good_keys(), policy, Now::Exact(UnixTime(NOW)), |token| {
        token.audience().unwrap().strip_prefix(ORGANIZATION).unwrap().to_string()
    });
    assert_eq!(id.unwrap(), "org_9");
}

#[test]
fn access_token_without_a_client_is_none_of_logtos() {
    let token = token().without("client_id");
    assert_eq!(judge(GLOBAL_API, &token), Err(Rejection::ClaimMissing(Claim::ClientId)));
}
