//! The memory of valid signatures: what it skips, and what is judged each time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tokio::time::sleep;
use tollgate::gate::{Gate, GateBuilder};
use tollgate::signature_memory::SignatureMemory;
use tollgate::table_memory::TableMemory;
use tollgate::tollgate_core::{Algorithm, Leeway, Now, UnixTime};
use tollgate_tests::mint::{NOW, Token, jwk, k1, k2};

use super::scripted_web::{REFRESH, Web, bearer, builder, issuer, k3_jwk, now};

fn remembering(web: &Web) -> (GateBuilder, SignatureMemory) {
    let memory = SignatureMemory::new(64);
    (builder(web).signature_memory(&memory), memory)
}

async fn ready(builder: GateBuilder) -> Gate {
    let gate = builder.build().unwrap();
    gate.ready().await;
    gate
}

#[tokio::test(start_paused = true)]
async fn a_token_that_comes_again_is_remembered() {
    let (builder, memory) = remembering(&Web::good());
    let gate = ready(builder.issuer(issuer())).await;
    for (token, hits) in [(Token::good(), 0), (Token::good_es384(), 2)] {
        let value = bearer(&token);
        for hit in 0..3 {
            assert!(gate.authorize_now(&value).is_ok());
            assert_eq!(memory.hits(), hits + hit);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_remembered_token_expires() {
    let time = Arc::new(AtomicI64::new(NOW));
    let clock = Arc::clone(&time);
    let (builder, memory) = remembering(&Web::good());
    let builder = builder.clock(move || Now::Exact(UnixTime(clock.load(Ordering::Relaxed))));
    let gate = ready(builder.issuer(issuer().leeway(Leeway::ZERO))).await;
    let token = Token::good().claim("exp", NOW + 10);
    assert_eq!(now(&gate, &token), Ok(()));
    time.store(NOW + 10, Ordering::Relaxed);
    assert_eq!(now(&gate, &token), Err("expired"));
    assert_eq!(memory.hits(), 1, "the signature was remembered, the verdict was not");
}

#[tokio::test(start_paused = true)]
async fn another_policy_judges_a_remembered_token_at_once() {
    let web = Web::good();
    let (builder, memory) = remembering(&web);
    let gate = ready(builder.issuer(issuer())).await;
    assert_eq!(now(&gate, &Token::good()), Ok(()));
    for (issuer, reason) in [
        (issuer().scope("admin"), "insufficient-scope"),
        (issuer().subject("somebody else"), "subject-mismatch"),
        (issuer().algorithms([Algorithm::Es384]), "algorithm-not-allowed"),
    ] {
        let strict = super::scripted_web::builder(&web).signature_memory(&memory).issuer(issuer);
        let strict = strict.replaces(&gate).build().unwrap();
        assert_eq!(now(&strict, &Token::good()), Err(reason));
    }
    assert_eq!(memory.hits(), 2, "for those that verify the signature");
}

#[tokio::test(start_paused = true)]
async fn a_remembered_token_of_a_removed_key_is_refused() {
    let web = Web::good();
    let (builder, memory) = remembering(&web);
    let gate = ready(builder.issuer(issuer())).await;
    assert_eq!(now(&gate, &Token::good()), Ok(()));
    web.publish([k3_jwk()]);
    sleep(REFRESH).await;
    assert_eq!(now(&gate, &Token::good()), Err("unknown-key"));
    // Another key under the same id.
    web.publish([jwk(&k2(), "k1")]);
    sleep(REFRESH).await;
    assert_eq!(now(&gate, &Token::good()), Err("algorithm-mismatch"));
    assert_eq!(memory.hits(), 0);
    // A key that comes back starts anew.
    web.publish([jwk(&k1(), "k1")]);
    sleep(REFRESH).await;
    assert_eq!(now(&gate, &Token::good()), Ok(()));
    assert_eq!(memory.hits(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_keeps_a_key_keeps_what_is_remembered_for_it() {
    let web = Web::good();
    // Without tables, every refresh makes new engines.
    let (builder, memory) = remembering(&web);
    let gate = ready(builder.table_memory(&TableMemory::new(0)).issuer(issuer())).await;
    assert_eq!(now(&gate, &Token::good()), Ok(()));
    web.publish([k3_jwk(), jwk(&k1(), "k1")]);
    sleep(REFRESH).await;
    assert_eq!(now(&gate, &Token::good()), Ok(()));
    assert_eq!(memory.hits(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_changed_token_is_not_the_one_that_is_remembered() {
    let (builder, memory) = remembering(&Web::good());
    let gate = ready(builder.issuer(issuer())).await;
    let value = bearer(&Token::good());
    assert!(gate.authorize_now(&value).is_ok());
    let (signing_input, signature) = value.rsplit_once('.').unwrap();
    let (head, _) = value.split_at(value.len() / 2);
    let other = bearer(&Token::good().claim("sub", "user_2"));
    let (other_input, other_signature) = other.rsplit_once('.').unwrap();
    for forged in [
        format!("{other_input}.{signature}"),
        format!("{signing_input}.{other_signature}"),
        format!("{signing_input}."),
        head.to_owned(),
    ] {
        assert!(gate.authorize_now(&forged).is_err(), "{forged}");
    }
    assert_eq!(memory.hits(), 0);
}

#[tokio::test(start_paused = true)]
async fn gates_share_the_memory_of_the_process_by_default() {
    let hits = SignatureMemory::global().hits();
    let gate = ready(builder(&Web::good()).issuer(issuer())).await;
    assert_eq!(now(&gate, &Token::good()), Ok(()));
    assert_eq!(now(&gate, &Token::good()), Ok(()));
    assert!(SignatureMemory::global().hits() > hits);
}
