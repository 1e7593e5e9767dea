//! The profile for access tokens: RFC 9068.

use serde_json::json;
use tollgate_core::policy::{Audience, Policy, PolicyBuilder};
use tollgate_core::{Claim, Rejection};
use tollgate_tests::mint::{AUDIENCE, ISSUER, Token};
use tollgate_tests::verify::judge;

fn profile() -> PolicyBuilder<'static> {
    Policy::access_token(&[ISSUER], &[Audience::Exact(AUDIENCE)])
}

#[test]
fn good_access_token_is_accepted() {
    assert_eq!(judge(&Token::good().mint(), profile()), Ok(()));
    assert_eq!(judge(&Token::good_es384().mint(), profile()), Ok(()));
}

#[test]
fn every_required_claim_is_missed() {
    for claim in [
        Claim::Issuer,
        Claim::Expiration,
        Claim::Audience,
        Claim::Subject,
        Claim::ClientId,
        Claim::IssuedAt,
        Claim::JwtId,
    ] {
        let token = Token::good().without(claim.name());
        assert_eq!(judge(&token.mint(), profile()), Err(Rejection::ClaimMissing(claim)));
    }
}

#[test]
fn claim_that_is_not_required_may_be_missing() {
    assert_eq!(judge(&Token::good().without("scope").mint(), profile()), Ok(()));
}

#[test]
fn typ_must_be_that_of_an_access_token() {
    let typ = |typ: &str| judge(&Token::good().member("typ", json!(typ)).mint(), profile());
    assert_eq!(typ("at+jwt"), Ok(()));
    assert_eq!(typ("application/at+jwt"), Ok(()));
    assert_eq!(typ("AT+JWT"), Ok(()));
    for other in ["JWT", "id+jwt", "logout+jwt", "dpop+jwt", ""] {
        assert_eq!(typ(other), Err(Rejection::TypMismatch), "{other}");
    }
    let without = Token::good().without_member("typ").mint();
    assert_eq!(judge(&without, profile()), Err(Rejection::TypMissing));
}

#[test]
fn issuer_and_audience_must_be_the_expected_ones() {
    let other =
        |name: &str, value: &str| judge(&Token::good().claim(name, json!(value)).mint(), profile());
    assert_eq!(other("iss", "https://auth.example.com/oidc/"), Err(Rejection::IssuerMismatch));
    assert_eq!(other("aud", "https://api.example.com/"), Err(Rejection::AudienceMismatch));
}

#[test]
fn id_token_is_no_access_token() {
    let token = Token::good_id_token().mint();
    assert_eq!(judge(&token, profile()), Err(Rejection::TypMissing));
}

#[test]
fn required_claims_add_to_those_of_the_profile() {
    let policy = || profile().required(&[Claim::Scope]);
    assert_eq!(judge(&Token::good().mint(), policy()), Ok(()));
    for claim in [Claim::Scope, Claim::ClientId, Claim::JwtId] {
        let token = Token::good().without(claim.name());
        assert_eq!(judge(&token.mint(), policy()), Err(Rejection::ClaimMissing(claim)));
    }
}
