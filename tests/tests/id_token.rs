//! The profile for ID tokens: OIDC Core §3.1.3.7.

use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha384};
use tollgate_core::policy::{Audience, IdTokenRules, Policy, PolicyBuilder, Unjudged};
use tollgate_core::{Claim, Leeway, Now, Rejection, UnixTime};
use tollgate_tests::mint::{ISSUER, NOW, Token, base64url, k2};
use tollgate_tests::verify::{good_keys, judge, look};

const ACCESS_TOKEN: &str = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";

fn profile(rules: IdTokenRules<'static>) -> PolicyBuilder<'static> {
    Policy::id_token(&[ISSUER], &[Audience::Exact("app_1"), Audience::Exact("app_2")], rules)
}

fn rules() -> IdTokenRules<'static> {
    IdTokenRules::new("app_1")
}

fn verdict(token: Token) -> Result<(), Rejection> {
    judge(&token.mint(), profile(rules()))
}

fn good_es384() -> Token {
    Token::good_id_token().member("alg", json!("ES384")).member("kid", json!("k2")).signed_by(k2())
}

#[test]
fn good_id_token_is_accepted() {
    assert_eq!(verdict(Token::good_id_token()), Ok(()));
    assert_eq!(verdict(good_es384()), Ok(()));
    assert_eq!(verdict(Token::good_id_token().member("typ", json!("JWT"))), Ok(()));
}

#[test]
fn access_token_is_no_id_token() {
    let token = Token::good().claim("aud", json!("app_1"));
    assert_eq!(verdict(token), Err(Rejection::TypMismatch));
}

#[test]
fn every_required_claim_is_missed() {
    for claim in
        [Claim::Issuer, Claim::Subject, Claim::Audience, Claim::Expiration, Claim::IssuedAt]
    {
        let token = Token::good_id_token().without(claim.name());
        assert_eq!(verdict(token), Err(Rejection::ClaimMissing(claim)));
    }
}

#[test]
fn audience_must_have_the_client() {
    let aud = |value: Value| verdict(Token::good_id_token().claim("aud", value));
    assert_eq!(aud(json!(["app_1"])), Ok(()));
    assert_eq!(aud(json!("app_3")), Err(Rejection::AudienceMismatch));
    // Trusted beside the client, but not in its place.
    assert_eq!(aud(json!("app_2")), Err(Rejection::AudienceMismatch));
}

#[test]
fn audience_that_is_not_trusted_is_rejected() {
    let aud = |value: Value| {
        verdict(Token::good_id_token().claim("aud", value).claim("azp", json!("app_1")))
    };
    assert_eq!(aud(json!(["app_1", "app_2"])), Ok(()));
    assert_eq!(aud(json!(["app_1", "app_3"])), Err(Rejection::AudienceUntrusted));
}

#[test]
fn client_is_trusted_without_being_listed() {
    let policy = Policy::id_token(&[ISSUER], &[Audience::Exact("app_2")], rules());
    let token =
        Token::good_id_token().claim("aud", json!(["app_1", "app_2"])).claim("azp", json!("app_1"));
    assert_eq!(judge(&token.mint(), policy), Ok(()));
}

#[test]
fn several_audiences_require_azp() {
    let token = Token::good_id_token().claim("aud", json!(["app_1", "app_2"]));
    assert_eq!(verdict(token), Err(Rejection::ClaimMissing(Claim::AuthorizedParty)));
}

#[test]
fn azp_must_be_the_client() {
    let azp = |value: &str| verdict(Token::good_id_token().claim("azp", json!(value)));
    assert_eq!(azp("app_1"), Ok(()));
    for other in ["app_2", "APP_1", ""] {
        assert_eq!(azp(other), Err(Rejection::AuthorizedPartyMismatch), "{other}");
    }
}

#[test]
fn nonce_must_be_the_one_that_was_sent() {
    let nonce = |token: Token| {
        judge(&token.mint(), profile(IdTokenRules { nonce: Some("n-0S6"), ..rules() }))
    };
    let token = Token::good_id_token;
    assert_eq!(nonce(token().claim("nonce", json!("n-0S6"))), Ok(()));
    assert_eq!(nonce(token().claim("nonce", json!("n-0s6"))), Err(Rejection::NonceMismatch));
    assert_eq!(nonce(token()), Err(Rejection::ClaimMissing(Claim::Nonce)));
    // The client sent no nonce, so it requires none.
    assert_eq!(verdict(token().claim("nonce", json!("whatever"))), Ok(()));
}

fn at_hash(token: Token) -> Result<(), Rejection> {
    let rules = IdTokenRules { access_token: Some(ACCESS_TOKEN), ..rules() };
    judge(&token.mint(), profile(rules))
}

#[test]
fn at_hash_is_the_left_half_of_the_hash_of_the_algorithm() {
    let sha256 = json!(base64url(&Sha256::digest(ACCESS_TOKEN)[..16]));
    let sha384 = json!(base64url(&Sha384::digest(ACCESS_TOKEN)[..24]));
    // The example of OIDC Core §A.3, whose ID token is signed with SHA-256.
    assert_eq!(sha256, json!("77QmUPtjPfzWtF2AnpK9RQ"));
    let es256 = |value: &Value| at_hash(Token::good_id_token().claim("at_hash", value));
    let es384 = |value: &Value| at_hash(good_es384().claim("at_hash", value));
    assert_eq!(es256(&sha256), Ok(()));
    assert_eq!(es384(&sha384), Ok(()));
    assert_eq!(es256(&sha384), Err(Rejection::AccessTokenHashMismatch));
    assert_eq!(es384(&sha256), Err(Rejection::AccessTokenHashMismatch));
}

#[test]
fn at_hash_of_another_token_or_another_form_is_rejected() {
    let hash = Sha256::digest(ACCESS_TOKEN);
    for other in [
        base64url(&Sha256::digest("another token")[..16]),
        base64url(&hash[16..]),
        base64url(hash),
        base64url(&hash[..15]),
        format!("{}==", base64url(&hash[..16])),
        "A".repeat(1000),
        String::new(),
    ] {
        let token = Token::good_id_token().claim("at_hash", json!(other));
        assert_eq!(at_hash(token), Err(Rejection::AccessTokenHashMismatch), "{other}");
    }
}

#[test]
fn at_hash_may_be_written_with_escapes() {
    let token = Token::good_id_token().claim("at_hash", r#""\u00377QmUPtjPfzWtF2AnpK9RQ""#);
    assert_eq!(at_hash(token), Ok(()));
}

#[test]
fn at_hash_may_be_absent_or_unasked_for() {
    assert_eq!(at_hash(Token::good_id_token()), Ok(()));
    assert_eq!(verdict(Token::good_id_token().claim("at_hash", json!("whatever"))), Ok(()));
}

fn authenticated(token: &Token, now: Now, unjudged: Unjudged) -> Result<(), Rejection> {
    let rules = IdTokenRules { max_authentication_age: Some(300), ..rules() };
    let policy = profile(rules).unjudged(unjudged).leeway(Leeway::from_secs(10).unwrap());
    look(&token.mint(), &good_keys(), policy, now, |_| ())
}

#[test]
fn authentication_must_be_recent_where_max_age_was_sent() {
    let judge = |auth_time: &str| {
        let token = Token::good_id_token().claim("auth_time", auth_time);
        authenticated(&token, Now::Exact(UnixTime(NOW)), Unjudged::Refuse)
    };
    let ago = |secs: i64| (NOW - secs).to_string();
    assert_eq!(judge(&ago(0)), Ok(()));
    assert_eq!(judge(&ago(310)), Ok(()));
    assert_eq!(judge(&format!("{}.1", NOW - 311)), Ok(()));
    let too_old =
        Rejection::AuthenticationTooOld { auth_time: UnixTime(NOW - 311), now: UnixTime(NOW) };
    assert_eq!(judge(&ago(311)), Err(too_old));
    assert_eq!(judge(&ago(-10)), Ok(()));
    let in_future =
        Rejection::AuthenticationInFuture { auth_time: UnixTime(NOW + 11), now: UnixTime(NOW) };
    assert_eq!(judge(&ago(-11)), Err(in_future));
}

#[test]
fn authentication_without_its_time_is_rejected_where_max_age_was_sent() {
    let token = Token::good_id_token();
    assert_eq!(
        authenticated(&token, Now::Exact(UnixTime(NOW)), Unjudged::Refuse),
        Err(Rejection::ClaimMissing(Claim::AuthTime))
    );
    assert_eq!(verdict(token.claim("auth_time", 0)), Ok(()));
}

#[test]
fn age_of_an_authentication_cannot_be_judged_without_a_clock() {
    let token = Token::good_id_token().claim("auth_time", NOW);
    let floor = Now::AtLeast(UnixTime(NOW));
    assert_eq!(
        authenticated(&token, floor, Unjudged::Refuse),
        Err(Rejection::Unjudgeable(Claim::AuthTime))
    );
    assert_eq!(authenticated(&token, floor, Unjudged::Accept), Ok(()));
}
