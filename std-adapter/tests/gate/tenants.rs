//! An issuer that is a template for those of many tenants.

use serde_json::{Value, json};
use tollgate::gate::{Demand, Gate, GateError, Issuer, Tenants};
use tollgate::issuer_url::Plaintext;
use tollgate::tollgate_core::BearerToken;
use tollgate_tests::mint::{AUDIENCE, Token, jwk, jwk_with, k1};

use super::scripted_web::{
    JWKS, Reply, Web, builder, issuer, k3_jwk, later, now, outcomes, signed,
};

const TEMPLATE: &str = "https://login.example/{tid}/v2.0";

/// As providers publish it for all tenants.
const METADATA: &str = "https://login.example/common/.well-known/openid-configuration?appid=1";

fn template() -> Issuer {
    Issuer::new(TEMPLATE).audience(AUDIENCE).jwks_uri(JWKS).typ("at+jwt")
}

fn with_metadata() -> Issuer {
    Issuer::new(TEMPLATE).audience(AUDIENCE).metadata_url(METADATA).tenants(Tenants::Any)
}

async fn gate_of(issuer: Issuer) -> Gate {
    gate_with(issuer, [jwk(&k1(), "k1")]).await
}

async fn gate_with(issuer: Issuer, keys: impl IntoIterator<Item = Value>) -> Gate {
    let web = Web::good();
    web.publish(keys);
    let gate = builder(&web).issuer(issuer).build().unwrap();
    gate.ready().await;
    assert_eq!(web.total(), 1, "nothing but the keys is fetched");
    gate
}

fn listed(ids: &[&str]) -> Tenants {
    Tenants::Listed(ids.iter().map(|id| (*id).to_owned()).collect())
}

fn token(issuer: &str, tenant: Value) -> Token {
    Token::good().claim("iss", json!(issuer)).claim("tid", tenant)
}

fn of(tenant: &str) -> Token {
    token(&format!("https://login.example/{tenant}/v2.0"), json!(tenant))
}

#[tokio::test(start_paused = true)]
async fn listed_tenants_are_accepted_and_others_are_not() {
    let gate = gate_of(template().tenants(listed(&["a", "b-2"]))).await;
    assert_eq!(now(&gate, &of("a")), Ok(()));
    assert_eq!(now(&gate, &of("b-2")), Ok(()));
    for other in ["c", "A", "b", "a.evil"] {
        assert_eq!(now(&gate, &of(other)), Err("issuer-mismatch"), "{other}");
    }
}

#[tokio::test(start_paused = true)]
async fn issuer_and_claim_must_name_the_same_tenant() {
    let gate = gate_of(template().tenants(Tenants::Any)).await;
    assert_eq!(now(&gate, &of("c")), Ok(()));
    assert_eq!(
        now(&gate, &token("https://login.example/c/v2.0", json!("d"))),
        Err("issuer-mismatch")
    );
    for claim in [json!(null), json!(1), json!(["c"]), json!("C"), json!("c/v2.0")] {
        let verdict = now(&gate, &token("https://login.example/c/v2.0", claim.clone()));
        assert_eq!(verdict, Err("issuer-mismatch"), "{claim}");
    }
    assert_eq!(now(&gate, &of("c").without("tid")), Err("issuer-mismatch"));
    assert_eq!(now(&gate, &of("c").without("iss")), Err("claim-missing"));
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_does_not_fit_the_template_is_another() {
    let gate = gate_of(template().tenants(Tenants::Any)).await;
    for (issuer, tenant) in [
        ("https://login.example/a/b/v2.0", "a/b"),
        ("https://login.example//v2.0", ""),
        ("https://login.example/../v2.0/v2.0", "../v2.0"),
        ("https://login.example/a/v2.0/", "a"),
        ("https://login.example/a", "a"),
        ("https://login.example.evil.example/a/v2.0", "a"),
        ("https://login.example/a%2f/v2.0", "a%2f"),
        (TEMPLATE, "{tid}"),
    ] {
        let verdict = now(&gate, &token(issuer, json!(tenant)));
        assert_eq!(verdict, Err("issuer-mismatch"), "{issuer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_names_its_issuer_serves_that_one_alone() {
    let of_a = jwk_with(k3_jwk(), "issuer", json!("https://login.example/a/v2.0"));
    // As providers write their own template.
    let of_all = "https://login.example/{tenantid}/v2.0";
    let shared = jwk_with(jwk(&k1(), "k1"), "issuer", json!(of_all));
    let gate = gate_with(template().tenants(Tenants::Any), [of_a, shared]).await;
    for tenant in ["a", "b"] {
        assert_eq!(now(&gate, &of(tenant)), Ok(()), "{tenant}");
    }
    let odd = jwk_with(jwk(&k1(), "k1"), "issuer", json!(["https://login.example/a/v2.0"]));
    let odd = gate_with(template().tenants(Tenants::Any), [odd]).await;
    assert_eq!(now(&odd, &of("a")), Err("issuer-not-of-key"), "it is no text");
    let by_k3 = |tenant: &str| {
        signed(&super::scripted_web::k3(), "k3")
            .claim("iss", json!(format!("https://login.example/{tenant}/v2.0")))
            .claim("tid", json!(tenant))
    };
    assert_eq!(now(&gate, &by_k3("a")), Ok(()));
    assert_eq!(now(&gate, &by_k3("b")), Err("issuer-not-of-key"));
}

#[tokio::test(start_paused = true)]
async fn metadata_that_names_the_template_leads_to_the_keys() {
    // The name of the variable is the provider's in the metadata, and that of the claim in the settings.
    for named in [TEMPLATE, "https://login.example/{tenantid}/v2.0"] {
        let web = Web::good();
        web.answer(METADATA, Reply::json(&json!({ "issuer": named, "jwks_uri": JWKS })));
        let gate = builder(&web).issuer(with_metadata()).build().unwrap();
        gate.ready().await;
        assert_eq!(now(&gate, &of("a")), Ok(()), "{named}");
        let other = token("https://login.example/a/v2.0", json!("b"));
        assert_eq!(now(&gate, &other), Err("issuer-mismatch"), "{named}");
        let urls: Vec<_> = web.asked().into_iter().map(|asked| asked.url).collect();
        assert_eq!(urls, [METADATA, JWKS], "nothing of a token is in a URL");
    }
}

#[tokio::test(start_paused = true)]
async fn metadata_that_names_another_issuer_leads_nowhere() {
    for named in [
        "https://login.example/{tid}/v1.0",
        "https://login.example/{tid}/v2.0/",
        "https://evil.example/{tid}/v2.0",
        "https://login.example/a/v2.0",
        "https://login.example/common/v2.0",
    ] {
        let web = Web::good();
        web.answer(METADATA, Reply::json(&json!({ "issuer": named, "jwks_uri": JWKS })));
        let gate = builder(&web).issuer(with_metadata()).build().unwrap();
        assert_eq!(later(&gate, &of("a")).await, Err("keys-unavailable"), "{named}");
        assert_eq!(outcomes(&gate, "issuer-mismatch"), 1, "{named}");
        assert_eq!(web.count(JWKS), 0, "{named}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_template_of_a_provider_is_not_one_of_its_tenants() {
    let web = Web::good();
    web.answer(METADATA, Reply::json(&json!({ "issuer": TEMPLATE, "jwks_uri": JWKS })));
    let one = Issuer::new("https://login.example/a/v2.0").audience(AUDIENCE).metadata_url(METADATA);
    let gate = builder(&web).issuer(one).build().unwrap();
    assert_eq!(later(&gate, &of("a")).await, Err("keys-unavailable"));
    assert_eq!(outcomes(&gate, "issuer-mismatch"), 1);
}

#[tokio::test(start_paused = true)]
async fn any_issuer_can_have_its_metadata_elsewhere_and_only_there() {
    let web = Web::good();
    let named = Issuer::new("my-service").audience(AUDIENCE).metadata_url(METADATA);
    web.answer(METADATA, Reply::json(&json!({ "issuer": "my-service", "jwks_uri": JWKS })));
    let gate = builder(&web).issuer(named).build().unwrap();
    let token = Token::good().claim("iss", json!("my-service"));
    assert_eq!(later(&gate, &token).await, Ok(()));

    let web = Web::good();
    web.answer(METADATA, Reply::status(404));
    let gate = builder(&web).issuer(issuer().metadata_url(METADATA)).build().unwrap();
    assert_eq!(later(&gate, &Token::good()).await, Err("keys-unavailable"));
    assert_eq!((outcomes(&gate, "status"), web.total()), (1, 1), "no other place is tried");
}

#[tokio::test(start_paused = true)]
async fn remote_metadata_of_a_template_cannot_name_this_machine() {
    let jwks_uri = "http://127.0.0.1/jwks";
    let web = Web::good();
    web.answer(METADATA, Reply::json(&json!({ "issuer": TEMPLATE, "jwks_uri": jwks_uri })));
    let gate = builder(&web).issuer(with_metadata()).plaintext(Plaintext::Loopback);
    let gate = gate.build().unwrap();
    assert_eq!(later(&gate, &of("a")).await, Err("keys-unavailable"));
    assert_eq!((outcomes(&gate, "jwks-uri"), web.count(jwks_uri)), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn the_log_names_issuer_and_tenant() {
    let gate = gate_of(template().tenants(listed(&["a"]))).await;
    let token = of("b").mint();
    let token = BearerToken::from_token68(token.as_bytes()).unwrap();
    let denied = gate.authorize_token_now(token, &Demand::NOTHING).unwrap_err();
    assert_eq!(
        gate.explain(&denied, token).unwrap().to_string(),
        "iss is \"https://login.example/b/v2.0\", wanted \"https://login.example/{tid}/v2.0\" for the \
         tenant \"a\"; see the setting issuer and tenants. tid is \"b\", wanted the tenant in iss"
    );
}

#[tokio::test(start_paused = true)]
async fn files_list_tenants_or_accept_any() {
    for (tenants, verdict) in [(json!("any"), Ok(())), (json!(["a"]), Err("issuer-mismatch"))] {
        let settings = json!({
            "issuer": TEMPLATE, "tenants": tenants, "audience": AUDIENCE, "jwks_uri": JWKS,
        });
        let issuer: Issuer = serde_json::from_value(settings).unwrap();
        assert_eq!(now(&gate_of(issuer).await, &of("b")), verdict, "{tenants}");
    }
}

#[tokio::test]
async fn templates_and_tenants_need_each_other_and_named_keys() {
    let error =
        |issuer: Issuer| builder(&Web::good()).issuer(issuer).build().map(drop).unwrap_err();
    assert!(matches!(error(template()), GateError::NoTenants { .. }));
    for issuer in [
        Issuer::new("https://login.example/v2.0").jwks_uri(JWKS),
        Issuer::new(TEMPLATE),
        Issuer::new("https://{tid}.login.example/v2.0").jwks_uri(JWKS),
    ] {
        let error = error(issuer.audience(AUDIENCE).tenants(Tenants::Any));
        assert!(matches!(error, GateError::NoTemplate { .. }), "{error}");
    }
    let mut two = template().tenants(Tenants::Any);
    two.issuer.push("https://auth.example.com".to_owned());
    assert!(matches!(error(two), GateError::NoTemplate { .. }));
    for ids in [&[][..], &["a", "b/c"], &["*"]] {
        let error = error(template().tenants(listed(ids)));
        assert!(matches!(error, GateError::Tenant { .. }), "{error}");
    }
}
