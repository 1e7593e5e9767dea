//! What a gate tells the operator about a refused token.

use serde_json::json;
use tollgate::explanation::Explanation;
use tollgate::gate::{Gate, Issuer};
use tollgate::tollgate_core::policy::{ClaimTest, Requirement, Scalar};
use tollgate::tollgate_core::{BearerToken, Rejection};
use tollgate_tests::mint::{Token, base64url};

use super::scripted_web::{Web, builder, issuer};

async fn gate_of(issuer: Issuer) -> Gate {
    let gate = builder(&Web::good()).issuer(issuer).build().unwrap();
    gate.ready().await;
    gate
}

fn explain(gate: &Gate, token: &str, scopes: &[&str]) -> Option<Explanation> {
    let token = BearerToken::from_token68(token.as_bytes()).unwrap();
    let denied = gate.authorize_token_now(token, scopes).unwrap_err();
    gate.explain(&denied, token)
}

#[tokio::test(start_paused = true)]
async fn values_are_verified_from_the_signature_on() {
    let gate = gate_of(issuer()).await;
    let expired = Token::good().claim("aud", json!("account"));
    let explanation = explain(&gate, &expired.mint(), &[]).unwrap();
    assert!(explanation.is_verified());
    assert_eq!(explanation.facts()[0].found.as_deref(), Some("\"account\""));
    let id_token = Token::good().member("typ", json!("JWT"));
    assert!(!explain(&gate, &id_token.mint(), &[]).unwrap().is_verified());
    // Anyone can change the claims of a token.
    let forged = expired.mint_forged(|signature| vec![0; signature.len()]);
    assert!(
        explain(&gate, &forged, &[]).is_none(),
        "its issuer is ours, so there is nothing to say"
    );
    let foreign = Token::good().claim("iss", json!("https://other.example"));
    let explanation = explain(&gate, &foreign.mint_forged(|_| vec![0; 64]), &[]).unwrap();
    assert!(!explanation.is_verified());
    assert_eq!(explanation.facts()[0].name, "iss");
}

#[tokio::test(start_paused = true)]
async fn scopes_of_the_request_are_among_those_that_were_wanted() {
    let gate = gate_of(issuer().scope("read:orders")).await;
    let explanation = explain(&gate, &Token::good().mint(), &["admin"]).unwrap();
    assert_eq!(
        explanation.to_string(),
        "scope is \"read:orders write:orders\", wanted \"read:orders\" or \"admin\"; see the setting \
         scope (--scope), scope_claim, and scope of the rule"
    );
    let gate = gate_of(issuer().scope_claim("scp").scope_claim("/org/roles").scope("admin")).await;
    let token = Token::good().claim("scp", json!(["a"])).claim("org", json!({ "roles": 1 }));
    let explanation = explain(&gate, &token.mint(), &[]).unwrap();
    assert_eq!(
        explanation.to_string(),
        "scp is an array: [\"a\"], wanted a string or an array of strings; see the setting scope_claim. \
         /org/roles is a number: 1, wanted a string or an array of strings; see the setting scope_claim"
    );
}

#[tokio::test(start_paused = true)]
async fn the_log_names_each_claim_of_a_requirement() {
    let text = |text: &str| Scalar::Text(text.to_owned());
    let gate = gate_of(
        issuer()
            .required_claim(Requirement::name("sub".to_owned(), ClaimTest::Present))
            .required_claim(Requirement::any(2))
            .required_claim(Requirement::pointer(
                "/realm_access/roles".to_owned(),
                ClaimTest::Contains(text("admin")),
            ))
            .required_claim(Requirement::name("tenant".to_owned(), ClaimTest::Equals(text("a"))))
            .required_claim(Requirement::name("unmet".to_owned(), ClaimTest::Present)),
    )
    .await;
    let token = Token::good().claim("realm_access", json!({ "roles": ["user"] }));
    let explanation = explain(&gate, &token.mint(), &[]).unwrap();
    assert!(explanation.is_verified());
    assert_eq!(
        explanation.to_string(),
        "/realm_access/roles is [\"user\"], wanted it to contain \"admin\"; see the setting \
         required_claims (--require). tenant is absent, wanted it to be \"a\"; see the setting \
         required_claims (--require)"
    );
}

#[tokio::test(start_paused = true)]
async fn audiences_and_prefixes_stand_side_by_side() {
    let gate = gate_of(issuer().audience_prefix("urn:logto:organization:")).await;
    let explanation = explain(&gate, &Token::good().claim("aud", json!([])).mint(), &[]).unwrap();
    let text = explanation.to_string();
    assert!(text.contains(
        "aud is [], wanted \"https://api.example.com\" or a longer one that begins with"
    ));
    assert!(text.contains("\"urn:logto:organization:\""), "{text}");
}

#[test]
fn no_token_is_too_strange_to_explain() {
    let rejections = [
        Rejection::AlgorithmUnsupported,
        Rejection::TypMismatch,
        Rejection::UnknownKey,
        Rejection::SignatureInvalid,
        Rejection::IssuerMismatch,
        Rejection::RequiredClaimMissing { index: 9 },
        Rejection::InsufficientScope,
    ];
    let deep = base64url("[".repeat(10_000));
    let (odd, text) =
        (base64url([0xff, 0xfe]), base64url("{\"typ\":{\"a\":[1,null]},\"kid\":\"\\ud800\"}"));
    for token in ["", ".", "..", "a", "a.b.c.d.e", "=.=", "ü.ü.ü", &deep, &odd, &text] {
        for header in [token.to_owned(), format!("{token}.{token}.{token}")] {
            for rejection in rejections {
                let explanation = Explanation::new(rejection, &header, &issuer());
                assert!(explanation.to_string().len() < 2_000, "{header}");
            }
        }
    }
}
