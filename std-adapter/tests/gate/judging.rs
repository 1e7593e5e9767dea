//! Verdicts of a gate, and what it accepts by default.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::json;
use tollgate::gate::{Demand, Denied, Gate, Identity, Issuer};
use tollgate::signature_memory::SignatureMemory;
use tollgate::tollgate_core::policy::{ClaimTest, MissingExp, Requirement, Scalar};
use tollgate::tollgate_core::{Algorithm, BearerToken, Claim, Leeway, Now, Rejection, UnixTime};
use tollgate_tests::mint::{AUDIENCE, ISSUER, NOW, SCOPE, Token};

use super::scripted_web::{Web, bearer, builder, issuer, later, now, ready, rejection};

const NO_SCOPES: &[&str] = &[];

async fn gate_of(issuer: Issuer) -> Gate {
    let gate = builder(&Web::good()).issuer(issuer).build().unwrap();
    gate.ready().await;
    gate
}

fn headers(values: &[&str]) -> HeaderMap {
    let value = |value: &&str| (AUTHORIZATION, HeaderValue::from_str(value).unwrap());
    let mut headers = HeaderMap::new();
    for (name, value) in values.iter().map(value) {
        headers.append(name, value);
    }
    headers
}

#[tokio::test(start_paused = true)]
async fn tokens_of_either_algorithm_are_accepted() {
    let gate = ready(&Web::good()).await;
    for token in [Token::good(), Token::good_es384()] {
        assert_eq!(now(&gate, &token), Ok(()));
        assert_eq!(later(&gate, &token).await, Ok(()));
    }
}

#[tokio::test(start_paused = true)]
async fn an_identity_holds_what_the_token_says() {
    #[derive(Deserialize)]
    struct Claims<'a> {
        jti: &'a str,
    }
    let gate = ready(&Web::good()).await;
    let token = Token::good().claim("exp", format!("{}.75", NOW + 3600));
    let identity = gate.authorize(bearer(&token)).await.unwrap();
    assert_eq!(identity.subject(), Some("user_1"));
    assert_eq!(identity.client_id(), Some("app_1"));
    assert_eq!(identity.issuer(), Some(ISSUER));
    assert_eq!(identity.audience(), Some(AUDIENCE));
    assert_eq!(identity.scope(), Some(SCOPE));
    assert!(identity.has_scope("read:orders"));
    assert!(!identity.has_scope("read") && !identity.has_scope("") && !identity.has_scope(SCOPE));
    assert_eq!(identity.expires(), Some(UnixTime(NOW + 3600)));
    assert_eq!(identity.as_json().as_bytes(), token.payload_bytes());
    assert_eq!(identity.claims::<Claims<'_>>().unwrap().jti, "t-1");
    assert!(identity.claims::<Vec<u8>>().is_err());
    assert_eq!(format!("{identity:?}"), r#"Identity { subject: Some("user_1"), .. }"#);
}

#[tokio::test(start_paused = true)]
async fn an_error_about_claims_names_the_claim() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "nobody gets one")]
    struct Address {
        country: String,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "nobody gets one")]
    struct Claims {
        tenant: String,
        address: Option<Address>,
    }
    let gate = ready(&Web::good()).await;
    for (token, claim, message) in [
        (Token::good(), None, "missing field `tenant`"),
        (Token::good().claim("tenant", 5), Some("tenant"), "the claim \"tenant\": invalid type"),
        (
            Token::good().claim("tenant", json!("t")).claim("address", json!({ "country": [] })),
            Some("address.country"),
            "the claim \"address.country\": invalid type",
        ),
    ] {
        let error = gate.authorize_now(bearer(&token)).unwrap().claims::<Claims>().unwrap_err();
        assert_eq!(error.claim().as_deref(), claim);
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn all_ways_of_asking_agree() {
    let gate = ready(&Web::good()).await;
    let read = ["read:orders"];
    for (token, reason) in [
        (Token::good(), None),
        (Token::good().claim("exp", NOW - 3600), Some("expired")),
        (Token::good().claim("sub", 5), Some("claim-type")),
    ] {
        let value = bearer(&token);
        let headers = headers(&[&value]);
        let text = token.mint();
        let bare = BearerToken::from_token68(text.as_bytes()).unwrap();
        let verdicts: [Result<Identity, Denied>; 6] = [
            gate.authorize(&value).await,
            gate.authorize_now(&value),
            gate.authorize_request(&headers, &read).await,
            gate.authorize_request_now(&headers, &read),
            gate.authorize_token(bare, &read).await,
            gate.authorize_token_now(bare, &read),
        ];
        for verdict in verdicts {
            assert_eq!(verdict.err().map(|denied| denied.reason()), reason);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_has_exactly_one_authorization_header() {
    let gate = ready(&Web::good()).await;
    let value = bearer(&Token::good());
    let cases: [(&[&str], Rejection); 4] = [
        (&[], Rejection::AuthorizationMissing),
        (&[""], Rejection::AuthorizationMissing),
        (&[&value, &value], Rejection::AuthorizationRepeated),
        (&["Basic dXNlcjpwYXNz"], Rejection::SchemeNotBearer),
    ];
    for (values, rejection) in cases {
        let headers = headers(values);
        let denied = gate.authorize_request(&headers, NO_SCOPES).await.unwrap_err();
        assert_eq!(denied, rejection.into(), "{values:?}");
        assert_eq!(gate.authorize_request_now(&headers, NO_SCOPES).unwrap_err(), denied);
    }
}

#[tokio::test(start_paused = true)]
async fn no_verdict_is_remembered() {
    let time = Arc::new(AtomicI64::new(NOW));
    let clock = Arc::clone(&time);
    let memory = SignatureMemory::new(8);
    let gate = builder(&Web::good())
        .signature_memory(&memory)
        .clock(move || Now::Exact(UnixTime(clock.load(Ordering::Relaxed))))
        .issuer(issuer().leeway(Leeway::ZERO))
        .build()
        .unwrap();
    gate.ready().await;
    let token = Token::good().claim("exp", NOW + 10);
    assert_eq!(now(&gate, &token), Ok(()));
    // Other claims with the signature of an accepted token.
    let (accepted, other) = (bearer(&token), bearer(&token.clone().claim("sub", "user_2")));
    let (_, signature) = accepted.rsplit_once('.').unwrap();
    let (signing_input, _) = other.rsplit_once('.').unwrap();
    let forged = format!("{signing_input}.{signature}");
    assert_eq!(gate.authorize_now(&forged).unwrap_err().reason(), "signature-invalid");
    time.store(NOW + 10, Ordering::Relaxed);
    assert_eq!(now(&gate, &token), Err("expired"));
    time.store(NOW + 9, Ordering::Relaxed);
    assert_eq!(now(&gate, &token), Ok(()));
    assert_eq!(memory.hits(), 2, "only that the signature is valid");
}

#[tokio::test(start_paused = true)]
async fn clocks_may_be_sixty_seconds_apart_unless_told_otherwise() {
    let strict = gate_of(issuer().leeway(Leeway::ZERO)).await;
    let gate = ready(&Web::good()).await;
    for (expired_for, by_default, strictly) in [
        (-1, Ok(()), Ok(())),
        (0, Ok(()), Err("expired")),
        (59, Ok(()), Err("expired")),
        (60, Err("expired"), Err("expired")),
    ] {
        let token = Token::good().claim("exp", NOW - expired_for);
        assert_eq!(now(&gate, &token), by_default, "{expired_for}");
        assert_eq!(now(&strict, &token), strictly, "{expired_for}");
    }
    let token = |ahead: i64| Token::good().claim("nbf", NOW + ahead);
    assert_eq!(now(&gate, &token(60)), Ok(()));
    assert_eq!(now(&gate, &token(61)), Err("not-yet-valid"));
}

#[tokio::test(start_paused = true)]
async fn unless_told_otherwise_only_access_tokens_by_rfc_9068_are_accepted() {
    let gate = ready(&Web::good()).await;
    for (claim, name) in [
        (Claim::Issuer, "iss"),
        (Claim::Expiration, "exp"),
        (Claim::Audience, "aud"),
        (Claim::Subject, "sub"),
        (Claim::ClientId, "client_id"),
        (Claim::IssuedAt, "iat"),
        (Claim::JwtId, "jti"),
    ] {
        let token = Token::good().without(name);
        assert_eq!(rejection(&gate, &token), Rejection::ClaimMissing(claim), "{name}");
    }
    assert_eq!(now(&gate, &Token::good().without("scope")), Ok(()));
    let typ = |typ: &str| Token::good().member("typ", json!(typ));
    assert_eq!(now(&gate, &typ("application/at+jwt")), Ok(()));
    assert_eq!(now(&gate, &typ("JWT")), Err("typ-mismatch"));
    assert_eq!(now(&gate, &Token::good().without_member("typ")), Err("typ-missing"));
}

/// A token without the claims that many issuers' access tokens lack.
fn plain() -> Token {
    ["jti", "client_id", "sub", "iat"].into_iter().fold(Token::good(), Token::without)
}

#[tokio::test(start_paused = true)]
async fn another_typ_leaves_the_profile() {
    let gate = gate_of(issuer().typ("JWT")).await;
    let jwt = |token: Token| token.member("typ", json!("JWT"));
    assert_eq!(now(&gate, &jwt(plain())), Ok(()));
    assert_eq!(now(&gate, &plain()), Err("typ-mismatch"));
    assert_eq!(now(&gate, &jwt(plain().without("iss"))), Err("claim-missing"));
    assert_eq!(now(&gate, &jwt(plain().without("aud"))), Err("claim-missing"));
    assert_eq!(now(&gate, &jwt(plain().without("exp"))), Err("claim-missing"));
}

#[tokio::test(start_paused = true)]
async fn any_typ_leaves_the_profile() {
    let gate = gate_of(issuer().any_typ()).await;
    for token in [
        plain(),
        plain().member("typ", json!("JWT")),
        plain().member("typ", json!("secevent+jwt")),
        plain().without_member("typ"),
    ] {
        assert_eq!(now(&gate, &token), Ok(()));
    }
}

#[tokio::test(start_paused = true)]
async fn an_issuers_settings_reach_its_policy() {
    let endless = Token::good().without("exp");
    for (issuer, token, reason) in [
        (issuer().algorithms([Algorithm::Es384]), Token::good(), "algorithm-not-allowed"),
        (issuer().max_token_age(30), Token::good().claim("iat", NOW - 91), "too-old"),
        (issuer().subject("user_2"), Token::good(), "subject-mismatch"),
        (issuer().scope("admin"), Token::good(), "insufficient-scope"),
        (
            issuer().required_claim(Requirement::name("tenant".to_owned(), ClaimTest::Present)),
            Token::good(),
            "requirement-unmet",
        ),
        (issuer().scope_claim("scp").scope("read:orders"), Token::good(), "insufficient-scope"),
        (issuer().typ("at+jwt"), endless.clone(), "claim-missing"),
    ] {
        assert_eq!(now(&gate_of(issuer).await, &token), Err(reason));
    }
    let gate = gate_of(issuer().typ("at+jwt").missing_exp(MissingExp::Accept)).await;
    assert_eq!(now(&gate, &endless), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn missing_scopes_are_listed_once_those_of_the_policy_first() {
    let gate = gate_of(issuer().scope("read:orders")).await;
    let headers_of = |scope: &str| {
        let token = Token::good().claim("scope", json!(scope));
        headers(&[&bearer(&token)])
    };
    let route = ["write:orders", "read:orders", "write:orders"];
    assert!(gate.authorize_request_now(&headers_of(SCOPE), &route).is_ok());
    for granted in ["", "read:orders", "write:orders", "read:orders write:orders2"] {
        let headers = headers_of(granted);
        let denied = gate.authorize_request(&headers, &route).await.unwrap_err();
        let scopes = vec!["read:orders".to_owned(), "write:orders".to_owned()];
        let rejection = Rejection::InsufficientScope;
        let demand = Demand::NOTHING;
        assert_eq!(denied, Denied::Rejected { rejection, scopes, demand }, "{granted}");
        assert_eq!(gate.authorize_request_now(&headers, &route).unwrap_err(), denied);
    }
}

#[tokio::test(start_paused = true)]
async fn a_global_api_of_logto_is_its_audience_and_its_scopes() {
    let gate = gate_of(issuer().scope("read:orders")).await;
    assert_eq!(now(&gate, &Token::good_es384()), Ok(()));
    let other = Token::good_es384().claim("aud", json!("https://other.example.com"));
    assert_eq!(now(&gate, &other), Err("audience-mismatch"));
}

#[tokio::test(start_paused = true)]
async fn an_audience_prefix_tells_which_organization_of_logto() {
    let organizations = Issuer::new(ISSUER).audience_prefix("urn:logto:organization:");
    let gate = gate_of(organizations.scope("read:orders")).await;
    let token = |audience: &str| Token::good_es384().claim("aud", json!(audience));
    let identity = gate.authorize_now(bearer(&token("urn:logto:organization:org_1"))).unwrap();
    assert_eq!(identity.audience(), Some("urn:logto:organization:org_1"));
    for other in ["urn:logto:organization:", "urn:logto:organizations:org_1", AUDIENCE] {
        assert_eq!(now(&gate, &token(other)), Err("audience-mismatch"), "{other}");
    }
    let both = Token::good().claim("aud", json!([AUDIENCE, "urn:logto:organization:org_2"]));
    let identity = gate.authorize_now(bearer(&both)).unwrap();
    assert_eq!(identity.audience(), Some("urn:logto:organization:org_2"));
}

#[tokio::test(start_paused = true)]
async fn an_api_of_an_organization_of_logto_requires_its_id() {
    let claim = Requirement::name(
        "organization_id".to_owned(),
        ClaimTest::Equals(Scalar::Text("org_1".to_owned())),
    );
    let gate = gate_of(issuer().required_claim(claim)).await;
    let token = |id: &str| Token::good_es384().claim("organization_id", json!(id));
    assert_eq!(now(&gate, &token("org_1")), Ok(()));
    assert_eq!(now(&gate, &token("org_2")), Err("requirement-unmet"));
    assert_eq!(now(&gate, &Token::good_es384()), Err("requirement-unmet"));
}

#[tokio::test(start_paused = true)]
async fn scopes_come_from_the_named_claims_as_a_text_or_an_array() {
    let gate = gate_of(issuer().scope_claim("scp").scope_claim("/realm_access/roles")).await;
    let token = Token::good()
        .claim("scp", json!("read write"))
        .claim("realm_access", json!({ "roles": ["admin", "read", "two words"] }));
    let headers = headers(&[&bearer(&token)]);
    let identity = gate.authorize_request_now(&headers, &["admin", "write"]).unwrap();
    assert_eq!(identity.scope(), Some("read write admin read"));
    assert!(identity.has_scope("admin") && !identity.has_scope("two"));
    assert!(gate.authorize_request_now(&headers, &["two"]).is_err());
    assert!(gate.authorize_request_now(&headers, &["read:orders"]).is_err(), "it is in `scope`");
    let object = Token::good().claim("scp", json!({ "read": true }));
    assert_eq!(now(&gate, &object), Err("claim-type"));
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_nobody_reads_may_be_of_any_type() {
    let gate = gate_of(issuer().typ("at+jwt").typ("JWT")).await;
    for (name, value) in [
        ("auth_time", json!("2026-11-28T10:00:00.000Z")),
        ("azp", json!(null)),
        ("nonce", json!(null)),
        ("at_hash", json!(null)),
        ("jti", json!(7)),
    ] {
        let token = Token::good().member("typ", json!("JWT")).claim(name, value);
        assert_eq!(now(&gate, &token), Ok(()), "{name}");
    }
    let gate = gate_of(issuer()).await;
    assert_eq!(now(&gate, &Token::good().claim("jti", json!(7))), Err("claim-type"), "RFC 9068");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_no_key_can_save_is_refused_at_once_even_without_keys() {
    let web = Web::good();
    let gate = builder(&web).issuer(issuer()).build().unwrap();
    let unsigned = r#"{"alg":"none","typ":"at+jwt"}"#;
    assert_eq!(later(&gate, &Token::good().header(unsigned)).await, Err("algorithm-unsupported"));
    let id_token = Token::good().member("typ", json!("JWT"));
    assert_eq!(later(&gate, &id_token).await, Err("typ-mismatch"));
    assert_eq!(gate.authorize("Bearer a.b").await.unwrap_err().reason(), "part-count");
    assert_eq!(gate.authorize("").await.unwrap_err().reason(), "authorization-missing");
    assert_eq!(web.total(), 0, "no request has waited");
}
