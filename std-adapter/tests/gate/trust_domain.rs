//! JWT-SVIDs of a SPIFFE trust domain.

use serde_json::{Value, json};
use tollgate::gate::{Demand, Gate, GateError, Issuer, Tenants};
use tollgate::tollgate_core::BearerToken;
use tollgate_tests::mint::{AUDIENCE, Token, jwk, jwk_with, k1};

use super::scripted_web::{JWKS, Web, builder, now};

fn domain() -> Issuer {
    Issuer::of_trust_domain("example.org").audience(AUDIENCE).jwks_uri(JWKS)
}

/// SPIRE publishes its keys so.
fn svid_key() -> Value {
    jwk_with(jwk(&k1(), "k1"), "use", json!("jwt-svid"))
}

async fn gate_of(issuer: Issuer) -> Gate {
    let web = Web::good();
    web.publish([svid_key()]);
    let gate = builder(&web).issuer(issuer).build().unwrap();
    gate.ready().await;
    gate
}

/// As SPIRE writes it: without `iss`, `client_id` and `jti`.
fn svid(sub: &str) -> Token {
    let token = Token::good().member("typ", json!("JWT")).claim("sub", json!(sub));
    token.without("iss").without("client_id").without("jti").without("scope")
}

#[tokio::test(start_paused = true)]
async fn a_jwt_svid_of_the_trust_domain_is_accepted() {
    let gate = gate_of(domain()).await;
    for token in [
        svid("spiffe://example.org/ns/shop/sa/cart"),
        svid("spiffe://example.org/a").without_member("typ"),
        svid("spiffe://example.org/a").member("typ", json!("JOSE")),
        svid("spiffe://example.org/a").claim("iss", json!("https://oidc.example.org")),
    ] {
        assert_eq!(now(&gate, &token), Ok(()));
    }
    assert_eq!(gate.issuers().next().unwrap().issuer, "spiffe://example.org");
}

#[tokio::test(start_paused = true)]
async fn an_id_of_another_trust_domain_is_refused() {
    let gate = gate_of(domain()).await;
    for sub in [
        "spiffe://example.org.evil/a",
        "spiffe://other.example/a",
        "spiffe://example.org/",
        "spiffe://example.org",
        "https://example.org/a",
        "example.org/a",
    ] {
        assert_eq!(now(&gate, &svid(sub)), Err("required-claim-mismatch"), "{sub}");
    }
    assert_eq!(now(&gate, &svid("x").without("sub")), Err("claim-missing"));
    let good = || svid("spiffe://example.org/a");
    assert_eq!(now(&gate, &good().without("aud")), Err("claim-missing"));
    assert_eq!(now(&gate, &good().claim("aud", json!("other"))), Err("audience-mismatch"));
    assert_eq!(now(&gate, &good().without("exp")), Err("claim-missing"));
    assert_eq!(now(&gate, &good().member("typ", json!("at+jwt"))), Err("typ-mismatch"));
}

#[tokio::test(start_paused = true)]
async fn the_log_names_the_trust_domain() {
    let gate = gate_of(domain()).await;
    let explained = |token: Token| {
        let token = token.mint();
        let token = BearerToken::from_token68(token.as_bytes()).unwrap();
        let denied = gate.authorize_token_now(token, &Demand::NOTHING).unwrap_err();
        gate.explain(&denied, token).map(|explanation| explanation.to_string())
    };
    assert_eq!(
        explained(svid("spiffe://other.example/a")).unwrap(),
        "sub is \"spiffe://other.example/a\", wanted it to begin with \"spiffe://example.org/\"; see the \
         setting trust_domain"
    );
    assert_eq!(
        explained(svid("x").without("sub")).unwrap(),
        "sub is absent, wanted a SPIFFE ID; see the setting trust_domain"
    );
    let unknown = svid("spiffe://example.org/a").member("kid", json!("k9"));
    let text = explained(unknown.claim("iss", json!("https://oidc.example.org"))).unwrap();
    assert!(!text.contains("iss"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_is_named_must_be_that_of_the_token() {
    let mut named = domain();
    named.issuer.push("https://oidc.example.org".to_owned());
    let gate = gate_of(named).await;
    let token = svid("spiffe://example.org/a");
    assert_eq!(now(&gate, &token), Err("claim-missing"));
    let of = |issuer: &str| svid("spiffe://example.org/a").claim("iss", json!(issuer));
    assert_eq!(now(&gate, &of("https://oidc.example.org")), Ok(()));
    assert_eq!(now(&gate, &of("https://other.example")), Err("issuer-mismatch"));
}

#[tokio::test(start_paused = true)]
async fn keys_for_jwt_svids_are_of_no_use_to_other_issuers() {
    let web = Web::good();
    web.publish([svid_key()]);
    let issuer = Issuer::new("https://auth.example.com/oidc").audience(AUDIENCE).jwks_uri(JWKS);
    let gate = builder(&web).issuer(issuer).build().unwrap();
    let denied = gate.authorize(super::scripted_web::bearer(&Token::good())).await.unwrap_err();
    assert_eq!(denied.reason(), "keys-unavailable");
}

#[tokio::test]
async fn a_trust_domain_needs_its_name_and_named_keys() {
    let name = |name: &str| Issuer::of_trust_domain(name).audience(AUDIENCE).jwks_uri(JWKS);
    for issuer in [
        name("spiffe://example.org"),
        name("Example.org"),
        name(""),
        Issuer::of_trust_domain("example.org").audience(AUDIENCE),
        domain().tenants(Tenants::Any),
    ] {
        let error = builder(&Web::good()).issuer(issuer).build().map(drop).unwrap_err();
        assert!(matches!(error, GateError::TrustDomain { .. }), "{error}");
    }
}
