//! Gates that replace other gates, as a configuration reload does, and gates that are dropped.

use tokio::time::sleep;
use tollgate::gate::Issuer;
use tollgate_tests::mint::{AUDIENCE, Token};

use super::scripted_web::{
    DISCOVERY, JWKS, REFRESH, Reply, Web, builder, gate, hours, issuer, k3_jwk, k3_token, now,
    ready, secs,
};

#[tokio::test(start_paused = true)]
async fn a_new_gate_has_the_keys_of_the_old_one_at_once() {
    let web = Web::good();
    let old = ready(&web).await;
    web.answer(JWKS, Reply::never());
    web.answer(DISCOVERY, Reply::never());
    let new = builder(&web).issuer(issuer().scope("admin")).replaces(&old).build().unwrap();
    drop(old);
    assert!(new.is_ready());
    assert_eq!(now(&new, &Token::good()), Err("insufficient-scope"), "by its own policy");
    sleep(hours(1)).await;
    assert_eq!(now(&new, &Token::good().claim("scope", r#""admin""#)), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn the_inherited_keys_are_refreshed_at_once() {
    let web = Web::good();
    let old = ready(&web).await;
    web.publish([k3_jwk()]);
    let new = builder(&web).issuer(issuer()).replaces(&old).build().unwrap();
    assert_eq!(now(&new, &Token::good()), Ok(()));
    sleep(secs(1)).await;
    assert_eq!(now(&new, &Token::good()), Err("unknown-key"));
    assert_eq!(now(&new, &k3_token()), Ok(()));
    assert_eq!(now(&old, &Token::good()), Ok(()), "the old gate is unchanged");
}

#[tokio::test(start_paused = true)]
async fn keys_are_inherited_from_the_same_issuer_and_the_same_place_only() {
    let web = Web::good();
    let old = ready(&web).await;
    let other = Issuer::new("https://other.example").audience(AUDIENCE);
    for issuer in [other, issuer().jwks_uri("https://auth.example.com/other")] {
        let new = builder(&web).issuer(issuer).replaces(&old).build().unwrap();
        assert!(!new.is_ready());
        assert_eq!(now(&new, &Token::good()), Err("keys-unavailable"));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_inherited_where_there_is_nothing() {
    let web = Web::good();
    let new = builder(&web).issuer(issuer()).replaces(&gate(&web)).build().unwrap();
    assert!(!new.is_ready());
    new.ready().await;
    assert_eq!(now(&new, &Token::good()), Ok(()));
}

/// A reload does not count as a confirmation of the keys by their issuer.
#[tokio::test(start_paused = true)]
async fn the_stale_window_goes_on_in_the_new_gate() {
    let web = Web::good();
    let old = ready(&web).await;
    web.answer(JWKS, Reply::status(503));
    sleep(hours(20)).await;
    let new = builder(&web).issuer(issuer()).replaces(&old).build().unwrap();
    assert_eq!(now(&new, &Token::good()), Ok(()));
    sleep(hours(5)).await;
    assert_eq!(now(&old, &Token::good()), Err("keys-unavailable"));
    assert_eq!(now(&new, &Token::good()), Err("keys-unavailable"));
}

#[tokio::test(start_paused = true)]
async fn a_gates_task_ends_with_its_last_clone() {
    let web = Web::good();
    let gate = ready(&web).await;
    let clone = gate.clone();
    drop(gate);
    sleep(REFRESH).await;
    assert_eq!(web.count(JWKS), 2, "one clone is left");
    drop(clone);
    sleep(hours(48)).await;
    assert_eq!(web.count(JWKS), 2);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_under_way_ends_with_the_gate() {
    let web = Web::good();
    web.answer(DISCOVERY, Reply::never());
    let gate = gate(&web);
    sleep(secs(1)).await;
    assert_eq!(web.running(), 1);
    drop(gate);
    sleep(secs(1)).await;
    assert_eq!((web.running(), web.total()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_replaced_gate_ends_once_nobody_has_it_any_more() {
    let web = Web::good();
    let old = ready(&web).await;
    let new = builder(&web).issuer(issuer()).replaces(&old).build().unwrap();
    drop(old);
    sleep(hours(1)).await;
    let per_hour = web.count(JWKS);
    assert!((6..=10).contains(&per_hour), "{per_hour}: one task, not two");
    drop(new);
}
