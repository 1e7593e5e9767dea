//! The rules for fetching keys that a configuration file sets.

use serde_json::{Value, json};
use tokio::time::sleep;
use tollgate::gate::{Gate, GateError, Issuer};
use tollgate_tests::mint::{AUDIENCE, ISSUER, Token};

use super::scripted_web::{
    JWKS, Reply, Web, builder, k3, later, millis, now, outcomes, secs, signed,
};

fn issuer_with(setting: &str, value: Value) -> Issuer {
    let mut table = json!({ "issuer": ISSUER, "audience": AUDIENCE });
    table[setting] = value;
    serde_json::from_value(table).unwrap()
}

fn gate_with(web: &Web, setting: &str, value: Value) -> Gate {
    builder(web).issuer(issuer_with(setting, value)).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_refresh_is_a_setting() {
    let web = Web::good();
    let gate = gate_with(&web, "refresh", json!("2 minutes"));
    gate.ready().await;
    sleep(secs(95)).await;
    assert_eq!(web.count(JWKS), 1);
    sleep(secs(14)).await;
    assert_eq!(web.count(JWKS), 2);
}

#[tokio::test(start_paused = true)]
async fn the_cooldown_is_a_setting() {
    let web = Web::good();
    let gate = gate_with(&web, "cooldown", json!(7));
    gate.ready().await;
    let ask = async || {
        assert_eq!(later(&gate, &signed(&k3(), "k3")).await, Err("unknown-key"));
        web.count(JWKS)
    };
    assert_eq!([ask().await, ask().await, ask().await], [2, 3, 3]);
    sleep(secs(7) - millis(1)).await;
    assert_eq!(ask().await, 3);
    sleep(millis(1)).await;
    assert_eq!(ask().await, 4);
}

#[tokio::test(start_paused = true)]
async fn the_fetch_timeout_is_a_setting() {
    let web = Web::good();
    web.answer_once(JWKS, Reply::never());
    let gate = gate_with(&web, "fetch_timeout", json!("9 s"));
    sleep(secs(9) - millis(1)).await;
    assert_eq!(outcomes(&gate, "timeout"), 0);
    sleep(millis(2)).await;
    assert_eq!(outcomes(&gate, "timeout"), 1);
}

#[tokio::test(start_paused = true)]
async fn max_stale_is_a_setting() {
    let web = Web::good();
    let gate = gate_with(&web, "max_stale", json!("1 hour"));
    gate.ready().await;
    web.answer(JWKS, Reply::status(503));
    sleep(secs(3_599)).await;
    assert_eq!(now(&gate, &Token::good()), Ok(()));
    sleep(secs(2)).await;
    assert_eq!(now(&gate, &Token::good()), Err("keys-unavailable"));
}

#[tokio::test]
async fn a_rule_out_of_its_bounds_is_refused_with_them() {
    for (name, value, bounds) in [
        ("refresh", 59, "60 to 86400 seconds"),
        ("refresh", 86_401, "60 to 86400 seconds"),
        ("cooldown", 0, "1 to 3600 seconds"),
        ("cooldown", 3_601, "1 to 3600 seconds"),
        ("fetch_timeout", 0, "1 to 60 seconds"),
        ("fetch_timeout", 61, "1 to 60 seconds"),
    ] {
        let issuer = issuer_with(name, json!(value));
        let error = builder(&Web::good()).issuer(issuer).build().unwrap_err();
        assert!(matches!(error, GateError::FetchRule { .. }), "{error:?}");
        assert_eq!(error.to_string(), format!("{name} of issuer {ISSUER:?} must be {bounds}"));
    }
}
