//! Settings that accept more than the defaults do.

use serde_json::json;
use tollgate::gate::{Gate, GateError, Issuer};
use tollgate::tollgate_core::policy::ProofOfPossession;
use tollgate_tests::mint::Token;

use super::scripted_web::{Web, builder, issuer, now, ready};

async fn gate_of(issuer: Issuer) -> Gate {
    let gate = builder(&Web::good()).issuer(issuer).build().unwrap();
    gate.ready().await;
    gate
}

/// An issuer whose other settings a file says.
fn from_file(settings: serde_json::Value) -> serde_json::Result<Issuer> {
    let mut file = json!({ "issuer": issuer().issuer, "audience": issuer().audience });
    file.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    serde_json::from_value(file)
}

#[tokio::test(start_paused = true)]
async fn a_token_without_typ_is_accepted_only_where_typ_absent_says_so() {
    let typ = |typ: &str| Token::good().without("client_id").member("typ", json!(typ));
    let absent = Token::good().without("client_id").without_member("typ");
    let gate = gate_of(issuer().typ("JWT")).await;
    assert_eq!(now(&gate, &absent), Err("typ-missing"));
    let file = from_file(json!({ "typ": "JWT", "typ_absent": true })).unwrap();
    for issuer in [issuer().typ("JWT").typ_absent(), file] {
        let gate = gate_of(issuer).await;
        assert_eq!(now(&gate, &absent), Ok(()));
        assert_eq!(now(&gate, &typ("JWT")), Ok(()));
        assert_eq!(now(&gate, &typ("at+jwt")), Err("typ-mismatch"));
        assert_eq!(now(&gate, &typ("")), Err("typ-mismatch"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_absent_typ_beside_at_jwt_keeps_the_claims_of_the_profile() {
    let gate = gate_of(issuer().typ("at+jwt").typ_absent()).await;
    let absent = Token::good().without_member("typ");
    assert_eq!(now(&gate, &absent), Ok(()));
    assert_eq!(now(&gate, &absent.without("client_id")), Err("claim-missing"));
}

#[tokio::test]
async fn typ_absent_needs_a_typ_and_contradicts_any_typ() {
    let error = |issuer| builder(&Web::good()).issuer(issuer).build().unwrap_err();
    let alone = error(issuer().typ_absent());
    assert!(matches!(alone, GateError::TypAbsentAlone { .. }));
    assert!(alone.to_string().contains("typ = \"JWT\""), "{alone}");
    let both = from_file(json!({ "any_typ": true, "typ_absent": true })).unwrap();
    let both = error(both).to_string();
    assert!(both.contains("any_typ contradicts typ_absent"), "{both}");
}

#[tokio::test(start_paused = true)]
async fn a_token_bound_to_a_key_is_accepted_only_where_a_gateway_checks_the_proof() {
    let bound = Token::good().claim("cnf", json!({ "x5t#S256": "a" }));
    let required = Err("proof-of-possession-required");
    assert_eq!(now(&ready(&Web::good()).await, &bound), required);
    let file = |value: &str| from_file(json!({ "proof_of_possession": value }));
    assert_eq!(now(&gate_of(file("refuse").unwrap()).await, &bound), required);
    let checked = issuer().proof_of_possession(ProofOfPossession::CheckedByCaller);
    for issuer in [checked, file("checked-by-gateway").unwrap()] {
        assert_eq!(now(&gate_of(issuer).await, &bound), Ok(()));
    }
    let error = file("checked").unwrap_err().to_string();
    assert!(error.contains("\"checked-by-gateway\", not \"checked\""), "{error}");
}
