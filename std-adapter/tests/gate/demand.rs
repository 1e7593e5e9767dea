//! What places of an API demand of a token, besides the policy of its issuer.

use http::header::{AUTHORIZATION, HeaderMap, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode};
use serde_json::json;
use tollgate::gate::{Demand, DemandBuilder, DemandError, Denied, Gate, Identity, Issuer, Tenants};
use tollgate::middleware::RequireAuth;
use tollgate::tollgate_core::policy::{ClaimTest, PolicyError, Requirement, Scalar};
use tollgate::tollgate_core::{BearerToken, Now, Rejection, UnixTime};
use tollgate_tests::mint::{AUDIENCE, ISSUER, NOW, Token, jwk, jwk_with, k1};
use tower::{Layer, ServiceExt, service_fn};

use super::scripted_web::{JWKS, Web, bearer, builder, issuer};

const OTHER: &str = "https://other.example";

fn demand() -> DemandBuilder {
    Demand::builder()
}

async fn gate_of(issuer: Issuer) -> Gate {
    let gate = builder(&Web::good()).issuer(issuer).build().unwrap();
    gate.ready().await;
    gate
}

fn judge(gate: &Gate, token: &Token, demand: DemandBuilder) -> Result<Identity, Denied> {
    let token = token.mint();
    let token = BearerToken::from_token68(token.as_bytes()).unwrap();
    gate.authorize_token_now(token, &demand.build().unwrap())
}

/// The reason of the refusal, if there is one.
fn verdict(gate: &Gate, token: &Token, demand: DemandBuilder) -> Result<(), &'static str> {
    judge(gate, token, demand).map(drop).map_err(|denied| denied.reason())
}

/// The challenge of a refusal.
fn challenge(gate: &Gate, token: &Token, demand: DemandBuilder) -> String {
    let response: Response<String> = judge(gate, token, demand).unwrap_err().response(gate);
    response.headers()[WWW_AUTHENTICATE].to_str().unwrap().to_owned()
}

fn role(role: &str) -> Requirement<String> {
    Requirement::name("role".to_owned(), ClaimTest::Equals(Scalar::Text(role.to_owned())))
}

#[tokio::test(start_paused = true)]
async fn a_token_needs_all_scopes_and_one_of_those_where_any_is_enough() {
    let gate = gate_of(issuer()).await;
    let all = || demand().scopes(["read:orders", "write:orders"]);
    for (demand, expected) in [
        (all(), Ok(())),
        (all().scope("admin"), Err("insufficient-scope")),
        (demand().any_scope(["admin", "read:orders"]), Ok(())),
        (demand().any_scope(["admin", "owner"]), Err("insufficient-scope")),
        (all().any_scope(["admin"]), Err("insufficient-scope")),
    ] {
        assert_eq!(verdict(&gate, &Token::good(), demand), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_challenge_names_all_scopes_and_the_first_of_those_where_any_is_enough() {
    let gate = gate_of(issuer().scope("read:orders")).await;
    let demand = demand().scope("a").any_scope(["b", "c"]).scope("read:orders");
    let challenge = challenge(&gate, &Token::good(), demand);
    assert!(challenge.ends_with("scope=\"read:orders a b\""), "{challenge}");
}

#[tokio::test(start_paused = true)]
async fn a_challenge_without_credentials_names_the_scopes_and_the_metadata() {
    let gate = builder(&Web::good())
        .issuer(issuer().scope("base"))
        .issuer(Issuer::new(OTHER).audience(AUDIENCE).scope("more").scope("base").jwks_uri(JWKS));
    let gate = gate.resource_metadata("https://api.example.com/own").build().unwrap();
    let url = "https://api.example.com/.well-known/oauth-protected-resource/mcp";
    let demand = demand().scope("tools:read").resource_metadata(url).build().unwrap();
    let nothing = HeaderMap::new();
    let expected = format!("Bearer resource_metadata=\"{url}\", scope=\"base tools:read\"");
    let denied = gate.authorize_request_now(&nothing, &demand).unwrap_err();
    assert_eq!(denied.challenge(&gate).unwrap(), expected);
    assert_eq!(gate.authorize_request(&nothing, &demand).await.unwrap_err(), denied);
    assert_eq!(gate.refuse(Rejection::AuthorizationMissing, &demand), denied);
    // Every token needs the scope that all issuers require.
    let own = gate.authorize_now("").unwrap_err().challenge(&gate).unwrap();
    assert_eq!(own, "Bearer resource_metadata=\"https://api.example.com/own\", scope=\"base\"");
}

#[tokio::test(start_paused = true)]
async fn an_invalid_token_is_told_the_scopes_that_another_needs() {
    let gate = gate_of(issuer()).await;
    let expired = Token::good().claim("exp", 0);
    let challenge = challenge(&gate, &expired, demand().scope("tools:read"));
    assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    assert!(challenge.ends_with("scope=\"tools:read\""), "{challenge}");
}

#[tokio::test(start_paused = true)]
async fn claims_that_do_not_meet_the_demand_are_403() {
    let gate = gate_of(issuer()).await;
    let admin = Token::good().claim("role", json!("admin"));
    assert_eq!(verdict(&gate, &admin, demand().required_claims([role("admin")])), Ok(()));
    let denied =
        judge(&gate, &admin, demand().required_claims([role("admin"), role("owner")])).unwrap_err();
    assert_eq!(denied.status(), StatusCode::FORBIDDEN);
    assert!(
        matches!(
            denied,
            Denied::Rejected { rejection: Rejection::RequirementUnmet { index: 1 }, .. }
        ),
        "{denied:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn only_tokens_of_the_named_issuers_pass() {
    let mut both = issuer().jwks_uri(JWKS);
    both.issuer.push(OTHER.to_owned());
    let gate = gate_of(both).await;
    let other = Token::good().claim("iss", json!(OTHER));
    assert_eq!(verdict(&gate, &other, demand().issuer(OTHER)), Ok(()));
    assert_eq!(verdict(&gate, &Token::good(), demand().issuer(OTHER).issuer(ISSUER)), Ok(()));
    assert_eq!(verdict(&gate, &Token::good(), demand().issuer(OTHER)), Err("issuer-mismatch"));
    assert_eq!(verdict(&gate, &other, demand().issuer(ISSUER)), Err("issuer-mismatch"));
}

#[tokio::test(start_paused = true)]
async fn a_template_names_all_tenants_and_an_issuer_names_one() {
    const TEMPLATE: &str = "https://login.example/{tid}/v2.0";
    let template = Issuer::new(TEMPLATE).audience(AUDIENCE).jwks_uri(JWKS).tenants(Tenants::Any);
    let gate = gate_of(template).await;
    let of = |tenant: &str| format!("https://login.example/{tenant}/v2.0");
    let token = Token::good().claim("iss", json!(of("a"))).claim("tid", json!("a"));
    assert_eq!(verdict(&gate, &token, demand().issuer(TEMPLATE)), Ok(()));
    assert_eq!(verdict(&gate, &token, demand().issuer(of("a"))), Ok(()));
    assert_eq!(verdict(&gate, &token, demand().issuer(of("b"))), Err("issuer-mismatch"));
}

#[tokio::test(start_paused = true)]
async fn a_workload_cannot_claim_to_be_of_another_issuer() {
    let web = Web::good();
    web.publish([jwk_with(jwk(&k1(), "k1"), "use", json!("jwt-svid"))]);
    let domain = Issuer::of_trust_domain("example.org").audience(AUDIENCE).jwks_uri(JWKS);
    let gate = builder(&web).issuer(domain).build().unwrap();
    gate.ready().await;
    let svid = Token::good().member("typ", json!("JWT")).claim("iss", json!(OTHER));
    let svid = svid.claim("sub", json!("spiffe://example.org/a"));
    assert_eq!(verdict(&gate, &svid, demand().issuer("spiffe://example.org")), Ok(()));
    assert_eq!(verdict(&gate, &svid, demand().issuer(OTHER)), Err("issuer-mismatch"));
}

#[tokio::test(start_paused = true)]
async fn a_token_for_another_audience_is_refused() {
    let gate = gate_of(issuer().audience("https://mcp.example.com")).await;
    let mcp = || demand().audience("https://mcp.example.com");
    let denied = judge(&gate, &Token::good(), mcp()).unwrap_err();
    assert_eq!((denied.reason(), denied.status()), ("audience-mismatch", StatusCode::UNAUTHORIZED));
    let both = Token::good().claim("aud", json!([AUDIENCE, "https://mcp.example.com"]));
    let identity = judge(&gate, &both, mcp()).unwrap();
    assert_eq!(identity.audience(), Some("https://mcp.example.com"), "the one that is demanded");
    assert_eq!(judge(&gate, &both, demand()).unwrap().audience(), Some(AUDIENCE));
    assert_eq!(verdict(&gate, &Token::good(), mcp().audience(AUDIENCE)), Ok(()));
    let any = gate_of(Issuer::new(ISSUER).any_audience()).await;
    assert_eq!(
        verdict(&any, &Token::good().without("aud").member("typ", json!("JWT")), mcp()),
        Err("typ-mismatch")
    );
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_that_is_too_long_ago_is_insufficient_user_authentication() {
    let gate = gate_of(issuer()).await;
    let signed_in = |ago: i64| Token::good().claim("auth_time", NOW - ago);
    let recent = || demand().max_age(300);
    // The leeway is 60 s.
    for (token, expected) in [
        (signed_in(0), Ok(())),
        (signed_in(360), Ok(())),
        (signed_in(361), Err("insufficient-user-authentication")),
        (Token::good(), Err("insufficient-user-authentication")),
        (signed_in(-60), Ok(())),
        (signed_in(-61), Err("authentication-in-future")),
        (Token::good().claim("auth_time", json!("1")), Err("claim-type")),
        (Token::good().claim("auth_time", json!(null)), Err("claim-type")),
    ] {
        assert_eq!(verdict(&gate, &token, recent()), expected);
    }
    let clock = || Now::AtLeast(UnixTime(NOW));
    let gate = builder(&Web::good()).clock(clock).issuer(issuer()).build().unwrap();
    gate.ready().await;
    assert_eq!(verdict(&gate, &signed_in(0), recent()), Err("unjudgeable"), "without a clock");
    assert_eq!(
        verdict(&gate, &signed_in(361), recent()),
        Err("insufficient-user-authentication"),
        "it can only be later"
    );
}

#[tokio::test(start_paused = true)]
async fn another_authentication_class_is_insufficient_user_authentication() {
    let gate = gate_of(issuer()).await;
    let acr = |value| Token::good().claim("acr", value);
    let strong = || demand().acr_value("urn:mfa").acr_value("urn:hardware");
    assert_eq!(verdict(&gate, &acr(json!("urn:hardware")), strong()), Ok(()));
    let others = [json!("urn:MFA"), json!("urn:mfa urn:hardware"), json!(["urn:mfa"]), json!(null)];
    for token in others.map(acr).into_iter().chain([Token::good()]) {
        assert_eq!(
            verdict(&gate, &token, strong()),
            Err("insufficient-user-authentication"),
            "{token:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_challenge_says_which_authentication_is_needed() {
    let gate = gate_of(issuer()).await;
    let strong = demand().acr_value("urn:mfa").acr_value("urn:hardware").max_age(300);
    let error = "error=\"insufficient_user_authentication\", error_description=\"the user has to sign in \
                 again, or in another way\"";
    assert_eq!(
        challenge(&gate, &Token::good(), strong.clone().scope("pay")),
        format!(
            "Bearer scope=\"pay\", {error}, acr_values=\"urn:mfa urn:hardware\", max_age=\"300\""
        )
    );
    assert_eq!(
        challenge(&gate, &Token::good(), demand().max_age(0)),
        format!("Bearer {error}, max_age=\"0\"")
    );
    let denied = judge(&gate, &Token::good(), strong).unwrap_err();
    assert_eq!(denied.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(denied.code(), "insufficient_user_authentication");
}

#[tokio::test(start_paused = true)]
async fn what_makes_a_token_invalid_comes_before_what_it_lacks() {
    let poor = gate_of(issuer().scope("never-granted")).await;
    let gate = gate_of(issuer()).await;
    let never = || demand().scope("never-granted").required_claims([role("x")]);
    for (demand, expected) in [
        (never(), "insufficient-scope"),
        (never().max_age(1), "insufficient-user-authentication"),
        (never().max_age(1).audience("other"), "audience-mismatch"),
        (never().max_age(1).audience("other").issuer(OTHER), "issuer-mismatch"),
    ] {
        assert_eq!(verdict(&gate, &Token::good(), demand.clone()), Err(expected));
        assert_eq!(verdict(&poor, &Token::good(), demand), Err(expected), "by the policy, too");
    }
    // A claim of the wrong type makes a token invalid, whatever its scopes.
    let nonce = Requirement::name("nonce".to_owned(), ClaimTest::Present);
    let token = Token::good().claim("nonce", 1);
    assert_eq!(verdict(&gate, &token, never().required_claims([nonce])), Err("claim-type"));
}

#[tokio::test(start_paused = true)]
async fn the_operator_is_told_which_demand_is_not_met() {
    let gate = gate_of(issuer().audience("https://mcp.example.com")).await;
    let explain = |token: &Token, demand: DemandBuilder| {
        let denied = judge(&gate, token, demand).unwrap_err();
        let token = token.mint();
        let token = BearerToken::from_token68(token.as_bytes()).unwrap();
        gate.explain(&denied, token).unwrap().to_string()
    };
    for (demand, expected) in [
        (
            demand().max_age(300).acr_value("urn:mfa"),
            "auth_time is absent, wanted at most 300 s ago; see the setting max_age of the rule. acr is \
             absent, wanted \"urn:mfa\"; see the setting acr of the rule",
        ),
        (
            demand().audience("https://mcp.example.com"),
            "aud is \"https://api.example.com\", wanted \"https://mcp.example.com\"; see the setting \
             audience of the rule",
        ),
        (
            demand().issuer(OTHER),
            "iss is \"https://auth.example.com/oidc\", wanted \"https://other.example\"; see the setting \
             issuer of the rule",
        ),
        (
            demand().required_claims([role("admin")]),
            "role is absent, wanted it to be \"admin\"; see the setting required_claims of the rule",
        ),
    ] {
        assert_eq!(explain(&Token::good(), demand), expected);
    }
}

#[test]
fn a_demand_that_its_standard_forbids_is_an_error() {
    for (demand, expected) in [
        (demand().scope("a b"), "scope: \"a b\" is not a scope-token"),
        (demand().scope(""), "scope: \"\""),
        (demand().any_scope(["a", "b\""]), "any_scope: \"b\\\"\""),
        (demand().acr_value("a b"), "acr: \"a b\""),
        (demand().resource_metadata("https://a\n"), "resource metadata"),
        (
            demand().required_claims([role("a").for_validity()]),
            "validity is a matter of the issuer",
        ),
    ] {
        let error = demand.build().unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let group = demand().required_claims([Requirement::any(1)]).build();
    assert!(matches!(group, Err(DemandError::RequiredClaims(PolicyError::Group { .. }))));
    assert!(demand().build().unwrap().is_nothing());
    assert_eq!(demand().build().unwrap(), Demand::NOTHING);
}

#[test]
fn a_demand_that_no_token_can_meet_is_an_error() {
    let tenants = Issuer::new("https://login.example/{tid}/v2.0")
        .tenants(Tenants::Listed(vec!["a".to_owned()]));
    let issuers = [
        issuer(),
        Issuer::new(OTHER).audience("b").audience_prefix("urn:org:"),
        tenants.any_audience(),
        Issuer::of_trust_domain("example.org").audience("c"),
    ];
    let check = |demand: DemandBuilder| demand.build().unwrap().check_issuers(&issuers);
    for known in [
        demand(),
        demand().issuer(ISSUER).issuer(OTHER).audience("b"),
        demand().issuer(OTHER).audience("urn:org:1"),
        demand().issuer("https://login.example/{tid}/v2.0").audience("x"),
        demand().issuer("https://login.example/a/v2.0"),
        demand().issuer("spiffe://example.org").audience("c"),
        demand().audience(AUDIENCE),
    ] {
        assert_eq!(check(known.clone()), Ok(()), "{known:?}");
    }
    for unknown in ["https://login.example/b/v2.0", "example.org", "spiffe://other.example"] {
        let error = Err(DemandError::UnknownIssuer(unknown.to_owned()));
        assert_eq!(check(demand().issuer(unknown)), error);
    }
    for foreign in [AUDIENCE, "urn:org:", "c"] {
        let error = Err(DemandError::UnknownAudience(foreign.to_owned()));
        assert_eq!(check(demand().issuer(OTHER).audience(foreign)), error);
    }
}

#[tokio::test(start_paused = true)]
async fn a_layer_judges_its_demand_even_if_an_outer_one_has_accepted_the_token() {
    let gate = gate_of(issuer()).await;
    let recent = demand().max_age(300).build().unwrap();
    let inner = RequireAuth::new(gate.clone()).scope("write:orders").demand(recent);
    let outer = RequireAuth::new(gate);
    let hello = service_fn(|_: Request<()>| async {
        Ok::<_, std::convert::Infallible>(Response::new(String::new()))
    });
    let service = outer.layer(inner.layer(hello));
    let status = async |token: Token| {
        let request = Request::builder().header(AUTHORIZATION, bearer(&token)).body(()).unwrap();
        let response = service.clone().oneshot(request).await.unwrap();
        (response.status().as_u16(), response.headers().get(WWW_AUTHENTICATE).cloned())
    };
    assert_eq!(status(Token::good().claim("auth_time", NOW)).await, (200, None));
    let (code, challenge) = status(Token::good()).await;
    let challenge = challenge.unwrap();
    assert_eq!(code, 401);
    assert!(challenge.to_str().unwrap().contains("scope=\"write:orders\""), "{challenge:?}");
    assert!(challenge.to_str().unwrap().ends_with("max_age=\"300\""), "{challenge:?}");
    let reader = Token::good().claim("auth_time", NOW).claim("scope", json!("read:orders"));
    assert_eq!(status(reader).await.0, 403);
}
